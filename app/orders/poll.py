"""Poll the feeds: often for new orders, and window by window for everything that coverage lacks."""

from collections.abc import AsyncIterator
from datetime import datetime

from app.clock import KST
from app.coupang.errors import CoupangError, RangeTooWide, TooLarge
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import SheetPage, WireStatus
from app.engine.feeds import feeds
from app.engine.feeds.feeds import LONGEST_DAYS, LONGEST_MINUTES, MOST_PAGES, NARROWEST, Due, Reading
from app.engine.feeds.stable_paging import TooFull, read_until_stable
from app.engine.feeds.windows import Window
from app.engine.visits.session import OutOfTime, VisitSession, raise_if_stopped
from app.orders.empty_lists.check import contradicts_stored
from app.orders.ingest import take_page

ROAD = (
    WireStatus.ACCEPT,
    WireStatus.INSTRUCT,
    # Before DEPARTURE: a changed waybill leads from here to there, so a box that moves meanwhile is
    # met again in a later list.
    WireStatus.NONE_TRACKING,
    WireStatus.DEPARTURE,
    WireStatus.DELIVERING,
    WireStatus.FINAL_DELIVERY,
)


async def look_for_new(session: VisitSession, due: Due) -> None:
    """Read the newest ACCEPT orders, once in half an hour those of a week; claims no coverage."""
    window = feeds.accept_window(session.context, due)
    far = feeds.looks_far(session.context, due)
    if far:
        window = Window(window.feed, window.end - LONGEST_DAYS, window.end)
    reading = Reading(window, session.context.now())
    error: CoupangError | None = None
    try:
        read = _days if far else _minutes
        async for page in read(session, window, WireStatus.ACCEPT, "poll"):
            before = reading.changed
            await _take(session, reading, page, None)
            # Many that wait and are known need not be read to their end.
            if reading.changed == before:
                break
            session.check_time()
    except CoupangError as caught:
        error = caught
    # A quiet look is not worth a row; a change or a failure is.
    if error or reading.changed or reading.unreadable:
        await feeds.record(
            session.context, session.vendor_id, session.epoch, reading, str(error) if error else None
        )
    await feeds.finish(
        session.context, session.vendor_id, session.epoch, feeds.ACCEPT, str(error) if error else None
    )
    if error:
        raise_if_stopped(error)


async def sweep(session: VisitSession) -> bool:
    """Read what coverage lacks, oldest first; True when windows are left for the next visit."""
    failed: str | None = None
    for window in await feeds.holes(session.context, session.vendor_id):
        try:
            since = await feeds.asked_from(session.context, session.vendor_id, window)
            await sweep_window(session, window, asked_from=since)
        except CoupangError as error:
            raise_if_stopped(error)
            failed = str(error)
        except OutOfTime:
            return True
    await feeds.finish(session.context, session.vendor_id, session.epoch, feeds.ORDERS, failed)
    return False


async def sweep_window(
    session: VisitSession,
    window: Window,
    *,
    asked_from: datetime | None = None,
    purpose: str = "sweep",
    seen: set[int] | None = None,
) -> None:
    """Read all six statuses of a window, then claim it.

    Args:
        session: The visit's session.
        window: Its feed names the coverage that is claimed.
        asked_from: Where the lists begin, if earlier than what is claimed.
        purpose: Why, for the call counts.
        seen: Takes the ids of the boxes that were shown.

    Raises:
        CoupangError: It could not be read whole; nothing is claimed.
        OutOfTime: The visit is over; nothing is claimed.
    """
    session.check_time()
    reading = Reading(window, session.context.now())
    asked = Window(window.feed, min(asked_from or window.start, window.start), window.end)
    told: set[int] = set() if seen is None else seen
    empty: set[WireStatus] = set()
    last = SheetPage(())
    try:
        for status in ROAD:
            last, is_empty = await _read(session, reading, asked, status, purpose, told)
            if is_empty:
                empty.add(status)
            if status is not ROAD[-1]:
                await _take(session, reading, last, None)
        async for status in contradicts_stored(session, asked, told, empty, reading.started_at, purpose):
            reading.contradicted += 1
            page, _ = await _read(session, reading, asked, status, purpose, told)
            await _take(session, reading, page, None)
        await _take(session, reading, last, window)
    except (RangeTooWide, TooLarge):
        if asked.start < window.start:
            await sweep_window(session, window, purpose=purpose, seen=seen)
            return
        if not NARROWEST < window.end - window.start <= LONGEST_MINUTES:
            raise
        middle = window.start + (window.end - window.start) / 2
        for half in (Window(window.feed, window.start, middle), Window(window.feed, middle, window.end)):
            await sweep_window(session, half, purpose=purpose, seen=seen)
        return
    except TooFull:
        for piece in feeds.pieces(window):
            await sweep_window(session, piece, purpose=purpose, seen=seen)
        return
    except CoupangError as error:
        await feeds.record(session.context, session.vendor_id, session.epoch, reading, str(error))
        raise
    await feeds.record(session.context, session.vendor_id, session.epoch, reading)


async def _read(
    session: VisitSession, reading: Reading, asked: Window, status: WireStatus, purpose: str, told: set[int]
) -> tuple[SheetPage, bool]:
    """Read a list and store it but for its last page; return that, and whether there was no row at all."""
    by_minutes = asked.end - asked.start <= LONGEST_MINUTES
    read = _minutes if by_minutes else _settled_days
    last: SheetPage | None = None
    rows = 0
    async for page in read(session, asked, status, purpose):
        told |= _ids(page)
        rows += len(page.rows)
        if last is not None:
            await _take(session, reading, last, None)
        last = page
        session.check_time()
        if not by_minutes and reading.pages >= MOST_PAGES:
            raise TooFull(f"more than {MOST_PAGES} pages in {reading.window}")
    return last or SheetPage(()), not rows


async def _take(session: VisitSession, reading: Reading, page: SheetPage, covered: Window | None) -> None:
    taken = await take_page(
        session.context,
        session.vendor_id,
        page,
        cause=f"feed:{reading.window.feed}",
        at=session.context.now(),
        epoch=session.epoch,
        covered=covered,
    )
    reading.count(taken)


async def _minutes(
    session: VisitSession, window: Window, status: WireStatus, purpose: str
) -> AsyncIterator[SheetPage]:
    yield await order_calls.list_minutes(session.client, window.start, window.end, status, purpose=purpose)


def _ids(page: SheetPage) -> set[int]:
    return {box_id for box_id, _ in page.rows if box_id is not None}


def _days(
    session: VisitSession, window: Window, status: WireStatus, purpose: str
) -> AsyncIterator[SheetPage]:
    first, last = window.start.astimezone(KST).date(), window.end.astimezone(KST).date()
    return order_calls.list_days(session.client, first, last, status, purpose=purpose)


def _settled_days(
    session: VisitSession, window: Window, status: WireStatus, purpose: str
) -> AsyncIterator[SheetPage]:
    return read_until_stable(
        lambda: _days(session, window, status, purpose),
        _ids,
        f"the {status} list of {window.start:%Y-%m-%d} to {window.end:%Y-%m-%d}",
    )
