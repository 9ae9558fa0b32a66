"""The documented shapes of what waits for a person, and of what a reading on demand has changed."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from app.backoffice.inbox import WAYS
from app.claims.api.schemas import RECEIPT_ID
from app.machines.cancels import COSTS, CancelState
from app.machines.returns import ReturnState
from app.web.schemas import AT, BOX_ID, ORDER_ID, Id, Step, Told

DecisionKind = StrEnum("DecisionKind", {kind.upper(): kind for kind in WAYS})  # type: ignore[misc]


class Way(Told):
    """Something that can be done about it."""

    action: str
    method: Literal["GET", "POST", "DELETE"]
    href: str
    who_pays: str | None
    """What this answer to a stop request costs, and whom."""


class Decision(Told):
    """Something that waits for a person."""

    vendor_id: str
    kind: DecisionKind
    subject: Literal["box", "cancel", "return", "exchange", "receipt", "effect", "order", "hold", "row"]
    id: Id
    """Of the subject; 0 for a row that names nothing."""
    digest: str | None
    """Of a row that could not be read."""
    order_id: Id | None
    shipment_box_id: Id | None
    """The first box it is about."""
    since: datetime
    deadline: datetime | None
    """Null: Coupang sets none that we know of."""
    overdue: bool
    reason: str | None
    actions: list[Way]


class DecisionPage(Told):
    """A page of what waits, the nearest deadline first; what has none comes last, the oldest first."""

    items: list[Decision]
    next_cursor: str | None


class Change(Step):
    """One step that the reading has shown."""

    aggregate: str


class Resync(Told):
    """What a reading on demand has changed."""

    subject: Literal["receipt", "exchange"]
    id: Id
    vendor_id: str
    asked_at: datetime
    read: bool
    """Coupang has been asked and its answer is stored; false: look again."""
    content_changed: bool
    """It tells something new, be it a step or not."""
    states: dict[str, str]
    """By life: cancel and return of a receipt; exchange, collect and redelivery of an exchange."""
    changes: list[Change]
    """Steps since it was asked, oldest first."""
    attention: str | None
    """Why a person should look: a contradiction, or Coupang shows it no more."""


DECISION: dict[str, Any] = {
    "vendor_id": "A00012345",
    "kind": "stop_request",
    "subject": "cancel",
    "id": RECEIPT_ID,
    "digest": None,
    "order_id": ORDER_ID,
    "shipment_box_id": BOX_ID,
    "since": AT,
    "deadline": "2026-11-22T03:00:00Z",
    "overdue": False,
    "reason": "필요 없어짐 (단순 변심)",
    "actions": [
        {
            "action": "stop_shipment",
            "method": "POST",
            "href": f"/v1/cancels/{RECEIPT_ID}/stop",
            "who_pays": COSTS["stop_shipment"],
        }
    ],
}
RESYNC: dict[str, Any] = {
    "subject": "receipt",
    "id": RECEIPT_ID,
    "vendor_id": "A00012345",
    "asked_at": AT,
    "read": True,
    "content_changed": True,
    "states": {"cancel": CancelState.SHIPPED_ALREADY, "return": ReturnState.RETURNS_UNCHECKED},
    "changes": [
        {
            "aggregate": "cancel",
            "version": 3,
            "source": CancelState.REQUESTED,
            "target": CancelState.SHIPPED_ALREADY,
            "event": "see_shipped_already",
            "actor": "coupang",
            "cause": "look:receipt",
            "reason": None,
            "evidence": "9f86d081884c7d659a2feaa0c55ad015",
            "at": AT,
        }
    ],
    "attention": None,
}
