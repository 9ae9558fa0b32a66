"""What waits for a person, over all vendors or one."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.backoffice import inbox
from app.backoffice.api import inbox_schemas as shapes
from app.web import presenters
from app.web.deps import AdminRequest, Cursor, Limit
from app.web.field_types import VendorId
from app.web.openapi import GUARDED, ONE, shown
from app.web.pagination import page, place_of

router = APIRouter(prefix="/admin/v1/decisions", tags=["by hand"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_decisions",
    response_model=shapes.DecisionPage,
    responses={200: shown({"items": [shapes.DECISION], "next_cursor": None}), **ONE},
)
async def list_decisions(
    request: AdminRequest,
    vendor_id: VendorId | None = None,
    kind: Annotated[list[shapes.DecisionKind] | None, Query(max_length=20, description="Repeatable.")] = None,
    overdue: Annotated[bool | None, Query(description="Only what is (not) past its deadline.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List everything that waits for a person, the nearest deadline first, with what can be done."""
    after = place_of(cursor)
    rows, then = await inbox.list_decisions(
        request.context,
        await request.within(vendor_id),
        kinds=kind or (),
        overdue=overdue,
        after=after,
        most=limit,
    )
    items = [presenters.plain(row) for row in rows]
    return page(items, then)
