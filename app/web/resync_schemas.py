"""The documented shape of what a reading on demand has changed."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from app.machines.cancels import CancelState
from app.machines.returns import ReturnState
from app.web.schemas import AT, Id, Step, Told


class Change(Step):
    """One step that the reading has shown."""

    aggregate: str


class Resync(Told):
    """What a reading on demand has changed."""

    subject: Annotated[str, Field(json_schema_extra={"x-names": "resyncs"})]
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


RESYNC: dict[str, Any] = {
    "subject": "receipt",
    "id": "365000000012345",
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
