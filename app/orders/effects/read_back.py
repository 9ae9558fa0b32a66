"""Read back changes of boxes: acknowledges by list, everything else box by box."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.coupang.errors import CoupangError
from app.coupang.orders.decode import ResultCode, Sheet, WireStatus
from app.engine.context import Context
from app.engine.effects import outbox, readback
from app.engine.effects.readback import Finding, silent_for
from app.engine.effects.verdicts import Verdict
from app.engine.visits.session import VisitSession, raise_if_stopped
from app.orders.effects.kinds import OrderKind
from app.orders.effects.verdicts import read_back
from app.orders.reread import look_at, look_single

Effect = Mapping[str, Any]
Judge = Callable[[VisitSession, Effect, list[Sheet], datetime], Awaitable[Verdict]]
"""What the sheets that were read since a moment say about an effect."""


def verdict_of(context: Context, effect: Effect, sheets: list[Sheet], at: datetime) -> Verdict:
    """Compare one effect with what was read since `at` (see `app.orders.effects.verdicts.read_back`)."""
    kind = OrderKind(effect["kind"])
    within = context.registry.effect_kinds[kind].shows_within(context.policy)
    # Anything but a code of Coupang's own is our word for an answer that was not one.
    said_no = effect["attempts"] == 1 and effect["result_code"] in set(ResultCode)
    return read_back(
        kind,
        effect["payload"],
        sheets,
        effect["shipment_box_id"],
        silent_for(context, effect, at),
        within,
        said_no=said_no,
    )


async def read_acknowledges(session: VisitSession, effects: Sequence[Effect]) -> None:
    """Read the boxes of doubtful acknowledges by list, and by themselves those that no list shows.

    Raises:
        OutOfTime: The visit is over; what is left waits.
    """
    found: dict[int, list[Sheet]] = {}
    listed_at = session.context.now()
    try:
        found = await look_at(session, effects, (WireStatus.INSTRUCT,), "readback")
    except CoupangError as error:
        raise_if_stopped(error)
    shown = [
        finding(effect, sheets, verdict_of(session.context, effect, sheets, listed_at))
        for effect in effects
        if (sheets := found.get(effect["shipment_box_id"])) is not None
    ]
    if shown:
        await readback.settle_all(session.context, session.vendor_id, session.epoch, shown)
    await read_singly(session, [effect for effect in effects if effect["shipment_box_id"] not in found])


async def read_singly(session: VisitSession, effects: Sequence[Effect], judge: Judge | None = None) -> None:
    """Read the boxes of doubtful changes by themselves and settle each change by what it shows.

    Args:
        session: The visit's session.
        effects: Of unknown outcome.
        judge: What the sheets say about an effect; None: `verdict_of`.

    Raises:
        OutOfTime: The visit is over; what is left waits.
    """
    for effect in effects:
        sheets, at = None, session.context.now()
        try:
            # The order shows every box, also the one that a split has made.
            whole = {**effect, "split_shipping": effect["payload"].get("part", False)}
            sheets = await look_single(session, whole, "readback")
        except CoupangError as error:
            raise_if_stopped(error)
        if sheets is None:
            await outbox.postpone(session.context, session.vendor_id, session.epoch, [effect["effect_id"]])
            continue
        if judge is None:
            verdict = verdict_of(session.context, effect, sheets, at)
        else:
            verdict = await judge(session, effect, sheets, at)
        one = [finding(effect, sheets, verdict)]
        await readback.settle_all(session.context, session.vendor_id, session.epoch, one)


def finding(effect: Effect, sheets: list[Sheet], verdict: Verdict) -> Finding:
    """Return what was found, with what Coupang showed as its evidence."""
    return Finding(effect, verdict, b"\n".join(sheet.raw for sheet in sheets) or b"gone")
