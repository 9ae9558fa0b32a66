"""Which open returns lists show, so that none of them has to be read by itself.

A sweep asks for receipts by the time they were made, and a return changes days later. One page of a list by
days costs one call, whether it shows one receipt or fifty, so the lists of a sweep reach back to the oldest
return that is open; one they miss is read by itself. Where too many are open for one page, the returns of a
day are listed once they would cost more calls one by one.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from app.claims import store as claim_store
from app.clock import KST
from app.coupang.limits import PAGE_ROWS
from app.engine.context import Context
from app.engine.feeds.windows import Window
from app.engine.history import transitions
from app.machines import cancels, returns

WATCHED_MOST = 40
"""Open receipts that one page shows, with what is new since the last sweep."""
BACK = timedelta(days=28)
"""No list of days reaches back further than a month."""


@dataclass(slots=True)
class Watch:
    """Open returns that a sweep shows along with what is new: its lists reach back to a midnight."""

    since: datetime
    seen: set[int] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    """The lists that were read whole, from `since` on."""


async def watch(context: Context, vendor_id: str, window: Window) -> Watch | None:
    """Return from when on one page of a list shows the returns that are open; None when none is older.

    Of too many the youngest are watched, which change soonest.
    """
    async with context.db.connection() as connection:
        found = await claim_store.open_receipts(connection, vendor_id, cancels.OPEN, returns.OPEN)
    if not found or found[0]["opened_at"] >= window.start:
        return None
    days = Counter(_day(row["opened_at"]) for row in found)
    shown, since = 0, None
    for day in sorted(days, reverse=True):
        shown += days[day]
        begins = datetime.combine(day, time(), KST)
        if shown > WATCHED_MOST or begins < window.end - BACK:
            break
        since = begins
    return Watch(since) if since is not None else None


async def missing(context: Context, vendor_id: str, watched: Watch, window: Window) -> list[int]:
    """Return the watched returns that no list has shown: they are over, or a list errs.

    One that was left out before, and read by itself since, has its own turns.
    """
    async with context.db.connection() as connection:
        found = await claim_store.open_receipts(connection, vendor_id, (), returns.OPEN)
    return [
        row["receipt_id"]
        for row in found
        if row["receipt_id"] not in watched.seen
        and watched.since <= row["opened_at"] < window.end
        and not row["unlisted"]
    ]


async def read_alone(context: Context, vendor_id: str, epoch: int, receipt_ids: list[int]) -> None:
    """Have returns that the lists leave out read by themselves in this visit."""
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await claim_store.read_unlisted(tx, vendor_id, receipt_ids, context.now())


async def crowded(context: Context, vendor_id: str) -> list[tuple[date, date]]:
    """Return the stretches of days whose open returns cost fewer calls by list than one by one.

    Counted are those that would be read by themselves soon. What is due already was asked for by somebody,
    or no list shows it.
    """
    at = context.now()
    soon = at + context.policy.receipt_seen_within
    async with context.db.connection() as connection:
        found = await claim_store.open_receipts(connection, vendor_id, (), returns.AWAITING_SELLER)
    found = [row for row in found if row["opened_at"] > at - BACK]
    open_ = Counter(_day(row["opened_at"]) for row in found)
    due = Counter(
        _day(row["opened_at"]) for row in found if row["next_read_at"] and at < row["next_read_at"] <= soon
    )
    stretches: list[tuple[date, date]] = []
    for day in sorted(due):
        if due[day] <= -(-open_[day] // PAGE_ROWS):
            continue
        if stretches and stretches[-1][1] == day - timedelta(days=1):
            stretches[-1] = stretches[-1][0], day
        else:
            stretches.append((day, day))
    return stretches


def _day(opened_at: datetime) -> date:
    return opened_at.astimezone(KST).date()
