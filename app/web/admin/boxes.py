"""Boxes by hand: move one along its machine with a reason, have one read again."""

from fastapi import APIRouter
from starlette.responses import Response

from app.errors import Invalid
from app.flows import reports, reviews
from app.flows.asking import Waybill
from app.machines.orders import OBSERVED
from app.web import answers
from app.web.admin import shapes
from app.web.contract import CHANGE, GUARDED, ONE, shown
from app.web.deps import AdminDesk, Prefer, look_until, waiting_s
from app.web.fields import PathId
from app.web.shapes import BOX, EFFECT
from app.web.shapes import Box as BoxShape
from app.web.shapes import Effect as EffectShape

router = APIRouter(prefix="/admin/v1/boxes/{shipment_box_id}", tags=["by hand"], responses=GUARDED)
_LOCATION = {"Location": {"schema": {"type": "string"}, "required": True}}
_APPLIED = {"Preference-Applied": {"schema": {"type": "string"}}}


@router.post(
    "/transitions",
    operation_id="move_box",
    response_model=BoxShape,
    responses={
        200: shown({**BOX, "state": "CANCELLED"}, "Moved by your word (`see_…`)."),
        202: {
            **shown(EFFECT, "Asked of Coupang in your name; follow `Location`."),
            "model": EffectShape,
            "headers": _LOCATION,
        },
        **CHANGE,
    },
)
async def move(desk: AdminDesk, shipment_box_id: PathId, body: shapes.Transition) -> Response:
    """Move a box by hand, only along its machine; what it refuses is refused here, with the rules."""
    if (body.courier_code is None) != (body.invoice_number is None):
        raise Invalid("half a waybill", ("/invoice_number", "give courier_code and invoice_number together"))
    caller, event = desk.key.operator, str(body.event)
    if event in OBSERVED:
        if body.courier_code is not None or body.later or body.later_date is not None:
            raise Invalid("an observation takes no waybill", ("/courier_code", "only when Coupang is asked"))
        box = await reviews.observe(desk.house, caller, shipment_box_id, event, body.reason)
        return answers.answer(answers.box(box))
    waybill = None
    if body.courier_code is not None and body.invoice_number is not None:
        waybill = Waybill(body.courier_code, body.invoice_number)
    asked = reviews.Asked(waybill, body.later, body.later_date)
    effect = await reviews.ask(desk.house, caller, shipment_box_id, event, body.reason, asked)
    headers = {"Location": f"/v1/effects/{effect['effect_id']}"}
    return answers.answer(answers.effect(effect), 202, headers)


@router.post(
    "/resync",
    operation_id="resync_box",
    response_model=BoxShape,
    responses={
        202: {
            **shown({**BOX, "doubtful": True}, "Will be read; follow `Location`."),
            "model": BoxShape,
            "headers": _LOCATION,
        },
        200: {**shown(BOX, "Read while you waited."), "headers": _APPLIED},
        **ONE,
    },
)
async def resync(desk: AdminDesk, shipment_box_id: PathId, prefer: Prefer = None) -> Response:
    """Have a box read again by itself, with its history at Coupang."""
    box = await reviews.resync(desk.house, desk.key.operator, shipment_box_id)
    headers = {"Location": f"/v1/boxes/{shipment_box_id}"}
    wait_s = waiting_s(prefer, desk.edge.wait_most_s)
    if wait_s is not None:
        box = await look_until(
            lambda: reports.get_box(desk.house, desk.key.vendor_ids, shipment_box_id),
            lambda row: not row["doubtful"],
            wait_s,
        )
        headers["Preference-Applied"] = f"wait={wait_s}"
    return answers.answer(answers.box(box), 202 if box["doubtful"] else 200, headers)
