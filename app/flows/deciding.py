"""Ask the machines, and turn their refusals into answers for people."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from app import errors
from app.machines import effects as effect_machine
from app.machines import orders as order_machine
from app.machines.effects import EFFECT, EffectFacts
from app.machines.kernel import Move, Refused, Rules
from app.machines.orders import BOX, BoxFacts

F = TypeVar("F")

REASONS = {**order_machine.REASONS, **effect_machine.REASONS}
THIRTY_DAYS = timedelta(days=30)


def unblock(guard: str) -> str:
    """Return what would unblock a guard, in words."""
    return REASONS.get(guard.removeprefix("!"), "")


def decide(rules: Rules[F], state: str, event: str, facts: F) -> Move[F]:
    """Return the step an event takes.

    Raises:
        errors.Refused: With the rules that refuse and what would unblock each.
    """
    try:
        return rules.decide(state, event, facts)
    except Refused as no:
        raise refusal(no) from no


def refusal(no: Refused) -> errors.Refused:
    """Turn the kernel's refusal into a problem that names rule and remedy."""
    return errors.Refused(
        str(no),
        state=no.state,
        event=no.event,
        missing=[{"rule": name, "unblock": unblock(name)} for name in no.missing],
        allowed=list(no.allowed),
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
    )


def decide_box(state: str, event: str, facts: BoxFacts) -> Move[BoxFacts]:
    """Return the step a box takes, or raise `errors.Refused`."""
    return decide(BOX, state, event, facts)


def decide_effect(state: str, event: str, facts: EffectFacts) -> Move[EffectFacts]:
    """Return the step an effect takes, or raise `errors.Refused`."""
    return decide(EFFECT, state, event, facts)
