"""Read claims: open stop requests often and before every waybill, cancels, returns, withdrawals."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, time, timedelta

from app.clock import KST
from app.coupang import returns
from app.coupang.claims import ReceiptPage, ReceiptQuery, WithdrawalPage
from app.coupang.errors import CoupangError, RangeTooWide
from app.flows import claim_reads, feeds
from app.flows.feeds import LONGEST_MINUTES, MOST_PAGES, Due, Reading
from app.flows.pages import Window
from app.flows.receipts import take_receipts
from app.flows.withdrawals import take_withdrawals
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
SPAN = timedelta(days=29)
"""Longest stretch of days asked for at once."""
WITHDRAWAL_SPAN = timedelta(days=5)
"""Both ends may share their days with the neighbours: 6 days are asked for, 7 are disputed."""
NARROWEST = timedelta(minutes=10)


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
        page = await returns.list_receipts_minutes(
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
        for window in await feeds.holes(line.house, line.vendor_id, feeds.RECEIPTS):
            since = await feeds.asked_from(line.house, line.vendor_id, window)
            await sweep_window(line, window, asked_from=since)
        await ask_for_withdrawals(line)
    except CoupangError as error:
        hush(error)
        failed = str(error)
    except OutOfTime:
        return True
    await feeds.finish(line.house, line.vendor_id, line.epoch, feeds.RECEIPTS, failed)
    return False


async def sweep_window(
    line: Line,
    window: Window,
    *,
    asked_from: datetime | None = None,
    road: Sequence[ReceiptQuery] = ROAD,
    purpose: str = "claims",
) -> None:
    """Read these statuses of a window, then claim it under the window's feed.

    Args:
        line: The visit's line.
        window: What is claimed.
        asked_from: Where the lists begin, if earlier than what is claimed.
        road: The statuses, in their order.
        purpose: Why, for the call counts.

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
            last, is_empty = await _read(line, reading, asked, which, purpose, told)
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


async def sweep_withdrawals(line: Line) -> bool:
    """Read the withdrawals that coverage lacks, by their days: the net; True when time was short."""
    failed: str | None = None
    house = line.house
    try:
        for window in await feeds.holes(house, line.vendor_id, feeds.WITHDRAWALS, WITHDRAWAL_SPAN):
            await _sweep_withdrawn(line, window)
    except CoupangError as error:
        hush(error)
        failed = str(error)
    except OutOfTime:
        return True
    await feeds.finish(house, line.vendor_id, line.epoch, feeds.WITHDRAWALS, failed)
    return False


async def _sweep_withdrawn(line: Line, window: Window) -> None:
    line.check_time()
    # What ends at midnight does not need the day that begins then.
    until = window.end - timedelta(microseconds=1)
    first, last = window.start.astimezone(KST).date(), until.astimezone(KST).date()
    at, pending, pages = line.house.now(), WithdrawalPage(()), 0
    async for page in returns.list_withdrawals(line.client, first, last, purpose="claims"):
        await _take_withdrawn(line, pending, at, None)
        pending, pages = page, pages + 1
        line.check_time()
        if pages >= MOST_PAGES and page.next_page_index is not None and first < last:
            for day in _by_days(window):
                await _sweep_withdrawn(line, day)
            return
    await _take_withdrawn(line, pending, at, window)


def _by_days(window: Window) -> list[Window]:
    """Return a window cut at every midnight in Seoul."""
    first = datetime.combine(window.start.astimezone(KST).date() + timedelta(days=1), time(), KST)
    morning = Window(window.feed, window.start, min(first, window.end))
    return [morning, *feeds.pieces(Window(window.feed, morning.end, window.end), timedelta(days=1))]


async def _read(
    line: Line, reading: Reading, asked: Window, which: ReceiptQuery, purpose: str, told: set[int]
) -> tuple[ReceiptPage, bool]:
    """Read a list and store it but for its last page; return that, and whether there was no row at all."""
    if asked.end - asked.start <= LONGEST_MINUTES:
        page = await returns.list_receipts_minutes(
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
    line: Line, start: datetime, end: datetime, which: ReceiptQuery, purpose: str
) -> AsyncIterator[ReceiptPage]:
    first, last = start.astimezone(KST).date(), end.astimezone(KST).date()
    return settled(
        lambda: returns.list_receipts_days(line.client, first, last, which, purpose=purpose),
        _ids,
        f"the {which} list of {first} to {last}",
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


async def _take_withdrawn(line: Line, page: WithdrawalPage, at: datetime, covered: Window | None) -> None:
    if page.withdrawals or page.unreadable or covered:
        await take_withdrawals(
            line.house,
            line.vendor_id,
            page,
            cause=f"feed:{feeds.WITHDRAWALS}",
            at=at,
            epoch=line.epoch,
            covered=covered,
        )
