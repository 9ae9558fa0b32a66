"""The audit log: what operators did to vendors, API keys and the fleet's circuit."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.engine.access import audit_log
from app.web import presenters
from app.web.deps import AdminRequest, Cursor, Limit
from app.web.field_types import VendorId
from app.web.openapi import GUARDED, ONE, shown
from app.web.pagination import id_of, page
from app.web.schemas import AT, Id, Told

router = APIRouter(prefix="/admin/v1/audit", tags=["keys"], responses=GUARDED)


class AuditEntry(Told):
    """Something a person did."""

    entry_id: Id
    at: datetime
    actor: str
    """`operator:<key id>`, or `us`: the installation itself."""
    action: str
    subject: str
    """`vendor:<id>`, `key:<id>` or `circuit:everything`."""
    vendor_ids: list[str] | None
    """Vendors it is about; null: every vendor."""
    detail: dict[str, Any]
    """What was set; never a secret."""


class AuditPage(Told):
    """A page of the audit log, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None


_ENTRY: dict[str, Any] = {
    "entry_id": "7",
    "at": AT,
    "actor": "operator:0a1b2c3d4e5f",
    "action": "vendor.pause",
    "subject": "vendor:A00012345",
    "vendor_ids": ["A00012345"],
    "detail": {"state": "PAUSED"},
}


@router.get(
    "",
    operation_id="list_audit",
    response_model=AuditPage,
    responses={200: shown({"items": [_ENTRY], "next_cursor": None}), **ONE},
)
async def list_audit(
    request: AdminRequest,
    vendor_id: VendorId | None = None,
    subject: Annotated[
        str | None, Query(pattern=r"^(vendor|key|circuit):[A-Za-z0-9]{1,40}$", examples=["vendor:A00012345"])
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List who changed vendors, made or ended keys, or ended a silence; newest first."""
    rows, then = await audit_log.list_entries(
        request.context,
        await request.within(vendor_id),
        subject=subject,
        before=id_of(cursor),
        most=limit,
    )
    items = [{**presenters.plain(row), "entry_id": str(row["entry_id"])} for row in rows]
    return page(items, then)
