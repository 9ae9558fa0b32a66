"""What Coupang states of cancels, returns and exchanges, as frozen types; `decode*.py` fill them.

A row that cannot be read becomes an `UnreadableClaim` and never stops the rows beside it; it still names
its order where that can be read, so that the order can be held. Every row keeps its bytes as received.

Unknown values of enumerations: receipt type and status, an item's release status, a cancel's receipt type
and the exchange status decide goods or money, so a row with an unknown one is quarantined. Every other
enumeration is kept as text; compare it with the StrEnum named in its description.
"""

from datetime import datetime
from typing import Literal

import msgspec

from app.coupang.claims.enums import (
    CancelType,
    CollectStatus,
    CompleteConfirmType,
    ExchangeStatus,
    FaultBy,
    MiddleCancelCode,
    PickupOf,
    ReceiptQuery,
    ReceiptStatus,
    ReceiptType,
    RedeliveryStatus,
    RefundDuty,
    RejectCode,
    ReleaseStatus,
    ReleaseStopStatus,
    ReturnDeliveryType,
)
from app.coupang.errors import UNDETERMINED
from app.coupang.orders.types import Receiver

__all__ = [
    "CancelAnswer",
    "CancelReceipt",
    "CancelType",
    "CollectStatus",
    "CompleteConfirmType",
    "Confirmation",
    "Contact",
    "Exchange",
    "ExchangeInvoice",
    "ExchangeItem",
    "ExchangePage",
    "ExchangeStatus",
    "FaultBy",
    "MiddleCancelCode",
    "PickupOf",
    "PickupWaybill",
    "Receipt",
    "ReceiptItem",
    "ReceiptPage",
    "ReceiptQuery",
    "ReceiptStatus",
    "ReceiptType",
    "RedeliveryStatus",
    "RefundDuty",
    "RejectCode",
    "ReleaseStatus",
    "ReleaseStopStatus",
    "ReplacementBox",
    "ReplacementInvoice",
    "ReturnDeliveryType",
    "UnreadableClaim",
    "Waybill",
    "Withdrawal",
    "WithdrawalPage",
]


class Contact(msgspec.Struct, frozen=True):
    """Whom goods are collected from; personal data and so without a telling `repr`; `""` for nothing."""

    name: str = ""
    phone: str = ""
    addr1: str = ""
    addr2: str = ""
    post_code: str = ""
    message: str = ""

    def __repr__(self) -> str:
        return "Contact(...)"


class Waybill(msgspec.Struct, frozen=True):
    """A courier's number for the way back; entries without a number are left out."""

    courier_code: str
    invoice_number: str


class UnreadableClaim(msgspec.Struct, frozen=True):
    """A row that could not be read; `reason` names fields and types, never a value of a person."""

    raw: bytes
    reason: str
    claim_id: int | None = None
    order_id: int | None = None
    box_ids: tuple[int, ...] = ()
    """Boxes that its items name."""
    created_at: datetime | None = None

    def __repr__(self) -> str:
        return f"UnreadableClaim({self.claim_id}, {self.order_id}, {self.reason!r})"


class CancelReceipt(msgspec.Struct, frozen=True):
    """What a cancel by the seller brought about for some items; `total_count` None when not said."""

    receipt_id: int
    type: CancelType
    vendor_item_ids: tuple[int, ...]
    total_count: int | None = None


class CancelAnswer(msgspec.Struct, frozen=True):
    """The answer to `cancel`: what was cancelled or stopped, and what was not.

    Attributes:
        order_id: The order asked for.
        code: `200`, `400`, or the older `SUCCESS`, `PARTIAL`, `FAIL`.
        receipts: What succeeded; their items are cancelled or stopped at once.
        failed_vendor_item_ids: Items that Coupang names as failed, in a list or in its message.
        item_texts: Coupang's words per failed item, by vendor item id.
        unreadable: Receipts that could not be read; their items are of unknown outcome.
    """

    order_id: int
    code: str
    receipts: tuple[CancelReceipt, ...] = ()
    failed_vendor_item_ids: tuple[int, ...] = ()
    item_texts: tuple[tuple[int, str], ...] = ()
    unreadable: tuple[UnreadableClaim, ...] = ()
    raw: bytes = b""

    def outcome_of(self, vendor_item_id: int) -> Literal["applied", "not_applied", "unknown"]:
        """Return what became of one item asked for; `unknown` must be read back."""
        done = any(vendor_item_id in receipt.vendor_item_ids for receipt in self.receipts)
        failed = vendor_item_id in self.failed_vendor_item_ids
        if done is failed:
            return "unknown"
        if done:
            return "applied"
        texts = [text for item, text in self.item_texts if item == vendor_item_id]
        half_done = any(words in text for words in UNDETERMINED for text in texts)
        return "unknown" if half_done else "not_applied"

    def __repr__(self) -> str:
        done = [receipt.receipt_id for receipt in self.receipts]
        return f"CancelAnswer({self.order_id}, {self.code}, {done}, failed={self.failed_vendor_item_ids})"


