"""One visit to one vendor: everything that is due there, effects first, bounded in time."""

import logging
from collections.abc import Awaitable, Callable, Mapping

import psycopg

from app.errors import Fenced
from app.flows import asking, circuits, feeds, receiving, sending, turns
from app.flows.feeds import Due
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


Part = Callable[[Line, Mapping[str, Due]], Awaitable[object]]
"""A part of a visit; it returns True when it has left something for the next one."""


async def _work(line: Line) -> bool:
    """Do everything that is due, in its order; True when something is left.

    A part that fails in a way that nobody foresaw keeps no other from its work: what one odd row breaks would
    otherwise be broken by it for ever. It is raised when all the others are done.
    """
    due: Mapping[str, Due] = {}
    left, failed = False, list[Exception]()
    for part in PARTS:
        try:
            if part is _look_for_stops:
                due = await feeds.due_feeds(line.house, line.vendor_id)
            left = await part(line, due) is True or left
        except (OutOfTime, Silence, Fenced, psycopg.OperationalError):
            raise
        except Exception as error:
            name = part.__name__.strip("_")
            log.error("part %s of a visit of vendor %s: %s", name, line.vendor_id, type(error).__name__)
            failed.append(error)
    if failed:
        raise failed[0]
    return left


async def _recover(line: Line, _: Mapping[str, Due]) -> None:
    await sending.recover(line.house, line.vendor_id, line.epoch)


async def _read_back(line: Line, _: Mapping[str, Due]) -> None:
    await dispatching.read_back(line)


async def _answer_permits(line: Line, _: Mapping[str, Due]) -> None:
    await permitting.answer_permits(line)


async def _dispatch(line: Line, _: Mapping[str, Due]) -> None:
    await dispatching.dispatch(line)


async def _look_for_stops(line: Line, due: Mapping[str, Due]) -> None:
    if feeds.STOPS in due:
        await claiming.look_for_stops(line, due[feeds.STOPS])


async def _look_for_cancels(line: Line, due: Mapping[str, Due]) -> None:
    if feeds.CANCELS in due:
        await claiming.look_for_cancels(line)


async def _look_for_new(line: Line, due: Mapping[str, Due]) -> None:
    if feeds.ACCEPT in due:
        await polling.look_for_new(line, due[feeds.ACCEPT])


async def _sweep_orders(line: Line, due: Mapping[str, Due]) -> bool:
    return feeds.ORDERS in due and await polling.sweep(line)


async def _sweep_receipts(line: Line, due: Mapping[str, Due]) -> bool:
    return feeds.RECEIPTS in due and await claiming.sweep_receipts(line)


async def _sweep_withdrawals(line: Line, due: Mapping[str, Due]) -> bool:
    return feeds.WITHDRAWALS in due and await withdrawing.sweep_withdrawals(line)


async def _reread_receipts(line: Line, due: Mapping[str, Due]) -> None:
    reread = await lone_receipts.reread_receipts(line)
    if reread or due.keys() & {feeds.STOPS, feeds.RECEIPTS, feeds.WITHDRAWALS}:
        await receiving.follow_returns(line.house, line.vendor_id, line.epoch)


async def _sweep_exchanges(line: Line, due: Mapping[str, Due]) -> bool:
    return feeds.EXCHANGES in due and await exchanging.sweep_exchanges(line)


async def _reread_exchanges(line: Line, _: Mapping[str, Due]) -> None:
    await exchanging.reread_exchanges(line)


async def _acknowledge(line: Line, _: Mapping[str, Due]) -> None:
    if line.turn.auto_acknowledge:
        await asking.acknowledge_all_due(line.house, line.vendor_id, line.epoch)
        await dispatching.dispatch(line, (Kind.ACKNOWLEDGE,))


async def _reread_boxes(line: Line, _: Mapping[str, Due]) -> None:
    await looking.reread(line)


async def _count(line: Line, _: Mapping[str, Due]) -> bool:
    return await counting.count(line)


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
