"""A person's word that a box stays: until its time, and no permit outlives it."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import Frozen
from app.engine.context import Context
from app.errors import Invalid, NotFound, Refused
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders import store as box_store
from app.orders.changes import Caller, Waybill
from app.orders.holds import holds
from app.orders.holds.holds import LONGEST
from app.orders.permits import permits
from app.orders.permits import store as permit_store
from tests.support.box_stock import BOX, OTHER, VENDOR, put, register

OPERATOR, STRANGER = Caller("operator:kim", None), Caller("operator:lee", [OTHER])
SECOND = timedelta(seconds=1)


async def look(context: Context, box_id: int = BOX) -> dict[str, Any]:
    async with context.db.connection() as connection:
        row = await box_store.find(connection, None, box_id)
        facts = (await box_store.with_quantities(connection, VENDOR, [box_id]))[0]
    assert row is not None
    return facts | row


async def test_hold_keeps_a_box_back_until_its_time_and_revokes_permits(
    context: Context, clock: Frozen
) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    at = context.now()
    for ends in (at, at - SECOND, at + LONGEST + SECOND):
        with pytest.raises(Invalid):
            await holds.place(context, OPERATOR, BOX, "torn", ends)
    with pytest.raises(NotFound):
        await holds.place(context, STRANGER, BOX, "mine", at + SECOND)
    asked = await permits.ask(context, OPERATOR, BOX)
    async with context.db.transaction() as tx:
        await permit_store.answer(tx, VENDOR, [(asked["permit_id"], 1, None)], at, at + LONGEST)

    hold = await holds.place(context, OPERATOR, BOX, "the label is torn", at + LONGEST)
    longer = (hold["active"], (await look(context))["hold_until"])
    assert longer == (True, at + LONGEST)
    permit = await permits.get(context, None, asked["permit_id"])
    assert (permit["state"], permit["revoked_reason"]) == ("REVOKED", f"hold {hold['hold_id']} was placed")
    short = await holds.place(context, OPERATOR, BOX, "count it", at + SECOND)
    with pytest.raises(NotFound):
        await holds.release(context, OPERATOR, BOX, hold["hold_id"] + 9)
    released = await holds.release(context, OPERATOR, BOX, hold["hold_id"])
    assert (released["active"], released["released_at"]) == (False, at)
    assert [one["active"] for one in await holds.of_box(context, [VENDOR], BOX)] == [True, False]
    clock.set(at + SECOND)
    assert [one["active"] for one in await holds.of_box(context, None, BOX)] == [False, False]
    again = await holds.release(context, OPERATOR, BOX, hold["hold_id"])
    assert again["released_at"] == at, "it stays as it ended"
    assert short["hold_id"] != hold["hold_id"]
    await holds.place(context, OPERATOR, BOX, "again", at + 2 * SECOND)
    with pytest.raises(Refused) as no:
        await box_changes.ship(context, OPERATOR, BOX, Waybill("CJGLS", "600000000001"))
    assert [one["rule"] for one in no.value.members["missing"]] == ["not_on_hold"]
