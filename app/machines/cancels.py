"""The state of one cancel receipt: a stop request (출고중지요청) or an immediate cancel.

A stop request must be answered: **stopped** (nothing has left, O10) or **shipped already** (O11, with courier
and waybill). "Shipped already" ends the cancel and opens the return of the same receipt. Whatever was not
answered by us is observed (`OBSERVED`): somebody acted in WING, or Coupang decided by itself.
A withdrawn receipt vanishes from the lists, so only the list of withdrawals proves a withdrawal.
"""

from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.groups import Classification
from app.machines.kernel import Machine, Rules, guard
from app.machines.observed import Observed


class CancelState(StrEnum):
    """Where a cancel receipt is. OPENED is only where it begins: no receipt rests there."""

    OPENED = "OPENED"
    REQUESTED = "REQUESTED"
    STOPPED = "STOPPED"
    SHIPPED_ALREADY = "SHIPPED_ALREADY"
    CANCELLED = "CANCELLED"
    WITHDRAWN = "WITHDRAWN"


BORN = frozenset({CancelState.OPENED})
"""Nothing was said of the receipt yet."""
UNANSWERED = frozenset({CancelState.REQUESTED})
"""A stop request waits for the seller's answer."""
KEPT_IN = frozenset({CancelState.STOPPED, CancelState.CANCELLED})
"""The units are cancelled, and none of them has left."""
RETURNING = frozenset({CancelState.SHIPPED_ALREADY})
"""The goods had left: the receipt goes on as a return."""
TAKEN_BACK = frozenset({CancelState.WITHDRAWN})
"""The receipt claims nothing any more."""
OUTCOMES = Classification(
    CancelState,
    "What became of the units that a cancel claims?",
    BORN=BORN,
    UNANSWERED=UNANSWERED,
    KEPT_IN=KEPT_IN,
    RETURNING=RETURNING,
    TAKEN_BACK=TAKEN_BACK,
)
OPEN = BORN | UNANSWERED
"""A receipt still needs somebody, and keeps its boxes from being shipped."""


@dataclass(frozen=True, slots=True)
class CancelFacts:
    """What the guards may look at.

    Attributes:
        handed_over: Whether the courier has the parcel, said by the warehouse; None while nobody has said it.
        waybill: Courier and number are given and of valid form.
        waybill_sent: A waybill of one of its boxes was accepted by Coupang, or is on its way there.
        whole: The count is that of the whole receipt (O10) or of the whole box (O9).
        accept: The box is in ACCEPT.
        instruct: The box is in INSTRUCT.
        within: No count is above what is shippable of the same order, box and option.
        reason_code: A cancel reason that Coupang knows is given.
        proven: The list of withdrawals (R5, R6) names the receipt.
        replacement: The box is the new box of an exchange, and no sale.
    """

    handed_over: bool | None = None
    waybill: bool = False
    waybill_sent: bool = False
    whole: bool = False
    accept: bool = False
    instruct: bool = False
    within: bool = False
    reason_code: bool = False
    proven: bool = False
    replacement: bool = False


@guard(unblock="Have the warehouse say that the parcel is not handed over; otherwise declare it shipped.")
def still_in_house(facts: CancelFacts) -> bool:
    """Tell whether the warehouse says that the parcel is not handed over."""
    return facts.handed_over is False


@guard(
    unblock="Have the warehouse say that the courier has the parcel; otherwise stop it, that costs nothing."
)
def is_handed_over(facts: CancelFacts) -> bool:
    """Tell whether the warehouse says that the courier has the parcel."""
    return facts.handed_over is True


@guard(unblock="A waybill of this box went to Coupang; read what became of it before anything is stopped.")
def no_waybill_sent(facts: CancelFacts) -> bool:
    """Tell whether no waybill of its boxes is at Coupang or on its way there."""
    return not facts.waybill_sent


@guard(unblock="Give the courier code and the waybill number the parcel left with.")
def has_waybill(facts: CancelFacts) -> bool:
    """Tell whether courier and number are given and of valid form."""
    return facts.waybill


@guard(
    unblock="Reject or finish the exchange of this box instead: a replacement is no sale that could be "
    "cancelled."
)
def is_a_sale(facts: CancelFacts) -> bool:
    """Tell whether the box was sold: it is not the replacement of an exchange."""
    return not facts.replacement


@guard(
    unblock="Take the whole count: a receipt is answered at once, and a box in ACCEPT is cancelled as "
    "a whole."
)
def is_whole(facts: CancelFacts) -> bool:
    """Tell whether the whole count is taken: of the receipt (O10) or of the box (O9)."""
    return facts.whole


