"""The redelivery track of an exchange: the replacement goes out, on the new box and never on the original.

There is no single read of an exchange, so a step backwards (a new waybill after a failure, or after DIRECT)
is proven by a row that was modified later than the one we know.
"""

from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.groups import Classification
from app.machines.kernel import Machine, Rules, guard
from app.machines.observed import Observed
from app.machines.remedies import GIVE_WAYBILL, NAME_DIRECT, NAME_TRACKED_COURIER, READ_NEWER_ROW


class RedeliveryState(StrEnum):
    """Where the replacement is."""

    BEFORE_DIRECTION = "BEFORE_DIRECTION"
    COMPLETE_DIRECTION = "COMPLETE_DIRECTION"
    DELIVERING = "DELIVERING"
    COMPLETE_DELIVERY = "COMPLETE_DELIVERY"
    VENDOR_DIRECT = "VENDOR_DIRECT"
    DIRECTION_FAIL = "DIRECTION_FAIL"
    FAIL = "FAIL"
    WITHDRAW = "WITHDRAW"
    NONE_DATA = "NONE_DATA"


NOT_SENT = frozenset({RedeliveryState.BEFORE_DIRECTION, RedeliveryState.NONE_DATA})
"""The replacement still has to be shipped."""
SENT = frozenset(
    {
        RedeliveryState.COMPLETE_DIRECTION,
        RedeliveryState.DELIVERING,
        RedeliveryState.COMPLETE_DELIVERY,
        RedeliveryState.VENDOR_DIRECT,
        RedeliveryState.DIRECTION_FAIL,
        RedeliveryState.FAIL,
    }
)
"""The replacement was shipped, whatever became of it."""
TAKEN_BACK = frozenset({RedeliveryState.WITHDRAW})
"""There is nothing to ship any more."""
OUTCOMES = Classification(
    RedeliveryState,
    "Does the replacement still have to be shipped?",
    NOT_SENT=NOT_SENT,
    SENT=SENT,
    TAKEN_BACK=TAKEN_BACK,
)


@dataclass(frozen=True, slots=True)
class RedeliveryFacts:
    """What the guards of the redelivery track may look at.

    Attributes:
        in_progress: The exchange is in PROGRESS.
        collected: The goods are collected and confirmed, or there were none to collect.
        new_box: The box to ship is one that Coupang made for this exchange, not an original one.
        waybill: Courier and number are given and of valid form.
        direct: The courier is DIRECT: the seller brings it, and it is not tracked.
        proven: The row was modified later than the one we know.
    """

    in_progress: bool = False
    collected: bool = False
    new_box: bool = False
    waybill: bool = False
    direct: bool = False
    proven: bool = False


@guard(unblock="Only an exchange in PROGRESS gets its replacement.")
def is_in_progress(facts: RedeliveryFacts) -> bool:
    """Tell whether the exchange is in PROGRESS."""
    return facts.in_progress


@guard(unblock="Confirm the arrival of the goods first; Coupang makes the new box only then.")
def is_collected(facts: RedeliveryFacts) -> bool:
    """Tell whether the goods are collected and confirmed, or there are none to collect."""
    return facts.collected


@guard(unblock="Ship on the new box of this exchange, never on the original; it appears within ten minutes.")
def is_new_box(facts: RedeliveryFacts) -> bool:
    """Tell whether Coupang made the box for this exchange."""
    return facts.new_box


@guard(unblock=GIVE_WAYBILL)
def has_waybill(facts: RedeliveryFacts) -> bool:
    """Tell whether courier and number are given and of valid form."""
    return facts.waybill


@guard(unblock=NAME_TRACKED_COURIER)
def is_tracked(facts: RedeliveryFacts) -> bool:
    """Tell whether Coupang tracks the courier."""
    return not facts.direct


@guard(unblock=NAME_DIRECT)
def is_direct(facts: RedeliveryFacts) -> bool:
    """Tell whether the seller brings the replacement without a courier."""
    return facts.direct


@guard(unblock=READ_NEWER_ROW)
def is_proven(facts: RedeliveryFacts) -> bool:
    """Tell whether the row was modified later than the one we know."""
    return facts.proven


