"""Effects that nobody could prove or disprove: a person looks, and rules with a reason."""

from fastapi import APIRouter
from starlette.responses import Response

from app.errors import Refused
from app.flows import reports, reviews
from app.machines.effects import EffectState
from app.web import answers
from app.web.admin import shapes
from app.web.contract import BODY, GUARDED, ONE, may_raise, shown
from app.web.cursors import id_of, page
from app.web.deps import AdminDesk, Cursor, Limit
from app.web.fields import PathId, VendorId
from app.web.shapes import EFFECT
from app.web.shapes import Effect as EffectShape
from app.web.warehouse.shapes import EffectPage

router = APIRouter(prefix="/admin/v1", tags=["by hand"], responses=GUARDED)
_IN_REVIEW = {**EFFECT, "state": "REVIEW", "tries": 5, "result_code": "NOT_APPLIED"}


@router.get(
    "/reviews",
    operation_id="list_reviews",
    response_model=EffectPage,
    responses={200: shown({"items": [_IN_REVIEW], "next_cursor": None}), **ONE},
)
async def list_reviews(
    desk: AdminDesk, vendor_id: VendorId | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List effects that wait for a person, newest first."""
    rows, then = await reports.list_effects(
        desk.house,
        await desk.within(vendor_id),
        state=EffectState.REVIEW,
        before=id_of(cursor),
        most=limit,
    )
    items = [answers.effect(row) for row in rows]
    return page(items, then)


@router.post(
    "/effects/{effect_id}/verdict",
    operation_id="rule_effect",
    response_model=EffectShape,
    responses={
        200: shown({**EFFECT, "state": "CONFIRMED", "final": True, "result_code": "RULED"}),
        **ONE,
        **BODY,
        **may_raise(Refused),
    },
)
async def rule(desk: AdminDesk, effect_id: PathId, body: shapes.Verdict) -> Response:
    """Settle an effect in REVIEW: it was applied, it was not (send it once more), or drop it."""
    row = await reviews.rule(desk.house, desk.key.operator, effect_id, body.verdict, body.reason)
    return answers.answer(answers.effect(row))