@guard(
    unblock="Only a box in ACCEPT is cancelled at once; items of a box in INSTRUCT have an event of "
    "their own."
)
def box_is_accept(facts: CancelFacts) -> bool:
    """Tell whether the box is in ACCEPT."""
    return facts.accept


@guard(
    unblock="Only items of a box in INSTRUCT are stopped by the seller; what has left comes back as a return."
)
def box_is_instruct(facts: CancelFacts) -> bool:
    """Tell whether the box is in INSTRUCT."""
    return facts.instruct


@guard(unblock="Cancel no more of an option than is shippable of it: ordered less held less cancelled.")
def within_shippable(facts: CancelFacts) -> bool:
    """Tell whether no count is above what is shippable of its option."""
    return facts.within


@guard(unblock="Give one of the cancel reasons that Coupang knows; the cancel lowers the seller's score.")
def has_reason_code(facts: CancelFacts) -> bool:
    """Tell whether a cancel reason that Coupang knows is given."""
    return facts.reason_code


@guard(
    unblock="Find the receipt among the withdrawals; that it has left the list of receipts proves nothing."
)
def is_proven(facts: CancelFacts) -> bool:
    """Tell whether the list of withdrawals names the receipt."""
    return facts.proven


class CancelMachine(Machine):
    """The state of one cancel receipt.

    {statechart:md}
    """

    opened = State(CancelState.OPENED, value=CancelState.OPENED, initial=True)
    requested = State(CancelState.REQUESTED, value=CancelState.REQUESTED)
    stopped = State(CancelState.STOPPED, value=CancelState.STOPPED, final=True)
    shipped_already = State(CancelState.SHIPPED_ALREADY, value=CancelState.SHIPPED_ALREADY, final=True)
    cancelled = State(CancelState.CANCELLED, value=CancelState.CANCELLED, final=True)
    withdrawn = State(CancelState.WITHDRAWN, value=CancelState.WITHDRAWN, final=True)

    # Asked by us: the answer to a stop request.
    stop_shipment = requested.to(stopped, cond=[still_in_house, no_waybill_sent, is_whole])
    declare_shipped = requested.to(shipped_already, cond=[is_handed_over, has_waybill])
    # Asked by us: the seller's own cancel. It opens receipts that are over from the start.
    seller_cancel_box = opened.to(
        cancelled, cond=[is_a_sale, box_is_accept, is_whole, within_shippable, has_reason_code]
    )
    seller_cancel_items = opened.to(
        stopped, cond=[is_a_sale, box_is_instruct, within_shippable, no_waybill_sent, has_reason_code]
    )

    # Observed at Coupang.
    see_stop_request = opened.to(requested)
    see_stopped = opened.to(stopped) | requested.to(stopped)
    see_shipped_already = opened.to(shipped_already) | requested.to(shipped_already)
    see_cancelled = opened.to(cancelled)
    see_withdrawn = opened.to(withdrawn, cond=is_proven) | requested.to(withdrawn, cond=is_proven)


CANCEL: Rules[CancelFacts] = Rules(CancelMachine, CancelState)

CALLS: dict[str, str] = {
    "stop_shipment": "O10",
    "declare_shipped": "O11",
    "seller_cancel_box": "O9",
    "seller_cancel_items": "O9",
}
"""Event we ask for → the call of Coupang that does it."""

CAUSES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(CALLS, ("S",)),
    "see_stop_request": ("C",),
    "see_stopped": ("W", "A"),
    "see_shipped_already": ("W", "A"),
    "see_cancelled": ("C", "W", "CS"),
    "see_withdrawn": ("C", "CS"),
}
"""Event → who causes it: S we, W the seller in WING, C customer, A Coupang by itself, CS its support."""

COSTS: dict[str, str] = {
    "stop_shipment": "Nobody pays. If the parcel leaves nevertheless, the seller pays both ways.",
    "declare_shipped": "The seller pays the return, even when the customer only changed their mind.",
}
"""Answer to a stop request → who pays, in words for the one who decides."""

REASONS = CANCEL.reasons
"""Guard name → what would unblock it, in words for a user."""

KOREAN: dict[CancelState, str] = {
    CancelState.OPENED: "접수",
    CancelState.REQUESTED: "출고중지요청",
    CancelState.STOPPED: "출고중지완료",
    CancelState.SHIPPED_ALREADY: "이미출고",
    CancelState.CANCELLED: "취소완료",
    CancelState.WITHDRAWN: "철회",
}
"""The names that sellers know from WING."""

SEEN = Observed(CANCEL, CancelState, CancelFacts)
"""No single word of Coupang is the state: `receipt_classification.py` reads whole rows."""
OBSERVED, walk = SEEN.events, SEEN.walk
