"""Ship permits: a short-lived word that a parcel may be handed over, given after its claims were read live.

A permit never replaces the check on the way out: the stop requests are read again right before the waybill
goes. Whatever would have refused it revokes it in the transaction that stores that.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from app import errors
from app.flows import lookups, turns
from app.flows.asking import Caller
from app.flows.deciding import box_facts
from app.flows.house import House
from app.flows.permit_checks import state_of
from app.machines.boxes import BOX
from app.machines.kernel import Refused
from app.store import boxes, doors, permits

MOST = 50
"""Askings that one visit answers at a time."""
TRY_AGAIN = timedelta(seconds=20)
LATE = "the claims of this box could not be read in time"


async def ask(house: House, caller: Caller, shipment_box_id: int) -> dict[str, Any]:
    """Ask for a permit; the next visit reads the claims of the box and answers. Return the asking.

    Raises:
        NotFound: No such box for this caller.
    """
    at = house.now()
    async with house.db.transaction() as tx:
        box = await lookups.box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        vendor_id = box["vendor_id"]
        asked = await permits.ask(tx, vendor_id, shipment_box_id, asked_by=caller.actor, at=at)
    await turns.wake(house, vendor_id)
    return {**asked, "state": state_of(asked, asked["fence"], at)}


async def get(house: House, vendor_ids: list[str] | None, permit_id: int) -> dict[str, Any]:
    """Return one permit with its state.

    Raises:
        NotFound: No such permit for this caller.
    """
    async with house.db.connection() as connection:
        row = await permits.find(connection, vendor_ids, permit_id)
    if row is None:
        raise errors.NotFound("no such permit", permit=str(permit_id))
    return {**row, "state": state_of(row, row["newest_fence"], house.now())}


async def waiting(house: House, vendor_id: str, epoch: int) -> list[dict[str, Any]]:
    """Return askings that are due; those that waited for longer than a permit lasts are refused."""
    at = house.now()
    async with house.db.transaction() as tx:
        found = await permits.waiting(tx, vendor_id, at, MOST)
        late = [row for row in found if at - row["asked_at"] >= house.policy.permit_lasts]
        if late:
            await doors.fence(tx, vendor_id, epoch)
            await permits.answer(tx, vendor_id, [(row["permit_id"], None, LATE) for row in late], at, at)
    return [row for row in found if row not in late]


async def answer(
    house: House, vendor_id: str, epoch: int, asked: Sequence[Mapping[str, Any]], read: set[int]
) -> None:
    """Answer askings whose boxes were read just now; the others are tried again soon.

    Raises:
        Fenced: A newer visit speaks for this vendor.
    """
    at = house.now()
    async with house.db.transaction() as tx:
        await doors.fence(tx, vendor_id, epoch)
        ids = sorted({row["shipment_box_id"] for row in asked} & read)
        present = {row["shipment_box_id"]: row for row in await boxes.with_quantities(tx, vendor_id, ids)}
        answers: list[tuple[int, int | None, str | None]] = []
        for row in asked:
            box = present.get(row["shipment_box_id"])
            if box is None:
                continue
            try:
                BOX.decide(box["state"], "ship", box_facts(box, at, waybill=True))
            except Refused as no:
                answers.append((row["permit_id"], None, str(no)))
            else:
                answers.append((row["permit_id"], box["address_version"], None))
        if answers:
            await permits.answer(tx, vendor_id, answers, at, at + house.policy.permit_lasts)
        unread = [row["permit_id"] for row in asked if row["shipment_box_id"] not in present]
        if unread:
            await permits.postpone(tx, vendor_id, unread, at + TRY_AGAIN)
