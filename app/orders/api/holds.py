"""Holds: a person keeps a box back, for a reason and until a time."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from starlette.responses import Response

from app.orders.holds import holds
from app.web import presenters
from app.web.deps import ReadRequest, WriteRequest
from app.web.field_types import Line, PathId, Time
from app.web.openapi import BODY, GUARDED, ONE, shown
from app.web.schemas import AT, BOX_ID, Asked, Id, Told

router = APIRouter(prefix="/v1/boxes/{shipment_box_id}/holds", tags=["holds"], responses=GUARDED)

_ASKED: dict[str, Any] = {"reason": "one shirt is stained; a new one comes tomorrow", "expires_at": AT}
HOLD: dict[str, Any] = {
    "hold_id": "7",
    "vendor_id": "A00012345",
    "shipment_box_id": BOX_ID,
    "reason": _ASKED["reason"],
    "placed_by": "key:0a1b2c3d4e5f",
    "placed_at": AT,
    "expires_at": "2026-11-21T03:00:00Z",
    "released_at": None,
    "released_by": None,
    "active": True,
}


class HoldAsked(Asked):
    """Why, and until when."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASKED]})

    reason: Annotated[Line, Field(min_length=1, max_length=500)]
    """In words for whoever asks why the box does not leave; no personal data."""
    expires_at: Time
    """It ends by itself then; at most 30 days ahead."""


class Hold(Told):
    """A hold: while `active`, no waybill of the box is sent."""

    hold_id: Id
    vendor_id: str
    shipment_box_id: Id
    reason: str
    placed_by: str
    placed_at: datetime
    expires_at: datetime
    released_at: datetime | None
    released_by: str | None
    active: bool
    """Neither released nor over."""


class Holds(Told):
    """Every hold of a box."""

    items: list[Hold]
    """Newest first."""


@router.get(
    "",
    operation_id="list_box_holds",
    response_model=Holds,
    responses={200: shown({"items": [HOLD]}), **ONE},
)
async def list_holds(request: ReadRequest, shipment_box_id: PathId) -> Response:
    """Return every hold of a box, also those that are over."""
    rows = await holds.of_box(request.context, request.key.vendor_ids, shipment_box_id)
    return presenters.answer({"items": [_plain(row) for row in rows]})


@router.post(
    "",
    operation_id="hold_box",
    status_code=201,
    response_model=Hold,
    responses={201: shown(HOLD, "Held."), **ONE, **BODY},
)
async def place(request: WriteRequest, shipment_box_id: PathId, body: HoldAsked) -> Response:
    """Keep a box back: no waybill of it is sent, not even one that is asked for already."""
    row = await holds.place(
        request.context, request.key.warehouse, shipment_box_id, body.reason, body.expires_at
    )
    return presenters.answer(_plain(row), 201)


@router.delete(
    "/{hold_id}",
    operation_id="release_box",
    response_model=Hold,
    responses={
        200: shown({**HOLD, "released_at": AT, "released_by": "key:0a1b2c3d4e5f", "active": False}),
        **ONE,
    },
)
async def release(request: WriteRequest, shipment_box_id: PathId, hold_id: PathId) -> Response:
    """Let a box go; other holds of it stay. A hold that is over stays as it is."""
    row = await holds.release(request.context, request.key.warehouse, shipment_box_id, hold_id)
    return presenters.answer(_plain(row))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**presenters.plain(row), "hold_id": str(row["hold_id"])}
