"""Goods that come back: they arrive, each line gets its verdict, an operator may accept a finding.

Coupang learns nothing of this; what may be confirmed and approved there depends on it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.claims import store as claim_store
from app.claims.lookup import require_receipt
from app.claims.receptions import store as reception_store
from app.claims.transitions import move_receptions
from app.engine.access import audit_log_store
from app.engine.caller import Caller, Vendors
from app.engine.context import Context, until_fresh
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.effects.idempotency import fingerprint
from app.engine.history import transitions
from app.engine.history.refusals import decide
from app.engine.history.steps import ClaimMove
from app.errors import Conflict, Invalid, NotFound
from app.machines.receipt_classification import Completion, Pickup
from app.machines.receptions import INSPECTED, RECEPTION, ReceptionFacts, ReceptionState, Verdict, judged
from app.machines.returns import ReturnState

RETURN = "return"
_AUTOMATIC = frozenset({Pickup.CONTRACT_COURIER, Pickup.COUPANG})


@dataclass(frozen=True, slots=True)
class Found:
    """What the inspection found of one option; `note` in the warehouse's words."""

    vendor_item_id: int
    verdict: Verdict
    note: str = ""


@dataclass(frozen=True, slots=True)
class Goods:
    """Goods of one kind of claim: how their claim is found, and whether it says that none come."""

    subject: str
    """As the reception is stored: `return` or `exchange`."""
    find: Callable[[Connection, Vendors, int], Awaitable[tuple[str, int, Collection[int]]]]
    """Find and lock the claim of an id: vendor id, order id, options; raises `NotFound`."""
    nothing_comes: Callable[[Connection, str, int], Awaitable[bool]]
    """Tell of a vendor's claim whether it is withdrawn, rejected or lost, or has no goods."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be done once, whatever happens on the way: its key, and what it says."""

    intent_key: str
    request: Mapping[str, Any]


def check_once(found: Sequence[Found]) -> None:
    """Check that each option has one verdict.

    Raises:
        Invalid: One is named twice.
    """
    if len({one.vendor_item_id for one in found}) != len(found):
        raise Invalid("an item is named twice", ("/lines", "each vendor_item_id once"))


async def follow_returns(context: Context, vendor_id: str, epoch: int) -> int:
    """Let receptions follow what was read of their returns; return how many moved or began.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
    """

    async def work() -> int:
        at = context.now()
        async with context.db.transaction() as tx:
            await transitions.fence(tx, vendor_id, epoch)
            rows = await reception_store.of_returns(tx, vendor_id)
            births = [(row["receipt_id"], row["order_id"]) for row in rows if row["state"] is None]
            await _begin(tx, vendor_id, RETURN, births, "coupang", "return:appeared", at)
            moves = []
            for row in rows:
                if steps := _steps(row):
                    moves.append(ClaimMove(row["receipt_id"], row["version"] or 1, steps))
            await move_receptions(tx, vendor_id, RETURN, moves, at)
            return len({*(birth[0] for birth in births), *(move.subject_id for move in moves)})

    return await until_fresh(work)


def _steps(row: Mapping[str, Any]) -> tuple[transitions.Step, ...]:
    """Return the step that what we read of a return calls for, if any."""
    state, cause = row["state"] or RECEPTION.initial, f"return:{row['return_state']}"
    over = _is_over(row["return_state"], row)
    event = "call_off" if over else None
    if not over and row["pre_refund"] and row["pickup"] in _AUTOMATIC and state == ReceptionState.EXPECTED:
        # A refund before the goods were confirmed is paid when their courier has them.
        event = "see_picked_up"
    if event is None:
        return ()
    move = RECEPTION.decide(state, event, ReceptionFacts(over=over))
    return (transitions.Step(move.event, move.source, move.target, "coupang", cause),)


def _is_over(state: str, receipt: Mapping[str, Any]) -> bool:
    return (
        state == ReturnState.WITHDRAWN
        or receipt["completion"] == Completion.SUPPORT_LOSS
        or receipt["pickup"] == Pickup.NOTHING
    )


