"""Hold a box and release it: an operator or a warehouse decides that no waybill may be sent for now.

A hold ends by the clock: nothing has to run for that. Waybills that wait to be sent are decided again right
before they go, so a hold stops them too.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.engine.caller import Caller
from app.engine.context import Context
from app.errors import Invalid, NotFound
from app.orders import lookup
from app.orders.holds import store as hold_store
from app.orders.permits import store as permit_store

LONGEST = timedelta(days=30)
"""A longer hold is a decision not to ship: cancel instead, or hold again."""


async def place(
    context: Context, caller: Caller, shipment_box_id: int, reason: str, expires_at: datetime
) -> dict[str, Any]:
    """Hold a box until a time; return the hold.

    Raises:
        Invalid: The time is not ahead, or too far ahead.
        NotFound: No such box for this caller.
    """
    at = context.now()
    if not at < expires_at <= at + LONGEST:
        raise Invalid("a hold ends", ("/expires_at", f"later than now and within {LONGEST.days} days"))
    async with context.db.transaction() as tx:
        # Locked: the sending of a waybill decides under the same lock, so it sees this hold or went before.
        box = await lookup.require_box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        placed = await hold_store.place(
            tx,
            box["vendor_id"],
            shipment_box_id,
            reason=reason,
            placed_by=caller.actor,
            expires_at=expires_at,
            at=at,
        )
        held = [(shipment_box_id, f"hold {placed['hold_id']} was placed")]
        await permit_store.revoke(tx, box["vendor_id"], held, at)
    return _shown(placed, at)


async def release(context: Context, caller: Caller, shipment_box_id: int, hold_id: int) -> dict[str, Any]:
    """Release a hold; one that has ended stays as it is. Return it.

    Raises:
        NotFound: No such box for this caller, or no such hold of it.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        box = await lookup.require_box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        released = await hold_store.release(
            tx, box["vendor_id"], shipment_box_id, hold_id, released_by=caller.actor, at=at
        )
    if released is None:
        raise NotFound("no such hold", hold_id=str(hold_id))
    return _shown(released, at)


async def of_box(
    context: Context, vendor_ids: list[str] | None, shipment_box_id: int
) -> list[dict[str, Any]]:
    """Return every hold of a box, newest first, each with `active`.

    Raises:
        NotFound: No such box for this caller.
    """
    async with context.db.connection() as connection:
        box = await lookup.require_box(connection, vendor_ids, shipment_box_id)
        found = await hold_store.of_box(connection, box["vendor_id"], shipment_box_id)
    at = context.now()
    return [_shown(row, at) for row in found]


def _shown(hold: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {**hold, "active": hold["released_at"] is None and hold["expires_at"] > at}
