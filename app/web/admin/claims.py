"""Claims by hand: let an order go that an unreadable claim holds."""

from fastapi import APIRouter
from starlette.responses import Response

from app.flows import claim_reviews
from app.web import answers
from app.web.admin import shapes
from app.web.contract import BODY, GUARDED, ONE, shown
from app.web.deps import AdminDesk
from app.web.fields import PathId

router = APIRouter(prefix="/admin/v1/orders/{order_id}", tags=["by hand"], responses=GUARDED)


@router.post(
    "/release",
    operation_id="release_order",
    response_model=shapes.Released,
    responses={200: shown(shapes.RELEASED), **ONE, **BODY},
)
async def release(desk: AdminDesk, order_id: PathId, body: shapes.Release) -> Response:
    """Let an order go whose claim could not be read: you have looked, and it is no stop request."""
    held = await claim_reviews.release(desk.house, desk.key.operator, order_id, body.reason)
    return answers.answer({"order_id": str(order_id), "claims": held})
