"""The documented shapes of what waits for a person, and of what a reading on demand has changed."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from app.machines.cancels import COSTS
from app.web.schemas import AT, BOX_ID, ORDER_ID, Id, Told

DecisionKind = Annotated[str, Field(max_length=40, json_schema_extra={"x-names": "decisions"})]
"""The word of what waits; the OpenAPI document lists those that the families declare."""
RECEIPT_ID = "365000000012345"


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
    subject: Annotated[str, Field(json_schema_extra={"x-names": "decision subjects"})]
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
