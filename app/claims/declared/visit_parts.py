"""What a visit does about claims: stop requests and cancels first, then sweeps and single readings."""

from collections.abc import Mapping

from app.claims import poll, poll_withdrawals, reread
from app.claims.receptions import receptions
from app.engine.family import VisitPart
from app.engine.feeds.feeds import Due
from app.engine.feeds.names import CANCELS, RECEIPTS, STOPS, WITHDRAWALS
from app.engine.visits.session import VisitSession


async def _look_for_stops(session: VisitSession, due: Mapping[str, Due]) -> None:
    if STOPS in due:
        await poll.look_for_stops(session, due[STOPS])


async def _look_for_cancels(session: VisitSession, due: Mapping[str, Due]) -> None:
    if CANCELS in due:
        await poll.look_for_cancels(session)


async def _sweep_receipts(session: VisitSession, due: Mapping[str, Due]) -> bool:
    return RECEIPTS in due and await poll.sweep_receipts(session)


async def _sweep_withdrawals(session: VisitSession, due: Mapping[str, Due]) -> bool:
    return WITHDRAWALS in due and await poll_withdrawals.sweep_withdrawals(session)


async def _reread_receipts(session: VisitSession, due: Mapping[str, Due]) -> None:
    reread_any = await reread.reread_receipts(session)
    if reread_any or due.keys() & {STOPS, RECEIPTS, WITHDRAWALS}:
        await receptions.follow_returns(session.context, session.vendor_id, session.epoch)


VISIT_PARTS = (
    VisitPart(name="look_for_stops", order=50, run=_look_for_stops),
    VisitPart(name="look_for_cancels", order=60, run=_look_for_cancels),
    VisitPart(name="sweep_receipts", order=90, run=_sweep_receipts),
    VisitPart(name="sweep_withdrawals", order=100, run=_sweep_withdrawals),
    VisitPart(name="reread_receipts", order=110, run=_reread_receipts),
)
