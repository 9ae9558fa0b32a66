"""One visit to one vendor: everything that is due there, effects first, bounded in time."""

import logging
from collections.abc import Awaitable, Callable, Mapping

import psycopg

from app.claims import poll as claim_poll
from app.claims import poll_withdrawals
from app.claims import reread as receipt_reread
from app.claims.receptions import receptions
from app.engine.context import Context
from app.engine.effects import dispatch, outbox
from app.engine.effects.verdicts import Kind
from app.engine.feeds import feeds
from app.engine.feeds.feeds import Due
from app.engine.visits import circuit_breaker, leases, probe
from app.engine.visits.session import CircuitTripped, OutOfTime, Reach, VisitSession, open_session
from app.errors import Fenced
from app.exchanges import poll as exchange_poll
from app.integrity import census_job
from app.orders import changes as box_changes
from app.orders import poll as order_poll
from app.orders import reread as box_reread
from app.orders.permits import answer as permit_answers

log = logging.getLogger(__name__)


async def visit(context: Context, reach: Reach, vendor_id: str, job_id: int | None = None) -> bool:
    """Do what is due at one vendor; False when it must not be called now.

    The caller makes sure that no other visit of this vendor runs. Should one run all the same, the newer
    epoch fences this one off: it can write nothing more.

    Args:
        context: What every use case is given.
        reach: How Coupang is reached.
        vendor_id: Which vendor.
        job_id: The job that holds the vendor for this visit, which begins only while it does.

    Raises:
        psycopg.OperationalError: The database went away; nothing is half done.
    """
    try:
        return await _visit(context, reach, vendor_id, job_id)
    except psycopg.OperationalError:
        # A cut seldom hits one connection only: the next visit would get another dead one.
        await context.db.discard_dead()
        raise


async def _visit(context: Context, reach: Reach, vendor_id: str, job_id: int | None) -> bool:
    lease = await leases.begin(context, vendor_id, job_id)
    if lease is None:
        return False
    again, tripped = False, False
    async with open_session(context, lease, reach) as line:
        try:
            try:
                if lease.stops or lease.probing:
                    await probe.probe(line)
                again = await _work(line)
            except OutOfTime:
                again = True
            except CircuitTripped as silence:
                tripped = True
                until = await circuit_breaker.stop(context, lease, silence.error)
                # The next visit uses the new key.
                again = until is None
                ended = "at once" if until is None else until.isoformat()
                log.warning("vendor %s is silent until %s: %s", vendor_id, ended, silence)
            # What was heard before the stop says nothing about after it.
            await leases.end(
                context,
                lease,
                line.calls,
                heard=line.heard and not tripped,
                again=again,
                errors=None if tripped else (line.errors, line.errors_since),
                skew_s=line.client.server_skew_s,
            )
            # Still holding the vendor: the next visit, wherever it is made, knows nothing of our calls.
            await line.client.rest()
        except Fenced:
            log.warning("visit %s of vendor %s was overtaken", lease.epoch, vendor_id)
    return True


Part = Callable[[VisitSession, Mapping[str, Due]], Awaitable[object]]
"""A part of a visit; it returns True when it has left something for the next one."""


async def _work(session: VisitSession) -> bool:
    """Do everything that is due, in its order; True when something is left.

    A part that fails in a way that nobody foresaw keeps no other from its work: what one odd row breaks would
    otherwise be broken by it for ever. It is raised when all the others are done.
    """
    due: Mapping[str, Due] = {}
    left, failed = False, list[Exception]()
    for part in PARTS:
        try:
            if part is _look_for_stops:
                due = await feeds.due_feeds(session.context, session.vendor_id)
            left = await part(session, due) is True or left
        except (OutOfTime, CircuitTripped, Fenced, psycopg.OperationalError):
            raise
        except Exception as error:
            name = part.__name__.strip("_")
            log.error("part %s of a visit of vendor %s: %s", name, session.vendor_id, type(error).__name__)
            failed.append(error)
    if failed:
        raise failed[0]
    return left


async def _recover(session: VisitSession, _: Mapping[str, Due]) -> None:
    await outbox.recover(session.context, session.vendor_id, session.epoch)


async def _read_back(session: VisitSession, _: Mapping[str, Due]) -> None:
    await dispatch.read_back(session)


async def _answer_permits(session: VisitSession, _: Mapping[str, Due]) -> None:
    await permit_answers.answer_permits(session)


async def _dispatch(session: VisitSession, _: Mapping[str, Due]) -> None:
    await dispatch.dispatch(session)


async def _look_for_stops(session: VisitSession, due: Mapping[str, Due]) -> None:
    if feeds.STOPS in due:
        await claim_poll.look_for_stops(session, due[feeds.STOPS])


async def _look_for_cancels(session: VisitSession, due: Mapping[str, Due]) -> None:
    if feeds.CANCELS in due:
        await claim_poll.look_for_cancels(session)


async def _look_for_new(session: VisitSession, due: Mapping[str, Due]) -> None:
    if feeds.ACCEPT in due:
        await order_poll.look_for_new(session, due[feeds.ACCEPT])


async def _sweep_orders(session: VisitSession, due: Mapping[str, Due]) -> bool:
    return feeds.ORDERS in due and await order_poll.sweep(session)


async def _sweep_receipts(session: VisitSession, due: Mapping[str, Due]) -> bool:
    return feeds.RECEIPTS in due and await claim_poll.sweep_receipts(session)


async def _sweep_withdrawals(session: VisitSession, due: Mapping[str, Due]) -> bool:
    return feeds.WITHDRAWALS in due and await poll_withdrawals.sweep_withdrawals(session)


async def _reread_receipts(session: VisitSession, due: Mapping[str, Due]) -> None:
    reread = await receipt_reread.reread_receipts(session)
    if reread or due.keys() & {feeds.STOPS, feeds.RECEIPTS, feeds.WITHDRAWALS}:
        await receptions.follow_returns(session.context, session.vendor_id, session.epoch)


async def _sweep_exchanges(session: VisitSession, due: Mapping[str, Due]) -> bool:
    return feeds.EXCHANGES in due and await exchange_poll.sweep_exchanges(session)


async def _reread_exchanges(session: VisitSession, _: Mapping[str, Due]) -> None:
    await exchange_poll.reread_exchanges(session)


async def _acknowledge(session: VisitSession, _: Mapping[str, Due]) -> None:
    if session.lease.auto_acknowledge:
        await box_changes.acknowledge_all_due(session.context, session.vendor_id, session.epoch)
        await dispatch.dispatch(session, (Kind.ACKNOWLEDGE,))


async def _reread_boxes(session: VisitSession, _: Mapping[str, Due]) -> None:
    await box_reread.reread(session)


async def _count(session: VisitSession, _: Mapping[str, Due]) -> bool:
    return await census_job.count(session)


PARTS: tuple[Part, ...] = (
    _recover,
    _read_back,
    _answer_permits,
    _dispatch,
    _look_for_stops,
    _look_for_cancels,
    _look_for_new,
    _sweep_orders,
    _sweep_receipts,
    _sweep_withdrawals,
    _reread_receipts,
    _sweep_exchanges,
    _reread_exchanges,
    _acknowledge,
    _reread_boxes,
    # Last, so that a count never delays what somebody waits for.
    _count,
)
"""The parts of a visit, effects and claim checks before bulk reading."""
