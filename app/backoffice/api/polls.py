"""What was polled, what coverage lacks, what could not be read, how often Coupang was called."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.backoffice import operations
from app.backoffice.api import schemas
from app.web import presenters
from app.web.deps import AdminRequest, Cursor, Limit
from app.web.field_types import Time, VendorId
from app.web.openapi import GUARDED, ONE, shown
from app.web.pagination import id_of, page

router = APIRouter(prefix="/admin/v1", tags=["polling"], responses=GUARDED)


@router.get(
    "/polls",
    operation_id="list_polls",
    response_model=schemas.PollPage,
    responses={200: shown({"items": [schemas.POLL], "next_cursor": None}), **ONE},
)
async def list_polls(
    request: AdminRequest,
    vendor_id: VendorId | None = None,
    feed: Annotated[str | None, Query(examples=["orders"], max_length=40)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List readings of windows, newest first; a look that brought nothing new leaves no line.

    When a feed was last read is told by `GET /admin/v1/coverage` (`last_ok_at`).
    """
    rows, then = await operations.list_polls(
        request.context,
        await request.within(vendor_id),
        feed=feed,
        before=id_of(cursor),
        most=limit,
    )
    items = [presenters.plain(row) for row in rows]
    return page(items, then)


@router.get(
    "/coverage",
    operation_id="list_coverage",
    response_model=schemas.Coverages,
    responses={200: shown({"items": [schemas.COVERAGE]}), **ONE},
)
async def list_coverage(request: AdminRequest, vendor_id: VendorId | None = None) -> Response:
    """Tell per feed which creation times no complete sweep has read."""
    return presenters.answer(
        {"items": await operations.list_coverage(request.context, await request.within(vendor_id))}
    )


@router.get(
    "/quarantine",
    operation_id="list_quarantine",
    response_model=schemas.Quarantine,
    responses={200: shown({"items": [schemas.QUARANTINED]}), **ONE},
)
async def list_quarantine(
    request: AdminRequest, vendor_id: VendorId | None = None, limit: Limit = 50
) -> Response:
    """List rows of Coupang that could not be read, without their text."""
    rows = await operations.list_quarantine(request.context, await request.within(vendor_id), limit)
    return presenters.answer({"items": [presenters.plain(row) for row in rows]})


@router.get(
    "/calls",
    operation_id="list_calls",
    response_model=schemas.Tally,
    responses={200: shown({"items": [schemas.CALLS]}), **ONE},
)
async def list_calls(
    request: AdminRequest, vendor_id: VendorId | None = None, since: Time | None = None
) -> Response:
    """Tell how often Coupang was called, by purpose, route and answer."""
    return presenters.answer(
        {"items": await operations.list_calls(request.context, await request.within(vendor_id), since)}
    )
