"""Receipts and exchanges read on demand: at the vendor's pace, and told what it changed."""

from fastapi import APIRouter
from starlette.responses import Response

from app.flows import rereading
from app.web import answers
from app.web.admin import decision_shapes as shapes
from app.web.contract import GUARDED, ONE, Responses, shown
from app.web.deps import AdminDesk, Prefer, look_until, waiting_s
from app.web.fields import PathId

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
async def resync_receipt(desk: AdminDesk, receipt_id: PathId, prefer: Prefer = None) -> Response:
    """Have a cancel, stop request or return read by itself, and tell what that changed."""
    return await _resync(desk, "receipt", receipt_id, prefer)


@router.post(
    "/exchanges/{exchange_id}/resync",
    operation_id="resync_exchange",
    response_model=shapes.Resync,
    responses=_ANSWERS,
)
async def resync_exchange(desk: AdminDesk, exchange_id: PathId, prefer: Prefer = None) -> Response:
    """Have an exchange listed by itself, and tell what that changed."""
    return await _resync(desk, "exchange", exchange_id, prefer)


async def _resync(desk: AdminDesk, subject: str, row_id: int, prefer: str | None) -> Response:
    asked = await rereading.ask(desk.house, desk.key.operator, subject, row_id)
    wait_s, headers = waiting_s(prefer, desk.edge.wait_most_s), {}
    if wait_s is not None:
        headers["Preference-Applied"] = f"wait={wait_s}"
    told = await look_until(
        lambda: rereading.look(desk.house, asked), lambda seen: seen["read"], float(wait_s or 0)
    )
    return answers.answer(answers.plain(told), 200 if told["read"] else 202, headers)
