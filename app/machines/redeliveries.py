"""The redelivery track of an exchange: the replacement goes out, on the new box and never on the original.

There is no single read of an exchange, so a step backwards (a new waybill after a failure, or after DIRECT)
is proven by a row that was modified later than the one we know.
"""

from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.kernel import Machine, Move, Rules
from app.machines.paths import shortest_paths


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


@dataclass(frozen=True, slots=True)
class RedeliveryFacts:
    """What the guards of the redelivery track may look at.

    Attributes:
        in_progress: The exchange is in PROGRESS.
        collected: The goods are collected and confirmed, or there were none to collect.
        new_box: The box to ship is one that Coupang made for this exchange, not an original one.
        waybill: Courier and number are given and of valid form.
        direct: The courier is DIRECT: the seller brings it, nobody tracks it.
        proven: The row was modified later than the one we know.
    """

    in_progress: bool = False
    collected: bool = False
    new_box: bool = False
    waybill: bool = False
    direct: bool = False
    proven: bool = False


def is_in_progress(facts: RedeliveryFacts) -> bool:
    """Only an exchange in PROGRESS gets its replacement."""
    return facts.in_progress


def is_collected(facts: RedeliveryFacts) -> bool:
    """Confirm the arrival of the goods first; Coupang makes the new box only then."""
    return facts.collected


def is_new_box(facts: RedeliveryFacts) -> bool:
    """Ship on the new box of this exchange, never on the original; it appears within ten minutes."""
    return facts.new_box


def has_waybill(facts: RedeliveryFacts) -> bool:
    """Give a courier code and a waybill number of valid form."""
    return facts.waybill


def is_tracked(facts: RedeliveryFacts) -> bool:
    """Name a courier that Coupang tracks; DIRECT has an event of its own."""
    return not facts.direct


def is_direct(facts: RedeliveryFacts) -> bool:
    """Name the courier DIRECT; a tracked courier has an event of its own."""
    return facts.direct


def is_proven(facts: RedeliveryFacts) -> bool:
    """Read a row that was modified later than the one we know; an equal or older one is stale."""
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

OBSERVED: frozenset[str] = frozenset(event for event in REDELIVERY.events if event.startswith("see_"))

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

_FROM_WIRE: dict[str, RedeliveryState] = {
    "BeforeDirection": RedeliveryState.BEFORE_DIRECTION,
    "CompleteDirection": RedeliveryState.COMPLETE_DIRECTION,
    "Delivering": RedeliveryState.DELIVERING,
    "CompleteDelivery": RedeliveryState.COMPLETE_DELIVERY,
    "VendorDirect": RedeliveryState.VENDOR_DIRECT,
    "DirectionFail": RedeliveryState.DIRECTION_FAIL,
    "Fail": RedeliveryState.FAIL,
    "Withdraw": RedeliveryState.WITHDRAW,
    "NoneData": RedeliveryState.NONE_DATA,
}


def from_wire(status: str) -> RedeliveryState:
    """Translate `deliveryStatus`.

    Raises:
        ValueError: Coupang has no such status (as far as we know).
    """
    try:
        return _FROM_WIRE[status]
    except KeyError:
        raise ValueError(f"unknown deliveryStatus {status!r}") from None


_ROADS = {
    proven: shortest_paths(REDELIVERY, OBSERVED, RedeliveryFacts(proven=proven)) for proven in (False, True)
}


def walk(
    state: RedeliveryState, shown: RedeliveryState, facts: RedeliveryFacts
) -> tuple[Move[RedeliveryFacts], ...] | None:
    """Find the shortest legal road from our state to the one Coupang shows, over observed events only.

    Returns:
        The steps in order; () when both are equal; None when no legal road leads there: the row is stale,
        or the new attempt it shows is not proven.
    """
    return _ROADS[facts.proven].get((state, shown))
