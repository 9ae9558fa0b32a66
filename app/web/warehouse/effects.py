"""Effects: what was asked of Coupang, and what became of it."""

from fastapi import APIRouter
from starlette.responses import Response

from app.flows import reports
from app.flows.outcomes import Kind
from app.machines.effects import EffectState
from app.web import answers
from app.web.contract import GUARDED, ONE, shown
from app.web.cursors import id_of, page
from app.web.deps import Cursor, Limit, ReadDesk
from app.web.fields import PathId, VendorId
from app.web.shapes import EFFECT
from app.web.warehouse import shapes

router = APIRouter(prefix="/v1/effects", tags=["effects"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_effects",
    response_model=shapes.EffectPage,
    responses={200: shown({"items": [EFFECT], "next_cursor": None})},
)
async def list_effects(
    desk: ReadDesk,
    vendor_id: VendorId | None = None,
    state: EffectState | None = None,
    kind: Kind | None = None,
    shipment_box_id: PathId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List effects, newest first."""
    rows, then = await reports.list_effects(
        desk.house,
        desk.key.within(vendor_id),
        state=state,
        kind=kind,
        shipment_box_id=shipment_box_id,
        before=id_of(cursor),
        most=limit,
    )
    return page([answers.effect(row) for row in rows], then)


@router.get(
    "/{effect_id}",
    operation_id="get_effect",
    response_model=shapes.ExplainedEffect,
    responses={200: shown(shapes.EXPLAINED), **ONE},
)
async def get_effect(desk: ReadDesk, effect_id: PathId) -> Response:
    """Return one effect with its history and every try."""
    row = await reports.explain_effect(desk.house, desk.key.vendor_ids, effect_id)
    return answers.answer(answers.effect(row))
