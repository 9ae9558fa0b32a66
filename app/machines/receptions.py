"""The way of returned goods into our warehouse, of returns and exchanges alike.

It answers where the goods are, which is not what Coupang says of the receipt: a quick refund is paid before
they arrive, a withdrawn parcel may come nevertheless, and goods with a finding wait for a dispute in WING or
for an operator who accepts them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.groups import Classification
from app.machines.kernel import Machine, Rules, guard
from app.machines.observed import observed_events
from app.machines.remedies import GIVE_REASON


class Verdict(StrEnum):
    """What the inspection of one line found."""

    GOOD = "GOOD"
    DAMAGED = "DAMAGED"
    WRONG_ITEM = "WRONG_ITEM"
    MISSING = "MISSING"


class ReceptionState(StrEnum):
    """Where the goods of a return or an exchange are."""

    EXPECTED = "EXPECTED"
    PICKED_UP = "PICKED_UP"
    ARRIVED = "ARRIVED"
    PASSED = "PASSED"
    DISPUTED = "DISPUTED"
    NOT_COMING = "NOT_COMING"


AWAITED = frozenset({ReceptionState.EXPECTED, ReceptionState.PICKED_UP})
"""The goods are to come."""
UNINSPECTED = frozenset({ReceptionState.ARRIVED})
"""The goods are in our warehouse, and some line has no verdict."""
ACCEPTED = frozenset({ReceptionState.PASSED})
"""The goods are in our warehouse, and nothing is wrong, or an operator accepted them."""
FAULTY = frozenset({ReceptionState.DISPUTED})
"""The goods are in our warehouse, and the inspection found something."""
NOT_COMING = frozenset({ReceptionState.NOT_COMING})
"""No goods come."""
PLACES = Classification(
    ReceptionState,
    "Where are the goods that come back, and were they inspected?",
    AWAITED=AWAITED,
    UNINSPECTED=UNINSPECTED,
    ACCEPTED=ACCEPTED,
    FAULTY=FAULTY,
    NOT_COMING=NOT_COMING,
)
INSPECTED = ACCEPTED | FAULTY
"""The goods are in our warehouse, and every line has its verdict."""
IN_HOUSE = UNINSPECTED | INSPECTED
"""The goods are in our warehouse."""
SETTLED = ACCEPTED | NOT_COMING
"""The warehouse has nothing to do with the goods any more."""


@dataclass(frozen=True, slots=True)
class ReceptionFacts:
    """What the guards may look at.

    Attributes:
        judged: Every line has a verdict.
        good: Every line that has a verdict is GOOD.
        over: The claim is withdrawn, rejected or lost, or there is nothing to collect.
        reason: An operator gave a reason.
    """

    judged: bool = False
    good: bool = False
    over: bool = False
    reason: bool = False


@guard(unblock="Give a verdict for every line: good, damaged, wrong item or missing.")
def every_line_judged(facts: ReceptionFacts) -> bool:
    """Tell whether every line has a verdict."""
    return facts.judged


@guard(
    unblock="Only goods without a finding pass by themselves; the others are disputed or accepted by "
    "an operator."
)
def every_line_good(facts: ReceptionFacts) -> bool:
    """Tell whether every line that has a verdict is GOOD."""
    return facts.good


@guard(unblock="Only goods with a finding are disputed: a line that is damaged, wrong or missing.")
def some_finding(facts: ReceptionFacts) -> bool:
    """Tell whether some line is damaged, wrong or missing."""
    return not facts.good


@guard(
    unblock="Goods are expected until the claim is withdrawn, rejected or lost, or has nothing to collect."
)
def nothing_comes(facts: ReceptionFacts) -> bool:
    """Tell whether the claim is withdrawn, rejected or lost, or has nothing to collect."""
    return facts.over


@guard(unblock=GIVE_REASON)
def has_reason(facts: ReceptionFacts) -> bool:
    """Tell whether an operator gave a reason."""
    return facts.reason


class ReceptionMachine(Machine):
    """The way of returned goods into our warehouse.

    {statechart:md}
    """

    expected = State(ReceptionState.EXPECTED, value=ReceptionState.EXPECTED, initial=True)
    picked_up = State(ReceptionState.PICKED_UP, value=ReceptionState.PICKED_UP)
    arrived = State(ReceptionState.ARRIVED, value=ReceptionState.ARRIVED)
    passed = State(ReceptionState.PASSED, value=ReceptionState.PASSED)
    disputed = State(ReceptionState.DISPUTED, value=ReceptionState.DISPUTED)
    not_coming = State(ReceptionState.NOT_COMING, value=ReceptionState.NOT_COMING)

    see_picked_up = expected.to(picked_up)
    # A parcel that arrives is recorded whatever was expected: it had no scan, or the claim was withdrawn.
    arrive = expected.to(arrived) | picked_up.to(arrived) | not_coming.to(arrived)
    pass_inspection = arrived.to(passed, cond=[every_line_judged, every_line_good])
    dispute = arrived.to(disputed, cond=[every_line_judged, some_finding])
    accept_despite = disputed.to(passed, cond=has_reason)
    inspect_again = passed.to(arrived, cond=has_reason) | disputed.to(arrived, cond=has_reason)
    call_off = expected.to(not_coming, cond=nothing_comes) | picked_up.to(not_coming, cond=nothing_comes)


RECEPTION: Rules[ReceptionFacts] = Rules(ReceptionMachine, ReceptionState)

OBSERVED: frozenset[str] = observed_events(RECEPTION)

CALLS: dict[str, str] = {}
"""No call of Coupang moves goods; the receipt and the exchange have their own."""

CAUSES: dict[str, tuple[str, ...]] = {
    "see_picked_up": ("K",),
    **dict.fromkeys(("arrive", "pass_inspection", "dispute"), ("warehouse",)),
    **dict.fromkeys(("accept_despite", "inspect_again"), ("operator",)),
    "call_off": ("A", "C", "CS"),
}
"""Event → who causes it; K is the courier."""

REASONS = RECEPTION.reasons
"""Guard name → what would unblock it, in words for a user."""

KOREAN: dict[ReceptionState, str] = {
    ReceptionState.EXPECTED: "입고예정",
    ReceptionState.PICKED_UP: "수거중",
    ReceptionState.ARRIVED: "입고",
    ReceptionState.PASSED: "검수통과",
    ReceptionState.DISPUTED: "검수보류",
    ReceptionState.NOT_COMING: "입고없음",
}
"""Names for the warehouse."""


def judged(
    lines: Collection[int], verdicts: Mapping[int, Verdict], *, over: bool = False, reason: bool = False
) -> ReceptionFacts:
    """Sum up the verdicts of the lines (vendorItemIds) of one receipt.

    Raises:
        ValueError: A verdict is about an option the receipt does not name, or the receipt has no lines.
    """
    if not lines:
        raise ValueError("a receipt without lines cannot be inspected")
    if foreign := set(verdicts) - set(lines):
        raise ValueError(f"the receipt does not name {sorted(foreign)}")
    complete = set(verdicts) == set(lines)
    good = all(verdict is Verdict.GOOD for verdict in verdicts.values())
    return ReceptionFacts(judged=complete, good=good, over=over, reason=reason)


def is_in_house(state: ReceptionState) -> bool:
    """Tell whether the goods are in our warehouse: the fact `arrived` of a return or an exchange."""
    return state in IN_HOUSE


def is_inspected(state: ReceptionState) -> bool:
    """Tell whether every line has its verdict: the fact `inspected` of a return or an exchange."""
    return state in INSPECTED
