"""Goods by hand: an operator accepts what the inspection found fault with."""

from fastapi import APIRouter
from starlette.responses import Response

from app.backoffice.api import schemas
from app.claims.api import reception_schemas
from app.claims.api.return_changes import reception
from app.claims.receptions import receptions
from app.exchanges.receptions import EXCHANGE_GOODS
from app.web import presenters
from app.web.deps import AdminRequest
from app.web.field_types import PathId
from app.web.openapi import CHANGE, GUARDED, shown

router = APIRouter(prefix="/admin/v1", tags=["by hand"], responses=GUARDED)


@router.post(
    "/returns/{receipt_id}/accept",
    operation_id="accept_return",
    response_model=reception_schemas.Reception,
    responses={200: shown(reception_schemas.INSPECTED), **CHANGE},
)
async def accept_return(request: AdminRequest, receipt_id: PathId, body: schemas.Release) -> Response:
    """Accept returned goods despite a finding; the return may then be confirmed and approved."""
    row = await receptions.accept(
        request.context, request.key.operator, receptions.RETURN_GOODS, receipt_id, body.reason
    )
    return presenters.answer(reception(row))


@router.post(
    "/exchanges/{exchange_id}/accept",
    operation_id="accept_exchange",
    response_model=reception_schemas.Reception,
    responses={200: shown(reception_schemas.INSPECTED), **CHANGE},
)
async def accept_exchange(request: AdminRequest, exchange_id: PathId, body: schemas.Release) -> Response:
    """Accept goods to be exchanged despite a finding; their arrival may then be confirmed."""
    row = await receptions.accept(
        request.context, request.key.operator, EXCHANGE_GOODS, exchange_id, body.reason
    )
    return presenters.answer(reception(row))
