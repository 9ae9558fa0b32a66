"""Boxes by hand: have one read again."""

from fastapi import APIRouter
from starlette.responses import Response

from app.orders import queries as box_queries
from app.orders.declared import resync as box_resync
from app.web import presenters
from app.web.deps import AdminRequest, Prefer, look_until, waiting_s
from app.web.field_types import PathId
from app.web.openapi import GUARDED, ONE, shown
from app.web.schemas import BOX
from app.web.schemas import Box as BoxShape

router = APIRouter(prefix="/admin/v1/boxes/{shipment_box_id}", tags=["by hand"], responses=GUARDED)
_LOCATION = {"Location": {"schema": {"type": "string"}, "required": True}}
_APPLIED = {"Preference-Applied": {"schema": {"type": "string"}}}


@router.post(
    "/resync",
    operation_id="resync_box",
    response_model=BoxShape,
    responses={
        202: {
            **shown({**BOX, "doubtful": True}, "Will be read; follow `Location`."),
            "model": BoxShape,
            "headers": _LOCATION,
        },
        200: {**shown(BOX, "Read while you waited."), "headers": _APPLIED},
        **ONE,
    },
)
async def resync(request: AdminRequest, shipment_box_id: PathId, prefer: Prefer = None) -> Response:
    """Have a box read again by itself, with its history at Coupang."""
    box = await box_resync.resync(request.context, request.key.operator, shipment_box_id)
    headers = {"Location": f"/v1/boxes/{shipment_box_id}"}
    wait_s = waiting_s(prefer, request.app_state.wait_most_s)
    if wait_s is not None:
        box = await look_until(
            lambda: box_queries.get_box(request.context, request.key.vendor_ids, shipment_box_id),
            lambda row: not row["doubtful"],
            wait_s,
        )
        headers["Preference-Applied"] = f"wait={wait_s}"
    return presenters.answer(presenters.box(box), 202 if box["doubtful"] else 200, headers)
