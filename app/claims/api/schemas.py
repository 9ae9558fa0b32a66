"""The documented shapes of cancels and returns, with their examples."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.coupang.claims.types import MiddleCancelCode, ReceiptStatus
from app.machines.boxes import BoxState
from app.machines.cancels import COSTS, CancelState
from app.machines.returns import ReturnState
from app.web.field_types import BodyId
from app.web.schemas import AT, BOX_ID, ITEM_ID, ORDER_ID, Asked, Id, Refusal, Step, Told

RECEIPT_ID = "365000000012345"
_ITEMS: list[dict[str, Any]] = [{"vendor_item_id": ITEM_ID, "count": 1}]
_WHOLE: dict[str, Any] = {"reason": "CCTTER", "confirm_score_loss": True}
_PART: dict[str, Any] = {**_WHOLE, "items": _ITEMS}


class CancelledItem(Asked):
    """Units of one option."""

    vendor_item_id: BodyId
    count: Annotated[int, Field(ge=1, le=100_000)]


class SellerCancel(Asked):
    """What the seller cancels, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WHOLE, _PART]})

    reason: MiddleCancelCode
    """CCTTER out of stock, CCPNER mistake of the partner, CCPRER wrong price."""
    items: Annotated[tuple[CancelledItem, ...], Field(min_length=1, max_length=200)] | None = None
    """Left out: everything that is left of the box."""
    confirm_score_loss: bool = False
    """Must be true: a cancel by the seller lowers the seller's score."""


class ClaimLine(Told):
    """What a receipt claims of one option of one box."""

    shipment_box_id: Id
    """The original box; a split may have given the goods another one."""
    vendor_item_id: Id
    count: int
    release_status: str | None
    """Coupang's word: Y shipped, N not shipped, S stopped, A had been shipped already."""


class ClaimBox(Told):
    """A box that a receipt is about, as far as we know it."""

    shipment_box_id: Id
    state: BoxState


class Receipt(Told):
    """What every receipt says."""

    vendor_id: str
    receipt_id: Id
    order_id: Id
    version: int
    state_at: datetime
    receipt_type: str
    market_status: str
    """What Coupang last said, in its own words; so is `release_stop_status`."""
    release_stop_status: str
    market_seen_at: datetime
    opened_at: datetime
    modified_at: datetime | None
    count_sum: int
    fault_by: str
    reason_code: str
    reason_text: str
    attention: str | None
    """Why a person should look, or null."""
    first_seen_at: datetime


class CancelSummary(Receipt):
    """A cancel as lists show it: a stop request, or a cancel that was final at once."""

    state: CancelState
    handed_over: bool | None
    """What the warehouse said of the parcel; null while nobody has."""
    decide_by: datetime | None
    """Until when a stop request should be answered; Coupang publishes no deadline, this is a cautious one."""


class CancelPage(Told):
    """A page of cancels."""

    items: list[CancelSummary]
    next_cursor: str | None


class Option(Told):
    """One answer to a stop request."""

    action: str
    method: str
    call: str
    who_pays: str
    allowed: bool
    refused_by: list[Refusal]


class Decision(Told):
    """What a stop request asks of the warehouse: was the parcel handed over?"""

    deadline: datetime | None
    options: list[Option]


class Cancel(CancelSummary):
    """A cancel with everything about it."""

    lines: list[ClaimLine]
    boxes: list[ClaimBox]
    """Empty while the order has not been found."""
    decision: Decision | None
    """Null unless a stop request waits for its answer."""
    history: list[Step]


class PickupWaybill(Told):
    """A number of the way back."""

    courier_code: str
    invoice_number: str


class ReturnSummary(Receipt):
    """A return as lists show it."""

    state: ReturnState
    pickup: str
    """Who brings the goods back."""
    pre_refund: bool
    completion: str
    return_charge_krw: int | None
    """Positive: the seller pays the way back; negative: the customer."""
    waybills: list[PickupWaybill]


class ReturnPage(Told):
    """A page of returns."""

    items: list[ReturnSummary]
    next_cursor: str | None


class Return(ReturnSummary):
    """A return with everything about it."""

    lines: list[ClaimLine]
    boxes: list[ClaimBox]
    history: list[Step]


_RECEIPT: dict[str, Any] = {
    "vendor_id": "A00012345",
    "receipt_id": RECEIPT_ID,
    "order_id": ORDER_ID,
    "state": CancelState.REQUESTED,
    "version": 2,
    "state_at": AT,
    "receipt_type": "RETURN",
    "market_status": ReceiptStatus.RELEASE_STOP_UNCHECKED,
    "release_stop_status": "미처리",
    "market_seen_at": AT,
    "opened_at": "2026-11-20T02:55:00Z",
    "modified_at": "2026-11-20T02:55:00Z",
    "count_sum": 1,
    "fault_by": "CUSTOMER",
    "reason_code": "CHANGEMIND",
    "reason_text": "필요 없어짐 (단순 변심)",
    "attention": None,
    "first_seen_at": AT,
}
CANCEL_SUMMARY: dict[str, Any] = {**_RECEIPT, "handed_over": None, "decide_by": "2026-11-22T02:55:00Z"}
RETURN_SUMMARY: dict[str, Any] = {
    **_RECEIPT,
    "state": ReturnState.RETURNS_UNCHECKED,
    "version": 1,
    "market_status": ReceiptStatus.RETURNS_UNCHECKED,
    "release_stop_status": "비대상",
    "pickup": "CONTRACT_COURIER",
    "pre_refund": False,
    "completion": "NOBODY_YET",
    "return_charge_krw": -3000,
    "waybills": [{"courier_code": "CJGLS", "invoice_number": "123456789012"}],
}
_LINE = {"shipment_box_id": BOX_ID, "vendor_item_id": ITEM_ID, "count": 1, "release_status": "N"}
_CLAIM_STEP = {
    "version": 1,
    "source": None,
    "target": CancelState.OPENED,
    "event": "appear",
    "actor": "coupang",
    "cause": "look:claims",
    "reason": None,
    "evidence": "9f86d081884c7d659a2feaa0c55ad015",
    "at": AT,
}
CANCEL: dict[str, Any] = {
    **CANCEL_SUMMARY,
    "lines": [_LINE],
    "boxes": [{"shipment_box_id": BOX_ID, "state": BoxState.INSTRUCT}],
    "decision": {
        "deadline": "2026-11-22T02:55:00Z",
        "options": [
            {
                "action": action,
                "method": "POST",
                "call": f"/v1/cancels/{RECEIPT_ID}/{way}",
                "who_pays": COSTS[action],
                "allowed": True,
                "refused_by": [],
            }
            for action, way in (("stop_shipment", "stop"), ("declare_shipped", "shipped"))
        ],
    },
    "history": [
        _CLAIM_STEP,
        {
            **_CLAIM_STEP,
            "version": 2,
            "source": CancelState.OPENED,
            "target": CancelState.REQUESTED,
            "event": "see_stop_request",
        },
    ],
}
RETURN: dict[str, Any] = {
    **RETURN_SUMMARY,
    "lines": [{**_LINE, "release_status": "Y"}],
    "boxes": [{"shipment_box_id": BOX_ID, "state": BoxState.FINAL_DELIVERING}],
    "history": [{**_CLAIM_STEP, "target": ReturnState.RETURNS_UNCHECKED}],
}
