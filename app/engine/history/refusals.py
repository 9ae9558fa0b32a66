"""Ask the machines, and turn their refusals into answers for people."""

from typing import Any, TypeVar

from app import errors
from app.machines.effects import EFFECT, EffectFacts
from app.machines.kernel import Move, Refused, Rules

F = TypeVar("F")


def unblock(guard: str, rules: Rules[Any]) -> str:
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


def refusal(no: Refused, rules: Rules[Any]) -> errors.Refused:
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


def decide_effect(state: str, event: str, facts: EffectFacts) -> Move[EffectFacts]:
    """Return the step an effect takes, or raise `errors.Refused`."""
    return decide(EFFECT, state, event, facts)
