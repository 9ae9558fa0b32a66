"""What a claim does to boxes: none leaves that a customer asked to stop, or that may be one of those."""

from datetime import datetime, timedelta
from typing import Any

from app.claims.box_blocks import (
    EXCHANGE,
    RECEIPT,
    UNREAD,
    UNREAD_EXCHANGE,
    block_boxes,
    keep_unreadable,
    unblock,
)
from app.coupang.claims.types import UnreadableClaim
from app.engine.context import Context
from app.engine.effects import store as effect_store
from app.engine.evidence import store as evidence_store
from app.engine.history.lists import history_of
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders import store as box_store
from app.orders.changes import US, Waybill
from app.orders.permits import permits
from app.orders.permits import store as permit_store
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register
from tests.support.receipt_stock import RECEIPT as STOP
from tests.support.receipt_stock import receipt, returned, tell

NEIGHBOUR, PLAIN = BOX + 1, BOX + 2
LASTS = timedelta(minutes=15)


async def with_permit(context: Context, box_id: int) -> int:
    """Ask for a permit and have it given, as a visit does."""
    asked = await permits.ask(context, US, box_id)
    async with context.db.transaction() as tx:
        answers = [(asked["permit_id"], 1, None)]
        await permit_store.answer(tx, asked["vendor_id"], answers, context.now(), context.now() + LASTS)
    return int(asked["permit_id"])


async def permit_of(context: Context, permit_id: int) -> tuple[str, str | None]:
    row = await permits.get(context, None, permit_id)
    return row["state"], row["revoked_reason"]


async def look(context: Context, box_id: int, vendor_id: str = VENDOR) -> dict[str, Any]:
    async with context.db.connection() as connection:
        row = await box_store.find(connection, [vendor_id], box_id)
        facts = (await box_store.with_quantities(connection, vendor_id, [box_id]))[0]
    assert row is not None
    return facts | row


