"""Who is silent towards Coupang, and why."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import Response

from app.engine.visits import circuit_breaker
from app.web import presenters
from app.web.deps import AdminRequest
from app.web.openapi import GUARDED, shown
from app.web.schemas import Told

router = APIRouter(prefix="/admin/v1/circuits", tags=["polling"], responses=GUARDED)


class Everything(Told):
    """Nobody speaks to Coupang, except one vendor at a time after `until`, to try."""

    opened_at: datetime
    opened_by: str | None
    """The vendor that met it last; null when it is not this key's."""
    reason: str
    until: datetime
    trips: int
    """Consecutive trips; the pause doubles with each."""
    probing: str | None
    """The vendor that is trying."""
    probing_until: datetime | None
    closed_at: datetime | None


class Stopped(Told):
    """A vendor that keeps silent, or may try again and has not been answered yet."""

    vendor_id: str
    stopped_kind: Literal["throttled", "blocked", "denied", "errors"] | None
    """`denied` ends when the key is replaced."""
    stopped_reason: str | None
    stopped_until: datetime
    stops: int
    probing: bool
    """The pause is over; the next visit begins with one call that decides."""


class Circuits(Told):
    """Every open circuit."""

    everything: Everything | None
    vendors: list[Stopped]


_EXAMPLE: dict[str, Any] = {
    "everything": None,
    "vendors": [
        {
            "vendor_id": "A00012345",
            "stopped_kind": "throttled",
            "stopped_reason": "Throttled HTTP 429 GET /v2/providers/openapi/apis/api/v5/vendors/ordersheets",
            "stopped_until": "2026-11-20T03:10:00Z",
            "stops": 1,
            "probing": False,
        }
    ],
}
_SHOWN: dict[int | str, dict[str, Any]] = {200: shown(_EXAMPLE)}


@router.get("", operation_id="list_circuits", response_model=Circuits, responses=_SHOWN)
async def list_circuits(request: AdminRequest) -> Response:
    """Tell who keeps silent towards Coupang, why, until when, and who tries whether it answers again."""
    return presenters.answer(await circuit_breaker.report(request.context, request.key.operator))


@router.post("/everything/close", operation_id="close_circuit", response_model=Circuits, responses=_SHOWN)
async def close_circuit(request: AdminRequest) -> Response:
    """Let everybody speak again at once; for a vendor of its own there is `resume`."""
    return presenters.answer(await circuit_breaker.close(request.context, request.key.operator))
