"""The collect track of an exchange: how Coupang sees the goods come back.

Where the goods really are is in `receptions.py`; they may arrive without a scan, a booking or any word
of Coupang. There is no single read of an exchange, so a step backwards (a new booking after a failure) is
proven by a row that was modified later than the one we know.
"""

from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.groups import Classification
from app.machines.kernel import Machine, Rules, guard
from app.machines.observed import Observed
from app.machines.remedies import GIVE_PICKUP_WAYBILL, INSPECT_GOODS, READ_NEWER_ROW, RECORD_ARRIVAL


class CollectState(StrEnum):
    """Where the pick-up of the goods is."""

    BEFORE_DIRECTION = "BEFORE_DIRECTION"
    COMPLETE_DIRECTION = "COMPLETE_DIRECTION"
    COLLECTING = "COLLECTING"
    COMPLETE_COLLECT = "COMPLETE_COLLECT"
    DIRECTION_FAIL = "DIRECTION_FAIL"
    FAIL = "FAIL"
    WITHDRAW = "WITHDRAW"
    NO_COLLECT = "NO_COLLECT"
    NONE_DATA = "NONE_DATA"


AWAITED = frozenset(
    {
        CollectState.BEFORE_DIRECTION,
        CollectState.COMPLETE_DIRECTION,
        CollectState.COLLECTING,
        CollectState.DIRECTION_FAIL,
        CollectState.FAIL,
        CollectState.NONE_DATA,
    }
)
"""The goods are to come back, by a pick-up or a further attempt."""
COLLECTED = frozenset({CollectState.COMPLETE_COLLECT})
"""The arrival of the goods is confirmed."""
NOTHING_TO_COLLECT = frozenset({CollectState.NO_COLLECT})
"""The exchange goes on without goods that come back."""
TAKEN_BACK = frozenset({CollectState.WITHDRAW})
"""The exchange is over, and no goods come back."""
OUTCOMES = Classification(
    CollectState,
    "Do the goods of an exchange come back?",
    AWAITED=AWAITED,
    COLLECTED=COLLECTED,
    NOTHING_TO_COLLECT=NOTHING_TO_COLLECT,
    TAKEN_BACK=TAKEN_BACK,
)
NOTHING_COMES = NOTHING_TO_COLLECT | TAKEN_BACK
"""No goods come back."""
SHIPPABLE = COLLECTED | NOTHING_TO_COLLECT
"""Nothing has to come back before the replacement is shipped."""


@dataclass(frozen=True, slots=True)
class CollectFacts:
    """What the guards of the collect track may look at.

    Attributes:
        ongoing: The exchange is in RECEIPT or PROGRESS.
        ours_to_collect: The seller arranges the pick-up.
        waybill: Courier and number of the pick-up are given and of valid form.
        arrived: The goods are in our warehouse.
        passed: The inspection passed, or an operator accepted the goods with a reason.
        proven: The row was modified later than the one we know.
    """

    ongoing: bool = False
    ours_to_collect: bool = False
    waybill: bool = False
    arrived: bool = False
    passed: bool = False
    proven: bool = False


@guard(unblock="The exchange is over; nothing is collected for it any more.")
def is_ongoing(facts: CollectFacts) -> bool:
    """Tell whether the exchange is in RECEIPT or PROGRESS."""
    return facts.ongoing


@guard(unblock="Only a pick-up that the seller arranges is registered; an automatic one is Coupang's.")
def is_ours_to_collect(facts: CollectFacts) -> bool:
    """Tell whether the seller arranges the pick-up."""
    return facts.ours_to_collect


@guard(unblock=GIVE_PICKUP_WAYBILL)
def has_pickup_waybill(facts: CollectFacts) -> bool:
    """Tell whether courier and number of the pick-up are given and of valid form."""
    return facts.waybill


@guard(unblock=RECORD_ARRIVAL)
def goods_arrived(facts: CollectFacts) -> bool:
    """Tell whether the goods are in our warehouse."""
    return facts.arrived


@guard(unblock=INSPECT_GOODS)
def inspection_passed(facts: CollectFacts) -> bool:
    """Tell whether the inspection passed, or an operator accepted the goods with a reason."""
    return facts.passed


@guard(unblock=READ_NEWER_ROW)
def is_proven(facts: CollectFacts) -> bool:
    """Tell whether the row was modified later than the one we know."""
    return facts.proven


