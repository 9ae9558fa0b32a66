"""Returns as Coupang tells them; read only."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.claims import queries as claim_queries
from app.claims.api import schemas
from app.claims.api.lists import listed
from app.engine.history import point_in_time
from app.machines.returns import ReturnState
from app.web import point_in_time_schemas, presenters
from app.web.deps import Cursor, Limit, ReadRequest
from app.web.field_types import PastTime, PathId, VendorId
from app.web.openapi import GUARDED, ONE, shown

router = APIRouter(prefix="/v1/returns", tags=["returns"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_returns",
    response_model=schemas.ReturnPage,
    responses={200: shown({"items": [schemas.RETURN_SUMMARY], "next_cursor": None})},
)
async def list_returns(
    request: ReadRequest,
    vendor_id: VendorId | None = None,
    state: Annotated[list[ReturnState] | None, Query(max_length=5, description="Repeatable.")] = None,
    order_id: PathId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List returns, oldest first; a stop request that came too late is listed here, too."""
    return await listed(request, claim_queries.list_returns, vendor_id, state, order_id, cursor, limit)


@router.get(
    "/{receipt_id}",
    operation_id="get_return",
    response_model=schemas.Return | point_in_time_schemas.Moment,
    responses={200: shown(schemas.RETURN), **ONE},
)
async def get_return(request: ReadRequest, receipt_id: PathId, at: PastTime = None) -> Response:
    """Return one return with its lines, boxes and history; with `at`, as it was then."""
    if at is not None:
        then = await point_in_time.moment(request.context, request.key.vendor_ids, "return", receipt_id, at)
        return presenters.answer(presenters.moment(then))
    row = await claim_queries.get_return(request.context, request.key.vendor_ids, receipt_id)
    return presenters.answer(presenters.claim(row))
