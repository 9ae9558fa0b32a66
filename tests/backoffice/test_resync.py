"""Readings on demand: made due, and compared with what was known when they were asked for."""

from datetime import timedelta

import pytest

from app.claims import store as claim_store
from app.clock import Frozen
from app.engine.context import Context
from app.engine.visits import resync
from app.errors import NotFound
from app.machines.boxes import BoxState
from app.orders.changes import Caller
from app.orders.declared import resync as box_resync
from app.orders.read_schedule import to_read
from tests.support.box_stock import BOX, OTHER, VENDOR, put, register
from tests.support.receipt_stock import receipt, tell

OPERATOR, STRANGER = Caller("operator:kim", None), Caller("operator:lee", [OTHER])
STOP = 7
SECOND = timedelta(seconds=1)


async def test_reading_on_demand_is_made_due_and_tells_what_it_changed(
    context: Context, clock: Frozen
) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    await tell(context, receipt(STOP))
    with pytest.raises(NotFound):
        await resync.ask(context, STRANGER, "receipt", STOP)
    asked = await resync.ask(context, OPERATOR, "receipt", STOP)
    async with context.db.connection() as connection:
        due = await claim_store.to_read(connection, VENDOR, context.now(), 9)
    assert [row["receipt_id"] for row in due] == [STOP]
    assert not (await resync.look(context, asked))["read"]
    clock.set(context.now() + SECOND)
    await tell(context, receipt(STOP, stop="처리(출고중지)", status="RETURNS_COMPLETED", released="S"))
    told = await resync.look(context, asked)
    assert (told["read"], told["content_changed"], told["states"]) == (True, True, {"cancel": "STOPPED"})
    assert [(one["source"], one["target"]) for one in told["changes"]] == [("REQUESTED", "STOPPED")]
    # A box is read again by itself, with its history.
    with pytest.raises(NotFound):
        await box_resync.resync(context, STRANGER, BOX)
    await box_resync.resync(context, OPERATOR, BOX)
    assert [(row["shipment_box_id"], row["doubtful"]) for row in await to_read(context, VENDOR)] == [
        (BOX, True)
    ]