class CollectMachine(Machine):
    """The way of the goods back to the seller.

    {statechart:md}
    """

    before = State(CollectState.BEFORE_DIRECTION, value=CollectState.BEFORE_DIRECTION, initial=True)
    booked = State(CollectState.COMPLETE_DIRECTION, value=CollectState.COMPLETE_DIRECTION)
    collecting = State(CollectState.COLLECTING, value=CollectState.COLLECTING)
    collected = State(CollectState.COMPLETE_COLLECT, value=CollectState.COMPLETE_COLLECT, final=True)
    booking_failed = State(CollectState.DIRECTION_FAIL, value=CollectState.DIRECTION_FAIL)
    failed = State(CollectState.FAIL, value=CollectState.FAIL)
    withdrawn = State(CollectState.WITHDRAW, value=CollectState.WITHDRAW, final=True)
    nothing = State(CollectState.NO_COLLECT, value=CollectState.NO_COLLECT)
    no_data = State(CollectState.NONE_DATA, value=CollectState.NONE_DATA)

    # Asked by us. Goods may arrive without a scan, a booking or any word of Coupang.
    register_pickup = before.to(booked, cond=[is_ongoing, is_ours_to_collect, has_pickup_waybill])
    confirm_arrival = collected.from_(
        before,
        booked,
        collecting,
        booking_failed,
        failed,
        no_data,
        cond=[is_ongoing, goods_arrived, inspection_passed],
    )

    # Observed at Coupang.
    see_before = no_data.to(before)
    see_booked = before.to(booked) | booked.from_(booking_failed, failed, cond=is_proven)
    see_collecting = booked.to(collecting)
    see_collected = collected.from_(before, booked, collecting, booking_failed, failed, nothing, no_data)
    see_nothing_to_collect = before.to(nothing)
    see_booking_failed = before.to(booking_failed) | booked.to(booking_failed)
    see_failed = collecting.to(failed)
    see_withdrawn = withdrawn.from_(before, booked, collecting, booking_failed, failed, nothing, no_data)
    see_no_data = before.to(no_data)


COLLECT: Rules[CollectFacts] = Rules(CollectMachine, CollectState)

CALLS: dict[str, str] = {"register_pickup": "R7", "confirm_arrival": "E2"}
"""Event we ask for → the call of Coupang that does it."""

CAUSES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(CALLS, ("S",)),
    **dict.fromkeys(("see_before", "see_no_data", "see_nothing_to_collect", "see_booking_failed"), ("A",)),
    **dict.fromkeys(("see_collecting", "see_failed"), ("K",)),
    "see_booked": ("A", "W"),
    "see_collected": ("W",),
    "see_withdrawn": ("C", "CS"),
}
"""Event → who causes it: S we, W seller in WING, C customer, K courier, A Coupang itself, CS its support."""

REASONS = COLLECT.reasons
"""Guard name → what would unblock it, in words for a user."""

KOREAN: dict[CollectState, str] = {
    CollectState.BEFORE_DIRECTION: "수거 접수 전",
    CollectState.COMPLETE_DIRECTION: "수거 접수",
    CollectState.COLLECTING: "수거중",
    CollectState.COMPLETE_COLLECT: "수거완료",
    CollectState.DIRECTION_FAIL: "수거 접수 실패",
    CollectState.FAIL: "수거 실패",
    CollectState.WITHDRAW: "철회",
    CollectState.NO_COLLECT: "수거 없음",
    CollectState.NONE_DATA: "정보 없음",
}
"""Names for the user; Coupang publishes none."""

SEEN = Observed(
    COLLECT,
    CollectState,
    CollectFacts,
    field="collectStatus",
    wire={
        "BeforeDirection": CollectState.BEFORE_DIRECTION,
        "CompleteDirection": CollectState.COMPLETE_DIRECTION,
        "Collecting": CollectState.COLLECTING,
        # The documents say Delivering where samples and SDK say Collecting.
        "Delivering": CollectState.COLLECTING,
        "CompleteCollect": CollectState.COMPLETE_COLLECT,
        "DirectionFail": CollectState.DIRECTION_FAIL,
        "Fail": CollectState.FAIL,
        "Withdraw": CollectState.WITHDRAW,
        "NoCollect": CollectState.NO_COLLECT,
        "NoneData": CollectState.NONE_DATA,
    },
)
OBSERVED, from_wire, walk = SEEN.events, SEEN.from_wire, SEEN.walk
