"""Returns as Coupang tells them; read only."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.flows import claim_reports, moments
from app.machines.returns import ReturnState
from app.web import answers
from app.web.contract import GUARDED, ONE, shown
from app.web.deps import Cursor, Limit, ReadDesk
from app.web.fields import PastTime, PathId, VendorId
from app.web.warehouse import claim_shapes, moment_shapes
from app.web.warehouse.claim_lists import listed

router = APIRouter(prefix="/v1/returns", tags=["returns"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_returns",
    response_model=claim_shapes.ReturnPage,
    responses={200: shown({"items": [claim_shapes.RETURN_SUMMARY], "next_cursor": None})},
)
async def list_returns(
    desk: ReadDesk,
    vendor_id: VendorId | None = None,
    state: Annotated[list[ReturnState] | None, Query(max_length=5, description="Repeatable.")] = None,
    order_id: PathId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List returns, oldest first; a stop request that came too late is listed here, too."""
    return await listed(desk, claim_reports.list_returns, vendor_id, state, order_id, cursor, limit)


@router.get(
    "/{receipt_id}",
    operation_id="get_return",
    response_model=claim_shapes.Return | moment_shapes.Moment,
    responses={200: shown(claim_shapes.RETURN), **ONE},
)
async def get_return(desk: ReadDesk, receipt_id: PathId, at: PastTime = None) -> Response:
    """Return one return with its lines, boxes and history; with `at`, as it was then."""
    if at is not None:
        then = await moments.moment(desk.house, desk.key.vendor_ids, "return", receipt_id, at)
        return answers.answer(answers.moment(then))
    row = await claim_reports.get_return(desk.house, desk.key.vendor_ids, receipt_id)
    return answers.answer(answers.claim(row))
