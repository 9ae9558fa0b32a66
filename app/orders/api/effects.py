"""Effects: what was asked of Coupang, and what became of it."""

from fastapi import APIRouter
from starlette.responses import Response

from app.machines.effects import EffectState
from app.orders import queries as box_queries
from app.orders.api import schemas
from app.web import presenters
from app.web.deps import Cursor, Limit, ReadRequest
from app.web.field_types import EffectKindName, PathId, VendorId
from app.web.openapi import GUARDED, ONE, shown
from app.web.pagination import id_of, page
from app.web.schemas import EFFECT

router = APIRouter(prefix="/v1/effects", tags=["effects"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_effects",
    response_model=schemas.EffectPage,
    responses={200: shown({"items": [EFFECT], "next_cursor": None})},
)
async def list_effects(
    request: ReadRequest,
    vendor_id: VendorId | None = None,
    state: EffectState | None = None,
    kind: EffectKindName | None = None,
    shipment_box_id: PathId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List effects, newest first."""
    rows, then = await box_queries.list_effects(
        request.context,
        request.key.within(vendor_id),
        state=state,
        kind=kind,
        shipment_box_id=shipment_box_id,
        before=id_of(cursor),
        most=limit,
    )
    return page([presenters.effect(row) for row in rows], then)


@router.get(
    "/{effect_id}",
    operation_id="get_effect",
    response_model=schemas.ExplainedEffect,
    responses={200: shown(schemas.EXPLAINED), **ONE},
)
async def get_effect(request: ReadRequest, effect_id: PathId) -> Response:
    """Return one effect with its history and every try."""
    row = await box_queries.explain_effect(request.context, request.key.vendor_ids, effect_id)
    return presenters.answer(presenters.effect(row))
