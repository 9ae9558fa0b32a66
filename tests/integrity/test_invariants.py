"""The audit: silent on what was stored properly, and precise on what was not."""

from app.engine.context import Context
from app.engine.db.database import execute
from app.integrity.invariants import audit
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders.changes import US, Waybill
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register
from tests.support.receipt_stock import receipt, tell


async def stock(context: Context) -> int:
    """Store a box and a claim of two vendors, and a waybill that waits; return its effect."""
    for vendor_id, box_id in ((VENDOR, BOX), (OTHER, BOX + 1)):
        await register(context, vendor_id)
        await put(context, BoxState.INSTRUCT, box_id, vendor_id=vendor_id)
    await put(context, BoxState.INSTRUCT, BOX + 2, order_id=ORDER + 2)
    await tell(context, receipt(7))
    effect = await box_changes.ship(context, US, BOX + 2, Waybill("CJGLS", "600000000001"))
    return int(effect["effect_id"])


async def change(context: Context, statement: str, **params: object) -> None:
    """Change a row as no code of ours does; the triggers that guard history are off for it."""
    async with context.db.transaction() as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        assert await execute(tx, statement, **params) == 1


async def test_audit_names_histories_that_are_no_path_and_confirmations_without_proof(
    context: Context,
) -> None:
    effect_id = await stock(context)
    found = await audit(context)
    assert (found.broken, found.counted) == ([], {"boxes": 3, "effects": 1, "claims": 1})
    assert found.open_effects == [f"effect {effect_id} SHIP PENDING"]
    assert (await audit(context, vendor_id=OTHER)).counted["boxes"] == 1

    await change(context, "UPDATE box SET state = 'DEPARTURE' WHERE shipment_box_id = %(id)s", id=BOX)
    found = await audit(context)
    assert len(found.illegal) == 1
    assert found.illegal[0].startswith(f"box {BOX}: history does not end in DEPARTURE v")
    await change(
        context,
        """UPDATE history SET event = 'see_delivered'
           WHERE aggregate = 'box' AND aggregate_id = %(id)s AND version = 2""",
        id=BOX + 1,
    )
    found = await audit(context, vendor_id=OTHER)
    assert found.illegal == [f"box {BOX + 1}: history is not a path"]
    assert [fault.split(":")[0] for fault in found.unchained] == [f"box {BOX + 1} v2"]
    assert set(found.broken) == {*found.illegal, *found.unchained}
    await change(context, "UPDATE effect SET state = 'CONFIRMED' WHERE effect_id = %(id)s", id=effect_id)
    assert (await audit(context, vendor_id=VENDOR)).unproven == [f"effect {effect_id}"]
