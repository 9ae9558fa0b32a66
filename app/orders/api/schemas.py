"""The documented shapes of `/v1`, with their examples."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from app.machines.boxes import REASONS, BoxState
from app.web.field_types import BodyId, Day
from app.web.schemas import (
    AT,
    BOX_ID,
    ITEM_ID,
    Asked,
    Box,
    BoxSummary,
    Id,
    Line,
    Refusal,
    Step,
    Told,
)

_WAYBILL: dict[str, Any] = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
_SPLIT: dict[str, Any] = {**_WAYBILL, "later": [ITEM_ID], "later_date": "2026-11-25"}


class Waybill(Asked):
    """A courier and a number."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WAYBILL]})

    courier_code: Annotated[str, Field(min_length=1, max_length=40)]
    """One of `GET /v1/couriers`."""
    invoice_number: Annotated[str, Field(min_length=1, max_length=40)]
    """Digits only, in the courier's form."""


class Ship(Waybill):
    """A waybill for the whole box, or for all but the items of `later`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WAYBILL, _SPLIT]})

    later: Annotated[tuple[BodyId, ...], Field(max_length=200)] = ()
    """Items (`vendor_item_id`) that stay behind; the others leave under a new box id."""
    later_date: Day | None = None
    """When the rest is planned to ship; required exactly when `later` is given."""
    permit: BodyId | None = None
    """A ship permit of this box (`POST …/permit`): refused when it is not valid any more."""


class BoxPage(Told):
    """A page of boxes."""

    items: list[BoxSummary]
    next_cursor: str | None
    """Null on the last page."""


class Lines(Told):
    """What is in a box."""

    items: list[Line]


class History(Told):
    """Every step, oldest first."""

    items: list[Step]


class Person(Told):
    """Personal data: never log it."""

    name: str | None
    phone: str | None
    addr1: str | None
    addr2: str | None
    post_code: str | None
    message: str | None


class ReceiverVersion(Told):
    """One version of the receiver."""

    version: int
    seen_at: datetime
    erased: bool


class Receiver(Told):
    """Who gets a box."""

    shipment_box_id: Id
    address_version: int
    address_final: bool
    """It cannot change any more."""
    receiver: Person
    versions: list[ReceiverVersion]
    """Newest first."""


class Action(Told):
    """A change that may be asked, or why not."""

    action: str
    method: str
    href: str
    allowed: bool
    target: BoxState | None
    """Where it leads; null when this state has no such step, or when only its outcome tells."""
    refused_by: list[Refusal]
    costs: str | None
    """What it costs the seller, to be known before it is asked; null: nothing."""


class Actions(Told):
    """Every change there is."""

    items: list[Action]


class Order(Told):
    """An order and all its boxes."""

    order_id: Id
    boxes: list[Box]


RECEIVER: dict[str, Any] = {
    "shipment_box_id": BOX_ID,
    "address_version": 2,
    "address_final": True,
    "receiver": {
        "name": "김가상",
        "phone": "+8250300000002",
        "addr1": "서울특별시 가상구 변경로 22",
        "addr2": "202호",
        "post_code": "01235",
        "message": "문 앞",
    },
    "versions": [
        {"version": 2, "seen_at": AT, "erased": False},
        {"version": 1, "seen_at": "2026-11-20T00:15:00Z", "erased": False},
    ],
}
ACTIONS: list[dict[str, Any]] = [
    {
        "action": "ship",
        "method": "POST",
        "href": f"/v1/boxes/{BOX_ID}/ship",
        "allowed": False,
        "target": BoxState.DEPARTURE,
        "refused_by": [
            {
                "rule": "address_is_final",
                "unblock": REASONS["address_is_final"],
            }
        ],
        "costs": None,
    }
]
