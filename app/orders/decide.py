"""Decide by the machines, and turn their refusals into problems with remedies."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app import errors
from app.machines.boxes import BOX, BoxFacts, BoxState
from app.machines.cancels import CANCEL, CancelFacts
from app.machines.effects import EFFECT, EffectFacts
from app.machines.kernel import Move, Refused, Rules

F = TypeVar("F")

THIRTY_DAYS = timedelta(days=30)


def unblock(guard: str, rules: Rules[Any] = BOX) -> str:
    """Return what would unblock a guard of a machine, in words."""
    return rules.reasons.get(guard.removeprefix("!"), "")


def decide(rules: Rules[F], state: str, event: str, facts: F) -> Move[F]:
    """Return the step an event takes.

    Raises:
        errors.Refused: With the rules that refuse and what would unblock each.
    """
    try:
        return rules.decide(state, event, facts)
    except Refused as no:
        raise refusal(no, rules) from no


def refusal(no: Refused, rules: Rules[Any] = BOX) -> errors.Refused:
    """Turn a machine's refusal into a problem that names rule and remedy, and what may be asked instead.

    What is only observed at Coupang is no caller's to ask; moves by hand list it for operators by themselves.
    """
    return errors.Refused(
        str(no),
        state=no.state,
        event=no.event,
        missing=[{"rule": name, "unblock": unblock(name, rules)} for name in no.missing],
        allowed=[event for event in no.allowed if not event.startswith("see_")],
    )


def box_facts(
    box: Mapping[str, Any],
    at: datetime,
    *,
    waybill: bool = False,
    direct: bool = False,
    proven: bool = False,
) -> BoxFacts:
    """Build the guards' facts from a row of `store.boxes.with_quantities`."""
    departed = box["departed_at"]
    return BoxFacts(
        held=box["held"] > 0,
        shippable=box["shippable"] > 0,
        address_final=box["address_final"],
        waybill=waybill,
        direct=direct,
        divisible=box["kinds"] > 1 and box["able_split_shipping"],
        thirty_days=departed is not None and at - departed >= THIRTY_DAYS,
        proven=proven,
        stop_requested=box["stop_open"],
        claim_unread=box["claim_unread"],
        on_hold=box["hold_until"] is not None and box["hold_until"] > at,
        replacement=box["exchange_id"] is not None,
    )


def seller_cancel_facts(box: Mapping[str, Any], counts: Mapping[int, int]) -> CancelFacts:
    """Build the facts of a seller's cancel of units of a box.

    Args:
        box: With `state`, `exchange_id` and `lines` (vendor_item_id, shippable).
        counts: Units to cancel by vendor item id.
    """
    free = {line["vendor_item_id"]: line["shippable"] for line in box["lines"]}
    state = BoxState(box["state"])
    return CancelFacts(
        whole=all(counts.get(item, 0) == count for item, count in free.items()),
        accept=state is BoxState.ACCEPT,
        instruct=state is BoxState.INSTRUCT,
        within=bool(counts) and all(0 < count <= free.get(item, 0) for item, count in counts.items()),
        reason_code=True,
        replacement=box["exchange_id"] is not None,
    )


def decide_cancel(state: str, event: str, facts: CancelFacts) -> Move[CancelFacts]:
    """Return the step a cancel takes, or raise `errors.Refused`."""
    return decide(CANCEL, state, event, facts)


def decide_box(state: str, event: str, facts: BoxFacts) -> Move[BoxFacts]:
    """Return the step a box takes, or raise `errors.Refused`."""
    return decide(BOX, state, event, facts)


def decide_effect(state: str, event: str, facts: EffectFacts) -> Move[EffectFacts]:
    """Return the step an effect takes, or raise `errors.Refused`."""
    return decide(EFFECT, state, event, facts)
