"""Orders: all boxes of one."""

from fastapi import APIRouter
from starlette.responses import Response

from app.flows import reports
from app.web import answers
from app.web.contract import GUARDED, ONE, shown
from app.web.deps import ReadDesk
from app.web.fields import PathId
from app.web.shapes import BOX, ORDER_ID
from app.web.warehouse import shapes

router = APIRouter(prefix="/v1/orders", tags=["orders"], responses=GUARDED)


@router.get(
    "/{order_id}",
    operation_id="get_order",
    response_model=shapes.Order,
    responses={200: shown({"order_id": ORDER_ID, "boxes": [BOX]}), **ONE},
)
async def get_order(desk: ReadDesk, order_id: PathId) -> Response:
    """Return all boxes of an order with their lines."""
    boxes = await reports.get_order(desk.house, desk.key.vendor_ids, order_id)
    return answers.answer({"order_id": str(order_id), "boxes": [answers.box(box) for box in boxes]})
