"""Anything by hand: what a person may do to it now, and doing it with a reason."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.backoffice import manual_moves
from app.backoffice.api import manual_move_schemas as shapes
from app.engine.manual import Given
from app.errors import Conflict, Invalid, Refused, Stale
from app.web import presenters
from app.web.deps import AdminRequest
from app.web.field_types import PathId
from app.web.openapi import CHANGE, GUARDED, ONE, may_raise, shown

router = APIRouter(
    prefix="/admin/v1/{aggregate}/{aggregate_id}/transitions", tags=["by hand"], responses=GUARDED
)
_OF_ITS_OWN = frozenset({"event", "reason", "version"})


@router.get(
    "",
    operation_id="explain_transitions",
    response_model=shapes.Transitions,
    responses={200: shown(shapes.JUDGED), **ONE},
)
async def explain(request: AdminRequest, aggregate: shapes.ManualKind, aggregate_id: PathId) -> Response:
    """Judge every event of one aggregate: what you may let happen now, and what refuses the rest."""
    told = await manual_moves.explain(request.context, request.key.operator, aggregate, aggregate_id)
    return presenters.answer(presenters.plain(told))


@router.post(
    "",
    operation_id="move_by_hand",
    response_model=shapes.Moved,
    responses={
        200: shown(shapes.MOVED, "Moved."),
        202: {
            **shown(shapes.ASKED, "Asked of Coupang in your name; follow `Location`."),
            "model": shapes.Moved,
            "headers": {"Location": {"schema": {"type": "string"}, "required": True}},
        },
        **{**CHANGE, **may_raise(Refused, Conflict, Stale)},
    },
)
async def move(
    request: AdminRequest, aggregate: shapes.ManualKind, aggregate_id: PathId, body: shapes.Transition
) -> Response:
    """Let one event happen by hand, only along its machine; what refuses it is named with its remedy.

    Your word is evidence but no proof: what ends a life or moves money at Coupang is read instead
    (`…/resync`), and what you moved is read soon.
    """
    told = await manual_moves.move(
        request.context,
        request.key.operator,
        aggregate,
        aggregate_id,
        body.event,
        body.reason,
        version=body.version,
        given=given_of(body),
    )
    return _answer(told)


def given_of(body: shapes.Transition) -> Given:
    """Return what an event needs beside its name.

    Raises:
        Invalid: Half a waybill.
    """
    if (body.courier_code is None) != (body.invoice_number is None):
        raise Invalid("half a waybill", ("/invoice_number", "give courier_code and invoice_number together"))
    given = {name: getattr(body, name) for name in body.model_fields_set - _OF_ITS_OWN}
    return Given({name: value for name, value in given.items() if value not in (None, (), "")})


def _answer(told: dict[str, Any]) -> Response:
    shown_as = presenters.plain(told)
    if told["effect"] is None:
        return presenters.answer(shown_as)
    shown_as["effect"] = presenters.effect(told["effect"])
    headers = {"Location": f"/v1/effects/{told['effect']['effect_id']}"}
    return presenters.answer(shown_as, 202, headers)
