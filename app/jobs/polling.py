"""Poll the feeds: often for new orders, and window by window for everything that coverage lacks."""

from collections.abc import AsyncIterator
from datetime import timedelta

from app.clock import KST
from app.coupang import orders
from app.coupang.errors import CoupangError, RangeTooWide
from app.coupang.wire import SheetPage, WireStatus
from app.flows import feeds
from app.flows.feeds import LONGEST_MINUTES, Reading
from app.flows.pages import Window, take_page
from app.jobs.line import Line, OutOfTime, hush
from app.jobs.settling import settled

ROAD = (
    WireStatus.ACCEPT,
    WireStatus.INSTRUCT,
    # Before DEPARTURE: a changed waybill leads from here to there, so a box that moves meanwhile is
    # met again further down the road.
    WireStatus.NONE_TRACKING,
    WireStatus.DEPARTURE,
    WireStatus.DELIVERING,
    WireStatus.FINAL_DELIVERY,
)
NARROWEST = timedelta(minutes=10)
MOST_PAGES = 24
"""A window of days that has so many is cut into ones that are read without pages. It is claimed only as a
whole: read to no end before the visit is over, it would be begun again for ever."""


class _TooFull(Exception):
    """A window of days has more pages than `MOST_PAGES`."""


async def look_for_new(line: Line, due: feeds.Due) -> None:
    """Read the newest ACCEPT orders; claims no coverage."""
    window = feeds.accept_window(line.house, due)
    reading = Reading(window, line.house.now())
    error: CoupangError | None = None
    try:
        page = await orders.list_minutes(
            line.client, window.start, window.end, WireStatus.ACCEPT, purpose="poll"
        )
        await _take(line, reading, page, None)
    except CoupangError as caught:
        error = caught
    # A quiet look is not worth a row; a change or a failure is.
    if error or reading.changed or reading.unreadable:
        await feeds.record(line.house, line.vendor_id, line.epoch, reading, str(error) if error else None)
    await feeds.finish(line.house, line.vendor_id, line.epoch, feeds.ACCEPT, str(error) if error else None)
    if error:
        hush(error)


async def sweep(line: Line) -> bool:
    """Read what coverage lacks, oldest first; True when windows are left for the next visit."""
    failed: str | None = None
    for window in await feeds.holes(line.house, line.vendor_id):
        try:
            await sweep_window(line, window)
        except CoupangError as error:
            hush(error)
            failed = str(error)
        except OutOfTime:
            return True
    await feeds.finish(line.house, line.vendor_id, line.epoch, feeds.ORDERS, failed)
    return False


async def sweep_window(
    line: Line, window: Window, *, purpose: str = "sweep", seen: set[int] | None = None
) -> None:
    """Read all six statuses of a window, then claim it.

    Args:
        line: The visit's line.
        window: Its feed names the coverage that is claimed.
        purpose: Why, for the call counts.
        seen: Takes the ids of the boxes that were shown.

    Raises:
        CoupangError: It could not be read whole; nothing is claimed.
        OutOfTime: The visit is over; nothing is claimed.
    """
    line.check_time()
    reading = Reading(window, line.house.now())
    by_minutes = window.end - window.start <= LONGEST_MINUTES
    try:
        for status in ROAD:
            read = _minutes if by_minutes else _settled_days
            pages = read(line, window, status, purpose)
            last: SheetPage | None = None
            async for page in pages:
                if seen is not None:
                    seen |= _ids(page)
                if last is not None:
                    await _take(line, reading, last, None)
                last = page
                line.check_time()
                if not by_minutes and reading.pages >= MOST_PAGES:
                    raise _TooFull
            covered = window if status is ROAD[-1] else None
            await _take(line, reading, last or SheetPage(()), covered)
    except RangeTooWide:
        if not by_minutes or window.end - window.start <= NARROWEST:
            raise
        middle = window.start + (window.end - window.start) / 2
        for half in (Window(window.feed, window.start, middle), Window(window.feed, middle, window.end)):
            await sweep_window(line, half, purpose=purpose, seen=seen)
        return
    except _TooFull:
        start = window.start
        while start < window.end:
            stop = min(start + LONGEST_MINUTES, window.end)
            await sweep_window(line, Window(window.feed, start, stop), purpose=purpose, seen=seen)
            start = stop
        return
    except CoupangError as error:
        await feeds.record(line.house, line.vendor_id, line.epoch, reading, str(error))
        raise
    await feeds.record(line.house, line.vendor_id, line.epoch, reading)


async def _take(line: Line, reading: Reading, page: SheetPage, covered: Window | None) -> None:
    taken = await take_page(
        line.house,
        line.vendor_id,
        page,
        cause=f"feed:{reading.window.feed}",
        at=line.house.now(),
        epoch=line.epoch,
        covered=covered,
    )
    reading.pages += 1
    reading.rows += taken.rows
    reading.changed += taken.changed
    reading.unreadable += taken.unreadable


async def _minutes(line: Line, window: Window, status: WireStatus, purpose: str) -> AsyncIterator[SheetPage]:
    yield await orders.list_minutes(line.client, window.start, window.end, status, purpose=purpose)


def _ids(page: SheetPage) -> set[int]:
    return {box_id for box_id, _ in page.rows if box_id is not None}


def _settled_days(line: Line, window: Window, status: WireStatus, purpose: str) -> AsyncIterator[SheetPage]:
    first, last = window.start.astimezone(KST).date(), window.end.astimezone(KST).date()
    return settled(
        lambda: orders.list_days(line.client, first, last, status, purpose=purpose),
        _ids,
        f"the {status} list of {first} to {last}",
    )
