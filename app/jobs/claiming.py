"""Read claims: open stop requests often and before every waybill, cancels, returns."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from app.clock import KST
from app.coupang.claims import return_calls
from app.coupang.claims.types import ReceiptPage, ReceiptQuery
from app.coupang.errors import CoupangError, RangeTooWide
from app.flows import claim_reads, feeds, watching
from app.flows.feeds import LONGEST_MINUTES, MOST_PAGES, Due, Reading
from app.flows.pages import Window
from app.flows.receipts import take_receipts
from app.flows.watching import Watch
from app.jobs.doubting import receipt_lives
from app.jobs.line import Line, OutOfTime, hush
from app.jobs.lone_receipts import ask_for_withdrawals
from app.jobs.settling import TooFull, settled

ROAD = (
    ReceiptQuery.STOPS,
    ReceiptQuery.RETURNS,
    # Before COMPLETED: a dispute ends there, so a receipt that moves meanwhile is met again.
    ReceiptQuery.DISPUTED,
    ReceiptQuery.COMPLETED,
)
CANCELS = (ReceiptQuery.CANCELLED,)
WATCHED = (ReceiptQuery.RETURNS, ReceiptQuery.DISPUTED)
"""The lists that show open returns."""
SPAN = timedelta(days=29)
"""Longest stretch of days asked for at once."""
NARROWEST = timedelta(minutes=10)
MANY = 4
"""So many watched returns gone at once may be a list that errs: it is read again, for two calls."""


async def check_stops(line: Line, since: datetime, purpose: str) -> None:
    """Read every open stop request that was asked since then, and store and observe it.

    A request that we hold for open and that is not listed any more is read by itself next.

    Raises:
        CoupangError: The list could not be read whole; nothing may be concluded from it.
    """
    house, at = line.house, line.house.now()
    start = max(since, at - SPAN)
    seen: set[int] = set()
    async for page in _days(line, start, at, ReceiptQuery.STOPS, purpose):
        seen |= _ids(page)
        await take_receipts(house, line.vendor_id, page, cause=f"look:{purpose}", at=at, epoch=line.epoch)
        line.check_time()
    await claim_reads.missed(house, line.vendor_id, line.epoch, start.astimezone(KST).date(), seen)


async def look_for_stops(line: Line, due: Due) -> None:
    """Look for stop requests; claims no coverage."""
    window = await claim_reads.stops_window(line.house, line.vendor_id, due)
    error: CoupangError | None = None
    try:
        await check_stops(line, window.start, "claims")
    except CoupangError as caught:
        error = caught
        reading = Reading(window, line.house.now())
        await feeds.record(line.house, line.vendor_id, line.epoch, reading, str(error))
    await feeds.finish(line.house, line.vendor_id, line.epoch, feeds.STOPS, str(error) if error else None)
    if error:
        hush(error)


async def look_for_cancels(line: Line) -> None:
    """Read cancels at ACCEPT: today and yesterday, and whatever coverage lacks."""
    windows = await feeds.holes(line.house, line.vendor_id, feeds.CANCELS)
    at = line.house.now()
    start = min((window.start for window in windows), default=at)
    first = max(min(start, at - timedelta(days=1)), at - SPAN)
    end = max((window.end for window in windows), default=start)
    window = Window(feeds.CANCELS, start, end)
    reading = Reading(window, at)
    error: CoupangError | None = None
    try:
        last = ReceiptPage(())
        async for page in _days(line, first, at, ReceiptQuery.CANCELLED, "claims"):
            await _take(line, reading, last, None)
            last = page
            _check(line, reading)
        await _take(line, reading, last, window if windows else None)
    except TooFull:
        error = await _sweep_cancels(line, windows, at)
    except CoupangError as caught:
        error = caught
    if error or reading.changed or reading.unreadable:
        await feeds.record(line.house, line.vendor_id, line.epoch, reading, str(error) if error else None)
    await feeds.finish(line.house, line.vendor_id, line.epoch, feeds.CANCELS, str(error) if error else None)
    if error:
        hush(error)


async def _sweep_cancels(line: Line, windows: Sequence[Window], at: datetime) -> CoupangError | None:
    """Read what is too much for one list window by window, and then the newest, which is not claimed yet."""
    try:
        for window in windows:
            await sweep_window(line, window, road=CANCELS)
        line.check_time()
        known = [window.end for window in windows]
        newest = Window(feeds.CANCELS, max([*known, at - LONGEST_MINUTES]), at)
        page = await return_calls.list_receipts_minutes(
            line.client, newest.start, at, ReceiptQuery.CANCELLED, purpose="claims"
        )
        await _take(line, Reading(newest, at), page, None)
    except CoupangError as error:
        return error
    return None


async def sweep_receipts(line: Line) -> bool:
    """Read what coverage lacks, then ask which open receipts were withdrawn; True when time was short."""
    failed: str | None = None
    try:
        windows = await feeds.holes(line.house, line.vendor_id, feeds.RECEIPTS)
        watch: Watch | None = None
        for window in windows:
            since = await feeds.asked_from(line.house, line.vendor_id, window)
            if window is windows[-1]:
                watch = await watching.watch(line.house, line.vendor_id, window)
            await sweep_window(line, window, asked_from=since, watch=watch)
        await ask_for_withdrawals(line)
        if watch is not None:
            await _mind_the_missing(line, watch, windows[-1])
        await _list_crowded(line)
    except CoupangError as error:
        hush(error)
        failed = str(error)
    except OutOfTime:
        return True
    await feeds.finish(line.house, line.vendor_id, line.epoch, feeds.RECEIPTS, failed)
    return False


async def _mind_the_missing(line: Line, watch: Watch, window: Window) -> None:
    """Have watched returns read by themselves that no list has shown."""
    house, vendor_id = line.house, line.vendor_id
    missing = await watching.missing(house, vendor_id, watch, window) if watch.read >= {*WATCHED} else []
    if len(missing) >= MANY:
        watch.read.clear()
        for which in WATCHED:
            page = await _watched(line, window, which, watch)
            if page is not None:
                await _take(line, Reading(window, house.now()), page, None)
        missing = await watching.missing(house, vendor_id, watch, window) if watch.read >= {*WATCHED} else []
    if missing:
        await watching.read_alone(house, vendor_id, line.epoch, missing)


async def _list_crowded(line: Line) -> None:
    """List the days on which many open returns would be read by themselves soon."""
    house = line.house
    for first, last in await watching.crowded(house, line.vendor_id):
        line.check_time()
        at = house.now()
        # One reading will do: nothing is claimed, and what it misses is read by itself.
        async for page in return_calls.list_receipts_days(
            line.client, first, last, ReceiptQuery.RETURNS, purpose="receipt"
        ):
            await take_receipts(house, line.vendor_id, page, cause="look:receipt", at=at, epoch=line.epoch)
            line.check_time()


async def _watched(line: Line, asked: Window, which: ReceiptQuery, watch: Watch) -> ReceiptPage | None:
    """Read a status by days, back to the oldest watched return; None when that takes more than a page.

    One page by days costs what the same page by minutes does, and shows more.
    """
    if asked.end - asked.start > LONGEST_MINUTES:
        return None
    line.check_time()
    page = ReceiptPage(())
    try:
        async for page in _days(line, min(watch.since, asked.start), asked.end, which, "claims", 1):
            watch.seen |= _ids(page)
    except TooFull:
        return None
    except CoupangError as error:
        # Long lists may be too slow for Coupang; what is new must not wait for them.
        hush(error)
        return None
    watch.read.add(which)
    return page


async def sweep_window(
    line: Line,
    window: Window,
    *,
    asked_from: datetime | None = None,
    road: Sequence[ReceiptQuery] = ROAD,
    purpose: str = "claims",
    watch: Watch | None = None,
) -> None:
    """Read these statuses of a window, then claim it under the window's feed.

    Args:
        line: The visit's line.
        window: What is claimed.
        asked_from: Where the lists begin, if earlier than what is claimed.
        road: The statuses, in their order.
        purpose: Why, for the call counts.
        watch: Older returns that the same calls are to show.

    Raises:
        CoupangError: It could not be read whole; nothing is claimed.
        OutOfTime: The visit is over; nothing is claimed.
    """
    line.check_time()
    reading = Reading(window, line.house.now())
    asked = Window(window.feed, min(asked_from or window.start, window.start), window.end)
    told: set[int] = set()
    empty: list[ReceiptQuery] = []
    last = ReceiptPage(())
    try:
        for which in road:
            shown = await _watched(line, asked, which, watch) if watch and which in WATCHED else None
            if shown is None:
                last, is_empty = await _read(line, reading, asked, which, purpose, told)
            else:
                last, is_empty = shown, not _ids(shown)
                told |= _ids(shown)
            if is_empty:
                empty.append(which)
            if which is not road[-1]:
                await _take(line, reading, last, None)
        # Cancels at ACCEPT are listed again every few minutes for a day: nothing else needs to be asked.
        if empty and road is ROAD and await receipt_lives(line, asked, told, reading.started_at, purpose):
            for which in empty:
                page, is_empty = await _read(line, reading, asked, which, purpose, told)
                reading.contradicted += not is_empty
                await _take(line, reading, page, None)
        await _take(line, reading, last, window)
    except TooFull:
        for piece in feeds.pieces(window):
            await sweep_window(line, piece, road=road, purpose=purpose)
        return
    except RangeTooWide:
        if asked.start < window.start:
            await sweep_window(line, window, road=road, purpose=purpose)
            return
        if not NARROWEST < window.end - window.start <= LONGEST_MINUTES:
            raise
        middle = window.start + (window.end - window.start) / 2
        for half in (Window(window.feed, window.start, middle), Window(window.feed, middle, window.end)):
            await sweep_window(line, half, road=road, purpose=purpose)
        return
    except CoupangError as error:
        await feeds.record(line.house, line.vendor_id, line.epoch, reading, str(error))
        raise
    await feeds.record(line.house, line.vendor_id, line.epoch, reading)


async def _read(
    line: Line, reading: Reading, asked: Window, which: ReceiptQuery, purpose: str, told: set[int]
) -> tuple[ReceiptPage, bool]:
    """Read a list and store it but for its last page; return that, and whether there was no row at all."""
    if asked.end - asked.start <= LONGEST_MINUTES:
        page = await return_calls.list_receipts_minutes(
            line.client, asked.start, asked.end, which, purpose=purpose
        )
        told |= _ids(page)
        return page, not (page.receipts or page.unreadable)
    last, rows = ReceiptPage(()), 0
    async for page in _days(line, asked.start, asked.end, which, purpose):
        told |= _ids(page)
        rows += len(page.receipts) + len(page.unreadable)
        await _take(line, reading, last, None)
        last = page
        _check(line, reading)
    return last, not rows


def _days(
    line: Line, start: datetime, end: datetime, which: ReceiptQuery, purpose: str, most: int | None = None
) -> AsyncIterator[ReceiptPage]:
    first, last = start.astimezone(KST).date(), end.astimezone(KST).date()
    return settled(
        lambda: return_calls.list_receipts_days(line.client, first, last, which, purpose=purpose),
        _ids,
        f"the {which} list of {first} to {last}",
        most,
    )


def _check(line: Line, reading: Reading) -> None:
    """Make sure that there is time for the next page, and that a list of days has not too many of them.

    Raises:
        OutOfTime: The visit is over.
        TooFull: It must be read in narrower windows.
    """
    line.check_time()
    if reading.pages >= MOST_PAGES:
        raise TooFull(f"more than {MOST_PAGES} pages in {reading.window}")


def _ids(page: ReceiptPage) -> set[int]:
    unreadable = {row.claim_id for row in page.unreadable if row.claim_id is not None}
    return {receipt.receipt_id for receipt in page.receipts} | unreadable


async def _take(line: Line, reading: Reading, page: ReceiptPage, covered: Window | None) -> None:
    if not (page.receipts or page.unreadable or page.raw or covered):
        return
    taken = await take_receipts(
        line.house,
        line.vendor_id,
        page,
        cause=f"feed:{reading.window.feed}",
        at=line.house.now(),
        epoch=line.epoch,
        covered=covered,
    )
    reading.count(taken)
