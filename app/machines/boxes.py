"""The state of one shipment box (묶음배송) at Coupang.

Two sources of events: what **we** asked (fired when Coupang has confirmed it, decided beforehand to see
whether it may be asked) and what **Coupang shows** (`OBSERVED`, names starting with `see_`). An observation
may skip states, since somebody may act in WING or a courier may scan twice between two looks: `walk` finds
the legal path. It never leads backwards on a list row alone, because lists lag up to 30 minutes behind.
"""

from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.groups import Classification
from app.machines.kernel import Machine, Rules, guard
from app.machines.observed import Observed
from app.machines.remedies import GIVE_WAYBILL, NAME_DIRECT, NAME_TRACKED_COURIER


class BoxState(StrEnum):
    """Where a box is. On the wire the fifth is FINAL_DELIVERY, and CANCELLED is not a status at all."""

    ACCEPT = "ACCEPT"
    INSTRUCT = "INSTRUCT"
    DEPARTURE = "DEPARTURE"
    DELIVERING = "DELIVERING"
    FINAL_DELIVERING = "FINAL_DELIVERING"
    NONE_TRACKING = "NONE_TRACKING"
    CANCELLED = "CANCELLED"


IN_HOUSE = frozenset({BoxState.ACCEPT, BoxState.INSTRUCT})
"""The goods have not left."""
TRACKED = frozenset({BoxState.DEPARTURE, BoxState.DELIVERING})
"""The goods have left, and a courier is awaited."""
RESTING = frozenset({BoxState.FINAL_DELIVERING, BoxState.NONE_TRACKING})
"""The goods have left, and nothing more is expected: the box is not read again by itself."""
GONE = frozenset({BoxState.CANCELLED})
"""Every unit was cancelled before it left."""
PLACES = Classification(
    BoxState,
    "Where are the goods of a box, and is its next step awaited?",
    IN_HOUSE=IN_HOUSE,
    TRACKED=TRACKED,
    RESTING=RESTING,
    GONE=GONE,
)
SHIPPED = TRACKED | RESTING
"""The box has a waybill at Coupang: its goods have left."""
UNDER_WAY = IN_HOUSE | TRACKED
"""The next step of the box is awaited."""


@dataclass(frozen=True, slots=True)
class BoxFacts:
    """What the guards may look at.

    Attributes:
        held: Some unit of the box has a cancel pending.
        shippable: At least one unit is left to ship.
        address_final: The receiver was read again while Coupang showed INSTRUCT.
        waybill: Courier and number are given and of valid form.
        direct: The courier is DIRECT: the seller brings it, and it is not tracked.
        divisible: The box has two or more kinds of items and Coupang allows the split.
        thirty_days: At least 30 days have passed since DEPARTURE.
        proven: Read from the box itself and its history, not from a list row.
        stop_requested: The customer asked to stop units of this box, and nobody has answered.
        claim_unread: A claim names this order, but could not be read: it may be a stop request.
        on_hold: A hold keeps the box back, and its time is not over.
        replacement: It is the new box of an exchange, and no sale.
    """

    held: bool = False
    shippable: bool = True
    address_final: bool = False
    waybill: bool = False
    direct: bool = False
    divisible: bool = False
    thirty_days: bool = False
    proven: bool = False
    stop_requested: bool = False
    claim_unread: bool = False
    on_hold: bool = False
    replacement: bool = False


@guard(unblock="Answer the open cancel request of this box first, or wait until it is withdrawn.")
def nothing_held(facts: BoxFacts) -> bool:
    """Tell whether no unit of the box has a cancel pending."""
    return not facts.held


@guard(
    unblock="Answer the open stop request of this box (stopped, or shipped already), or wait for its "
    "withdrawal."
)
def no_stop_requested(facts: BoxFacts) -> bool:
    """Tell whether no stop request of this box waits for an answer."""
    return not facts.stop_requested


@guard(
    unblock="Wait until the claim of this order that could not be read is read, or have an operator "
    "look at it."
)
def claims_are_read(facts: BoxFacts) -> bool:
    """Tell whether every known claim on the order could be read."""
    return not facts.claim_unread


@guard(
    unblock="Release the hold of this box (its `holds` say why and until when), or wait until its time "
    "is over."
)
def not_on_hold(facts: BoxFacts) -> bool:
    """Tell whether no hold keeps the box back now."""
    return not facts.on_hold


@guard(unblock="Ship this box through its exchange (`exchange_id`, `POST /v1/exchanges/{exchange_id}/ship`).")
def is_a_sale(facts: BoxFacts) -> bool:
    """Tell whether the box was sold: it is not the replacement of an exchange."""
    return not facts.replacement


@guard(unblock="No unit of this box is free: all are cancelled, or held by a cancel that is still open.")
def something_to_ship(facts: BoxFacts) -> bool:
    """Tell whether at least one unit is left to ship."""
    return facts.shippable


@guard(
    unblock="Read the box again once Coupang shows INSTRUCT: until then the customer may change the address."
)
def address_is_final(facts: BoxFacts) -> bool:
    """Tell whether the receiver was read while Coupang showed INSTRUCT: it cannot change any more."""
    return facts.address_final


@guard(unblock=GIVE_WAYBILL)
def has_waybill(facts: BoxFacts) -> bool:
    """Tell whether courier and number are given and of valid form."""
    return facts.waybill


@guard(unblock=NAME_TRACKED_COURIER)
def is_tracked(facts: BoxFacts) -> bool:
    """Tell whether Coupang tracks the courier."""
    return not facts.direct


