"""Couriers that Coupang takes, and the shape of their waybill numbers."""

from fastapi import APIRouter
from starlette.responses import Response

from app.flows import reports
from app.web import answers
from app.web.contract import GUARDED, shown
from app.web.deps import ReadDesk
from app.web.warehouse import shapes

router = APIRouter(prefix="/v1/couriers", tags=["couriers"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_couriers",
    response_model=shapes.Couriers,
    responses={200: shown({"items": [shapes.COURIER]})},
)
async def list_couriers(desk: ReadDesk) -> Response:
    """List couriers in the order of Coupang's list."""
    return answers.answer({"items": reports.couriers()})
