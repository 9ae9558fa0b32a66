"""Read claims: open stop requests often and before every waybill, cancels, returns."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from app.claims import list_plan
from app.claims import read_schedule as claim_read_schedule
from app.claims.empty_lists.check import receipt_lives
from app.claims.ingest import take_receipts
from app.claims.list_plan import Watch
from app.claims.reread import ask_for_withdrawals
from app.clock import KST
from app.coupang.claims import return_calls
from app.coupang.claims.types import ReceiptPage, ReceiptQuery
from app.coupang.errors import CoupangError, RangeTooWide, TooLarge
from app.engine.feeds import feeds
from app.engine.feeds.feeds import DAYS_AT_ONCE, LONGEST_MINUTES, MOST_PAGES, NARROWEST, Due, Reading
from app.engine.feeds.stable_paging import TooFull, read_until_stable
from app.engine.feeds.windows import Window
from app.engine.visits.session import OutOfTime, VisitSession, raise_if_stopped

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
MANY = 4
"""So many watched returns gone at once may be a list that errs: it is read again, for two calls."""


async def check_stops(session: VisitSession, since: datetime, purpose: str) -> None:
    """Read every open stop request that was asked since then, and store and observe it.

    A request that we hold for open and that is not listed any more is read by itself next.

    Raises:
        CoupangError: The list could not be read whole; nothing may be concluded from it.
    """
    context, at = session.context, session.context.now()
    start = max(since, at - DAYS_AT_ONCE)
    seen: set[int] = set()
    async for page in _days(session, start, at, ReceiptQuery.STOPS, purpose):
        seen |= _ids(page)
        await take_receipts(
            context, session.vendor_id, page, cause=f"look:{purpose}", at=at, epoch=session.epoch
        )
        session.check_time()
    await claim_read_schedule.missed(
        context, session.vendor_id, session.epoch, start.astimezone(KST).date(), seen
    )


async def look_for_stops(session: VisitSession, due: Due) -> None:
    """Look for stop requests; claims no coverage."""
    window = await claim_read_schedule.stops_window(session.context, session.vendor_id, due)
    error: CoupangError | None = None
    try:
        await check_stops(session, window.start, "claims")
    except CoupangError as caught:
        error = caught
        reading = Reading(window, session.context.now())
        await feeds.record(session.context, session.vendor_id, session.epoch, reading, str(error))
    await feeds.finish(
        session.context, session.vendor_id, session.epoch, feeds.STOPS, str(error) if error else None
    )
    if error:
        raise_if_stopped(error)


async def look_for_cancels(session: VisitSession) -> None:
    """Read cancels at ACCEPT: today and yesterday, and whatever coverage lacks."""
    windows = await feeds.holes(session.context, session.vendor_id, feeds.CANCELS)
    at = session.context.now()
    start = min((window.start for window in windows), default=at)
    first = max(min(start, at - timedelta(days=1)), at - DAYS_AT_ONCE)
    end = max((window.end for window in windows), default=start)
    window = Window(feeds.CANCELS, start, end)
    reading = Reading(window, at)
    error: CoupangError | None = None
    try:
        last = ReceiptPage(())
        async for page in _days(session, first, at, ReceiptQuery.CANCELLED, "claims"):
            await _take(session, reading, last, None)
            last = page
            _check(session, reading)
        await _take(session, reading, last, window if windows else None)
    except TooFull:
        error = await _sweep_cancels(session, windows, at)
    except CoupangError as caught:
        error = caught
    if error or reading.changed or reading.unreadable:
        await feeds.record(
            session.context, session.vendor_id, session.epoch, reading, str(error) if error else None
        )
    await feeds.finish(
        session.context, session.vendor_id, session.epoch, feeds.CANCELS, str(error) if error else None
    )
    if error:
        raise_if_stopped(error)


async def _sweep_cancels(
    session: VisitSession, windows: Sequence[Window], at: datetime
) -> CoupangError | None:
    """Read what is too much for one list window by window, and then the newest, which is not claimed yet."""
    try:
        for window in windows:
            await sweep_window(session, window, road=CANCELS)
        session.check_time()
        known = [window.end for window in windows]
        newest = Window(feeds.CANCELS, max([*known, at - LONGEST_MINUTES]), at)
        page = await return_calls.list_receipts_minutes(
            session.client, newest.start, at, ReceiptQuery.CANCELLED, purpose="claims"
        )
        await _take(session, Reading(newest, at), page, None)
    except CoupangError as error:
        return error
    return None


async def sweep_receipts(session: VisitSession) -> bool:
    """Read what coverage lacks, then ask which open receipts were withdrawn; True when time was short."""
    failed: str | None = None
    try:
        windows = await feeds.holes(session.context, session.vendor_id, feeds.RECEIPTS)
        watch: Watch | None = None
        for window in windows:
            since = await feeds.asked_from(session.context, session.vendor_id, window)
            if window is windows[-1]:
                watch = await list_plan.watch(session.context, session.vendor_id, window)
            await sweep_window(session, window, asked_from=since, watch=watch)
        await ask_for_withdrawals(session)
        if watch is not None:
            await _mind_the_missing(session, watch, windows[-1])
        await _list_crowded(session)
    except CoupangError as error:
        raise_if_stopped(error)
        failed = str(error)
    except OutOfTime:
        return True
    await feeds.finish(session.context, session.vendor_id, session.epoch, feeds.RECEIPTS, failed)
    return False


async def _mind_the_missing(session: VisitSession, watch: Watch, window: Window) -> None:
    """Have watched returns read by themselves that no list has shown."""
    context, vendor_id = session.context, session.vendor_id
    missing = await list_plan.missing(context, vendor_id, watch, window) if watch.read >= {*WATCHED} else []
    if len(missing) >= MANY:
        watch.read.clear()
        for which in WATCHED:
            page = await _watched(session, window, which, watch)
            if page is not None:
                await _take(session, Reading(window, context.now()), page, None)
        missing = (
            await list_plan.missing(context, vendor_id, watch, window) if watch.read >= {*WATCHED} else []
        )
    if missing:
        await list_plan.read_alone(context, vendor_id, session.epoch, missing)


async def _list_crowded(session: VisitSession) -> None:
    """List the days on which many open returns would be read by themselves soon."""
    context = session.context
    for first, last in await list_plan.crowded(context, session.vendor_id):
        session.check_time()
        at = context.now()
        # One reading will do: nothing is claimed, and what it misses is read by itself.
        async for page in return_calls.list_receipts_days(
            session.client, first, last, ReceiptQuery.RETURNS, purpose="receipt"
        ):
            await take_receipts(
                context, session.vendor_id, page, cause="look:receipt", at=at, epoch=session.epoch
            )
            session.check_time()


async def _watched(
    session: VisitSession, asked: Window, which: ReceiptQuery, watch: Watch
) -> ReceiptPage | None:
    """Read a status by days, back to the oldest watched return; None when that takes more than a page.

    One page by days costs what the same page by minutes does, and shows more.
    """
    if asked.end - asked.start > LONGEST_MINUTES:
        return None
    session.check_time()
    page = ReceiptPage(())
    try:
        async for page in _days(session, min(watch.since, asked.start), asked.end, which, "claims", 1):
            watch.seen |= _ids(page)
    except TooFull:
        return None
    except CoupangError as error:
        # Long lists may be too slow for Coupang; what is new must not wait for them.
        raise_if_stopped(error)
        return None
    watch.read.add(which)
    return page


async def sweep_window(
    session: VisitSession,
    window: Window,
    *,
    asked_from: datetime | None = None,
    road: Sequence[ReceiptQuery] = ROAD,
    purpose: str = "claims",
    watch: Watch | None = None,
) -> None:
    """Read these statuses of a window, then claim it under the window's feed.

    Args:
        session: The visit's session.
        window: What is claimed.
        asked_from: Where the lists begin, if earlier than what is claimed.
        road: The statuses, in their order.
        purpose: Why, for the call counts.
        watch: Older returns that the same calls are to show.

    Raises:
        CoupangError: It could not be read whole; nothing is claimed.
        OutOfTime: The visit is over; nothing is claimed.
    """
    session.check_time()
    reading = Reading(window, session.context.now())
    asked = Window(window.feed, min(asked_from or window.start, window.start), window.end)
    told: set[int] = set()
    empty: list[ReceiptQuery] = []
    last = ReceiptPage(())
    try:
        for which in road:
            shown = await _watched(session, asked, which, watch) if watch and which in WATCHED else None
            if shown is None:
                last, is_empty = await _read(session, reading, asked, which, purpose, told)
            else:
                last, is_empty = shown, not _ids(shown)
                told |= _ids(shown)
            if is_empty:
                empty.append(which)
            if which is not road[-1]:
                await _take(session, reading, last, None)
        # Cancels at ACCEPT are listed again every few minutes for a day: nothing else needs to be asked.
        if empty and road is ROAD and await receipt_lives(session, asked, told, reading.started_at, purpose):
            for which in empty:
                page, is_empty = await _read(session, reading, asked, which, purpose, told)
                reading.contradicted += not is_empty
                await _take(session, reading, page, None)
        await _take(session, reading, last, window)
    except TooFull:
        for piece in feeds.pieces(window):
            await sweep_window(session, piece, road=road, purpose=purpose)
        return
    except (RangeTooWide, TooLarge):
        if asked.start < window.start:
            await sweep_window(session, window, road=road, purpose=purpose)
            return
        if not NARROWEST < window.end - window.start <= LONGEST_MINUTES:
            raise
        middle = window.start + (window.end - window.start) / 2
        for half in (Window(window.feed, window.start, middle), Window(window.feed, middle, window.end)):
            await sweep_window(session, half, road=road, purpose=purpose)
        return
    except CoupangError as error:
        await feeds.record(session.context, session.vendor_id, session.epoch, reading, str(error))
        raise
    await feeds.record(session.context, session.vendor_id, session.epoch, reading)


async def _read(
    session: VisitSession, reading: Reading, asked: Window, which: ReceiptQuery, purpose: str, told: set[int]
) -> tuple[ReceiptPage, bool]:
    """Read a list and store it but for its last page; return that, and whether there was no row at all."""
    if asked.end - asked.start <= LONGEST_MINUTES:
        page = await return_calls.list_receipts_minutes(
            session.client, asked.start, asked.end, which, purpose=purpose
        )
        told |= _ids(page)
        return page, not (page.receipts or page.unreadable)
    last, rows = ReceiptPage(()), 0
    async for page in _days(session, asked.start, asked.end, which, purpose):
        told |= _ids(page)
        rows += len(page.receipts) + len(page.unreadable)
        await _take(session, reading, last, None)
        last = page
        _check(session, reading)
    return last, not rows


def _days(
    session: VisitSession,
    start: datetime,
    end: datetime,
    which: ReceiptQuery,
    purpose: str,
    most: int | None = None,
) -> AsyncIterator[ReceiptPage]:
    first, last = start.astimezone(KST).date(), end.astimezone(KST).date()
    return read_until_stable(
        lambda: return_calls.list_receipts_days(session.client, first, last, which, purpose=purpose),
        _ids,
        f"the {which} list of {first} to {last}",
        most,
    )


def _check(session: VisitSession, reading: Reading) -> None:
    """Make sure that there is time for the next page, and that a list of days has not too many of them.

    Raises:
        OutOfTime: The visit is over.
        TooFull: It must be read in narrower windows.
    """
    session.check_time()
    if reading.pages >= MOST_PAGES:
        raise TooFull(f"more than {MOST_PAGES} pages in {reading.window}")


def _ids(page: ReceiptPage) -> set[int]:
    unreadable = {row.claim_id for row in page.unreadable if row.claim_id is not None}
    return {receipt.receipt_id for receipt in page.receipts} | unreadable


async def _take(session: VisitSession, reading: Reading, page: ReceiptPage, covered: Window | None) -> None:
    if not (page.receipts or page.unreadable or page.raw or covered):
        return
    taken = await take_receipts(
        session.context,
        session.vendor_id,
        page,
        cause=f"feed:{reading.window.feed}",
        at=session.context.now(),
        epoch=session.epoch,
        covered=covered,
    )
    reading.count(taken)
