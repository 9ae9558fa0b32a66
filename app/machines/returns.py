"""The life of one return receipt at Coupang. Where its goods are is another question: `receptions.py`.

The return looks at the goods through its facts: nothing is confirmed or approved that did not arrive, and
nothing whose inspection found something wrong. The dispute (쿠팡확인요청) happens in WING and is observed.
Quick refunds are known by their outcome: nothing tells beforehand whether a confirmation refunds at once.
"""

from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.kernel import Machine, Move, Rules
from app.machines.paths import shortest_paths


class ReturnState(StrEnum):
    """Where a return is; the names of Coupang, and WITHDRAWN, which Coupang shows by leaving it out."""

    RETURNS_UNCHECKED = "RETURNS_UNCHECKED"
    VENDOR_WAREHOUSE_CONFIRM = "VENDOR_WAREHOUSE_CONFIRM"
    REQUEST_COUPANG_CHECK = "REQUEST_COUPANG_CHECK"
    RETURNS_COMPLETED = "RETURNS_COMPLETED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class ReturnFacts:
    """What the guards may look at.

    Attributes:
        ours_to_collect: The seller arranges the pick-up: it is neither automatic nor without goods.
        waybill: Courier and number of the pick-up are given and of valid form.
        arrived: The goods are in our warehouse.
        inspected: Every line has a verdict.
        passed: The inspection passed, or an operator accepted the goods with a reason.
        whole: The count to approve is that of the whole receipt.
        refunded: Read again after the confirmation, the receipt is completed (quick refund).
        proven: Read from the receipt itself (R2); of a withdrawal: the list of withdrawals (R5, R6) names it.
    """

    ours_to_collect: bool = False
    waybill: bool = False
    arrived: bool = False
    inspected: bool = False
    passed: bool = False
    whole: bool = False
    refunded: bool = False
    proven: bool = False


def is_ours_to_collect(facts: ReturnFacts) -> bool:
    """Only a pick-up that the seller arranges is registered; a booked courier does it by itself."""
    return facts.ours_to_collect


def has_waybill(facts: ReturnFacts) -> bool:
    """Give the courier code and the waybill number of the pick-up."""
    return facts.waybill


def goods_arrived(facts: ReturnFacts) -> bool:
    """Record first that the goods have arrived in the warehouse."""
    return facts.arrived


def goods_inspected(facts: ReturnFacts) -> bool:
    """Give a verdict for every line of the receipt."""
    return facts.inspected


def inspection_passed(facts: ReturnFacts) -> bool:
    """Open a dispute in WING (쿠팡확인요청), or have an operator accept the goods with a reason."""
    return facts.passed


def is_whole(facts: ReturnFacts) -> bool:
    """Approve the count of the whole receipt; Coupang refuses any other."""
    return facts.whole


def refunded_at_once(facts: ReturnFacts) -> bool:
    """Read the receipt again: only its outcome tells whether Coupang refunded it on confirmation."""
    return facts.refunded


def is_proven(facts: ReturnFacts) -> bool:
    """Read the receipt itself, or find it among the withdrawals; a list row or its absence is not proof."""
    return facts.proven


class ReturnMachine(Machine):
    """The life of one return receipt at Coupang.

    {statechart:md}
    """

    # RETURNS_COMPLETED is where a return rests, but not final: a seller may dispute after the refund.
    unchecked = State(ReturnState.RETURNS_UNCHECKED, value=ReturnState.RETURNS_UNCHECKED, initial=True)
    confirmed = State(ReturnState.VENDOR_WAREHOUSE_CONFIRM, value=ReturnState.VENDOR_WAREHOUSE_CONFIRM)
    checked = State(ReturnState.REQUEST_COUPANG_CHECK, value=ReturnState.REQUEST_COUPANG_CHECK)
    completed = State(ReturnState.RETURNS_COMPLETED, value=ReturnState.RETURNS_COMPLETED)
    withdrawn = State(ReturnState.WITHDRAWN, value=ReturnState.WITHDRAWN, final=True)

    # Asked by us. Confirming may refund at once, so it needs the same inspection as approving.
    register_pickup = unchecked.to(unchecked, cond=[is_ours_to_collect, has_waybill])
    confirm_arrival = unchecked.to(confirmed, cond=[goods_arrived, goods_inspected, inspection_passed])
    confirm_arrival_refunded = unchecked.to(
        completed, cond=[goods_arrived, goods_inspected, inspection_passed, refunded_at_once]
    )
    approve = confirmed.to(completed, cond=[goods_arrived, goods_inspected, inspection_passed, is_whole])

    # Observed at Coupang.
    see_confirmed = unchecked.to(confirmed)
    see_check = unchecked.to(checked) | confirmed.to(checked) | completed.to(checked, cond=is_proven)
    see_completed = unchecked.to(completed) | confirmed.to(completed) | checked.to(completed)
    see_withdrawn = (
        unchecked.to(withdrawn, cond=is_proven)
        | confirmed.to(withdrawn, cond=is_proven)
        | checked.to(withdrawn, cond=is_proven)
    )


RETURN: Rules[ReturnFacts] = Rules(ReturnMachine, ReturnState)

OBSERVED: frozenset[str] = frozenset(event for event in RETURN.events if event.startswith("see_"))

OPEN: frozenset[ReturnState] = frozenset(ReturnState) - {ReturnState.RETURNS_COMPLETED, ReturnState.WITHDRAWN}
"""States in which a return still needs somebody."""

CALLS: dict[str, str] = {
    "register_pickup": "R7",
    "confirm_arrival": "R3",
    "confirm_arrival_refunded": "R3",
    "approve": "R4",
}
"""Event we ask for → the call of Coupang that does it."""

CAUSES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(CALLS, ("S",)),
    "see_confirmed": ("W",),
    "see_check": ("W",),
    "see_completed": ("A", "W", "CS"),
    "see_withdrawn": ("C", "CS"),
}
"""Event → who causes it: S we, W the seller in WING, C customer, A Coupang by itself, CS its support."""

REASONS = RETURN.reasons
"""Guard name → what would unblock it, in words for a user."""

KOREAN: dict[ReturnState, str] = {
    ReturnState.RETURNS_UNCHECKED: "반품접수",
    ReturnState.VENDOR_WAREHOUSE_CONFIRM: "입고확인",
    ReturnState.REQUEST_COUPANG_CHECK: "쿠팡확인요청",
    ReturnState.RETURNS_COMPLETED: "반품완료",
    ReturnState.WITHDRAWN: "철회",
}
"""The names that sellers know from WING."""

_ROADS = {proven: shortest_paths(RETURN, OBSERVED, ReturnFacts(proven=proven)) for proven in (False, True)}


def walk(state: ReturnState, shown: ReturnState, facts: ReturnFacts) -> tuple[Move[ReturnFacts], ...] | None:
    """Find the shortest legal road from our state to the one Coupang shows, over observed events only.

    Returns:
        The steps in order; () when both are equal; None when no legal road leads there: the row is stale,
        or what it shows needs proof.
    """
    return _ROADS[facts.proven].get((state, shown))
