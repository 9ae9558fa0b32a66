"""Read withdrawals by their days: the net under the question for those of open receipts."""

from datetime import datetime, time, timedelta

from app.clock import KST
from app.coupang.claims import return_calls
from app.coupang.claims.types import WithdrawalPage
from app.coupang.errors import CoupangError
from app.flows import feeds
from app.flows.feeds import MOST_PAGES
from app.flows.pages import Window
from app.flows.withdrawals import take_withdrawals
from app.jobs.line import Line, OutOfTime, hush

SPAN = timedelta(days=5)
"""Both ends may share their days with the neighbours: 6 days are asked for, 7 are disputed."""


async def sweep_withdrawals(line: Line) -> bool:
    """Read the withdrawals that coverage lacks, by their days: the net; True when time was short."""
    failed: str | None = None
    house = line.house
    try:
        for window in await feeds.holes(house, line.vendor_id, feeds.WITHDRAWALS, SPAN):
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
    async for page in return_calls.list_withdrawals(line.client, first, last, purpose="claims"):
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
