"""The state of one return receipt at Coupang. Where its goods are is another question: `receptions.py`.

The return looks at the goods through its facts: nothing is confirmed or approved that did not arrive, and
nothing whose inspection found something wrong. The dispute (쿠팡확인요청) happens in WING and is observed.
Quick refunds are known by their outcome: nothing tells beforehand whether a confirmation refunds at once.
"""

from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.groups import Classification
from app.machines.kernel import Machine, Rules, guard
from app.machines.observed import Observed
from app.machines.remedies import GIVE_PICKUP_WAYBILL, RECORD_ARRIVAL


class ReturnState(StrEnum):
    """Where a return is; the names of Coupang, and WITHDRAWN, which Coupang shows by leaving it out."""

    RETURNS_UNCHECKED = "RETURNS_UNCHECKED"
    VENDOR_WAREHOUSE_CONFIRM = "VENDOR_WAREHOUSE_CONFIRM"
    REQUEST_COUPANG_CHECK = "REQUEST_COUPANG_CHECK"
    RETURNS_COMPLETED = "RETURNS_COMPLETED"
    WITHDRAWN = "WITHDRAWN"


UNCONFIRMED = frozenset({ReturnState.RETURNS_UNCHECKED})
"""The seller has to confirm the arrival of the goods."""
CONFIRMED = frozenset({ReturnState.VENDOR_WAREHOUSE_CONFIRM})
"""The arrival is confirmed, and the seller has to approve."""
AWAITING_COUPANG = frozenset({ReturnState.REQUEST_COUPANG_CHECK})
"""The return is disputed: Coupang has the next step."""
REFUNDED = frozenset({ReturnState.RETURNS_COMPLETED})
"""The customer has the money back."""
TAKEN_BACK = frozenset({ReturnState.WITHDRAWN})
"""The receipt claims nothing any more."""
OUTCOMES = Classification(
    ReturnState,
    "Who has the next step of a return, or how has it ended?",
    UNCONFIRMED=UNCONFIRMED,
    CONFIRMED=CONFIRMED,
    AWAITING_COUPANG=AWAITING_COUPANG,
    REFUNDED=REFUNDED,
    TAKEN_BACK=TAKEN_BACK,
)
AWAITING_SELLER = UNCONFIRMED | CONFIRMED
"""The seller has the next step: to confirm or to approve."""
SHOWS_CONFIRMATION = CONFIRMED | REFUNDED
"""What a return shows after its arrival was confirmed; a quick refund ends it at once."""
OPEN = AWAITING_SELLER | AWAITING_COUPANG
"""A return still needs somebody."""


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


@guard(unblock="Only a pick-up that the seller arranges is registered; a booked courier does it by itself.")
def is_ours_to_collect(facts: ReturnFacts) -> bool:
    """Tell whether the seller arranges the pick-up."""
    return facts.ours_to_collect


@guard(unblock=GIVE_PICKUP_WAYBILL)
def has_waybill(facts: ReturnFacts) -> bool:
    """Tell whether courier and number of the pick-up are given and of valid form."""
    return facts.waybill


@guard(unblock=RECORD_ARRIVAL)
def goods_arrived(facts: ReturnFacts) -> bool:
    """Tell whether the goods are in our warehouse."""
    return facts.arrived


@guard(unblock="Give a verdict for every line of the receipt.")
def goods_inspected(facts: ReturnFacts) -> bool:
    """Tell whether every line has a verdict."""
    return facts.inspected


@guard(unblock="Open a dispute in WING (쿠팡확인요청), or have an operator accept the goods with a reason.")
def inspection_passed(facts: ReturnFacts) -> bool:
    """Tell whether the inspection passed, or an operator accepted the goods with a reason."""
    return facts.passed


@guard(unblock="Approve the count of the whole receipt; Coupang refuses any other.")
def is_whole(facts: ReturnFacts) -> bool:
    """Tell whether the count to approve is that of the whole receipt."""
    return facts.whole


@guard(unblock="Read the receipt again: only its outcome tells whether Coupang refunded it on confirmation.")
def refunded_at_once(facts: ReturnFacts) -> bool:
    """Tell whether the receipt is completed, read again after the confirmation."""
    return facts.refunded


@guard(
    unblock="Read the receipt itself, or find it among the withdrawals; a list row or its absence is "
    "not proof."
)
def is_proven(facts: ReturnFacts) -> bool:
    """Tell whether the receipt itself was read, or the list of withdrawals names it."""
    return facts.proven


class ReturnMachine(Machine):
    """The machine of one return receipt at Coupang.

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

SEEN = Observed(
    RETURN,
    ReturnState,
    ReturnFacts,
    field="receiptStatus",
    wire={state.value: state for state in ReturnState if state is not ReturnState.WITHDRAWN},
)
"""WITHDRAWN has no word of Coupang: a withdrawn receipt leaves the lists instead."""
OBSERVED, from_wire, walk = SEEN.events, SEEN.from_wire, SEEN.walk
