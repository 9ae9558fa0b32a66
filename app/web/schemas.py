"""What documented shapes have in common. They describe answers; answers are not validated at run time."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.coupang.orders.decode import WireStatus
from app.machines.boxes import BoxState
from app.machines.cancels import CancelState
from app.machines.effects import EffectState
from app.machines.exchanges import ExchangeState
from app.machines.receptions import Verdict
from app.machines.returns import ReturnState
from app.web.field_types import BodyId, EffectKindName
from app.web.field_types import Line as TextLine

Id = Annotated[str, Field(pattern=r"^[0-9]{1,19}$", description="18 digits, so a string.")]
Subject = Literal["box", "cancel", "return", "exchange"]
BOX_ID = "642538970006401429"
ORDER_ID = "24000085000001"
ITEM_ID = "85000000001"
AT = "2026-11-20T03:00:00Z"


class Told(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Asked(BaseModel):
    """A request; unknown fields are refused, so that a misspelt one cannot be overlooked."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Step(Told):
    """One step of a history: an edge of the diagram, who, why, when and on which evidence."""

    version: int
    source: str | None
    """Null for the first step."""
    target: str
    event: str
    actor: str
    """`us`, `coupang`, `key:<key id>` or `operator:<key id>`."""
    cause: str
    reason: str | None
    """An operator's words."""
    evidence: str | None
    """Digest of the stored answer that shows it."""
    at: datetime


class Line(Told):
    """One kind of item; to be packed is `shippable`."""

    vendor_item_id: Id
    ordered: int
    """ordered = shippable + held + cancelled"""
    held: int
    """Units with a cancel, stop request or return pending."""
    cancelled: int
    """Units refunded for good: cancelled before they left, or returned."""
    shippable: int
    """Units that nobody claims: of a box that has not left, what to put into the parcel."""
    shipped: int
    """Units that left, those that came back included; 0 until the waybill is taken."""
    returned: int
    """Units that left and came back for good; counted in `cancelled` too."""
    name: str
    seller_product_name: str
    seller_item_name: str
    sku: str | None
    sales_price_krw: int | None
    planned_shipping_date: date | None


class BoxSummary(Told):
    """A box as lists show it."""

    vendor_id: str
    shipment_box_id: Id
    order_id: Id
    state: BoxState
    """Ours; changes only along its machine."""
    version: int
    state_at: datetime
    market_status: str
    """What Coupang last said, in its own words."""
    market_seen_at: datetime
    ordered_at: datetime | None
    paid_at: datetime
    ship_by: date | None
    address_version: int
    """Print it on the label: a greater one means that the receiver has changed."""
    address_final: bool
    courier_code: str | None
    invoice_number: str | None
    split_shipping: bool
    able_split_shipping: bool
    departed_at: datetime | None
    delivered_at: datetime | None
    attention: str | None
    """Why a person should look, or null."""
    doubtful: bool
    """It is being read again, because something contradicted what we hold."""
    first_seen_at: datetime
    stop_open: bool
    """The customer asked to stop it and nobody has answered (`GET /v1/cancels`): it must not be shipped."""
    claim_unread: bool
    """A claim of its order could not be read: it must not be shipped until a person has looked."""
    exchange_id: Id | None
    """It is the replacement of this exchange, and no sale: it is shipped through the exchange."""
    hold_until: datetime | None
    """Until then somebody of ours keeps it back (`GET …/holds` says why); null or past: nobody does."""


class Box(BoxSummary):
    """A box with its lines."""

    lines: list[Line]


class Effect(Told):
    """One change asked of Coupang, from intent to proof."""

    effect_id: Id
    vendor_id: str
    kind: EffectKindName
    event: str
    """The event its subject takes once this is confirmed."""
    subject: Subject
    """What it changes: a box, a receipt as cancel or as return, or an exchange."""
    subject_id: Id
    """Box or receipt."""
    shipment_box_id: Id | None
    """The box, or the first box of the receipt."""
    order_id: Id
    payload: dict[str, Any]
    state: EffectState
    final: bool
    """Nothing more will happen to it."""
    version: int
    box_state: BoxState | CancelState | ReturnState | ExchangeState
    """The state of its subject for which this was asked."""
    asked_by: str
    asked_at: datetime
    not_before: datetime
    tries: int
    sent_at: datetime | None
    settled_at: datetime | None
    result_code: str | None
    result_message: str | None
    evidence: str | None


LINE: dict[str, Any] = {
    "vendor_item_id": ITEM_ID,
    "ordered": 2,
    "held": 0,
    "cancelled": 0,
    "shippable": 2,
    "shipped": 0,
    "returned": 0,
    "name": "예시 티셔츠, 화이트 L",
    "seller_product_name": "예시 티셔츠",
    "seller_item_name": "화이트 L",
    "sku": "SKU-0001",
    "sales_price_krw": 19900,
    "planned_shipping_date": None,
}
SUMMARY: dict[str, Any] = {
    "vendor_id": "A00012345",
    "shipment_box_id": BOX_ID,
    "order_id": ORDER_ID,
    "state": BoxState.INSTRUCT,
    "version": 2,
    "state_at": AT,
    "market_status": WireStatus.INSTRUCT,
    "market_seen_at": AT,
    "ordered_at": "2026-11-20T00:12:31Z",
    "paid_at": "2026-11-20T00:12:35Z",
    "ship_by": "2026-11-23",
    "address_version": 1,
    "address_final": True,
    "courier_code": None,
    "invoice_number": None,
    "split_shipping": False,
    "able_split_shipping": True,
    "departed_at": None,
    "delivered_at": None,
    "attention": None,
    "doubtful": False,
    "first_seen_at": "2026-11-20T00:15:00Z",
    "stop_open": False,
    "claim_unread": False,
    "hold_until": None,
    "exchange_id": None,
}
BOX = {**SUMMARY, "lines": [LINE]}
EFFECT: dict[str, Any] = {
    "effect_id": "42",
    "vendor_id": "A00012345",
    "kind": "SHIP",
    "event": "ship",
    "subject": "box",
    "subject_id": BOX_ID,
    "shipment_box_id": BOX_ID,
    "order_id": ORDER_ID,
    "payload": {
        "courier_code": "CJGLS",
        "invoice_number": "123456789012",
        "later_date": None,
        "lines": [{"vendor_item_id": ITEM_ID, "now": True}],
        "part": False,
        "split_shipping": False,
        "pre_split_shipped": False,
    },
    "state": EffectState.PENDING,
    "final": False,
    "version": 1,
    "box_state": BoxState.INSTRUCT,
    "asked_by": "key:0a1b2c3d4e5f",
    "asked_at": AT,
    "not_before": AT,
    "tries": 0,
    "sent_at": None,
    "settled_at": None,
    "result_code": None,
    "result_message": None,
    "evidence": None,
}
STEP: dict[str, Any] = {
    "version": 2,
    "source": BoxState.ACCEPT,
    "target": BoxState.INSTRUCT,
    "event": "acknowledge",
    "actor": "us",
    "cause": "effect:41",
    "reason": None,
    "evidence": "9f86d081884c7d659a2feaa0c55ad015",
    "at": AT,
}


class Refusal(Told):
    """A rule that refuses, and what would unblock it."""

    rule: str
    unblock: str


class FoundLine(Asked):
    """What the inspection found of one option."""

    vendor_item_id: BodyId
    verdict: Verdict
    note: Annotated[TextLine, Field(max_length=500)] = ""
