"""One visit to one vendor: everything that is due there, effects first, bounded in time."""

import logging

import psycopg

from app.errors import Fenced
from app.flows import asking, circuits, feeds, receiving, sending, turns
from app.flows.house import House
from app.flows.outcomes import Kind
from app.jobs import (
    claiming,
    counting,
    dispatching,
    exchanging,
    lone_receipts,
    looking,
    permitting,
    polling,
    probing,
    withdrawing,
)
from app.jobs.line import Line, OutOfTime, Reach, Silence, open_line

log = logging.getLogger(__name__)


async def visit(house: House, reach: Reach, vendor_id: str, job_id: int | None = None) -> bool:
    """Do what is due at one vendor; False when it must not be called now.

    The caller makes sure that no other visit of this vendor runs. Should one run all the same, the newer
    epoch fences this one off: it can write nothing more.

    Args:
        house: What every flow is given.
        reach: How Coupang is reached.
        vendor_id: Whose turn it is.
        job_id: The job that holds the vendor for this visit, which begins only while it does.

    Raises:
        psycopg.OperationalError: The database went away; nothing is half done.
    """
    try:
        return await _visit(house, reach, vendor_id, job_id)
    except psycopg.OperationalError:
        # One cut seldom comes alone: the next visit would be lent the next dead connection.
        await house.db.discard_dead()
        raise


async def _visit(house: House, reach: Reach, vendor_id: str, job_id: int | None) -> bool:
    turn = await turns.begin(house, vendor_id, job_id)
    if turn is None:
        return False
    again, hushed = False, False
    async with open_line(house, turn, reach) as line:
        try:
            try:
                if turn.stops or turn.probing:
                    await probing.probe(line)
                again = await _work(line)
            except OutOfTime:
                again = True
            except Silence as silence:
                hushed = True
                until = await circuits.stop(house, turn, silence.error)
                # The next visit speaks with the new key.
                again = until is None
                ended = "at once" if until is None else until.isoformat()
                log.warning("vendor %s is silent until %s: %s", vendor_id, ended, silence)
            # What was heard before the stop says nothing about after it.
            await turns.end(
                house,
                turn,
                line.calls,
                heard=line.heard and not hushed,
                again=again,
                errors=None if hushed else (line.errors, line.errors_since),
                skew_s=line.client.server_skew_s,
            )
            # Still holding the vendor: the next visit, wherever it is made, knows nothing of our calls.
            await line.client.rest()
        except Fenced:
            log.warning("visit %s of vendor %s was overtaken", turn.epoch, vendor_id)
    return True


async def _work(line: Line) -> bool:
    house, vendor_id = line.house, line.vendor_id
    await sending.recover(house, vendor_id, line.epoch)
    await dispatching.read_back(line)
    await permitting.answer_permits(line)
    await dispatching.dispatch(line)
    due = await feeds.due_feeds(house, vendor_id)
    if feeds.STOPS in due:
        await claiming.look_for_stops(line, due[feeds.STOPS])
    if feeds.CANCELS in due:
        await claiming.look_for_cancels(line)
    if feeds.ACCEPT in due:
        await polling.look_for_new(line, due[feeds.ACCEPT])
    left = await polling.sweep(line) if feeds.ORDERS in due else False
    if feeds.RECEIPTS in due:
        left = await claiming.sweep_receipts(line) or left
    if feeds.WITHDRAWALS in due:
        left = await withdrawing.sweep_withdrawals(line) or left
    reread = await lone_receipts.reread_receipts(line)
    if reread or due.keys() & {feeds.STOPS, feeds.RECEIPTS, feeds.WITHDRAWALS}:
        await receiving.follow_returns(house, vendor_id, line.epoch)
    if feeds.EXCHANGES in due:
        left = await exchanging.sweep_exchanges(line) or left
    await exchanging.reread_exchanges(line)
    if line.turn.auto_acknowledge:
        await asking.acknowledge_all_due(house, vendor_id, line.epoch)
        await dispatching.dispatch(line, (Kind.ACKNOWLEDGE,))
    await looking.reread(line)
    # Last, so that a count never delays what somebody waits for.
    return await counting.count(line) or left
