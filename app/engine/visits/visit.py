"""One visit to one vendor: everything that is due there, effects first, bounded in time."""

import logging
from collections.abc import Mapping

import psycopg

from app.engine.context import Context
from app.engine.family import FEEDS_FROM
from app.engine.feeds import feeds
from app.engine.feeds.feeds import Due
from app.engine.visits import circuit_breaker, leases, probe
from app.engine.visits.session import CircuitTripped, OutOfTime, Reach, VisitSession, open_session
from app.errors import Fenced

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


async def _work(session: VisitSession) -> bool:
    """Do everything that is due, in its order; True when something is left.

    An unforeseen error in one part does not keep the others from running: otherwise one odd row would block
    everything behind it in every visit. It is raised when all the others are done.
    """
    due: Mapping[str, Due] | None = None
    left, failed = False, list[Exception]()
    for part in session.context.registry.visit_parts:
        try:
            if due is None and part.order >= FEEDS_FROM:
                due = {}
                due = await feeds.due_feeds(session.context, session.vendor_id)
            left = await part.run(session, due or {}) is True or left
        except (OutOfTime, CircuitTripped, Fenced, psycopg.OperationalError):
            raise
        except Exception as error:
            vendor_id = session.vendor_id
            log.error("part %s of a visit of vendor %s: %s", part.name, vendor_id, type(error).__name__)
            failed.append(error)
    if failed:
        raise failed[0]
    return left
