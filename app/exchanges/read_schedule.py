"""When exchanges are read: which windows, which exchange by itself, and when again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from app.engine.context import Context
from app.engine.feeds import coverage, feeds
from app.engine.feeds.windows import Window
from app.engine.history import transitions
from app.exchanges import store as exchange_store
from app.orders.order_blocks.store import oldest_unread

SPAN = timedelta(days=6)
"""Longest window asked for at once; Coupang takes less than 7 days."""
OLDEST = timedelta(days=180)
"""Nothing older is looked for again by windows: one false date would cost a call for each week since then."""
NEVER = timedelta(days=365_000)
BOX_EVERY = timedelta(minutes=2)
BOX_WITHIN = timedelta(minutes=15)
"""The new box appears within ten minutes after the confirmation."""


async def windows(context: Context, vendor_id: str) -> list[Window]:
    """Return what to read: from the oldest open exchange or hole of coverage up to now less the lag.

    An exchange that could not be read is open until it is, or until somebody has looked at it. What earlier
    visits of the same round have looked at is left out.
    """
    end = context.now() - context.policy.lag
    holes = await feeds.holes(context, vendor_id, feeds.EXCHANGES)
    async with context.db.connection() as connection:
        oldest = [
            await exchange_store.oldest_open(connection, vendor_id),
            await oldest_unread(connection, vendor_id, context.policy.catch_up),
        ]
        start = min([*(hole.start for hole in holes), *filter(None, oldest)], default=end)
        start = max(start, end - OLDEST)
        left = []
        if start < end:
            left = await coverage.missing(connection, vendor_id, feeds.EXCHANGE_ROUND, start, end)
    return [
        piece
        for begins, until in left
        for piece in feeds.pieces(Window(feeds.EXCHANGES, begins, until), SPAN)
    ]


async def keep_round(context: Context, vendor_id: str, epoch: int, done: Sequence[Window]) -> None:
    """Keep what this visit has looked at, for the next one to go on with; the end of a sweep forgets it."""
    at = context.now()
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await coverage.ensure_feed(tx, vendor_id, feeds.EXCHANGE_ROUND, at + NEVER)
        for window in done:
            await coverage.grow(tx, vendor_id, feeds.EXCHANGE_ROUND, window.start, window.end)


async def asked_from(context: Context, vendor_id: str, window: Window) -> datetime:
    """Return from when the oldest window is asked for: from where the reading before began, as one call."""
    async with context.db.connection() as connection:
        before = await coverage.read_until(connection, vendor_id, window.feed, window.start)
    return window.start if before is None else max(before, window.end - SPAN)


async def to_read(context: Context, vendor_id: str) -> list[dict[str, Any]]:
    """Return exchanges that are due to be read by themselves."""
    async with context.db.connection() as connection:
        return await exchange_store.to_read(connection, vendor_id, context.now())


async def find(context: Context, vendor_id: str, exchange_id: int) -> dict[str, Any] | None:
    """Return one exchange with its lines and boxes, or None."""
    async with context.db.connection() as connection:
        return await exchange_store.find(connection, [vendor_id], exchange_id)


async def read(
    context: Context, vendor_id: str, epoch: int, exchange_id: int, *, failed: bool = False
) -> None:
    """Set when this exchange is read by itself next: soon while its new box is awaited."""
    at: datetime = context.now()
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        row = await exchange_store.find(tx, [vendor_id], exchange_id, lock=True)
        if row is None:
            return
        confirmed = row["confirmed_at"]
        awaited = confirmed is not None and not row["boxes"] and at - confirmed < BOX_WITHIN
        await exchange_store.schedule(
            tx, vendor_id, exchange_id, at + BOX_EVERY if awaited or failed else None
        )
