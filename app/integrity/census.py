"""The nightly count: everything Coupang shows of the last thirty days against what we hold.

It reads the lists that the families name (`Counted`) as the feeds do, and what it had to teach us is a
finding: `missing` (we did not know it), `behind` (it had moved on), `vanished` (we hold it, and no list shows
it). The first must be none: each names the reading that should have shown it.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from app.clock import KST
from app.engine.context import Context
from app.engine.family import Counted
from app.engine.feeds import coverage, feeds
from app.engine.feeds.windows import Window
from app.engine.history import transitions
from app.engine.pagination import split_page
from app.engine.registry import Registry
from app.integrity import census_store

FEED = "census"
RETRY = timedelta(minutes=10)
PIECE = timedelta(days=6)
"""Read at a time; the shortest of all lists spans less than seven days."""
SPREAD_S = 7200
"""Vendors begin within two hours after the hour of the count, each always at its own minute."""


@dataclass(frozen=True, slots=True)
class Count:
    """A census under way."""

    row: dict[str, Any]
    left: tuple[Window, ...]
    """What it has not read yet, in the order of its parts."""


def part_of(feed: str) -> str:
    """Return the name under which the progress of counting this feed's list is kept."""
    return f"{FEED}_{feed}"


def parts(registry: Registry) -> dict[str, Counted]:
    """Return the lists that are counted, in their order, by the names of their progress."""
    return {part_of(feed): counted for feed, counted in registry.counted.items()}


async def under_way(context: Context, vendor_id: str, epoch: int) -> Count | None:
    """Return the census to go on with, begun if its hour has come; None when there is nothing to count.

    Raises:
        Fenced: A newer visit speaks for this vendor.
    """
    hour, counted = context.policy.census_hour, parts(context.registry)
    if hour is None or not counted:
        return None
    at, feeds_of = context.now(), context.registry.feeds
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await coverage.ensure_feed(tx, vendor_id, FEED, next_night(vendor_id, hour, at))
        feed = await coverage.find_feed(tx, vendor_id, FEED)
        if feed is None or feed["due_at"] > at:
            return None
        row = await census_store.find_open(tx, vendor_id)
        if row is None:
            # Every feed must have covered that by now: its lag, and one turn of the slowest.
            slowest = max(feeds_of[feed].every(context.policy) for feed in context.registry.counted)
            end = at - context.policy.lag - slowest
            row = await census_store.begin(tx, vendor_id, counted, at, end - context.policy.catch_up, end)
        if row is None:
            return None
        left: list[Window] = []
        for part in counted:
            for start, until in await coverage.missing(
                tx, vendor_id, part, row["window_start"], row["window_end"]
            ):
                left += feeds.pieces(Window(part, start, until), PIECE)
    return Count(row, tuple(left))


async def compare(
    context: Context,
    vendor_id: str,
    epoch: int,
    count: Count,
    window: Window,
    seen: set[int],
    since: datetime,
) -> None:
    """Note what is held of a window, read since then, and no list has shown.

    Raises:
        Fenced: A newer visit speaks for this vendor.
    """
    counted = parts(context.registry)[window.feed]
    if not counted.vanished:
        return
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await census_store.vanished(
            tx, counted, vendor_id, count.row["census_id"], (window.start, window.end), seen, since
        )


async def conclude(context: Context, vendor_id: str, epoch: int, count: Count) -> dict[str, Any]:
    """End the census, store and explain its findings, and set the next one; return its figures.

    Raises:
        Fenced: A newer visit speaks for this vendor.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        row = await census_store.conclude(tx, context.registry, count.row, at)
        hour = context.policy.census_hour or 0
        await coverage.finish(tx, vendor_id, FEED, next_night(vendor_id, hour, at), at, None)
    assert row is not None
    return row


async def put_off(context: Context, vendor_id: str, epoch: int, error: str) -> None:
    """Go on with the census a little later: Coupang did not answer."""
    at = context.now()
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await coverage.finish(tx, vendor_id, FEED, at + RETRY, at, error)


async def list_census(
    context: Context, vendor_ids: list[str] | None, *, before: int | None, most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Return counts with their findings, newest first, and where the next page begins (None: nowhere)."""
    async with context.db.connection() as connection:
        rows = await census_store.list_census(connection, vendor_ids, before, most + 1)
    return split_page(rows, most, itemgetter("census_id"))


def next_night(vendor_id: str, hour: int, at: datetime) -> datetime:
    """Return the vendor's next time to be counted after `at`: its own minute past the hour, in Seoul."""
    own = timedelta(seconds=zlib.crc32(vendor_id.encode()) % SPREAD_S)
    # The vendor's own minute may come after midnight; it belongs to the hour of the day before.
    shifted = at.astimezone(KST) - own
    begins = shifted.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (begins if begins > shifted else begins + timedelta(days=1)) + own
