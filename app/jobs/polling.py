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
            await _sweep_window(line, window)
        except CoupangError as error:
            hush(error)
            failed = str(error)
        except OutOfTime:
            return True
    await feeds.finish(line.house, line.vendor_id, line.epoch, feeds.ORDERS, failed)
    return False


async def _sweep_window(line: Line, window: Window) -> None:
    line.check_time()
    reading = Reading(window, line.house.now())
    by_minutes = window.end - window.start <= LONGEST_MINUTES
    try:
        for status in ROAD:
            pages = _minutes(line, window, status) if by_minutes else _settled_days(line, window, status)
            last: SheetPage | None = None
            async for page in pages:
                if last is not None:
                    await _take(line, reading, last, None)
                last = page
                line.check_time()
            covered = window if status is ROAD[-1] else None
            await _take(line, reading, last or SheetPage(()), covered)
    except RangeTooWide:
        if not by_minutes or window.end - window.start <= NARROWEST:
            raise
        middle = window.start + (window.end - window.start) / 2
        await _sweep_window(line, Window(window.feed, window.start, middle))
        await _sweep_window(line, Window(window.feed, middle, window.end))
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


async def _minutes(line: Line, window: Window, status: WireStatus) -> AsyncIterator[SheetPage]:
    yield await orders.list_minutes(line.client, window.start, window.end, status, purpose="sweep")


def _settled_days(line: Line, window: Window, status: WireStatus) -> AsyncIterator[SheetPage]:
    first, last = window.start.astimezone(KST).date(), window.end.astimezone(KST).date()
    return settled(
        lambda: orders.list_days(line.client, first, last, status, purpose="sweep"),
        lambda page: {box_id for box_id, _ in page.rows if box_id is not None},
        f"the {status} list of {first} to {last}",
    )
