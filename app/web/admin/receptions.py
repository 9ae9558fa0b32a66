"""Goods by hand: an operator accepts what the inspection found fault with."""

from fastapi import APIRouter
from starlette.responses import Response

from app.flows import receiving
from app.web import answers
from app.web.admin import shapes
from app.web.contract import CHANGE, GUARDED, shown
from app.web.deps import AdminDesk
from app.web.fields import PathId
from app.web.warehouse import reception_shapes
from app.web.warehouse.return_changes import reception

router = APIRouter(prefix="/admin/v1", tags=["by hand"], responses=GUARDED)


@router.post(
    "/returns/{receipt_id}/accept",
    operation_id="accept_return",
    response_model=reception_shapes.Reception,
    responses={200: shown(reception_shapes.INSPECTED), **CHANGE},
)
async def accept_return(desk: AdminDesk, receipt_id: PathId, body: shapes.Release) -> Response:
    """Accept returned goods despite a finding; the return may then be confirmed and approved."""
    row = await receiving.accept(desk.house, desk.key.operator, "return", receipt_id, body.reason)
    return answers.answer(reception(row))


@router.post(
    "/exchanges/{exchange_id}/accept",
    operation_id="accept_exchange",
    response_model=reception_shapes.Reception,
    responses={200: shown(reception_shapes.INSPECTED), **CHANGE},
)
async def accept_exchange(desk: AdminDesk, exchange_id: PathId, body: shapes.Release) -> Response:
    """Accept goods to be exchanged despite a finding; their arrival may then be confirmed."""
    row = await receiving.accept(desk.house, desk.key.operator, "exchange", exchange_id, body.reason)
    return answers.answer(reception(row))