async def test_stop_request_drops_waiting_waybills_and_revokes_permits(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    for number, box_id in enumerate((BOX, NEIGHBOUR, PLAIN)):
        await put(context, BoxState.INSTRUCT, box_id, order_id=ORDER + number)
    await put(context, BoxState.INSTRUCT, BOX + 9, vendor_id=OTHER)
    permit_ids = {box_id: await with_permit(context, box_id) for box_id in (BOX, NEIGHBOUR, BOX + 9)}
    shipped = [
        await box_changes.ship(context, US, box_id, Waybill("CJGLS", str(600_000_000_000 + box_id % 1000)))
        for box_id in (BOX, NEIGHBOUR)
    ]
    # The receipt of the second box asks to stop nothing: it only has the box read.
    await tell(context, receipt(STOP), returned(STOP + 1, box_id=NEIGHBOUR, order_id=ORDER + 1))

    first, second, third = [await look(context, box_id) for box_id in (BOX, NEIGHBOUR, PLAIN)]
    assert [row["doubtful"] for row in (first, second, third)] == [True, True, False]
    assert [row["stop_open"] for row in (first, second, third)] == [True, False, False]
    reason = f"receipt {STOP} asks to stop this box"
    assert await permit_of(context, permit_ids[BOX]) == ("REVOKED", reason)
    assert await permit_of(context, permit_ids[NEIGHBOUR]) == ("VALID", None)
    assert await permit_of(context, permit_ids[BOX + 9]) == ("VALID", None)
    async with context.db.connection() as connection:
        dropped = await effect_store.find(connection, [VENDOR], shipped[0]["effect_id"])
        kept = await effect_store.find(connection, [VENDOR], shipped[1]["effect_id"])
        steps = await history_of(connection, VENDOR, "effect", shipped[0]["effect_id"])
    assert dropped is not None
    assert kept is not None
    assert (dropped["state"], dropped["result_code"], kept["state"]) == (
        "REJECTED",
        "REFUSED_HERE",
        "PENDING",
    )
    assert dropped["result_message"] == f"{reason}: no_stop_requested, nothing_held"
    assert (steps[-1]["event"], steps[-1]["actor"], steps[-1]["cause"]) == ("drop", "us", f"receipt:{STOP}")


async def test_receipt_of_a_cancelled_box_has_nothing_read(context: Context) -> None:
    await register(context)
    await put(context, BoxState.CANCELLED)
    await put(context, BoxState.INSTRUCT, NEIGHBOUR, order_id=ORDER + 1)
    await tell(context, receipt(STOP))
    at = context.now()
    async with context.db.transaction() as tx:
        await block_boxes(tx, VENDOR, [], [], at)
        await block_boxes(tx, OTHER, [STOP], [STOP], at)
        await block_boxes(tx, VENDOR, [STOP], [STOP], at)
    assert not (await look(context, BOX))["doubtful"]
    assert not (await look(context, NEIGHBOUR))["doubtful"]


def unreadable(
    claim_id: int | None, order_id: int | None, *box_ids: int, raw: bytes = b"{}"
) -> UnreadableClaim:
    return UnreadableClaim(raw, "receiptStatus is unknown", claim_id, order_id, box_ids)


async def held(context: Context, box_id: int) -> tuple[bool, str | None]:
    row = await look(context, box_id)
    return row["claim_unread"], row["attention"]


async def test_unreadable_claim_holds_its_order_until_it_is_read(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT, BOX, order_id=1)
    await put(context, BoxState.ACCEPT, NEIGHBOUR, order_id=1)
    await put(context, BoxState.INSTRUCT, PLAIN, order_id=2)
    await put(context, BoxState.INSTRUCT, BOX + 3, order_id=3)
    await put(context, BoxState.INSTRUCT, BOX + 9, order_id=1, vendor_id=OTHER)
    permit_ids = {box_id: await with_permit(context, box_id) for box_id in (BOX, PLAIN, BOX + 9)}
    at = context.now()
    rows = [
        unreadable(7, 1, raw=b'{"a":1}'),
        # It names no order, but one of our boxes does; an unknown box names nothing.
        unreadable(8, None, 99, PLAIN, raw=b'{"a":2}'),
        unreadable(9, None, 99, raw=b'{"a":3}'),
    ]
    async with context.db.transaction() as tx:
        await keep_unreadable(context, tx, VENDOR, [], "feed:receipts", at)
        await keep_unreadable(context, tx, VENDOR, rows, "feed:receipts", at)
    for box_id in (BOX, NEIGHBOUR, PLAIN):
        assert await held(context, box_id) == (True, UNREAD)
    assert await held(context, BOX + 3) == (False, None)
    assert (await look(context, BOX + 9, OTHER))["claim_unread"] is False
    assert await permit_of(context, permit_ids[BOX]) == ("REVOKED", UNREAD)
    assert await permit_of(context, permit_ids[PLAIN]) == ("REVOKED", UNREAD)
    assert await permit_of(context, permit_ids[BOX + 9]) == ("VALID", None)
    async with context.db.connection() as connection:
        kept = await evidence_store.list_quarantine(connection, [VENDOR], 10)
    assert {row["reason"] for row in kept} == {f"receiptStatus is unknown (receipt {n})" for n in (7, 8, 9)}

    async with context.db.transaction() as tx:
        await unblock(tx, VENDOR, [], at)
        # An exchange may have the number of the receipt; reading it says nothing of the receipt.
        await unblock(tx, VENDOR, [7], at, EXCHANGE)
        await unblock(tx, OTHER, [7], at)
    assert await held(context, BOX) == (True, UNREAD)
    async with context.db.transaction() as tx:
        await unblock(tx, VENDOR, [7], at)
    assert await held(context, BOX) == await held(context, NEIGHBOUR) == (False, None)
    assert await held(context, PLAIN) == (True, UNREAD)

    # The same row holds nothing again: somebody has read it, or has looked at it.
    async with context.db.transaction() as tx:
        await keep_unreadable(context, tx, VENDOR, rows[:1], "feed:receipts", at)
    assert await held(context, BOX) == (False, None)


async def test_unreadable_exchange_and_receipt_hold_an_order_each(context: Context) -> None:
    await register(context)
    await put(context, BoxState.INSTRUCT)
    at = datetime.fromisoformat("2026-11-20T12:00:00+09:00")
    async with context.db.transaction() as tx:
        await keep_unreadable(
            context, tx, VENDOR, [unreadable(7, ORDER, raw=b"1")], "feed:receipts", at, RECEIPT
        )
        await keep_unreadable(
            context, tx, VENDOR, [unreadable(7, ORDER, raw=b"2")], "feed:exchanges", at, EXCHANGE
        )
    assert await held(context, BOX) == (True, UNREAD_EXCHANGE)
    async with context.db.transaction() as tx:
        await unblock(tx, VENDOR, [7], at)
    assert await held(context, BOX) == (True, UNREAD_EXCHANGE)
    async with context.db.transaction() as tx:
        await unblock(tx, VENDOR, [7], at, EXCHANGE)
    assert await held(context, BOX) == (False, None)
