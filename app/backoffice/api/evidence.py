"""What Coupang had said: the stored answers that every `evidence` names."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.responses import Response

from app.coupang.orders.decode import WireStatus
from app.engine.evidence import queries as evidence_queries
from app.web import presenters
from app.web.deps import AdminRequest
from app.web.field_types import VendorId
from app.web.openapi import GUARDED, ONE, shown
from app.web.schemas import AT, Told

router = APIRouter(prefix="/admin/v1/evidence", tags=["polling"], responses=GUARDED)


class Evidence(Told):
    """One stored answer."""

    vendor_id: str
    digest: str
    kind: str = Field(examples=["readback"])
    """What it was read for; `operator`: an operator's statement; `quarantine`: a row that cannot be read."""
    seen_at: datetime
    """When these words were first heard."""
    size_bytes: int | None
    intact: bool | None
    """Whether it is still what the digest was made of; null once it is erased, or was no answer."""
    erased_at: datetime | None
    """When the person was erased in the store itself."""
    answer: Any
    """The words, every text empty that may tell of a person; null when they are no JSON, or gone."""


class Witnesses(Told):
    """What is stored under a digest; the same words may have been said to several vendors."""

    items: list[Evidence]


_EVIDENCE: dict[str, Any] = {
    "vendor_id": "A00012345",
    "digest": "9f86d081884c7d659a2feaa0c55ad015",
    "kind": "readback",
    "seen_at": AT,
    "size_bytes": 1874,
    "intact": True,
    "erased_at": None,
    "answer": {
        "shipmentBoxId": "642538970006401429",
        "status": WireStatus.DEPARTURE,
        "invoiceNumber": "123456789012",
        "receiver": {"name": ""},
    },
}


@router.get(
    "/{digest}",
    operation_id="get_evidence",
    response_model=Witnesses,
    responses={200: shown({"items": [_EVIDENCE]}), **ONE},
)
async def get_evidence(
    request: AdminRequest,
    digest: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")],
    vendor_id: VendorId | None = None,
) -> Response:
    """Tell what Coupang had said: an answer that a history, an effect or `?at=` names as its `evidence`."""
    told = await evidence_queries.get_evidence(
        request.context, await request.within(vendor_id), bytes.fromhex(digest)
    )
    return presenters.answer({"items": [presenters.plain(one) for one in told]})
