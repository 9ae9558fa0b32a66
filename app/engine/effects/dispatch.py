"""Send what is due, kind by kind, and read back what is of unknown outcome; each kind declares how.

Every try is recorded before it is sent and after it is answered (`app.engine.effects.outbox`).
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

from app.coupang.errors import CoupangError
from app.engine.effects import outbox, readback
from app.engine.effects.outbox import Batch
from app.engine.effects.senders import Send
from app.engine.visits.session import OutOfTime, VisitSession, raise_if_stopped

RESERVE_S = 2.0
"""No write is sent when less than this is left of the visit: its answer must still be stored."""


async def dispatch(session: VisitSession, kinds: Collection[str] | None = None) -> int:
    """Send everything that is due, kind by kind; return how many effects were sent.

    Args:
        session: The visit's session.
        kinds: Only these; None: all that are declared.
    """
    sent = 0
    session.check_time(RESERVE_S)
    due = await outbox.kinds_due(session.context, session.vendor_id)
    for kind in session.context.registry.effect_kinds.values():
        if kind.name not in due or (kinds is not None and kind.name not in kinds):
            continue
        while True:
            session.check_time(RESERVE_S)
            only = None if kind.check is None else await kind.check(session)
            if only is not None and not only:
                break
            session.check_time(RESERVE_S)
            batch = await outbox.take(session.context, session.vendor_id, session.epoch, kind.name, only=only)
            if batch is None:
                break
            await kind.send(session, batch)
            sent += len(batch.effects)
        # Sending takes time: what was asked for meanwhile is sent too, if its kind comes later.
        due = await outbox.kinds_due(session.context, session.vendor_id)
    return sent


def alone(send: Send) -> Callable[[VisitSession, Batch], Awaitable[None]]:
    """Return a sender of batches of one: it makes the call and settles what the answer means."""

    async def send_alone(session: VisitSession, batch: Batch) -> None:
        try:
            verdict, raw = await send(session, batch.effects[0])
        except CoupangError as error:
            await outbox.settle_error(session.context, session.vendor_id, session.epoch, batch, error)
            raise_if_stopped(error)
            return
        await outbox.settle_verdict(session.context, session.vendor_id, session.epoch, batch, verdict, raw)

    return send_alone


async def read_back(session: VisitSession) -> int:
    """Read what Coupang shows of every effect of unknown outcome that is due; return how many are due."""
    due = await readback.doubtful(session.context, session.vendor_id)
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for effect in due:
        groups.setdefault((effect["kind"], effect["subject"]), []).append(effect)
    for key, declared in session.context.registry.read_backs.items():
        if key not in groups:
            continue
        try:
            await declared.read(session, groups[key])
        except OutOfTime:
            break
    return len(due)


def one_by_one(
    read: Callable[[VisitSession, Mapping[str, Any]], Awaitable[None]],
) -> Callable[[VisitSession, Sequence[Mapping[str, Any]]], Awaitable[None]]:
    """Return a reader of many effects, from a reader of one."""

    async def read_each(session: VisitSession, effects: Sequence[Mapping[str, Any]]) -> None:
        for effect in effects:
            await read(session, effect)

    return read_each
