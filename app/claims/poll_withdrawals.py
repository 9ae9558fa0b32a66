"""Read withdrawals by their days: the net under the question for those of open receipts."""

from datetime import datetime, time, timedelta

from app.claims.ingest_withdrawals import take_withdrawals
from app.clock import KST
from app.coupang.claims import return_calls
from app.coupang.claims.types import WithdrawalPage
from app.coupang.errors import CoupangError
from app.engine.feeds import feeds
from app.engine.feeds.feeds import MOST_PAGES
from app.engine.feeds.windows import Window
from app.engine.visits.session import OutOfTime, VisitSession, raise_if_stopped

SPAN = timedelta(days=5)
"""Both ends may share their days with the neighbours: 6 days are asked for, 7 are disputed."""


async def sweep_withdrawals(session: VisitSession) -> bool:
    """Read the withdrawals that coverage lacks, by their days: the net; True when time was short."""
    failed: str | None = None
    context = session.context
    try:
        for window in await feeds.holes(context, session.vendor_id, feeds.WITHDRAWALS, SPAN):
            await _sweep_withdrawn(session, window)
    except CoupangError as error:
        raise_if_stopped(error)
        failed = str(error)
    except OutOfTime:
        return True
    await feeds.finish(context, session.vendor_id, session.epoch, feeds.WITHDRAWALS, failed)
    return False


async def _sweep_withdrawn(session: VisitSession, window: Window) -> None:
    session.check_time()
    # What ends at midnight does not need the day that begins then.
    until = window.end - timedelta(microseconds=1)
    first, last = window.start.astimezone(KST).date(), until.astimezone(KST).date()
    at, pending, pages = session.context.now(), WithdrawalPage(()), 0
    async for page in return_calls.list_withdrawals(session.client, first, last, purpose="claims"):
        await _take_withdrawn(session, pending, at, None)
        pending, pages = page, pages + 1
        session.check_time()
        if pages >= MOST_PAGES and page.next_page_index is not None and first < last:
            for day in _by_days(window):
                await _sweep_withdrawn(session, day)
            return
    await _take_withdrawn(session, pending, at, window)


def _by_days(window: Window) -> list[Window]:
    """Return a window cut at every midnight in Seoul."""
    first = datetime.combine(window.start.astimezone(KST).date() + timedelta(days=1), time(), KST)
    morning = Window(window.feed, window.start, min(first, window.end))
    return [morning, *feeds.pieces(Window(window.feed, morning.end, window.end), timedelta(days=1))]


async def _take_withdrawn(
    session: VisitSession, page: WithdrawalPage, at: datetime, covered: Window | None
) -> None:
    if page.withdrawals or page.unreadable or covered:
        await take_withdrawals(
            session.context,
            session.vendor_id,
            page,
            cause=f"feed:{feeds.WITHDRAWALS}",
            at=at,
            epoch=session.epoch,
            covered=covered,
        )
