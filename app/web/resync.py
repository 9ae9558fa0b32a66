"""How a route has something read on demand, at the vendor's pace, and tells what that changed."""

from starlette.responses import Response

from app.engine.visits import resync as engine_resync
from app.web import presenters
from app.web.deps import AdminRequest, look_until, waiting_s
from app.web.openapi import ONE, Responses, shown
from app.web.resync_schemas import RESYNC, Resync

RESYNCED: Responses = {
    202: {
        **shown(
            {**RESYNC, "read": False, "content_changed": False, "changes": []},
            "Will be read; ask again, or with `Prefer: wait`.",
        ),
        "model": Resync,
    },
    200: {
        **shown(RESYNC, "Read while you waited."),
        "headers": {"Preference-Applied": {"schema": {"type": "string"}}},
    },
    **ONE,
}


async def resync(request: AdminRequest, subject: str, row_id: int, prefer: str | None) -> Response:
    """Have one of a subject that a family reads on demand (`Family.resyncs`) read by itself."""
    asked = await engine_resync.ask(request.context, request.key.operator, subject, row_id)
    wait_s, headers = waiting_s(prefer, request.app_state.wait_most_s), {}
    if wait_s is not None:
        headers["Preference-Applied"] = f"wait={wait_s}"
    told = await look_until(
        lambda: engine_resync.look(request.context, asked), lambda seen: seen["read"], float(wait_s or 0)
    )
    return presenters.answer(presenters.plain(told), 200 if told["read"] else 202, headers)