async def arrive(
    context: Context, caller: Caller, goods: Goods, subject_id: int, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Record that the goods are in the warehouse; return the reception with its history.

    Raises:
        NotFound: No such return or exchange for this caller.
        Refused: They are there already.
        Conflict: The key was used for another request.
    """
    request = {"arrive": goods.subject, "id": subject_id}
    return await _walk(
        context,
        caller,
        goods,
        subject_id,
        lambda row, lines: _one(row, "arrive"),
        once=Once(intent_key, request) if intent_key else None,
    )


async def inspect(
    context: Context,
    caller: Caller,
    goods: Goods,
    subject_id: int,
    found: Sequence[Found],
    reason: str | None = None,
    *,
    intent_key: str | None = None,
) -> dict[str, Any]:
    """Give every line its verdict: good ones pass, a finding disputes; return the reception.

    Args:
        context: What every use case is given.
        caller: Who inspected.
        goods: Of a return or of an exchange.
        subject_id: Receipt id or exchange id.
        found: One per option of the claim.
        reason: Why it is inspected again; needed only then.
        intent_key: The caller's idempotency key.

    Raises:
        Invalid: An option that the claim does not name.
        NotFound: No such return or exchange for this caller.
        Refused: The goods have not arrived, or a line has no verdict.
        Conflict: The key was used for another request.
    """

    def plan(row: Mapping[str, Any], lines: Collection[int]) -> list[tuple[str, ReceptionFacts]]:
        try:
            facts = judged(lines, {one.vendor_item_id: one.verdict for one in found}, reason=bool(reason))
        except ValueError as no:
            raise Invalid("unknown item", ("/lines", str(no))) from no
        again = [("inspect_again", facts)] if row["state"] in INSPECTED else []
        return [*again, ("pass_inspection" if facts.good else "dispute", facts)]

    request = {
        "inspect": goods.subject,
        "id": subject_id,
        "found": sorted([one.vendor_item_id, str(one.verdict), one.note] for one in found),
        "reason": reason,
    }
    once = Once(intent_key, request) if intent_key else None
    return await _walk(context, caller, goods, subject_id, plan, reason=reason, found=found, once=once)


async def accept(
    context: Context, caller: Caller, goods: Goods, subject_id: int, reason: str
) -> dict[str, Any]:
    """Accept goods with a finding, by an operator's word; return the reception.

    Raises:
        NotFound: No such return or exchange for this caller.
        Refused: They are not disputed, or there is no reason.
    """
    facts = ReceptionFacts(reason=bool(reason))
    return await _walk(
        context, caller, goods, subject_id, lambda row, lines: [("accept_despite", facts)], reason=reason
    )


def _one(row: Mapping[str, Any], event: str) -> list[tuple[str, ReceptionFacts]]:
    return [(event, ReceptionFacts())]


async def _walk(
    context: Context,
    caller: Caller,
    goods: Goods,
    subject_id: int,
    plan: Callable[[Mapping[str, Any], Collection[int]], list[tuple[str, ReceptionFacts]]],
    *,
    reason: str | None = None,
    found: Sequence[Found] = (),
    once: Once | None = None,
) -> dict[str, Any]:
    subject = goods.subject

    async def work() -> dict[str, Any]:
        at = context.now()
        async with context.db.transaction() as tx:
            vendor_id, order_id, lines = await goods.find(tx, caller.vendor_ids, subject_id)
            if once is not None and await _was_heard(tx, vendor_id, once, at):
                return await shown(tx, vendor_id, subject, subject_id)
            row = await reception_store.find(tx, vendor_id, subject, subject_id, lock=True)
            if row is None:
                await _begin(tx, vendor_id, subject, [(subject_id, order_id)], caller.actor, caller.actor, at)
                row = await reception_store.find(tx, vendor_id, subject, subject_id, lock=True)
                if row is None:
                    raise NotFound("the reception that was just begun is gone")
            state, steps = row["state"], []
            for event, facts in plan(row, lines):
                move = decide(RECEPTION, state, event, facts)
                steps.append(
                    transitions.Step(
                        move.event, move.source, move.target, caller.actor, caller.actor, None, reason
                    )
                )
                state = move.target
            move_of = ClaimMove(subject_id, row["version"], tuple(steps))
            await move_receptions(tx, vendor_id, subject, [move_of], at)
            if found:
                inspection = [
                    {"vendor_item_id": one.vendor_item_id, "verdict": str(one.verdict), "note": one.note}
                    for one in found
                ]
                await reception_store.keep_inspection(tx, vendor_id, subject, subject_id, inspection)
            return await shown(tx, vendor_id, subject, subject_id)

    return await until_fresh(work)


async def _was_heard(tx: Connection, vendor_id: str, once: Once, at: datetime) -> bool:
    """Tell whether this request was done before; a refused one was not."""
    told = fingerprint(once.request)
    known = await effect_store.find_by_key(tx, vendor_id, once.intent_key)
    before = await audit_log_store.use_key(tx, vendor_id, once.intent_key, told, at)
    if known is not None or before not in (None, told):
        raise Conflict("this Idempotency-Key was used for another request")
    return before is not None


async def shown(tx: Connection, vendor_id: str, subject: str, subject_id: int) -> dict[str, Any]:
    """Return a reception with its `history`.

    Raises:
        NotFound: None has begun.
    """
    row = await reception_store.find(tx, vendor_id, subject, subject_id)
    if row is None:
        raise NotFound("no reception has begun", subject_id=str(subject_id))
    return {**row, "history": await reception_store.history_of(tx, vendor_id, subject, subject_id)}


async def get_reception(context: Context, caller: Caller, goods: Goods, subject_id: int) -> dict[str, Any]:
    """Return where the goods of a claim are, with its `history`.

    Raises:
        NotFound: No such claim for this caller, or nothing is awaited yet.
    """
    async with context.db.transaction() as tx:
        vendor_id, _, _ = await goods.find(tx, caller.vendor_ids, subject_id)
        return await shown(tx, vendor_id, goods.subject, subject_id)


async def _begin(
    tx: Connection,
    vendor_id: str,
    subject: str,
    births: Sequence[tuple[int, int]],
    actor: str,
    cause: str,
    at: datetime,
) -> None:
    await reception_store.begin(
        tx, vendor_id, subject, births, initial=str(RECEPTION.initial), actor=actor, cause=cause, at=at
    )


async def _return(tx: Connection, vendor_ids: Vendors, receipt_id: int) -> tuple[str, int, Collection[int]]:
    row = await require_receipt(tx, "return", vendor_ids, receipt_id, lock=True)
    lines = await claim_store.lines_of(tx, row["vendor_id"], receipt_id)
    return row["vendor_id"], row["order_id"], {line["vendor_item_id"] for line in lines}


async def _nothing_comes(tx: Connection, vendor_id: str, receipt_id: int) -> bool:
    row = await claim_store.find(tx, "return", [vendor_id], receipt_id)
    return row is not None and _is_over(row["state"], row)


RETURN_GOODS = Goods(RETURN, _return, _nothing_comes)
