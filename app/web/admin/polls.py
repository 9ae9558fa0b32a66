"""What was polled, what coverage lacks, what could not be read, how often Coupang was called."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.flows import reports
from app.web import answers
from app.web.admin import shapes
from app.web.contract import GUARDED, ONE, shown
from app.web.cursors import id_of, page
from app.web.deps import AdminDesk, Cursor, Limit
from app.web.fields import Time, VendorId

Feed = Literal["stops", "cancels", "accept", "orders", "receipts", "withdrawals", "exchanges"]
router = APIRouter(prefix="/admin/v1", tags=["polling"], responses=GUARDED)


@router.get(
    "/polls",
    operation_id="list_polls",
    response_model=shapes.PollPage,
    responses={200: shown({"items": [shapes.POLL], "next_cursor": None}), **ONE},
)
async def list_polls(
    desk: AdminDesk,
    vendor_id: VendorId | None = None,
    feed: Annotated[Feed | None, Query(examples=["orders"])] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List readings of windows, newest first; a look that brought nothing new leaves no line.

    When a feed was last read is told by `GET /admin/v1/coverage` (`last_ok_at`).
    """
    rows, then = await reports.list_polls(
        desk.house,
        await desk.within(vendor_id),
        feed=feed,
        before=id_of(cursor),
        most=limit,
    )
    items = [answers.plain(row) for row in rows]
    return page(items, then)


@router.get(
    "/coverage",
    operation_id="list_coverage",
    response_model=shapes.Coverages,
    responses={200: shown({"items": [shapes.COVERAGE]}), **ONE},
)
async def list_coverage(desk: AdminDesk, vendor_id: VendorId | None = None) -> Response:
    """Tell per feed which creation times no complete sweep has read."""
    return answers.answer({"items": await reports.list_coverage(desk.house, await desk.within(vendor_id))})


@router.get(
    "/quarantine",
    operation_id="list_quarantine",
    response_model=shapes.Quarantine,
    responses={200: shown({"items": [shapes.QUARANTINED]}), **ONE},
)
async def list_quarantine(desk: AdminDesk, vendor_id: VendorId | None = None, limit: Limit = 50) -> Response:
    """List rows of Coupang that could not be read, without their text."""
    rows = await reports.list_quarantine(desk.house, await desk.within(vendor_id), limit)
    return answers.answer({"items": [answers.plain(row) for row in rows]})


@router.get(
    "/calls",
    operation_id="list_calls",
    response_model=shapes.Tally,
    responses={200: shown({"items": [shapes.CALLS]}), **ONE},
)
async def list_calls(
    desk: AdminDesk, vendor_id: VendorId | None = None, since: Time | None = None
) -> Response:
    """Tell how often Coupang was called, by purpose, route and answer."""
    return answers.answer(
        {"items": await reports.list_calls(desk.house, await desk.within(vendor_id), since)}
    )
