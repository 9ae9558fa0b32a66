"""Receipts as jobs need them: which are open, which to read again, what a look that missed means."""

from collections.abc import Set
from datetime import date, datetime, timedelta
from typing import Any

from app.clock import KST
from app.flows.feeds import STOPS, Due
from app.flows.house import House
from app.flows.pages import Window
from app.machines import cancels, returns
from app.machines.cancels import CancelState
from app.store import claims, doors

VANISHED = "Coupang shows this receipt no more, and does not tell of a withdrawal"


async def stops_window(house: House, vendor_id: str, due: Due) -> Window:
    """Return the time in which an open stop request may have been asked: since the last look, with overlap.

    It reaches back to the oldest request that is still open, so that one list tells of all of them.
    """
    at = house.now()
    if due.last_ok_at is None:
        return Window(STOPS, at - house.policy.catch_up, at)
    start = due.last_ok_at - house.policy.lag - house.policy.overlap
    async with house.db.connection() as connection:
        found = await claims.open_receipts(connection, vendor_id, (CancelState.REQUESTED,), ())
    oldest = found[0]["opened_at"] if found else start
    return Window(STOPS, max(min(start, oldest), at - house.policy.catch_up), at)


async def missed(house: House, vendor_id: str, epoch: int, first: date, seen: Set[int]) -> None:
    """Have stop requests read by themselves that we hold for open and that a whole list did not show.

    Args:
        house: What every flow is given.
        vendor_id: Whose list.
        epoch: The visit's fencing token.
        first: The calendar day in Seoul with which the list begins.
        seen: What it showed.
    """
    async with house.db.transaction() as tx:
        await doors.fence(tx, vendor_id, epoch)
        found = await claims.open_receipts(tx, vendor_id, (CancelState.REQUESTED,), ())
        gone = [
            row["receipt_id"]
            for row in found
            if row["receipt_id"] not in seen and row["opened_at"].astimezone(KST).date() >= first
        ]
        if gone:
            await claims.read_soon(tx, vendor_id, gone, house.now())


async def open_ids(house: House, vendor_id: str) -> list[int]:
    """Return the receipts that may still be withdrawn, oldest first."""
    async with house.db.connection() as connection:
        found = await claims.open_receipts(connection, vendor_id, cancels.OPEN, returns.OPEN)
    return [row["receipt_id"] for row in found]


async def to_read(house: House, vendor_id: str, most: int) -> list[dict[str, Any]]:
    """Return receipts that are due to be read by themselves, the longest waiting first."""
    async with house.db.connection() as connection:
        return await claims.to_read(connection, vendor_id, house.now(), most)


async def postpone(house: House, vendor_id: str, epoch: int, receipt_id: int) -> None:
    """Look at this receipt again in a few minutes: reading it failed."""
    await _schedule(house, vendor_id, epoch, receipt_id, house.now() + timedelta(minutes=5), None)


async def vanished(house: House, vendor_id: str, epoch: int, receipt_id: int) -> None:
    """Look at this receipt again later: nobody shows it, and absence proves nothing."""
    due = house.now() + house.policy.receipt_first
    await _schedule(house, vendor_id, epoch, receipt_id, due, VANISHED)


async def _schedule(
    house: House, vendor_id: str, epoch: int, receipt_id: int, due: datetime, attention: str | None
) -> None:
    async with house.db.transaction() as tx:
        await doors.fence(tx, vendor_id, epoch)
        await claims.schedule_reads(tx, vendor_id, [(receipt_id, due, attention)])