class Confirmation(msgspec.Struct, frozen=True):
    """A write of a claim that Coupang took; a no is raised. `message` is `""` when nothing was said."""

    message: str = ""
    raw: bytes = b""

    def __repr__(self) -> str:
        return "Confirmation(...)"


class PickupWaybill(msgspec.Struct, frozen=True):
    """A pick-up waybill as Coupang stored it; `claim_id` is a receipt or an exchange, as `pickup_of` says."""

    pickup_of: PickupOf
    claim_id: int
    courier_code: str
    invoice_number: str
    reg_number: str | None = None
    invoice_number_id: int | None = None
    return_delivery_id: int | None = None
    raw: bytes = b""

    def __repr__(self) -> str:
        return f"PickupWaybill({self.pickup_of}, {self.claim_id})"


class ExchangeInvoice(msgspec.Struct, frozen=True):
    """The waybill of one replacement box; `shipment_box_id` is the new box, never the original one."""

    shipment_box_id: int
    courier_code: str
    invoice_number: str


class ReceiptItem(msgspec.Struct, frozen=True):
    """One vendor item of one original box in a receipt; `release_status` None when Coupang left it out."""

    vendor_item_id: int
    shipment_box_id: int
    cancel_count: int
    purchase_count: int | None = None
    release_status: ReleaseStatus | None = None
    name: str = ""
    seller_product_id: int | None = None
    seller_product_name: str = ""
    cancel_complete_user: str = ""

    def __repr__(self) -> str:
        return f"ReceiptItem({self.vendor_item_id}, {self.shipment_box_id}, {self.cancel_count})"


class Receipt(msgspec.Struct, frozen=True):
    """One cancel, stop request or return; times are aware UTC, money whole KRW, `raw` the row as received.

    Attributes:
        items: As told; the same vendor item of the same box may come twice.
        cancel_count_sum: Quantity of the whole receipt: what `stop_shipment` and `approve` must send.
        release_stop_status: See `ReleaseStopStatus`.
        return_delivery_type: See `ReturnDeliveryType`.
        fault_by: See `FaultBy`.
        complete_confirm_type: See `CompleteConfirmType`.
        return_shipping_charge_krw: Positive when the seller pays, negative when the customer does.
        pre_refund: Refunded before the goods were confirmed.
        cancel_reason: The customer's own words; personal data.
    """

    receipt_id: int
    order_id: int
    type: ReceiptType
    status: ReceiptStatus
    items: tuple[ReceiptItem, ...]
    cancel_count_sum: int
    created_at: datetime | None = None
    modified_at: datetime | None = None
    payment_id: int | None = None
    release_stop_status: str = ""
    return_delivery_id: int | None = None
    return_delivery_type: str = ""
    waybills: tuple[Waybill, ...] = ()
    reason_code: str = ""
    reason_text: str = ""
    reason_categories: tuple[str, str] = ("", "")
    cancel_reason: str = ""
    fault_by: str = ""
    pre_refund: bool = False
    complete_confirm_type: str = ""
    completed_at: datetime | None = None
    return_shipping_charge_krw: int | None = None
    requester: Contact = Contact()
    raw: bytes = b""

    @property
    def open_stop(self) -> bool:
        """Whether this is a stop request the seller has not answered (guard of O10 and O11)."""
        if self.type is not ReceiptType.RETURN:
            return False
        return self.status is ReceiptStatus.RELEASE_STOP_UNCHECKED or (
            self.status is ReceiptStatus.RETURNS_UNCHECKED
            and any(item.release_status is ReleaseStatus.NOT_SHIPPED for item in self.items)
        )

    def __repr__(self) -> str:
        return f"Receipt({self.receipt_id}, {self.order_id}, {self.type}, {self.status})"


