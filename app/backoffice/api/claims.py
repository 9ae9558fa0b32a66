"""Claims by hand: let an order go that an unreadable claim holds."""

from fastapi import APIRouter
from starlette.responses import Response

from app.backoffice import claim_reviews
from app.backoffice.api import schemas
from app.web import presenters
from app.web.deps import AdminRequest
from app.web.field_types import PathId
from app.web.openapi import BODY, GUARDED, ONE, shown

router = APIRouter(prefix="/admin/v1/orders/{order_id}", tags=["by hand"], responses=GUARDED)


@router.post(
    "/release",
    operation_id="release_order",
    response_model=schemas.Released,
    responses={200: shown(schemas.RELEASED), **ONE, **BODY},
)
async def release(request: AdminRequest, order_id: PathId, body: schemas.Release) -> Response:
    """Let an order go whose claim could not be read: you have looked, and it is no stop request."""
    held = await claim_reviews.release(request.context, request.key.operator, order_id, body.reason)
    return presenters.answer({"order_id": str(order_id), "claims": held})
