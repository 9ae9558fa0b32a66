"""The nightly counts of everything Coupang shows against what we hold."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import Response

from app.integrity import census
from app.web import presenters
from app.web.deps import AdminRequest, Cursor, Limit
from app.web.field_types import VendorId
from app.web.openapi import GUARDED, ONE, shown
from app.web.pagination import id_of, page
from app.web.schemas import Told

router = APIRouter(prefix="/admin/v1/census", tags=["polling"], responses=GUARDED)


class Finding(Told):
    """Something that differed."""

    kind: Literal["missing", "behind", "vanished"]
    """`missing`: we did not know it; `behind`: it had moved on; `vanished`: no list shows it any more."""
    aggregate: Literal["box", "cancel", "return", "exchange"]
    aggregate_id: str
    begun_at: datetime | None
    """When it began at Coupang: paid, or asked for."""
    explanation: str
    """Which reading should have shown it, or why none could."""


class Census(Told):
    """One count of a vendor's last thirty days."""

    vendor_id: str
    census_id: str
    started_at: datetime
    window_start: datetime
    window_end: datetime
    finished_at: datetime | None
    """Null while it is under way."""
    boxes: int
    missing: int
    """Must be zero."""
    behind: int
    """Had moved since they were last looked at; the count looked earlier than their turn came."""
    vanished: int
    """Held by us and in no list; they are read by themselves next."""
    findings: list[Finding]
    """At most a hundred."""


class CensusPage(Told):
    """Counts, newest first."""

    items: list[Census]
    next_cursor: str | None


_EXAMPLE: dict[str, Any] = {
    "vendor_id": "A00012345",
    "census_id": "12",
    "started_at": "2026-11-19T18:20:00Z",
    "window_start": "2026-10-20T17:40:00Z",
    "window_end": "2026-11-19T17:40:00Z",
    "finished_at": "2026-11-19T18:20:41Z",
    "boxes": 1834,
    "missing": 0,
    "behind": 3,
    "vanished": 0,
    "findings": [],
}


@router.get(
    "",
    operation_id="list_census",
    response_model=CensusPage,
    responses={200: shown({"items": [_EXAMPLE], "next_cursor": None}), **ONE},
)
async def list_census(
    request: AdminRequest, vendor_id: VendorId | None = None, cursor: Cursor = None, limit: Limit = 20
) -> Response:
    """List the counts and what each found, newest first."""
    rows, then = await census.list_census(
        request.context,
        await request.within(vendor_id),
        before=id_of(cursor),
        most=limit,
    )
    items = [{**presenters.plain(row), "findings": row["findings"]} for row in rows]
    for item in items:
        item.pop("history_from")
    return page(items, then)
