"""Keep a box back, and let it go again: a person's word that no waybill may leave for now.

A hold ends by the clock: nothing has to run for that. Waybills that wait to be sent are decided again right
before they go, so a hold stops them too.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.errors import Invalid, NotFound
from app.flows import lookups
from app.flows.asking import Caller
from app.flows.house import House
from app.store import holds, permits

LONGEST = timedelta(days=30)
"""A longer hold is a decision not to ship: cancel instead, or hold again."""


async def place(
    house: House, caller: Caller, shipment_box_id: int, reason: str, expires_at: datetime
) -> dict[str, Any]:
    """Hold a box until a time; return the hold.

    Raises:
        Invalid: The time is not ahead, or too far ahead.
        NotFound: No such box for this caller.
    """
    at = house.now()
    if not at < expires_at <= at + LONGEST:
        raise Invalid("a hold ends", ("/expires_at", f"later than now and within {LONGEST.days} days"))
    async with house.db.transaction() as tx:
        # Locked: the sending of a waybill decides under the same lock, so it sees this hold or went before.
        box = await lookups.box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        placed = await holds.place(
            tx,
            box["vendor_id"],
            shipment_box_id,
            reason=reason,
            placed_by=caller.actor,
            expires_at=expires_at,
            at=at,
        )
        held = [(shipment_box_id, f"hold {placed['hold_id']} was placed")]
        await permits.revoke(tx, box["vendor_id"], held, at)
    return _shown(placed, at)


async def release(house: House, caller: Caller, shipment_box_id: int, hold_id: int) -> dict[str, Any]:
    """Release a hold; one that has ended stays as it is. Return it.

    Raises:
        NotFound: No such box for this caller, or no such hold of it.
    """
    at = house.now()
    async with house.db.transaction() as tx:
        box = await lookups.box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        released = await holds.release(
            tx, box["vendor_id"], shipment_box_id, hold_id, released_by=caller.actor, at=at
        )
    if released is None:
        raise NotFound("no such hold", hold_id=str(hold_id))
    return _shown(released, at)


async def of_box(house: House, vendor_ids: list[str] | None, shipment_box_id: int) -> list[dict[str, Any]]:
    """Return every hold of a box, newest first, each with `active`.

    Raises:
        NotFound: No such box for this caller.
    """
    async with house.db.connection() as connection:
        box = await lookups.box(connection, vendor_ids, shipment_box_id)
        found = await holds.of_box(connection, box["vendor_id"], shipment_box_id)
    at = house.now()
    return [_shown(row, at) for row in found]


def _shown(hold: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {**hold, "active": hold["released_at"] is None and hold["expires_at"] > at}
