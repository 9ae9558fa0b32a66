"""Have a box read on demand."""

from typing import Any

from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.visits import leases
from app.orders import lookup
from app.orders import store as box_store
from app.orders.queries import get_box


async def resync(context: Context, caller: Caller, shipment_box_id: int) -> dict[str, Any]:
    """Have a box read again by itself, with its history; return the box.

    Raises:
        NotFound: No such box for this caller.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        box = await lookup.require_box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        await box_store.doubt(tx, box["vendor_id"], [shipment_box_id], at)
    await leases.wake(context, box["vendor_id"])
    return await get_box(context, caller.vendor_ids, shipment_box_id)
