"""What Coupang says about boxes, as frozen types; `decode.py` fills them and hands them out.

A `Sheet` is one box as Coupang sees it. A row that cannot be read becomes an `Unreadable` and never
stops the rows beside it; every row keeps its bytes exactly as received.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum

import msgspec


class WireStatus(StrEnum):
    """The six box statuses of the wire.

    Source:
        Articles 360033919573, 360033792774.
    """

    ACCEPT = "ACCEPT"
    INSTRUCT = "INSTRUCT"
    DEPARTURE = "DEPARTURE"
    DELIVERING = "DELIVERING"
    FINAL_DELIVERY = "FINAL_DELIVERY"
    NONE_TRACKING = "NONE_TRACKING"


class ResultCode(StrEnum):
    """The documented row results of acknowledge and invoice calls; others may come and are kept as text.

    Source:
        Articles 360033792994, 360033793014, 360034320653.
    """

    OK = "OK"
    NOT_FOUND_SHIPMENT_BOX = "NOT_FOUND_SHIPMENT_BOX"
    INVALID_STATUS = "INVALID_STATUS"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    DUPLICATE_INVOICE_NUMBER = "DUPLICATE_INVOICE_NUMBER"
    INVALID_INVOICE_NUMBER = "INVALID_INVOICE_NUMBER"
    ORDER_DELIVERY_CANCELED = "ORDER_DELIVERY_CANCELED"
    ORDER_DELIVERY_PARTIAL_STOP_REQUESTED = "ORDER_DELIVERY_PARTIAL_STOP_REQUESTED"
    ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL = "ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL"
    UNDEFINED_ERROR_OCCUR = "UNDEFINED_ERROR_OCCUR"
    NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD = "NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD"
    NOT_FOUND_INVOICE_NUMBER = "NOT_FOUND_INVOICE_NUMBER"
    NOT_FOUND_VENDOR_ITEM = "NOT_FOUND_VENDOR_ITEM"
    NOT_ALLOW_VENDOR_DIRECT = "NOT_ALLOW_VENDOR_DIRECT"
    PSD_NOT_ALLOW_TO_CHANGE = "PSD_NOT_ALLOW_TO_CHANGE"
    NOT_ALLOW_SEPARATE_AFTER_NORMAL_DELIVERY = "NOT_ALLOW_SEPARATE_AFTER_NORMAL_DELIVERY"
    IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY = "IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY"
    NOT_ALLOW_SEPARATE_WHEN_ONE_VENDOR_ITEM = "NOT_ALLOW_SEPARATE_WHEN_ONE_VENDOR_ITEM"


class Line(msgspec.Struct, frozen=True, gc=False):
    """One vendor item of a box; unit prices and sums in whole KRW."""

    vendor_item_id: int
    ordered: int
    held: int = 0
    cancelled: int = 0
    name: str = ""
    seller_product_name: str = ""
    seller_item_name: str = ""
    sku: str | None = None
    sales_price_krw: int | None = None
    order_price_krw: int | None = None
    estimated_shipping_date: date | None = None
    planned_shipping_date: date | None = None
    etc_values: tuple[str, ...] = ()

    @property
    def shippable(self) -> int:
        """The quantity to ship: ordered less held less cancelled, never below zero (360023109293)."""
        return max(0, self.ordered - self.held - self.cancelled)


class Receiver(msgspec.Struct, frozen=True, gc=False):
    """Who gets the box; personal data and so without a telling `repr`; `""` for what Coupang left out."""

    name: str = ""
    phone: str = ""
    addr1: str = ""
    addr2: str = ""
    post_code: str = ""
    message: str = ""

    def __repr__(self) -> str:
        return "Receiver(...)"


class Sheet(msgspec.Struct, frozen=True, gc=False):
    """One box (ordersheet); times are aware UTC, money whole KRW, `raw` the row as received."""

    shipment_box_id: int
    order_id: int
    status: str
    ordered_at: datetime | None
    paid_at: datetime
    receiver: Receiver
    orderer_name: str
    lines: tuple[Line, ...]
    shipping_price_krw: int | None = None
    courier_name: str | None = None
    invoice_number: str | None = None
    in_transit_at: datetime | None = None
    delivered_at: datetime | None = None
    split_shipping: bool = False
    able_split_shipping: bool = False
    customs_code: str | None = None
    raw: bytes = b""

    def __repr__(self) -> str:
        # Names, addresses and the raw row must not reach a log by way of a message or a traceback.
        return f"Sheet({self.shipment_box_id}, {self.status})"


class Unreadable(msgspec.Struct, frozen=True):
    """A row that could not be read; `reason` names fields and types, never a value of a person."""

    raw: bytes
    reason: str
    shipment_box_id: int | None = None

    def __repr__(self) -> str:
        return f"Unreadable({self.shipment_box_id}, {self.reason!r})"


class SheetPage:
    """One answer with ordersheets; every row is in `sheets` or in `unreadable`.

    Most rows of most answers are as they were the last time. `rows` are cheap, and enough to tell; `sheets`
    and `unreadable` read all of them, once, when somebody asks.

    Args:
        sheets: Rows that were read already.
        unreadable: Rows that could not be read.
        next_token: Where the next page begins, None on the last one.
        raw: The answer as received.
        rows: Instead of the first two: rows that are still to be read, with the id each of them names.
        read: Reads one row.
    """

    def __init__(
        self,
        sheets: tuple[Sheet, ...] = (),
        unreadable: tuple[Unreadable, ...] = (),
        next_token: str | None = None,
        raw: bytes = b"",
        *,
        rows: tuple[tuple[int | None, bytes], ...] | None = None,
        read: Callable[[bytes], Sheet | Unreadable] | None = None,
    ) -> None:
        self.next_token, self.raw = next_token, raw
        known: tuple[Sheet | Unreadable, ...] = (*sheets, *unreadable)
        self.rows = tuple((row.shipment_box_id, row.raw) for row in known) if rows is None else rows
        self._read = read
        self._known: list[Sheet | Unreadable | None] = [*known] if read is None else [None] * len(self.rows)

    def row(self, place: int) -> Sheet | Unreadable:
        """Return the row at this place of `rows`, read."""
        row = self._known[place]
        if row is None:
            assert self._read is not None
            row = self._known[place] = self._read(self.rows[place][1])
        return row

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """The rows that can be read."""
        return tuple(row for row in map(self.row, range(len(self.rows))) if isinstance(row, Sheet))

    @property
    def unreadable(self) -> tuple[Unreadable, ...]:
        """The rows that cannot be read."""
        return tuple(row for row in map(self.row, range(len(self.rows))) if isinstance(row, Unreadable))

    def __repr__(self) -> str:
        return f"SheetPage({len(self.rows)} rows)"


class Step(msgspec.Struct, frozen=True):
    """One status change; an unknown status stays as text."""

    status: str
    at: datetime | None


class BoxHistory(msgspec.Struct, frozen=True):
    """The status changes of one box, newest first."""

    shipment_box_id: int
    steps: tuple[Step, ...]
    raw: bytes = b""


class RowResult(msgspec.Struct, frozen=True):
    """What became of one box of a bulk call."""

    shipment_box_id: int
    succeed: bool
    code: str
    retry_required: bool = False
    message: str | None = None


class Results(msgspec.Struct, frozen=True):
    """The answer to a bulk call: 0 all succeeded, 1 some, 99 none, -1 not said.

    A box that was asked for and has no row here is a box of unknown outcome.
    """

    code: int
    message: str
    rows: tuple[RowResult, ...]
    raw: bytes = b""


class Envelope(msgspec.Struct, frozen=True):
    """The outer layer of an answer; `data` is undecoded, None when absent or null."""

    code: str
    message: str
    data: msgspec.Raw | None
    next_token: str | None
    next_page_index: int | str | None = None
    """Where the next page of withdrawals begins, as it was told."""


class InvoiceRow(msgspec.Struct, frozen=True):
    """One vendor item of an invoice call: a waybill number now, or a date for a later part.

    Source:
        Articles 360033793014, 360023108613.
    """

    shipment_box_id: int
    order_id: int
    vendor_item_id: int
    courier_code: str
    invoice_number: str
    split_shipping: bool = False
    pre_split_shipped: bool = False
    estimated_shipping_date: date | None = None

    def to_wire(self) -> dict[str, int | str | bool]:
        """Return the row as the request spells it."""
        planned = self.estimated_shipping_date
        return {
            "shipmentBoxId": self.shipment_box_id,
            "orderId": self.order_id,
            "vendorItemId": self.vendor_item_id,
            "deliveryCompanyCode": self.courier_code,
            "invoiceNumber": self.invoice_number,
            "splitShipping": self.split_shipping,
            "preSplitShipped": self.pre_split_shipped,
            "estimatedShippingDate": planned.isoformat() if planned else "",
        }
