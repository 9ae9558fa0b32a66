"""What exists in this Coupang: plain values without behaviour of their own."""

from dataclasses import dataclass, field
from datetime import datetime

ROAD = ("ACCEPT", "INSTRUCT", "DEPARTURE", "DELIVERING", "FINAL_DELIVERY", "NONE_TRACKING")
"""The statuses that exist on the wire."""
CANCELLED = "CANCELLED"
"""Not on the wire: such a box is gone from lists and refused by single reads."""


@dataclass(slots=True)
class Person:
    """A customer as the seller sees one; `safe_digits` is a 050 number without the leading 0."""

    name: str
    safe_digits: str


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a box goes."""

    name: str
    safe_digits: str
    addr1: str
    addr2: str
    post_code: str


@dataclass(slots=True)
class Line:
    """One option inside a box; prices in KRW."""

    vendor_item_id: int
    product_id: int
    seller_product_id: int
    product_name: str
    option_name: str
    sku: str
    count: int
    price_krw: int
    discount_krw: int
    ship_by: str
    canceled: int = 0
    held: int = 0
    claimed: int = 0
    """Pieces bound by an exchange, or by a return that does not show in the counts."""
    planned: str = ""
    invoice_at: datetime | None = None

    @property
    def shippable(self) -> int:
        """Pieces that are neither cancelled nor held."""
        return self.count - self.held - self.canceled

    @property
    def free(self) -> int:
        """Pieces of which a customer may still claim something."""
        return self.shippable - self.claimed


@dataclass(slots=True)
class Box:
    """One shipment box: the unit of status."""

    box_id: int
    order_id: int
    vendor_id: str
    ordered_at: datetime
    paid_at: datetime
    orderer: Person
    receiver: Receiver
    lines: list[Line]
    shipping_krw: int
    remote: bool
    note: str
    refer: str
    able_split: bool
    status: str = "ACCEPT"
    split: bool = False
    shown_from: datetime | None = None
    """While set and not reached, an acknowledged box still shows ACCEPT."""
    acknowledge_lag_s: float | None = None
    """Fixed by control; None draws the lag."""
    hold_kind: str = ""
    """Why pieces are held: `stop` (customer's request), `refund` (decided, still running) or `return`."""
    courier: str = ""
    invoice: str = ""
    invoice_run: int = 0
    """Grows with each waybill, so that scans of an older one are void."""
    never_scanned: bool = False
    in_transit_at: datetime | None = None
    delivered_at: datetime | None = None
    departed_at: datetime | None = None
    history: list[tuple[str, datetime, str]] = field(default_factory=list)
    """(status, since, who), oldest first."""
    receivers: list[tuple[Receiver, datetime]] = field(default_factory=list)
    """Every address the box ever had, oldest first."""
    exchange_id: int | None = None
    """Set for the box of a replacement."""
    split_from: int | None = None
    """The box whose part this one is."""

    def line(self, vendor_item_id: int) -> Line | None:
        """Return the line of an option, None when it is not in this box."""
        return next((line for line in self.lines if line.vendor_item_id == vendor_item_id), None)

    def shown(self, now: datetime) -> str:
        """Return the status that callers see at `now`."""
        return "ACCEPT" if self.lagging(now) else self.status

    def lagging(self, now: datetime) -> bool:
        """Tell whether the acknowledge is applied but not visible yet."""
        return self.status == "INSTRUCT" and self.shown_from is not None and now < self.shown_from


@dataclass(slots=True)
class Vendor:
    """One seller: keys, and an index of boxes per status ordered by payment."""

    vendor_id: str
    slot: int
    access_key: str
    secret_key: str = field(repr=False)
    issued_at: datetime
    """When the key was issued; its life is counted from there."""
    address_lists: list[tuple[datetime, tuple[str, ...]]] = field(default_factory=list)
    """(in force from, addresses that may use the key), oldest first; without any the rules' list holds."""
    calls: int = 0
    orders: int = 0
    boxes: int = 0
    shops: int = 0
    claims: int = 0
    wing_users: set[str] = field(default_factory=set)
    """WING login ids; while there are none, O9 takes any."""
    index: dict[str, list[tuple[datetime, int]]] = field(default_factory=dict)
    lagging: set[int] = field(default_factory=set)
    replacements: set[int] = field(default_factory=set)
    """Boxes of exchanges."""
    receipts: list[tuple[datetime, int]] = field(default_factory=list)
    """(created, receipt id), in this order; likewise the exchanges."""
    exchanges: list[tuple[datetime, int]] = field(default_factory=list)
    last_page: dict[str, bytes] = field(default_factory=dict)
    """The newest list answer per version and status, for the fault that repeats a page."""
