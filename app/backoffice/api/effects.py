"""Effects that nobody could prove or disprove: a person looks, and rules with a reason."""

from fastapi import APIRouter
from starlette.responses import Response

from app.backoffice.api import schemas
from app.backoffice.reviews import settle_review
from app.engine.effects import queries as effect_queries
from app.errors import Refused
from app.machines.effects import EffectState
from app.web import presenters
from app.web.deps import AdminRequest, Cursor, Limit
from app.web.effect_schemas import EffectPage
from app.web.field_types import PathId, VendorId
from app.web.openapi import BODY, GUARDED, ONE, may_raise, shown
from app.web.pagination import id_of, page
from app.web.schemas import EFFECT
from app.web.schemas import Effect as EffectShape

router = APIRouter(prefix="/admin/v1", tags=["by hand"], responses=GUARDED)
_IN_REVIEW = {**EFFECT, "state": EffectState.REVIEW, "tries": 5, "result_code": "NOT_APPLIED"}


@router.get(
    "/reviews",
    operation_id="list_reviews",
    response_model=EffectPage,
    responses={200: shown({"items": [_IN_REVIEW], "next_cursor": None}), **ONE},
)
async def list_reviews(
    request: AdminRequest, vendor_id: VendorId | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """List effects that wait for a person, newest first."""
    rows, then = await effect_queries.list_effects(
        request.context,
        await request.within(vendor_id),
        state=EffectState.REVIEW,
        before=id_of(cursor),
        most=limit,
    )
    items = [presenters.effect(row) for row in rows]
    return page(items, then)


@router.post(
    "/effects/{effect_id}/verdict",
    operation_id="rule_effect",
    response_model=EffectShape,
    responses={
        200: shown({**EFFECT, "state": EffectState.CONFIRMED, "final": True, "result_code": "RULED"}),
        **ONE,
        **BODY,
        **may_raise(Refused),
    },
)
async def rule(request: AdminRequest, effect_id: PathId, body: schemas.Verdict) -> Response:
    """Settle an effect in REVIEW: it was applied, it was not (send it once more), or drop it."""
    row = await settle_review(request.context, request.key.operator, effect_id, body.verdict, body.reason)
    return presenters.answer(presenters.effect(row))
