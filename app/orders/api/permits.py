"""Ship permits: may this parcel be handed over now?"""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import Response

from app.orders.permits import permits
from app.web import presenters
from app.web.deps import Prefer, ReadRequest, WriteRequest, look_until, waiting_s
from app.web.field_types import PathId
from app.web.openapi import GUARDED, ONE, shown
from app.web.schemas import AT, BOX_ID, Id, Told

router = APIRouter(prefix="/v1", tags=["permits"], responses=GUARDED)

PERMIT: dict[str, Any] = {
    "permit_id": "9",
    "vendor_id": "A00012345",
    "shipment_box_id": BOX_ID,
    "state": "VALID",
    "fence": 1,
    "address_version": 1,
    "asked_by": "key:0a1b2c3d4e5f",
    "asked_at": AT,
    "issued_at": AT,
    "expires_at": "2026-11-20T03:15:00Z",
    "refused_at": None,
    "refused_reason": None,
    "revoked_at": None,
    "revoked_reason": None,
    "used_by_effect": None,
}
_ASKED = {**PERMIT, "state": "ASKED", "address_version": None, "issued_at": None, "expires_at": None}


class Permit(Told):
    """A permit: hand the parcel over only while it is `VALID`, with the label of its `address_version`."""

    permit_id: Id
    vendor_id: str
    shipment_box_id: Id
    state: Literal["ASKED", "REFUSED", "VALID", "REVOKED", "EXPIRED", "REPLACED"]
    """`REPLACED`: a newer permit of the box was asked for."""
    fence: int
    """Rises with every permit of the box; a parcel that met a greater one must not follow a smaller one."""
    address_version: int | None
    asked_by: str
    asked_at: datetime
    issued_at: datetime | None
    expires_at: datetime | None
    refused_at: datetime | None
    refused_reason: str | None
    """The rules that refuse, as in `GET …/actions`."""
    revoked_at: datetime | None
    revoked_reason: str | None
    used_by_effect: Id | None
    """The waybill that was last asked for with it."""


@router.post(
    "/boxes/{shipment_box_id}/permit",
    operation_id="ask_ship_permit",
    response_model=Permit,
    responses={
        202: {
            **shown(_ASKED, "Asked; the claims of the box are read now. Follow `Location`."),
            "model": Permit,
            "headers": {"Location": {"schema": {"type": "string"}, "required": True}},
        },
        200: {
            **shown(PERMIT, "Answered while you waited: `VALID` or `REFUSED`."),
            "headers": {"Preference-Applied": {"schema": {"type": "string"}}},
        },
        **ONE,
    },
)
async def ask(request: WriteRequest, shipment_box_id: PathId, prefer: Prefer = None) -> Response:
    """Have the claims of a box read live, and get a short-lived word that it may be handed over."""
    row = await permits.ask(request.context, request.key.warehouse, shipment_box_id)
    headers = {"Location": f"/v1/permits/{row['permit_id']}"}
    wait_s = waiting_s(prefer, request.app_state.wait_most_s)
    if wait_s is None:
        return presenters.answer(_plain(row), 202, headers)
    seen = await look_until(
        lambda: permits.get(request.context, request.key.vendor_ids, row["permit_id"]),
        lambda permit: permit["state"] != "ASKED",
        wait_s,
    )
    headers["Preference-Applied"] = f"wait={wait_s}"
    return presenters.answer(_plain(seen), 202 if seen["state"] == "ASKED" else 200, headers)


@router.get(
    "/permits/{permit_id}",
    operation_id="get_ship_permit",
    response_model=Permit,
    responses={200: shown(PERMIT), **ONE},
)
async def get(request: ReadRequest, permit_id: PathId) -> Response:
    """Return a permit: what it is worth now, and why it is worth nothing if so."""
    return presenters.answer(_plain(await permits.get(request.context, request.key.vendor_ids, permit_id)))


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    shown_ids = {name: str(row[name]) for name in ("permit_id", "used_by_effect") if row[name] is not None}
    hidden = ("next_try_at", "newest_fence")
    return {name: value for name, value in presenters.plain(row).items() if name not in hidden} | shown_ids
