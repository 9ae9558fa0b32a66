"""When boxes are read again: which of them, what a list would cost, what a look that missed means."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any

from app.coupang.limits import PAGE_ROWS
from app.engine.context import Context
from app.engine.history import transitions
from app.machines.boxes import TRACKED, BoxFacts, BoxState, from_wire, walk
from app.orders import store as box_store
from app.orders.ingest import LAG_ALARM

MISSES = 3
"""Every third look at a box is thorough: one that misses it leads to reading the box by itself."""


async def to_read(context: Context, vendor_id: str, *, most: int = 500) -> list[dict[str, Any]]:
    """Return boxes that are due to be read again, the longest waiting first.

    Open deliveries come along early when one of them is due, so that they share their calls.
    """
    async with context.db.connection() as connection:
        return await box_store.to_read(
            connection, vendor_id, context.now(), most, company=context.policy.track_first, states=TRACKED
        )


async def likely_pages(
    context: Context, vendor_id: str, market_status: str, first: datetime, last: datetime, least: int
) -> int:
    """Return how many pages a list of these payment days is likely to have; at least one."""
    day = timedelta(days=1)
    async with context.db.connection() as connection:
        shown = await box_store.count_shown(connection, vendor_id, market_status, first - day, last + day)
    return max(1, -(-max(shown, least if shown == 0 else 0) // PAGE_ROWS))


def must_be_found(looked: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a look at these boxes must be thorough: what it misses is then read by itself."""
    lease = sum((int(box["reads"]) + 1) % MISSES == 0 for box in looked)
    overdue = any(int(box["reads"]) + 1 >= 3 * MISSES for box in looked)
    return lease * 2 >= len(looked) or (overdue and lease > 0)


def _lags(box: Mapping[str, Any], at: datetime) -> bool:
    """Tell whether an acknowledge may simply not show yet."""
    waiting = box["state"] == BoxState.INSTRUCT and not box["address_final"]
    return waiting and at - box["state_at"] < LAG_ALARM


async def seen_or_not(
    context: Context,
    vendor_id: str,
    epoch: int,
    looked: Sequence[Mapping[str, Any]],
    seen: Set[int],
    *,
    thorough: bool,
) -> None:
    """Set the next look at boxes that a look brought no news of: later each time.

    What a thorough look missed is read by itself next; absence from a list proves nothing.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        before = {box["shipment_box_id"]: box["next_read_at"] for box in looked}
        left = [
            box
            for box in await box_store.present(tx, vendor_id, list(before))
            if box["next_read_at"] == before[box["shipment_box_id"]]
        ]
        reads = [
            (
                box["shipment_box_id"],
                context.policy.next_read(BoxState(box["state"]), box["address_final"], at, box["reads"] + 1),
            )
            for box in left
        ]
        if reads:
            await box_store.schedule_reads(tx, vendor_id, reads)
        missed = [
            box["shipment_box_id"]
            for box in left
            if thorough and box["shipment_box_id"] not in seen and not _lags(box, at)
        ]
        if missed:
            await box_store.doubt(tx, vendor_id, missed, at)


async def is_contradicted(context: Context, vendor_id: str, shipment_box_id: int, status: str) -> bool:
    """Tell whether a box that shows this status did not simply go on from where we hold it."""
    async with context.db.connection() as connection:
        found = await box_store.present(connection, vendor_id, [shipment_box_id])
    return bool(found) and walk(BoxState(found[0]["state"]), from_wire(status), BoxFacts()) is None


async def postpone(context: Context, vendor_id: str, epoch: int, shipment_box_ids: Sequence[int]) -> None:
    """Look at these boxes again in a few minutes: reading them failed."""
    at = context.now() + timedelta(minutes=5)
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await box_store.schedule_reads(tx, vendor_id, [(box_id, at) for box_id in shipment_box_ids])
