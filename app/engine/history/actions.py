"""What may be asked now, and what refuses the rest: a machine, a change that is open, goods on their way."""

from collections.abc import Mapping
from typing import Any, TypeVar

from app.engine.history.refusals import unblock
from app.machines.effects import IN_REVIEW
from app.machines.kernel import Rules
from app.machines.receptions import INSPECTED, RECEPTION

F = TypeVar("F")
Refusals = list[dict[str, str]]
"""What refuses a change: `rule`, and `unblock`: what would unblock it, in words."""
STATE = "state"
"""The rule that names the states in which an event is possible at all."""


def judge(
    rules: Rules[F], state: str, event: str, facts: F, busy: Mapping[str, Any] | None = None
) -> tuple[str | None, Refusals]:
    """Judge one change as it will be decided: where it leads (None: nowhere from here), and what refuses it.

    Args:
        rules: The machine that decides.
        state: The state of what is to change.
        event: An event of the machine.
        facts: What its guards look at.
        busy: The effect that is open for the same thing, if any: nothing else may be asked until it settles.
    """
    verdict = rules.judge(state, event, facts)
    refused = [{"rule": rule, "unblock": unblock(rule, rules)} for rule in verdict.missing]
    if verdict.target is None:
        sources = sorted({source for source, name, _ in rules.edges() if name == event})
        refused.append({"rule": STATE, "unblock": f"possible in {', '.join(sources)}"})
    return verdict.target, refused + while_open(busy)


def while_open(busy: Mapping[str, Any] | None) -> Refusals:
    """Return what refuses another change while an effect of the same thing is open."""
    return [] if busy is None else [{"rule": "no_open_change", "unblock": _until_settled(busy)}]


def _until_settled(effect: Mapping[str, Any]) -> str:
    what = f"effect {effect['effect_id']} ({effect['kind']}, {effect['state']})"
    if effect["state"] in IN_REVIEW:
        return f"an operator must rule on {what}"
    return f"wait until {what} is settled"


def reception_actions(reception: str | None, place: str) -> list[dict[str, Any]]:
    """Judge what the warehouse may say of the goods of a claim at this address."""
    state = reception or str(RECEPTION.initial)
    told = []
    for way, event in (("arrive", "arrive"), ("inspect", "pass_inspection")):
        sources = {source for source, name, _ in RECEPTION.edges() if name == event}
        if way == "inspect":
            # Inspected goods may be inspected again, with a reason.
            sources |= INSPECTED
        refused = []
        if state not in sources:
            refused.append(
                {"rule": "reception", "unblock": f"possible while the goods are {', '.join(sorted(sources))}"}
            )
        told.append(action(way, place, None, refused))
    return told


def action(
    way: str, place: str, target: str | None, refused: Refusals, name: str | None = None
) -> dict[str, Any]:
    """Say of one change whether it may be asked, and how; `name` where two changes share an address."""
    return {
        "action": name or way,
        "method": "POST",
        "href": f"{place}/{way}",
        "allowed": not refused,
        "target": target,
        "refused_by": refused,
    }
