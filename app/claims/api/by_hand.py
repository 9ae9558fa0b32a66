"""Claims by hand: let an order go that an unreadable one holds, accept goods, have a receipt read again."""

from fastapi import APIRouter
from starlette.responses import Response

from app.claims import reviews as claim_reviews
from app.claims.api import reception_schemas
from app.claims.api.by_hand_schemas import RELEASED, Release, Released
from app.claims.api.return_changes import reception
from app.claims.receptions import receptions
from app.web import presenters
from app.web.deps import AdminRequest, Prefer
from app.web.field_types import PathId
from app.web.openapi import BODY, CHANGE, GUARDED, ONE, shown
from app.web.resync import RESYNCED, resync
from app.web.resync_schemas import Resync

router = APIRouter(prefix="/admin/v1", tags=["by hand"], responses=GUARDED)


@router.post(
    "/orders/{order_id}/release",
    operation_id="release_order",
    response_model=Released,
    responses={200: shown(RELEASED), **ONE, **BODY},
)
async def release(request: AdminRequest, order_id: PathId, body: Release) -> Response:
    """Let an order go whose claim could not be read: you have looked, and it is no stop request."""
    held = await claim_reviews.release(request.context, request.key.operator, order_id, body.reason)
    return presenters.answer({"order_id": str(order_id), "claims": held})


@router.post(
    "/returns/{receipt_id}/accept",
    operation_id="accept_return",
    response_model=reception_schemas.Reception,
    responses={200: shown(reception_schemas.INSPECTED), **CHANGE},
)
async def accept_return(request: AdminRequest, receipt_id: PathId, body: Release) -> Response:
    """Accept returned goods despite a finding; the return may then be confirmed and approved."""
    row = await receptions.accept(
        request.context, request.key.operator, receptions.RETURN_GOODS, receipt_id, body.reason
    )
    return presenters.answer(reception(row))


@router.post(
    "/receipts/{receipt_id}/resync",
    operation_id="resync_receipt",
    response_model=Resync,
    responses=RESYNCED,
)
async def resync_receipt(request: AdminRequest, receipt_id: PathId, prefer: Prefer = None) -> Response:
    """Have a cancel, stop request or return read by itself, and tell what that changed."""
    return await resync(request, "receipt", receipt_id, prefer)
