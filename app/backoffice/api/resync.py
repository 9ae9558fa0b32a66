"""Receipts and exchanges read on demand: at the vendor's pace, and told what it changed."""

from fastapi import APIRouter
from starlette.responses import Response

from app.backoffice import resync
from app.backoffice.api import inbox_schemas as shapes
from app.web import presenters
from app.web.deps import AdminRequest, Prefer, look_until, waiting_s
from app.web.field_types import PathId
from app.web.openapi import GUARDED, ONE, Responses, shown

router = APIRouter(prefix="/admin/v1", tags=["by hand"], responses=GUARDED)
_ANSWERS: Responses = {
    202: {
        **shown(
            {**shapes.RESYNC, "read": False, "content_changed": False, "changes": []},
            "Will be read; ask again, or with `Prefer: wait`.",
        ),
        "model": shapes.Resync,
    },
    200: {
        **shown(shapes.RESYNC, "Read while you waited."),
        "headers": {"Preference-Applied": {"schema": {"type": "string"}}},
    },
    **ONE,
}


@router.post(
    "/receipts/{receipt_id}/resync",
    operation_id="resync_receipt",
    response_model=shapes.Resync,
    responses=_ANSWERS,
)
async def resync_receipt(request: AdminRequest, receipt_id: PathId, prefer: Prefer = None) -> Response:
    """Have a cancel, stop request or return read by itself, and tell what that changed."""
    return await _resync(request, "receipt", receipt_id, prefer)


@router.post(
    "/exchanges/{exchange_id}/resync",
    operation_id="resync_exchange",
    response_model=shapes.Resync,
    responses=_ANSWERS,
)
async def resync_exchange(request: AdminRequest, exchange_id: PathId, prefer: Prefer = None) -> Response:
    """Have an exchange listed by itself, and tell what that changed."""
    return await _resync(request, "exchange", exchange_id, prefer)


async def _resync(request: AdminRequest, subject: str, row_id: int, prefer: str | None) -> Response:
    asked = await resync.ask(request.context, request.key.operator, subject, row_id)
    wait_s, headers = waiting_s(prefer, request.app_state.wait_most_s), {}
    if wait_s is not None:
        headers["Preference-Applied"] = f"wait={wait_s}"
    told = await look_until(
        lambda: resync.look(request.context, asked), lambda seen: seen["read"], float(wait_s or 0)
    )
    return presenters.answer(presenters.plain(told), 200 if told["read"] else 202, headers)
