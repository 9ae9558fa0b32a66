"""Couriers that Coupang takes, and the shape of their waybill numbers."""

from fastapi import APIRouter
from starlette.responses import Response

from app.orders import queries as box_queries
from app.orders.api import schemas
from app.web import presenters
from app.web.deps import ReadRequest
from app.web.openapi import GUARDED, shown

router = APIRouter(prefix="/v1/couriers", tags=["couriers"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_couriers",
    response_model=schemas.Couriers,
    responses={200: shown({"items": [schemas.COURIER]})},
)
async def list_couriers(request: ReadRequest) -> Response:
    """List couriers in the order of Coupang's list."""
    return presenters.answer({"items": box_queries.couriers()})
