"""What a visit does about orders: permits, new boxes, sweeps, acknowledges, single readings."""

from collections.abc import Mapping

from app.engine.effects.dispatch import dispatch
from app.engine.family import VisitPart
from app.engine.feeds.feeds import Due
from app.engine.feeds.names import ACCEPT, ORDERS
from app.engine.visits.session import VisitSession
from app.orders import answer_permits, changes, poll, reread
from app.orders.effects.kinds import OrderKind


async def _answer_permits(session: VisitSession, _: Mapping[str, Due]) -> None:
    await answer_permits.answer_permits(session)


async def _look_for_new(session: VisitSession, due: Mapping[str, Due]) -> None:
    if ACCEPT in due:
        await poll.look_for_new(session, due[ACCEPT])


async def _sweep(session: VisitSession, due: Mapping[str, Due]) -> bool:
    return ORDERS in due and await poll.sweep(session)


async def _acknowledge(session: VisitSession, _: Mapping[str, Due]) -> None:
    if session.lease.auto_acknowledge:
        await changes.acknowledge_all_due(session.context, session.vendor_id, session.epoch)
        await dispatch(session, (OrderKind.ACKNOWLEDGE,))


async def _reread(session: VisitSession, _: Mapping[str, Due]) -> None:
    await reread.reread(session)


VISIT_PARTS = (
    VisitPart(name="answer_permits", order=30, run=_answer_permits),
    VisitPart(name="look_for_new", order=70, run=_look_for_new),
    VisitPart(name="sweep_orders", order=80, run=_sweep),
    VisitPart(name="acknowledge", order=140, run=_acknowledge),
    VisitPart(name="reread_boxes", order=150, run=_reread),
)
