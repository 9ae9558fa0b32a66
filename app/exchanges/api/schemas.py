"""The documented shapes of exchanges, with their examples."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from app.claims.api.schemas import PickupWaybill
from app.coupang.claims.types import RejectCode
from app.machines.collects import CollectState
from app.machines.exchanges import ExchangeState
from app.machines.redeliveries import RedeliveryState
from app.orders.api.schemas import Waybill
from app.web.field_types import BodyId
from app.web.schemas import AT, BOX_ID, ITEM_ID, ORDER_ID, Asked, Id, Step, Told

EXCHANGE_ID = "101000000012345"
NEW_BOX_ID = "642538970006409999"
_REPLACEMENT: dict[str, Any] = {
    "shipment_box_id": NEW_BOX_ID,
    "courier_code": "CJGLS",
    "invoice_number": "123456789012",
}


class Rejection(Asked):
    """Why an exchange is rejected."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "SOLDOUT"}]})

    code: RejectCode
    """SOLDOUT, or WITHDRAW when the customer agreed to let it be."""


class Replacement(Waybill):
    """The waybill of a replacement, on its new box."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPLACEMENT]})

    shipment_box_id: BodyId
    """One of the exchange's `boxes`; never the original one."""


class ExchangeLine(Told):
    """Units of one option that are exchanged."""

    vendor_item_id: Id
    shipment_box_id: Id | None
    """The original box."""
    count: int


class ExchangeBox(Told):
    """The new box of an exchange; it is no sale."""

    shipment_box_id: Id
    status: str
    """What Coupang last said of it, in its own words."""
    courier_code: str | None
    invoice_number: str | None


class ExchangeSummary(Told):
    """An exchange as lists show it."""

    vendor_id: str
    exchange_id: Id
    order_id: Id
    state: ExchangeState
    version: int
    state_at: datetime
    collect_state: CollectState
    """How the goods come back."""
    collect_version: int
    redelivery_state: RedeliveryState
    """How the replacement goes out."""
    redelivery_version: int
    rejectable: bool
    fault_by: str
    reason_code: str
    reason_text: str
    waybills: list[PickupWaybill]
    collector_named: bool
    """Coupang names a courier for the way back: the pick-up is not the seller's to arrange."""
    requested_at: datetime
    modified_at: datetime | None
    confirmed_at: datetime | None
    """When our confirmation of the arrival was taken."""
    attention: str | None
    first_seen_at: datetime


class ExchangePage(Told):
    """A page of exchanges."""

    items: list[ExchangeSummary]
    next_cursor: str | None


class Exchange(ExchangeSummary):
    """An exchange with everything about it."""

    lines: list[ExchangeLine]
    boxes: list[ExchangeBox]
    """Empty until the arrival is confirmed, and some minutes after it."""
    history: list[Step]


class ExchangeHistory(Told):
    """Every step of an exchange and of its two tracks."""

    items: list[Step]
    collect: list[Step]
    redelivery: list[Step]


_STEP: dict[str, Any] = {
    "version": 1,
    "source": None,
    "target": ExchangeState.RECEIPT,
    "event": "appear",
    "actor": "coupang",
    "cause": "feed:exchanges",
    "reason": None,
    "evidence": "9f86d081884c7d659a2feaa0c55ad015",
    "at": AT,
}
SUMMARY: dict[str, Any] = {
    "vendor_id": "A00012345",
    "exchange_id": EXCHANGE_ID,
    "order_id": ORDER_ID,
    "state": ExchangeState.RECEIPT,
    "version": 1,
    "state_at": AT,
    "collect_state": CollectState.BEFORE_DIRECTION,
    "collect_version": 1,
    "redelivery_state": RedeliveryState.BEFORE_DIRECTION,
    "redelivery_version": 1,
    "rejectable": True,
    "fault_by": "VENDOR",
    "reason_code": "DEFECT",
    "reason_text": "상품 불량",
    "waybills": [],
    "collector_named": False,
    "requested_at": "2026-11-20T02:55:00Z",
    "modified_at": "2026-11-20T02:55:00Z",
    "confirmed_at": None,
    "attention": None,
    "first_seen_at": AT,
}
EXCHANGE: dict[str, Any] = {
    **SUMMARY,
    "lines": [{"vendor_item_id": ITEM_ID, "shipment_box_id": BOX_ID, "count": 1}],
    "boxes": [],
    "history": [_STEP],
}
HISTORY: dict[str, Any] = {
    "items": [_STEP],
    "collect": [{**_STEP, "target": CollectState.BEFORE_DIRECTION}],
    "redelivery": [{**_STEP, "target": RedeliveryState.BEFORE_DIRECTION}],
}
