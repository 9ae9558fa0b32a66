"""What is due to be polled, and what coverage may claim.

`accept` looks often for new orders and claims nothing. `orders` sweeps all six statuses of every creation
window that coverage lacks, not earlier than the listing lag after its end, and claims it in the
transaction that stored its last page. A window that fails claims nothing, so it is simply asked again.

Claims come in four: `stops` looks often for open stop requests and claims nothing, `cancels` reads the
cancels at ACCEPT, `receipts` sweeps all four statuses of every creation window, `withdrawals` is the daily
net under the question for the withdrawals of open receipts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.engine.context import Context
from app.engine.feeds import coverage
from app.engine.feeds.names import (
    ACCEPT,
    CANCELS,
    EXCHANGES,
    ORDERS,
    RECEIPTS,
    STOPS,
    WITHDRAWALS,
)
from app.engine.feeds.windows import IngestResult, Window
from app.engine.history import transitions

__all__ = [
    "ACCEPT",
    "CANCELS",
    "EXCHANGES",
    "ORDERS",
    "RECEIPTS",
    "STOPS",
    "WITHDRAWALS",
]

LONGEST_MINUTES = timedelta(hours=23)
"""A window up to this length is asked for by minutes: one answer, no paging."""
NARROWEST = timedelta(minutes=10)
"""A window is cut until it is no longer than this."""
DAYS_AT_ONCE = timedelta(days=29)
"""Longest stretch of days asked for at once (Coupang refuses more than 31)."""
FAR_EVERY_S = 1800
LONGEST_DAYS = timedelta(days=7)
"""A longer hole is asked for by days, this many at a time."""
MOST_PAGES = 24
"""A window of days that has so many is cut into ones that are read without pages. It is claimed only as a
whole: if a visit is too short to finish it, every visit would begin it again."""
EXCHANGE_ROUND = "round_exchanges"
"""Under this name is kept which exchanges a visit that ran out of time has looked at again; never due."""


@dataclass(frozen=True, slots=True)
class Due:
    """A feed that is due and since when it has been silent."""

    feed: str
    last_ok_at: datetime | None
    failures: int = 0
    """Readings that failed since then."""


async def due_feeds(context: Context, vendor_id: str) -> dict[str, Due]:
    """Return the feeds that are due, making their rows on the first visit."""
    async with context.db.transaction() as tx:
        rows = await coverage.due(tx, vendor_id, list(context.registry.feeds), context.now())
    return {row["feed"]: Due(row["feed"], row["last_ok_at"], row["failures"]) for row in rows}


def accept_window(context: Context, due: Due) -> Window:
    """Return the creation times in which a new order may have appeared since the last look."""
    at = context.now()
    back = context.policy.overlap
    if due.last_ok_at is not None:
        back = max(back, at - due.last_ok_at + context.policy.lag)
    return Window(ACCEPT, at - min(back, LONGEST_MINUTES), at)


def looks_far(context: Context, due: Due) -> bool:
    """Tell whether a look for new orders is the first of its half hour: it asks for all orders that wait.

    An order that an empty answer has hidden still waits, because only known orders are acknowledged. A list
    by days is one call as well, and shows every order of a week that waits. After a failure the narrow look
    comes first, so that a list that is too slow never hides new orders.
    """
    if due.last_ok_at is None or due.failures:
        return False
    return context.now().timestamp() // FAR_EVERY_S != due.last_ok_at.timestamp() // FAR_EVERY_S


async def asked_from(context: Context, vendor_id: str, window: Window) -> datetime:
    """Return from when a window of minutes is asked for: from the start of the reading before it.

    So two readings in a row list everything, and one wrong answer does not hide it. It costs no call;
    only the window itself is claimed. After a failure it is asked for alone.
    """
    if window.end - window.start > LONGEST_MINUTES:
        return window.start
    async with context.db.connection() as connection:
        before = await coverage.read_until(connection, vendor_id, window.feed, window.start)
    return window.start if before is None else max(before, window.end - LONGEST_MINUTES)


async def holes(
    context: Context, vendor_id: str, feed: str = ORDERS, longest: timedelta = LONGEST_DAYS
) -> list[Window]:
    """Return what a feed must read, oldest first, cut into askable windows."""
    at = context.now()
    end = at - context.policy.lag
    async with context.db.connection() as connection:
        missing = await coverage.missing(connection, vendor_id, feed, at - context.policy.catch_up, end)
    windows: list[Window] = []
    for start, until in missing:
        windows += pieces(Window(feed, start, until), max(longest, LONGEST_MINUTES))
    return windows


def pieces(window: Window, longest: timedelta = LONGEST_MINUTES) -> list[Window]:
    """Return a window cut into pieces of this length, oldest first; the last one may be shorter."""
    cut, start = [], window.start
    while start < window.end:
        stop = min(start + longest, window.end)
        cut.append(Window(window.feed, start, stop))
        start = stop
    return cut


@dataclass(slots=True)
class Reading:
    """What reading one window brought, as it is recorded."""

    window: Window
    started_at: datetime
    pages: int = 0
    rows: int = 0
    changed: int = 0
    unreadable: int = 0
    contradicted: int = 0
    """Lists that were empty although what we hold stood in them."""

    def count(self, taken: IngestResult) -> None:
        """Count one page more."""
        self.pages += 1
        self.rows += taken.rows
        self.changed += taken.changed
        self.unreadable += taken.unreadable


async def record(
    context: Context, vendor_id: str, epoch: int, reading: Reading, error: str | None = None
) -> None:
    """Record how the reading of one window went."""
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await coverage.record_run(
            tx,
            (reading.window.start, reading.window.end),
            vendor_id=vendor_id,
            feed=reading.window.feed,
            epoch=epoch,
            started_at=reading.started_at,
            finished_at=context.now(),
            pages=reading.pages,
            rows=reading.rows,
            changed=reading.changed,
            unreadable=reading.unreadable,
            contradicted=reading.contradicted,
            outcome="ok" if error is None else "failed",
            error=error,
        )


async def finish(context: Context, vendor_id: str, epoch: int, feed: str, error: str | None = None) -> None:
    """Set when the feed is due next: the usual pause, or a short one after a failure."""
    at = context.now()
    every = context.registry.feeds[feed].every(context.policy)
    pause = every if error is None else min(every, timedelta(minutes=2))
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await coverage.finish(tx, vendor_id, feed, at + pause, at, error)
        if feed == EXCHANGES:
            await coverage.clear(tx, vendor_id, EXCHANGE_ROUND)
        if feed in context.registry.covering and error is None:
            horizon = at - context.policy.catch_up - timedelta(days=1)
            await coverage.forget_before(tx, vendor_id, feed, horizon)


async def hasten(context: Context, vendor_id: str, epoch: int, feed: str, pause: timedelta) -> None:
    """Have a feed read no later than `pause` from now."""
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await coverage.hasten(tx, vendor_id, feed, context.now() + pause)