class RedeliveryMachine(Machine):
    """The way of the replacement to the customer.

    {statechart:md}
    """

    before = State(RedeliveryState.BEFORE_DIRECTION, value=RedeliveryState.BEFORE_DIRECTION, initial=True)
    directed = State(RedeliveryState.COMPLETE_DIRECTION, value=RedeliveryState.COMPLETE_DIRECTION)
    delivering = State(RedeliveryState.DELIVERING, value=RedeliveryState.DELIVERING)
    delivered = State(RedeliveryState.COMPLETE_DELIVERY, value=RedeliveryState.COMPLETE_DELIVERY, final=True)
    direct = State(RedeliveryState.VENDOR_DIRECT, value=RedeliveryState.VENDOR_DIRECT)
    direction_failed = State(RedeliveryState.DIRECTION_FAIL, value=RedeliveryState.DIRECTION_FAIL)
    failed = State(RedeliveryState.FAIL, value=RedeliveryState.FAIL)
    withdrawn = State(RedeliveryState.WITHDRAW, value=RedeliveryState.WITHDRAW, final=True)
    no_data = State(RedeliveryState.NONE_DATA, value=RedeliveryState.NONE_DATA)

    # Asked by us, on the new box. Coupang may have no data on the track until then.
    ship_replacement = directed.from_(
        before, no_data, cond=[is_in_progress, is_collected, is_new_box, has_waybill, is_tracked]
    )
    ship_replacement_direct = direct.from_(
        before, no_data, cond=[is_in_progress, is_collected, is_new_box, has_waybill, is_direct]
    )

    # Observed at Coupang.
    see_before = no_data.to(before)
    see_directed = before.to(directed) | directed.from_(direct, direction_failed, failed, cond=is_proven)
    see_delivering = directed.to(delivering)
    see_delivered = directed.to(delivered) | delivering.to(delivered)
    see_vendor_direct = before.to(direct) | directed.to(direct)
    see_direction_failed = before.to(direction_failed) | directed.to(direction_failed)
    see_failed = delivering.to(failed)
    see_withdrawn = withdrawn.from_(before, directed, delivering, direct, direction_failed, failed, no_data)
    see_no_data = before.to(no_data)


REDELIVERY: Rules[RedeliveryFacts] = Rules(RedeliveryMachine, RedeliveryState)

CALLS: dict[str, str] = {"ship_replacement": "E4", "ship_replacement_direct": "E4"}
"""Event we ask for → the call of Coupang that does it."""

CAUSES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(CALLS, ("S",)),
    **dict.fromkeys(("see_before", "see_no_data", "see_direction_failed"), ("A",)),
    **dict.fromkeys(("see_delivering", "see_delivered", "see_failed"), ("K",)),
    **dict.fromkeys(("see_directed", "see_vendor_direct"), ("W",)),
    "see_withdrawn": ("C", "CS"),
}
"""Event → who causes it: S we, W seller in WING, C customer, K courier, A Coupang itself, CS its support."""

REASONS = REDELIVERY.reasons
"""Guard name → what would unblock it, in words for a user."""

KOREAN: dict[RedeliveryState, str] = {
    RedeliveryState.BEFORE_DIRECTION: "재배송 지시 전",
    RedeliveryState.COMPLETE_DIRECTION: "재배송 지시",
    RedeliveryState.DELIVERING: "재배송중",
    RedeliveryState.COMPLETE_DELIVERY: "재배송완료",
    RedeliveryState.VENDOR_DIRECT: "업체직송",
    RedeliveryState.DIRECTION_FAIL: "재배송 지시 실패",
    RedeliveryState.FAIL: "재배송 실패",
    RedeliveryState.WITHDRAW: "철회",
    RedeliveryState.NONE_DATA: "정보 없음",
}
"""Names for the user; Coupang publishes none."""

SEEN = Observed(
    REDELIVERY,
    RedeliveryState,
    RedeliveryFacts,
    field="deliveryStatus",
    wire={
        "BeforeDirection": RedeliveryState.BEFORE_DIRECTION,
        "CompleteDirection": RedeliveryState.COMPLETE_DIRECTION,
        "Delivering": RedeliveryState.DELIVERING,
        "CompleteDelivery": RedeliveryState.COMPLETE_DELIVERY,
        "VendorDirect": RedeliveryState.VENDOR_DIRECT,
        "DirectionFail": RedeliveryState.DIRECTION_FAIL,
        "Fail": RedeliveryState.FAIL,
        "Withdraw": RedeliveryState.WITHDRAW,
        "NoneData": RedeliveryState.NONE_DATA,
    },
)
OBSERVED, from_wire, walk = SEEN.events, SEEN.from_wire, SEEN.walk
