"""What customers claim: receipts (cancels, stop requests, returns) and exchanges; plain values."""

from dataclasses import dataclass, field
from datetime import datetime

from app.sandbox.core.claim_reasons import Reason
from app.sandbox.core.order_entities import Line, Receiver

STOP, UNCHECKED, CONFIRMED, DISPUTED, COMPLETED = (
    "RELEASE_STOP_UNCHECKED",
    "RETURNS_UNCHECKED",
    "VENDOR_WAREHOUSE_CONFIRM",
    "REQUEST_COUPANG_CHECK",
    "RETURNS_COMPLETED",
)
"""The receiptStatus values of the wire."""
WITHDRAWN = "WITHDRAWN"
"""Not on the wire: such a receipt is gone from R1 and R2; only R5 and R6 tell of it."""
OPEN = (STOP, UNCHECKED, CONFIRMED, DISPUTED)

LINKED, COUPANG, BY_HAND, NOTHING = "연동택배", "전담택배", "수기관리", ""
"""The returnDeliveryType values: the seller's linked courier, Coupang's own, by hand, nothing to collect."""
COLLECTIONS = (LINKED, COUPANG, BY_HAND, NOTHING)
AUTOMATIC = (LINKED, COUPANG)

UNANSWERED, STOPPED, SHIPPED, AUTO_SHIPPED, NO_STOP = (
    "미처리",
    "처리(출고중지)",
    "처리(이미출고)",
    "자동처리(이미출고)",
    "비대상",
)
"""The releaseStopStatus values."""


@dataclass(slots=True)
class Pickup:
    """How goods come back; `rows` are (courier code, waybill), oldest first, a blank one before booking."""

    kind: str
    delivery_id: int | None
    rows: list[tuple[str, str]] = field(default_factory=list)
    reg_number: str | None = None
    booked_at: datetime | None = None
    scanned_at: datetime | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """Pieces of one line; the line itself may move to another box when a box is split."""

    line: Line
    count: int


@dataclass(slots=True)
class Receipt:
    """One request over pieces of one box; `kind` is `cancel`, `stop` or `return` as it came in."""

    receipt_id: int
    vendor_id: str
    order_id: int
    box_id: int
    kind: str
    pieces: list[Claimed]
    status: str
    release: str
    """Item releaseStatus: Y shipped, N not shipped, S stopped, A already shipped."""
    stop: str
    reason: Reason
    detail: str
    fault: str
    requester: Receiver
    pickup: Pickup
    quick: bool
    """Whether Coupang refunds before the seller has approved (빠른환불)."""
    created_at: datetime
    modified_at: datetime
    shown_from: datetime
    """Lists show it from then on."""
    charge_krw: int = 0
    """Positive: the seller pays the way back; negative: the customer."""
    pre_refund: bool = False
    confirm: str = "UNDEFINED"
    completed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    counted: bool = True
    """Whether its pieces show in the counts of the order sheet."""
    history: list[tuple[str, datetime, str]] = field(default_factory=list)
    """(status, since, who), oldest first."""

    @property
    def count(self) -> int:
        """All pieces: `cancelCountSum`."""
        return sum(one.count for one in self.pieces)

    @property
    def of_return(self) -> bool:
        """Whether the wire calls it RETURN; stop requests are returns too."""
        return self.kind != "cancel"


@dataclass(slots=True)
class Exchange:
    """One exchange of pieces of one delivered box against the same option."""

    exchange_id: int
    vendor_id: str
    order_id: int
    box_id: int
    pieces: list[Claimed]
    reason: Reason
    detail: str
    fault: str
    receiver: Receiver
    delivery_digits: str
    """The safe number for the replacement; another one is issued when the goods have come back."""
    pickup: Pickup
    collect: str
    created_at: datetime
    modified_at: datetime
    modified_by: str = "CUSTOMER"
    status: str = "RECEIPT"
    cancel_reason: str | None = None
    collected_at: datetime | None = None
    new_box_id: int | None = None
    history: list[tuple[str, datetime, str]] = field(default_factory=list)
    """(exchangeStatus, since, who), oldest first."""

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen."""
        return self.status in ("RECEIPT", "PROGRESS")

    @property
    def rejectable(self) -> bool:
        """Whether the seller may still refuse: only before the courier has the goods."""
        return self.is_open and self.pickup.scanned_at is None and self.collected_at is None
