"""Orders: all boxes of one."""

from fastapi import APIRouter
from starlette.responses import Response

from app.orders import queries as box_queries
from app.orders.api import schemas
from app.web import presenters
from app.web.deps import ReadRequest
from app.web.field_types import PathId
from app.web.openapi import GUARDED, ONE, shown
from app.web.schemas import BOX, ORDER_ID

router = APIRouter(prefix="/v1/orders", tags=["orders"], responses=GUARDED)


@router.get(
    "/{order_id}",
    operation_id="get_order",
    response_model=schemas.Order,
    responses={200: shown({"order_id": ORDER_ID, "boxes": [BOX]}), **ONE},
)
async def get_order(request: ReadRequest, order_id: PathId) -> Response:
    """Return all boxes of an order with their lines."""
    boxes = await box_queries.get_order(request.context, request.key.vendor_ids, order_id)
    return presenters.answer({"order_id": str(order_id), "boxes": [presenters.box(box) for box in boxes]})
