"""Couriers that Coupang takes, and the shape of their waybill numbers."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.coupang.couriers import COURIERS, DIRECT
from app.web import presenters
from app.web.courier_schemas import COURIER, Couriers
from app.web.deps import ReadRequest
from app.web.openapi import GUARDED, shown

router = APIRouter(prefix="/v1/couriers", tags=["couriers"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_couriers",
    response_model=Couriers,
    responses={200: shown({"items": [COURIER]})},
)
async def list_couriers(request: ReadRequest) -> Response:
    """List couriers in the order of Coupang's list."""
    return presenters.answer({"items": couriers()})


def couriers() -> list[dict[str, Any]]:
    """Return every courier that Coupang takes, in the order of its list."""
    return [
        {
            "code": courier.code,
            "name_ko": courier.name_ko,
            "name_en": courier.name_en,
            "pattern": courier.pattern.pattern if courier.pattern else None,
            "direct": courier.code == DIRECT,
        }
        for courier in COURIERS.values()
    ]
