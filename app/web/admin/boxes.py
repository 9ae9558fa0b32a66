"""Boxes by hand: have one read again."""

from fastapi import APIRouter
from starlette.responses import Response

from app.flows import reports, reviews
from app.web import answers
from app.web.contract import GUARDED, ONE, shown
from app.web.deps import AdminDesk, Prefer, look_until, waiting_s
from app.web.fields import PathId
from app.web.shapes import BOX
from app.web.shapes import Box as BoxShape

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
async def resync(desk: AdminDesk, shipment_box_id: PathId, prefer: Prefer = None) -> Response:
    """Have a box read again by itself, with its history at Coupang."""
    box = await reviews.resync(desk.house, desk.key.operator, shipment_box_id)
    headers = {"Location": f"/v1/boxes/{shipment_box_id}"}
    wait_s = waiting_s(prefer, desk.edge.wait_most_s)
    if wait_s is not None:
        box = await look_until(
            lambda: reports.get_box(desk.house, desk.key.vendor_ids, shipment_box_id),
            lambda row: not row["doubtful"],
            wait_s,
        )
        headers["Preference-Applied"] = f"wait={wait_s}"
    return answers.answer(answers.box(box), 202 if box["doubtful"] else 200, headers)
