"""What waits for a person, over all vendors or one."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.flows import decisions
from app.web import answers
from app.web.admin import decision_shapes as shapes
from app.web.contract import GUARDED, ONE, shown
from app.web.cursors import page, place_of
from app.web.deps import AdminDesk, Cursor, Limit
from app.web.fields import VendorId

router = APIRouter(prefix="/admin/v1/decisions", tags=["by hand"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_decisions",
    response_model=shapes.DecisionPage,
    responses={200: shown({"items": [shapes.DECISION], "next_cursor": None}), **ONE},
)
async def list_decisions(
    desk: AdminDesk,
    vendor_id: VendorId | None = None,
    kind: Annotated[list[shapes.DecisionKind] | None, Query(max_length=20, description="Repeatable.")] = None,
    overdue: Annotated[bool | None, Query(description="Only what is (not) past its deadline.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List everything that waits for a person, the nearest deadline first, with what can be done."""
    after = place_of(cursor)
    rows, then = await decisions.list_decisions(
        desk.house,
        await desk.within(vendor_id),
        kinds=[one.value for one in kind or ()],
        overdue=overdue,
        after=after,
        most=limit,
    )
    items = [answers.plain(row) for row in rows]
    return page(items, then)
