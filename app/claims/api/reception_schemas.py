"""The documented shapes of goods that come back: what is said of them, and what may be asked next."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.claims.api.schemas import RECEIPT_ID
from app.machines.receptions import ReceptionState, Verdict
from app.machines.returns import REASONS, ReturnState
from app.orders.api.schemas import Waybill
from app.web.field_types import Line
from app.web.schemas import AT, ITEM_ID, ORDER_ID, Asked, FoundLine, Id, Refusal, Step, Told

_FOUND: dict[str, Any] = {"vendor_item_id": ITEM_ID, "verdict": "GOOD", "note": ""}


class Pickup(Waybill):
    """The waybill of a pick-up that the seller booked."""

    reg_number: Annotated[str, Field(max_length=40, pattern=r"^[!-~]*$")] = ""
    """The courier's number of the booking; may be left out."""


class Inspection(Asked):
    """A verdict for every option of the claim."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"lines": [_FOUND]}]})

    lines: Annotated[tuple[FoundLine, ...], Field(min_length=1, max_length=200)]
    reason: Annotated[Line, Field(min_length=3, max_length=500)] | None = None
    """Why; needed only when the goods are inspected again."""


class Found(Told):
    """What the inspection found of one option."""

    vendor_item_id: Id
    verdict: Verdict
    note: str


class Reception(Told):
    """Where the goods of a return or an exchange are."""

    vendor_id: str
    subject: Literal["return", "exchange"]
    subject_id: Id
    order_id: Id
    state: ReceptionState
    version: int
    state_at: datetime
    inspection: list[Found]
    """Empty before the inspection."""
    history: list[Step]


class ClaimAction(Told):
    """A change that may be asked, or why not."""

    action: str
    method: str
    href: str
    allowed: bool
    target: str | None
    """Where it leads; null when its state has no such step, or when it moves the goods only."""
    refused_by: list[Refusal]


class ClaimActions(Told):
    """Every change there is."""

    items: list[ClaimAction]


RECEPTION: dict[str, Any] = {
    "vendor_id": "A00012345",
    "subject": "return",
    "subject_id": RECEIPT_ID,
    "order_id": ORDER_ID,
    "state": ReceptionState.ARRIVED,
    "version": 2,
    "state_at": AT,
    "inspection": [],
    "history": [
        {
            "version": version,
            "source": source,
            "target": target,
            "event": event,
            "actor": actor,
            "cause": cause,
            "reason": None,
            "evidence": None,
            "at": AT,
        }
        for version, source, target, event, actor, cause in (
            (1, None, ReceptionState.EXPECTED, "appear", "coupang", "return:appeared"),
            (
                2,
                ReceptionState.EXPECTED,
                ReceptionState.ARRIVED,
                "arrive",
                "key:0a1b2c3d4e5f",
                "key:0a1b2c3d4e5f",
            ),
        )
    ],
}
INSPECTED: dict[str, Any] = {
    **RECEPTION,
    "state": ReceptionState.PASSED,
    "version": 3,
    "inspection": [_FOUND],
}
ACTION: dict[str, Any] = {
    "action": "confirm",
    "method": "POST",
    "href": f"/v1/returns/{RECEIPT_ID}/confirm",
    "allowed": False,
    "target": ReturnState.VENDOR_WAREHOUSE_CONFIRM,
    "refused_by": [{"rule": "goods_arrived", "unblock": REASONS["goods_arrived"]}],
}
