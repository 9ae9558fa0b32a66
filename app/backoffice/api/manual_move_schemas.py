"""The documented shapes of moves by hand."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.coupang.claims.types import RejectCode
from app.machines.boxes import REASONS, BoxState
from app.web.field_types import BodyId, Day, Reason
from app.web.schemas import AT, BOX_ID, EFFECT, Asked, Effect, FoundLine, Id, Refusal, Step, Told

ManualKind = Annotated[str, Field(max_length=40, json_schema_extra={"x-names": "manual moves"})]
"""The word of an aggregate; the OpenAPI document lists those that the families declare."""
_Code = Annotated[str, Field(min_length=1, max_length=40)]


class Transition(Asked):
    """A move by hand."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"event": "see_delivering", "reason": "the courier called", "version": 4},
                {
                    "event": "ship",
                    "reason": "warehouse system is down",
                    "courier_code": "CJGLS",
                    "invoice_number": "123456789012",
                },
                {"event": "arrive", "reason": "found at the back door, nobody scanned it"},
            ]
        }
    )

    event: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    """One of those that `GET` on this address lists."""
    reason: Reason
    version: Annotated[int, Field(ge=1, le=2**31)] | None = None
    """Move only this version: 409 `stale-version` when somebody was faster. Null: the present one."""
    courier_code: _Code | None = None
    invoice_number: _Code | None = None
    later: Annotated[tuple[BodyId, ...], Field(max_length=200)] = ()
    later_date: Day | None = None
    code: RejectCode | None = None
    """Why an exchange is rejected."""
    shipment_box_id: BodyId | None = None
    """The new box of an exchange."""
    reg_number: Annotated[str, Field(max_length=40, pattern=r"^[!-~]*$")] = ""
    lines: Annotated[tuple[FoundLine, ...], Field(max_length=200)] = ()
    """What the inspection found, one verdict for each option."""


class Moved(Told):
    """What was moved, as it is now."""

    aggregate: str
    id: Id
    vendor_id: str
    state: str
    version: int
    step: Step | None
    """The newest step of its history."""
    effect: Effect | None
    """What is asked of Coupang in your name; the state follows when it is confirmed."""


class Judged(Told):
    """One event, and whether you may let it happen now."""

    event: str
    by: Literal["word", "asking", "acting", "nobody"]
    """Moved by your word; asked of Coupang in your name; done here; or not by hand at all."""
    takes: list[str]
    """What else to send."""
    target: str | None
    """Where it leads; null: its state has no such step."""
    allowed: bool
    refused_by: list[Refusal]


class Transitions(Told):
    """Every event of one aggregate, judged."""

    aggregate: str
    id: Id
    vendor_id: str
    state: str
    version: int
    items: list[Judged]


_HEAD: dict[str, Any] = {
    "aggregate": "box",
    "id": BOX_ID,
    "vendor_id": "A00012345",
    "state": BoxState.DEPARTURE,
    "version": 4,
}
MOVED: dict[str, Any] = {
    **_HEAD,
    "state": BoxState.DELIVERING,
    "version": 5,
    "step": {
        "version": 5,
        "source": BoxState.DEPARTURE,
        "target": BoxState.DELIVERING,
        "event": "see_delivering",
        "actor": "operator:0a1b2c3d4e5f",
        "cause": "operator",
        "reason": "the courier called",
        "evidence": "9f86d081884c7d659a2feaa0c55ad015",
        "at": AT,
    },
    "effect": None,
}
ASKED: dict[str, Any] = {**MOVED, **_HEAD, "effect": {**EFFECT, "asked_by": "operator:0a1b2c3d4e5f"}}
JUDGED: dict[str, Any] = {
    **_HEAD,
    "items": [
        {
            "event": "close_undelivered",
            "by": "asking",
            "takes": [],
            "target": BoxState.FINAL_DELIVERING,
            "allowed": False,
            "refused_by": [
                {
                    "rule": "departed_thirty_days_ago",
                    "unblock": REASONS["departed_thirty_days_ago"],
                }
            ],
        }
    ],
}