class ReceiptPage(msgspec.Struct, frozen=True):
    """One answer with receipts; every row is in `receipts` or in `unreadable`."""

    receipts: tuple[Receipt, ...]
    unreadable: tuple[UnreadableClaim, ...] = ()
    next_token: str | None = None
    raw: bytes = b""

    def __repr__(self) -> str:
        return f"ReceiptPage({len(self.receipts)} receipts, {len(self.unreadable)} unreadable)"


class Withdrawal(msgspec.Struct, frozen=True):
    """A receipt the customer took back; it is gone from the receipt lists. `refund_duty`: `RefundDuty`."""

    receipt_id: int
    order_id: int
    vendor_item_ids: tuple[int, ...]
    withdrawn_at: datetime | None = None
    vendor_id: str = ""
    refund_duty: str = ""
    raw: bytes = b""

    def __repr__(self) -> str:
        return f"Withdrawal({self.receipt_id}, {self.order_id})"


class WithdrawalPage(msgspec.Struct, frozen=True):
    """One answer with withdrawals; every row is in `withdrawals` or in `unreadable`."""

    withdrawals: tuple[Withdrawal, ...]
    unreadable: tuple[UnreadableClaim, ...] = ()
    next_page_index: int | None = None
    raw: bytes = b""

    def __repr__(self) -> str:
        return f"WithdrawalPage({len(self.withdrawals)} withdrawals, {len(self.unreadable)} unreadable)"


class ExchangeItem(msgspec.Struct, frozen=True):
    """One item of an exchange: what comes back, and what is sent instead (so far always the same)."""

    exchange_item_id: int
    vendor_item_id: int
    target_vendor_item_id: int
    quantity: int
    original_shipment_box_id: int | None = None
    target_name: str = ""
    target_unit_price_krw: int | None = None


class ReplacementInvoice(msgspec.Struct, frozen=True):
    """One waybill, or place for one, of a replacement box; `quantities` by vendor item id."""

    status: str
    quantities: tuple[tuple[int, int], ...]
    courier_code: str | None = None
    invoice_number: str | None = None
    uploaded_at: datetime | None = None
    delivered_at: datetime | None = None


class ReplacementBox(msgspec.Struct, frozen=True):
    """The new box that an exchange is shipped in; there is none until receipt was confirmed."""

    shipment_box_id: int
    order_id: int | None = None
    shipping_type: str = ""
    invoices: tuple[ReplacementInvoice, ...] = ()


class Exchange(msgspec.Struct, frozen=True):
    """One exchange; times are aware UTC, money whole KRW, `raw` the row as received.

    Attributes:
        collect_status: See `CollectStatus`.
        redelivery_status: See `RedeliveryStatus`.
        boxes: The new boxes; never one of the original boxes.
        rejectable: `reject` is allowed now; False when Coupang does not say.
        invoice_modifiable: `upload_exchange_invoices` is allowed now; False when Coupang does not say.
        fault_by: See `FaultBy`.
        reason_detail: The customer's own words; personal data.
        cancel_reason: Why it was withdrawn; personal data.
        collector_named: A courier is named for the pick-up, whether it has a number by now or not.
        deliver_to: Whom the new box goes to; read it again after collection, the phone number changes.
    """

    exchange_id: int
    order_id: int
    status: ExchangeStatus
    items: tuple[ExchangeItem, ...]
    collect_status: str = ""
    redelivery_status: str = ""
    order_delivery_status: str = ""
    boxes: tuple[ReplacementBox, ...] = ()
    waybills: tuple[Waybill, ...] = ()
    collector_named: bool = False
    collected_at: datetime | None = None
    expected_return_at: datetime | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    created_by: str = ""
    modified_by: str = ""
    rejectable: bool = False
    successable: bool = False
    invoice_modifiable: bool = False
    refer_type: str = ""
    fault_by: str = ""
    amount_krw: int | None = None
    reason_code: str = ""
    reason_text: str = ""
    reason_detail: str = ""
    cancel_reason: str = ""
    collect_from: Contact = Contact()
    deliver_to: Receiver = Receiver()
    raw: bytes = b""

    def __repr__(self) -> str:
        return f"Exchange({self.exchange_id}, {self.order_id}, {self.status}, {self.collect_status})"


class ExchangePage(msgspec.Struct, frozen=True):
    """One answer with exchanges; every row is in `exchanges` or in `unreadable`."""

    exchanges: tuple[Exchange, ...]
    unreadable: tuple[UnreadableClaim, ...] = ()
    next_token: str | None = None
    raw: bytes = b""

    def __repr__(self) -> str:
        return f"ExchangePage({len(self.exchanges)} exchanges, {len(self.unreadable)} unreadable)"