@guard(unblock=NAME_DIRECT)
def is_direct(facts: BoxFacts) -> bool:
    """Tell whether the seller brings the box without a courier."""
    return facts.direct


@guard(
    unblock="Only a box with two or more kinds of items, for which Coupang allows the split, ships in parts."
)
def can_be_split(facts: BoxFacts) -> bool:
    """Tell whether the box may ship in parts."""
    return facts.divisible


@guard(unblock="Wait until 30 days have passed since DEPARTURE, or let the courier scan the delivery.")
def departed_thirty_days_ago(facts: BoxFacts) -> bool:
    """Tell whether at least 30 days have passed since DEPARTURE."""
    return facts.thirty_days


@guard(unblock="Read the box itself and its history; a list row alone is not proof, it may be stale.")
def is_proven(facts: BoxFacts) -> bool:
    """Tell whether the box itself and its history were read, not only a list row."""
    return facts.proven


_READY = (
    is_a_sale,
    something_to_ship,
    nothing_held,
    no_stop_requested,
    claims_are_read,
    not_on_hold,
    address_is_final,
)


class BoxMachine(Machine):
    """The machine of one shipment box.

    {statechart:md}
    """

    # The only final state is CANCELLED. FINAL_DELIVERING and NONE_TRACKING are where a box rests, but a
    # corrected invoice takes it back to DEPARTURE, so not final; no path leads from there to CANCELLED.
    validate_final_reachability = False

    accept = State(BoxState.ACCEPT, value=BoxState.ACCEPT, initial=True)
    instruct = State(BoxState.INSTRUCT, value=BoxState.INSTRUCT)
    departure = State(BoxState.DEPARTURE, value=BoxState.DEPARTURE)
    delivering = State(BoxState.DELIVERING, value=BoxState.DELIVERING)
    final_delivering = State(BoxState.FINAL_DELIVERING, value=BoxState.FINAL_DELIVERING)
    none_tracking = State(BoxState.NONE_TRACKING, value=BoxState.NONE_TRACKING)
    cancelled = State(BoxState.CANCELLED, value=BoxState.CANCELLED, final=True)

    # Asked by us.
    acknowledge = accept.to(instruct, cond=[is_a_sale, nothing_held])
    ship = instruct.to(departure, cond=[has_waybill, is_tracked, *_READY])
    ship_direct = instruct.to(none_tracking, cond=[has_waybill, is_direct, *_READY])
    # The shipped part leaves under a new box id; what is left stays here.
    ship_part = instruct.to(
        instruct,
        cond=[has_waybill, is_tracked, *_READY, can_be_split],
    )
    change_invoice = (
        departure.to(departure, cond=[has_waybill, is_tracked])
        | delivering.to(departure, cond=[has_waybill, is_tracked])
        | final_delivering.to(departure, cond=[has_waybill, is_tracked])
        | none_tracking.to(departure, cond=[has_waybill, is_tracked])
    )
    change_invoice_direct = (
        departure.to(none_tracking, cond=[has_waybill, is_direct])
        | delivering.to(none_tracking, cond=[has_waybill, is_direct])
        | final_delivering.to(none_tracking, cond=[has_waybill, is_direct])
        | none_tracking.to(none_tracking, cond=[has_waybill, is_direct])
    )
    close_undelivered = departure.to(final_delivering, cond=departed_thirty_days_ago) | delivering.to(
        final_delivering, cond=departed_thirty_days_ago
    )

    # Observed at Coupang. Backwards and sideways only with proof.
    see_instruct = accept.to(instruct)
    see_departure = (
        instruct.to(departure)
        | delivering.to(departure, cond=is_proven)
        | final_delivering.to(departure, cond=is_proven)
        | none_tracking.to(departure, cond=is_proven)
    )
    see_delivering = departure.to(delivering)
    see_delivered = departure.to(final_delivering) | delivering.to(final_delivering)
    see_none_tracking = (
        instruct.to(none_tracking)
        | departure.to(none_tracking, cond=is_proven)
        | delivering.to(none_tracking, cond=is_proven)
        | final_delivering.to(none_tracking, cond=is_proven)
    )
    see_cancelled = accept.to(cancelled, cond=is_proven) | instruct.to(cancelled, cond=is_proven)


BOX: Rules[BoxFacts] = Rules(BoxMachine, BoxState)

CALLS: dict[str, str] = {
    "acknowledge": "O6",
    **dict.fromkeys(("ship", "ship_direct", "ship_part"), "O7"),
    **dict.fromkeys(("change_invoice", "change_invoice_direct"), "O8"),
    "close_undelivered": "O12",
}
"""Event we ask for → the call of Coupang that does it."""

REASONS = BOX.reasons
"""Guard name → what would unblock it, in words for a user."""

KOREAN: dict[BoxState, str] = {
    BoxState.ACCEPT: "결제완료",
    BoxState.INSTRUCT: "상품준비중",
    BoxState.DEPARTURE: "배송지시",
    BoxState.DELIVERING: "배송중",
    BoxState.FINAL_DELIVERING: "배송완료",
    BoxState.NONE_TRACKING: "업체직송",
    BoxState.CANCELLED: "취소",
}
"""The names that sellers know from WING."""

SEEN = Observed(
    BOX,
    BoxState,
    BoxFacts,
    field="box status",
    wire={
        "FINAL_DELIVERY" if state is BoxState.FINAL_DELIVERING else state.value: state
        for state in BoxState
        if state is not BoxState.CANCELLED
    },
)
"""CANCELLED has no word of Coupang: a cancelled box leaves the lists instead."""
OBSERVED, from_wire, to_wire, walk = SEEN.events, SEEN.from_wire, SEEN.to_wire, SEEN.walk
