"""The state of one exchange (교환).

Coupang keeps three values on an exchange: `exchangeStatus`, and those of its tracks, `collectStatus`
(`collects.py`: the goods come back) and `deliveryStatus` (`redeliveries.py`: the replacement goes out). One
call may move two of them: E2 is `confirm_arrival` here and on the collect track. Withdrawn exchanges stay in
the list (as CANCEL), so seeing a withdrawal needs no proof.
"""

from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.groups import Classification
from app.machines.kernel import Machine, Rules, guard
from app.machines.observed import Observed
from app.machines.remedies import INSPECT_GOODS


class ExchangeState(StrEnum):
    """Where an exchange is; the names of Coupang. CANCEL is a withdrawal, REJECT our refusal."""

    RECEIPT = "RECEIPT"
    PROGRESS = "PROGRESS"
    SUCCESS = "SUCCESS"
    REJECT = "REJECT"
    CANCEL = "CANCEL"


OPEN = frozenset({ExchangeState.RECEIPT, ExchangeState.PROGRESS})
"""An exchange still needs somebody."""
EXCHANGED = frozenset({ExchangeState.SUCCESS})
"""The customer has the replacement."""
CALLED_OFF = frozenset({ExchangeState.REJECT, ExchangeState.CANCEL})
"""Nothing is exchanged, and no goods come back."""
OUTCOMES = Classification(
    ExchangeState,
    "How has an exchange ended?",
    OPEN=OPEN,
    EXCHANGED=EXCHANGED,
    CALLED_OFF=CALLED_OFF,
)


@dataclass(frozen=True, slots=True)
class ExchangeFacts:
    """What the guards of the exchange may look at.

    Attributes:
        rejectable: Coupang lets it be rejected (`rejectable`).
        reject_code: SOLDOUT or WITHDRAW is given.
        arrived: The goods are in our warehouse.
        passed: The inspection passed, or an operator accepted the goods with a reason.
        nothing_to_collect: There are no goods to bring back.
        confirmed: The arrival is confirmed already.
    """

    rejectable: bool = False
    reject_code: bool = False
    arrived: bool = False
    passed: bool = False
    nothing_to_collect: bool = False
    confirmed: bool = False


@guard(unblock="Coupang does not let it be rejected now, as a rule because the pick-up is under way.")
def is_rejectable(facts: ExchangeFacts) -> bool:
    """Tell whether Coupang lets the exchange be rejected now."""
    return facts.rejectable


@guard(unblock="Give SOLDOUT or WITHDRAW (agreed with the customer); Coupang knows no other reason.")
def has_reject_code(facts: ExchangeFacts) -> bool:
    """Tell whether a reason that Coupang takes for a rejection is given."""
    return facts.reject_code


@guard(
    unblock="Record first that the goods have arrived: confirming binds the seller to ship the replacement."
)
def goods_in_hand(facts: ExchangeFacts) -> bool:
    """Tell whether the goods are in our warehouse, or there are none to collect."""
    return facts.arrived or facts.nothing_to_collect


@guard(unblock=INSPECT_GOODS)
def goods_accepted(facts: ExchangeFacts) -> bool:
    """Tell whether the goods passed or were accepted with a reason, or there are none to collect."""
    return facts.passed or facts.nothing_to_collect


@guard(unblock="The arrival is confirmed already; the new box appears within ten minutes.")
def not_confirmed_yet(facts: ExchangeFacts) -> bool:
    """Tell whether the arrival still has to be confirmed."""
    return not facts.confirmed


class ExchangeMachine(Machine):
    """The machine of one exchange.

    {statechart:md}
    """

    receipt = State(ExchangeState.RECEIPT, value=ExchangeState.RECEIPT, initial=True)
    progress = State(ExchangeState.PROGRESS, value=ExchangeState.PROGRESS)
    success = State(ExchangeState.SUCCESS, value=ExchangeState.SUCCESS, final=True)
    rejected = State(ExchangeState.REJECT, value=ExchangeState.REJECT, final=True)
    cancelled = State(ExchangeState.CANCEL, value=ExchangeState.CANCEL, final=True)

    # Asked by us. A scanned pick-up may have begun the progress before the goods arrive.
    reject = receipt.to(rejected, cond=[is_rejectable, has_reject_code]) | progress.to(
        rejected, cond=[is_rejectable, has_reject_code]
    )
    confirm_arrival = receipt.to(
        progress, cond=[goods_in_hand, goods_accepted, not_confirmed_yet]
    ) | progress.to(progress, cond=[goods_in_hand, goods_accepted, not_confirmed_yet])

    # Observed at Coupang.
    see_progress = receipt.to(progress)
    see_success = progress.to(success)
    see_rejected = receipt.to(rejected) | progress.to(rejected)
    see_withdrawn = receipt.to(cancelled) | progress.to(cancelled)


EXCHANGE: Rules[ExchangeFacts] = Rules(ExchangeMachine, ExchangeState)

CALLS: dict[str, str] = {"reject": "E3", "confirm_arrival": "E2"}
"""Event we ask for → the call of Coupang that does it."""

CAUSES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(CALLS, ("S",)),
    "see_progress": ("K", "W"),
    "see_success": ("A",),
    "see_rejected": ("W",),
    "see_withdrawn": ("C", "CS"),
}
"""Event → who causes it: S we, W seller in WING, C customer, K courier, A Coupang itself, CS its support."""

REASONS = EXCHANGE.reasons
"""Guard name → what would unblock it, in words for a user."""

KOREAN: dict[ExchangeState, str] = {
    ExchangeState.RECEIPT: "접수",
    ExchangeState.PROGRESS: "진행",
    ExchangeState.SUCCESS: "완료",
    ExchangeState.REJECT: "불가",
    ExchangeState.CANCEL: "철회",
}
"""The names that sellers know from WING."""


SEEN = Observed(
    EXCHANGE,
    ExchangeState,
    ExchangeFacts,
    decisive=(),
    field="exchangeStatus",
    wire={state.value: state for state in ExchangeState},
)
OBSERVED, from_wire, walk = SEEN.events, SEEN.from_wire, SEEN.walk
