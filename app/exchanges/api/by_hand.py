"""Exchanges by hand: accept goods despite a finding, have one read again."""

from fastapi import APIRouter
from starlette.responses import Response

from app.claims.api import reception_schemas
from app.claims.api.by_hand_schemas import Release
from app.claims.api.return_changes import reception
from app.claims.receptions import receptions
from app.exchanges.receptions import EXCHANGE_GOODS
from app.web import presenters
from app.web.deps import AdminRequest, Prefer
from app.web.field_types import PathId
from app.web.openapi import CHANGE, GUARDED, shown
from app.web.resync import RESYNCED, resync
from app.web.resync_schemas import Resync

router = APIRouter(prefix="/admin/v1/exchanges/{exchange_id}", tags=["by hand"], responses=GUARDED)


@router.post(
    "/accept",
    operation_id="accept_exchange",
    response_model=reception_schemas.Reception,
    responses={200: shown(reception_schemas.INSPECTED), **CHANGE},
)
async def accept_exchange(request: AdminRequest, exchange_id: PathId, body: Release) -> Response:
    """Accept goods to be exchanged despite a finding; their arrival may then be confirmed."""
    row = await receptions.accept(
        request.context, request.key.operator, EXCHANGE_GOODS, exchange_id, body.reason
    )
    return presenters.answer(reception(row))


@router.post("/resync", operation_id="resync_exchange", response_model=Resync, responses=RESYNCED)
async def resync_exchange(request: AdminRequest, exchange_id: PathId, prefer: Prefer = None) -> Response:
    """Have an exchange listed by itself, and tell what that changed."""
    return await resync(request, "exchange", exchange_id, prefer)
