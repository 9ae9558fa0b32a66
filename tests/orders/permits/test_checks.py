"""What a ship permit is worth: for its own box and address, while it is the newest, until it ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import errors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.machines.boxes import BoxState
from app.orders import store as box_store
from app.orders.permits import store as permit_store
from app.orders.permits.checks import RULE, check, revoked_since, state_of
from tests.support.box_stock import BOX, OTHER, VENDOR, put, register

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
LASTS = timedelta(minutes=15)
NEIGHBOUR = BOX + 1


def permit(**changed: Any) -> dict[str, Any]:
    row = {
        "fence": 2,
        "refused_at": None,
        "issued_at": AT,
        "revoked_at": None,
        "expires_at": AT + LASTS,
    }
    return row | changed


@pytest.mark.parametrize(
    ("changed", "newest", "state"),
    [
        ({}, 2, "VALID"),
        ({}, 3, "REPLACED"),
        ({"expires_at": AT + timedelta(microseconds=1)}, 2, "VALID"),
        ({"expires_at": AT}, 2, "EXPIRED"),
        ({"expires_at": AT}, 3, "EXPIRED"),
        ({"revoked_at": AT}, 2, "REVOKED"),
        ({"revoked_at": AT, "expires_at": AT}, 3, "REVOKED"),
        ({"issued_at": None, "expires_at": None}, 2, "ASKED"),
        ({"issued_at": None, "expires_at": None}, 3, "ASKED"),
        ({"issued_at": None, "expires_at": None, "refused_at": AT}, 2, "REFUSED"),
    ],
)
def test_permit_state(changed: dict[str, Any], newest: int, state: str) -> None:
    assert state_of(permit(**changed), newest, AT) == state


async def ask(tx: Connection, at: datetime, vendor_id: str = VENDOR, box_id: int = BOX) -> int:
    asked = await permit_store.ask(tx, vendor_id, box_id, asked_by="key:1", at=at)
    return int(asked["permit_id"])


async def issue(tx: Connection, at: datetime, **more: Any) -> int:
    permit_id = await ask(tx, at, **more)
    await permit_store.answer(tx, more.get("vendor_id", VENDOR), [(permit_id, 1, None)], at, at + LASTS)
    return permit_id


async def test_permit_check_refuses_whatever_is_not_valid(context: Context) -> None:
    at = context.now()
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
        await put(context, BoxState.INSTRUCT, BOX if vendor_id == VENDOR else BOX + 2, vendor_id=vendor_id)
    await put(context, BoxState.INSTRUCT, NEIGHBOUR)

    async with context.db.transaction() as tx:
        box = (await box_store.with_quantities(tx, VENDOR, [BOX]))[0]
        assert box["address_version"] == 1

        async def why(permit_id: int, asked: dict[str, Any] = box, when: datetime = at) -> str:
            with pytest.raises(errors.Refused) as no:
                await check(tx, asked, permit_id, when)
            told = no.value.members
            assert (told["state"], told["event"], told["missing"][0]["rule"]) == ("INSTRUCT", "ship", RULE)
            return str(told["missing"][0]["unblock"])

        none = "there is no such permit of this box"
        assert await why(10**9) == none
        first = await ask(tx, at)
        assert await why(first) == "it is not answered yet; follow it until it is"
        await permit_store.answer(tx, VENDOR, [(first, None, "ship needs nothing_held")], at, at + LASTS)
        assert await why(first) == "it was refused: ship needs nothing_held"

        second = await issue(tx, at)
        await check(tx, box, second, at)
        assert await why(second, box | {"address_version": 2}) == (
            "the address has changed since; print another label and ask for another permit"
        )
        assert await why(second, box | {"shipment_box_id": NEIGHBOUR}) == none
        assert await why(second, box | {"vendor_id": OTHER}) == none
        assert await why(await issue(tx, at, box_id=NEIGHBOUR)) == none
        await check(tx, box, second, at)
        assert await why(second, when=at + LASTS) == "its time is over; ask for another"

        third = await issue(tx, at)
        assert await why(second) == "a newer permit of this box was asked for; use that one"
        await permit_store.revoke(tx, VENDOR, [(BOX, "hold 7 was placed")], at)
        assert await why(third) == "it was revoked: hold 7 was placed"


async def test_permits_revoked_since_the_asking_are_named_by_effect(context: Context) -> None:
    at = context.now()
    for vendor_id, box_id in ((VENDOR, BOX), (VENDOR, NEIGHBOUR), (OTHER, BOX + 2)):
        await register(context, vendor_id)
        await put(context, BoxState.INSTRUCT, box_id, vendor_id=vendor_id)
    async with context.db.transaction() as tx:
        kept, lost = await issue(tx, at, box_id=NEIGHBOUR), await issue(tx, at)
        foreign = await issue(tx, at, vendor_id=OTHER, box_id=BOX + 2)
        await permit_store.revoke(tx, VENDOR, [(BOX, "a cancel is pending")], at)
        await permit_store.revoke(tx, OTHER, [(BOX + 2, "a cancel is pending")], at)
        effects = [
            {"effect_id": number, "payload": {} if asked is None else {"permit": str(asked)}}
            for number, asked in enumerate([None, kept, lost, lost, foreign])
        ]
        told = f"{RULE} (permit {lost} was revoked: a cancel is pending)"
        assert await revoked_since(tx, VENDOR, effects) == {2: told, 3: told}
        assert await revoked_since(tx, VENDOR, effects[:1]) == {}
