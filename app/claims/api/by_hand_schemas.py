"""The documented shapes of what operators decide of claims by hand."""

from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from app.web.field_types import Reason
from app.web.schemas import AT, Asked, Id, Told


class ReleasedClaim(Told):
    """A claim that could not be read; its row stays in quarantine under this digest."""

    digest: str
    claim_id: Id | None
    why_unread: str
    seen_at: datetime


class Released(Told):
    """What held the order until now."""

    order_id: Id
    claims: list[ReleasedClaim]


RELEASED: dict[str, Any] = {
    "order_id": "24000085000001",
    "claims": [
        {
            "digest": "9f86d081884c7d659a2feaa0c55ad015",
            "claim_id": "365000000012345",
            "why_unread": "unknown receiptStatus 'NEW_WORD'",
            "seen_at": AT,
        }
    ],
}


class Release(Asked):
    """Why an order may go although a claim of it could not be read."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "WING shows a return of last month, no stop request"}]}
    )

    reason: Reason
