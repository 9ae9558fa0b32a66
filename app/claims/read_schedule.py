"""When receipts are read: which are open, which to read again, what a look that missed means."""

from collections.abc import Set
from datetime import date, datetime, timedelta
from typing import Any

from app.claims import store as claim_store
from app.clock import KST
from app.engine.context import Context
from app.engine.feeds.feeds import STOPS, Due
from app.engine.feeds.windows import Window
from app.engine.history import transitions
from app.machines import cancels, returns

VANISHED = "Coupang shows this receipt no more, and does not tell of a withdrawal"


async def stops_window(context: Context, vendor_id: str, due: Due) -> Window:
    """Return the time in which an open stop request may have been asked: since the last look, with overlap.

    It reaches back to the oldest request that is still open, so that one list shows all of them.
    """
    at = context.now()
    if due.last_ok_at is None:
        return Window(STOPS, at - context.policy.catch_up, at)
    start = due.last_ok_at - context.policy.lag - context.policy.overlap
    async with context.db.connection() as connection:
        found = await claim_store.open_receipts(connection, vendor_id, cancels.UNANSWERED, ())
    oldest = found[0]["opened_at"] if found else start
    return Window(STOPS, max(min(start, oldest), at - context.policy.catch_up), at)


async def missed(context: Context, vendor_id: str, epoch: int, first: date, seen: Set[int]) -> None:
    """Have stop requests read by themselves that we hold for open and that a whole list did not show.

    Args:
        context: What every use case is given.
        vendor_id: Whose list.
        epoch: The visit's fencing token.
        first: The calendar day in Seoul with which the list begins.
        seen: What it showed.
    """
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        found = await claim_store.open_receipts(tx, vendor_id, cancels.UNANSWERED, ())
        gone = [
            row["receipt_id"]
            for row in found
            if row["receipt_id"] not in seen and row["opened_at"].astimezone(KST).date() >= first
        ]
        if gone:
            await claim_store.read_soon(tx, vendor_id, gone, context.now())


async def open_ids(context: Context, vendor_id: str) -> list[int]:
    """Return the receipts that may still be withdrawn, oldest first."""
    async with context.db.connection() as connection:
        found = await claim_store.open_receipts(connection, vendor_id, cancels.OPEN, returns.OPEN)
    return [row["receipt_id"] for row in found]


async def to_read(context: Context, vendor_id: str, most: int) -> list[dict[str, Any]]:
    """Return receipts that are due to be read by themselves, the longest waiting first."""
    async with context.db.connection() as connection:
        return await claim_store.to_read(connection, vendor_id, context.now(), most)


async def postpone(context: Context, vendor_id: str, epoch: int, receipt_id: int) -> None:
    """Look at this receipt again in a few minutes: reading it failed."""
    await _schedule(context, vendor_id, epoch, receipt_id, context.now() + timedelta(minutes=5), None)


async def vanished(context: Context, vendor_id: str, epoch: int, receipt_id: int) -> None:
    """Look at this receipt again later: no list shows it, and absence proves nothing."""
    due = context.now() + context.policy.receipt_first
    await _schedule(context, vendor_id, epoch, receipt_id, due, VANISHED)


async def _schedule(
    context: Context, vendor_id: str, epoch: int, receipt_id: int, due: datetime, attention: str | None
) -> None:
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await claim_store.schedule_reads(tx, vendor_id, [(receipt_id, due, attention)])
