"""Ship permits: a short-lived word that a parcel may be handed over, given after its claims were read live.

A permit never replaces the check on the way out: the stop requests are read again right before the waybill
goes. Whatever would have refused it revokes it in the transaction that stores that.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from app import errors
from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.history import transitions
from app.engine.visits import leases
from app.machines.boxes import BOX
from app.machines.kernel import Refused
from app.orders import lookup
from app.orders import store as box_store
from app.orders.decide import box_facts
from app.orders.permits import store as permit_store
from app.orders.permits.checks import state_of

MOST = 50
"""Askings that one visit answers at a time."""
TRY_AGAIN = timedelta(seconds=20)
LATE = "the claims of this box could not be read in time"


async def ask(context: Context, caller: Caller, shipment_box_id: int) -> dict[str, Any]:
    """Ask for a permit; the next visit reads the claims of the box and answers. Return the asking.

    Raises:
        NotFound: No such box for this caller.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        box = await lookup.require_box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        vendor_id = box["vendor_id"]
        asked = await permit_store.ask(tx, vendor_id, shipment_box_id, asked_by=caller.actor, at=at)
    await leases.wake(context, vendor_id)
    return {**asked, "state": state_of(asked, asked["fence"], at)}


async def get(context: Context, vendor_ids: list[str] | None, permit_id: int) -> dict[str, Any]:
    """Return one permit with its state.

    Raises:
        NotFound: No such permit for this caller.
    """
    async with context.db.connection() as connection:
        row = await permit_store.find(connection, vendor_ids, permit_id)
    if row is None:
        raise errors.NotFound("no such permit", permit=str(permit_id))
    return {**row, "state": state_of(row, row["newest_fence"], context.now())}


async def waiting(context: Context, vendor_id: str, epoch: int) -> list[dict[str, Any]]:
    """Return askings that are due; those that waited for longer than a permit lasts are refused."""
    at = context.now()
    async with context.db.transaction() as tx:
        found = await permit_store.waiting(tx, vendor_id, at, MOST)
        late = [row for row in found if at - row["asked_at"] >= context.policy.permit_lasts]
        if late:
            await transitions.fence(tx, vendor_id, epoch)
            await permit_store.answer(tx, vendor_id, [(row["permit_id"], None, LATE) for row in late], at, at)
    return [row for row in found if row not in late]


async def answer(
    context: Context, vendor_id: str, epoch: int, asked: Sequence[Mapping[str, Any]], read: set[int]
) -> None:
    """Answer askings whose boxes were read just now; the others are tried again soon.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        ids = sorted({row["shipment_box_id"] for row in asked} & read)
        present = {row["shipment_box_id"]: row for row in await box_store.with_quantities(tx, vendor_id, ids)}
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
            await permit_store.answer(tx, vendor_id, answers, at, at + context.policy.permit_lasts)
        unread = [row["permit_id"] for row in asked if row["shipment_box_id"] not in present]
        if unread:
            await permit_store.postpone(tx, vendor_id, unread, at + TRY_AGAIN)
