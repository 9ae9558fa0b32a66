"""What a page of receipts may change: a list row proves little, a reading of the receipt itself more."""

import json
from typing import Any

import pytest

from app.claims import store as claim_store
from app.claims.ingest import CONTRADICTION, sound, state_shown, take_receipts
from app.coupang.claims.decode_receipts import read_receipt_page
from app.coupang.claims.types import ReceiptPage
from app.engine.context import Context
from app.engine.visits import leases
from app.errors import Fenced
from app.machines.boxes import BoxState
from app.machines.cancels import CancelState
from app.machines.returns import ReturnState
from app.orders import store as box_store
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register
from tests.support.receipt_stock import cancelled, receipt, returned

STOP, BACK = 7, 8


def page(*rows: dict[str, Any]) -> ReceiptPage:
    body = json.dumps({"code": 200, "message": "OK", "data": list(rows), "nextToken": ""}).encode()
    return read_receipt_page(body)


def test_sound_receipts_are_told_apart_from_contradictory_ones() -> None:
    rows = (receipt(1), returned(2), cancelled(3), receipt(4, stop="새로운 말"), receipt(5, kind="CANCEL"))
    told, aside = sound(page(*rows))
    assert {number: (reading.cancel, reading.returned) for number, (_, reading) in told.items()} == {
        1: (CancelState.REQUESTED, None),
        2: (None, ReturnState.RETURNS_UNCHECKED),
        3: (CancelState.CANCELLED, None),
    }
    assert [(one.claim_id, one.order_id) for one in aside] == [(4, ORDER), (5, ORDER)]
    assert "releaseStopStatus" in aside[0].reason


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ((), None),
        ((receipt(1),), CancelState.REQUESTED),
        ((receipt(1, stop="처리(출고중지)", status="RETURNS_COMPLETED", released="S"),), CancelState.STOPPED),
        ((returned(1),), CancelState.SHIPPED_ALREADY),
        ((receipt(1, stop="새로운 말"),), None),
    ],
)
def test_receipt_page_shows_the_state_of_its_cancel(
    rows: tuple[dict[str, Any], ...], state: CancelState | None
) -> None:
    assert state_shown(page(*rows)) is state


async def take(
    context: Context, *rows: dict[str, Any], alone: tuple[int, ...] = (), **more: Any
) -> tuple[int, ...]:
    taken = await take_receipts(
        context, VENDOR, page(*rows), cause="feed:receipts", at=context.now(), proven=set(alone), **more
    )
    return taken.doubtful


async def life(context: Context, aggregate: str, number: int = STOP) -> dict[str, Any] | None:
    async with context.db.connection() as connection:
        return await claim_store.find(connection, aggregate, [VENDOR], number)


async def stopped(context: Context) -> bool:
    async with context.db.connection() as connection:
        return bool((await box_store.with_quantities(connection, VENDOR, [BOX]))[0]["stop_open"])


async def test_list_row_alone_releases_no_box_that_was_asked_to_stop(context: Context) -> None:
    await register(context)
    await put(context, BoxState.INSTRUCT)
    assert await take(context, receipt(STOP)) == ()
    assert await stopped(context)
    assert await take(context, returned(STOP)) == (STOP,), "it must be read by itself"
    assert await stopped(context)
    async with context.db.connection() as connection:
        due = await claim_store.to_read(connection, VENDOR, context.now(), 10)
    assert [row["receipt_id"] for row in due] == [STOP]

    assert await take(context, returned(STOP), alone=(STOP,)) == ()
    cancel, back = await life(context, "cancel"), await life(context, "return")
    assert cancel is not None
    assert back is not None
    assert (cancel["state"], back["state"]) == ("SHIPPED_ALREADY", "RETURNS_UNCHECKED")
    assert not await stopped(context)


async def test_receipt_that_contradicts_us_changes_nothing_and_calls_a_person(context: Context) -> None:
    await register(context)
    await put(context, BoxState.INSTRUCT)
    over = receipt(STOP, stop="처리(출고중지)", status="RETURNS_COMPLETED", released="S")
    await take(context, over)
    before = await life(context, "cancel")
    assert before is not None
    assert before["state"] == "STOPPED"
    assert await take(context, receipt(STOP)) == (STOP,)
    assert await take(context, receipt(STOP), alone=(STOP,)) == (), (
        "a second reading of it would say the same"
    )
    after = await life(context, "cancel")
    assert after is not None
    assert (after["state"], after["version"]) == (before["state"], before["version"])
    assert (before["attention"], after["attention"]) == (None, CONTRADICTION)
    async with context.db.connection() as connection:
        box = (await box_store.with_quantities(connection, VENDOR, [BOX]))[0]
    assert box["claim_unread"], "to Coupang it is an open stop request: its order is held"


async def test_receipts_of_an_old_visit_or_another_vendor_change_nothing(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    lease, newer = await leases.begin(context, VENDOR), await leases.begin(context, VENDOR)
    assert lease is not None
    assert newer is not None
    with pytest.raises(Fenced):
        await take(context, receipt(STOP), epoch=lease.epoch)
    assert await life(context, "cancel") is None
    await take_receipts(context, OTHER, page(receipt(STOP)), cause="feed:receipts", at=context.now())
    assert await life(context, "cancel") is None
    assert not await stopped(context)
    await take(context, receipt(STOP), returned(BACK), epoch=newer.epoch)
    assert await stopped(context)
