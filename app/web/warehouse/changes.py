"""Changes: asked here, decided at once, sent to Coupang by the next visit.

202 with the effect and its address; with `Prefer: wait=N` 200 once the outcome is certain, within N
seconds. The same `Idempotency-Key` asks for the same change once, whatever happens on the way.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.responses import Response

from app.errors import Invalid
from app.flows import asking, cancelling, reports
from app.machines.effects import EFFECT
from app.web import answers
from app.web.contract import CHANGE, GUARDED, Responses, shown
from app.web.deps import Desk, Prefer, WriteDesk, look_until, waiting_s
from app.web.fields import PathId
from app.web.shapes import EFFECT as EFFECT_EXAMPLE
from app.web.shapes import Effect as EffectShape
from app.web.warehouse import claim_shapes, shapes

router = APIRouter(prefix="/v1/boxes/{shipment_box_id}", tags=["changes"], responses=GUARDED)

IntentKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,200}$",
        description="Visible ASCII; asks for the same change once, also when the answer was lost.",
    ),
]
ASKED: Responses = {
    202: {
        **shown(EFFECT_EXAMPLE, "Asked; follow `Location`."),
        "model": EffectShape,
        "headers": {"Location": {"schema": {"type": "string"}, "required": True}},
    },
    200: {
        **shown({**EFFECT_EXAMPLE, "state": "CONFIRMED", "final": True}, "Settled while you waited."),
        "headers": {"Preference-Applied": {"schema": {"type": "string"}}},
    },
    **CHANGE,
}


@router.post("/acknowledge", operation_id="acknowledge_box", response_model=EffectShape, responses=ASKED)
async def acknowledge(
    desk: WriteDesk, shipment_box_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Ask Coupang to move a box from ACCEPT to INSTRUCT."""
    effect = await asking.acknowledge(
        desk.house, desk.key.warehouse, shipment_box_id, intent_key=intent_key(desk, key)
    )
    return await asked(desk, effect, prefer)


@router.post("/ship", operation_id="ship_box", response_model=EffectShape, responses=ASKED)
async def ship(
    desk: WriteDesk,
    shipment_box_id: PathId,
    body: shapes.Ship,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Ask Coupang to take a waybill, for the whole box or for a part of it (`later`, `later_date`)."""
    effect = await asking.ship(
        desk.house,
        desk.key.warehouse,
        shipment_box_id,
        asking.Waybill(body.courier_code, body.invoice_number),
        later=body.later,
        later_date=body.later_date,
        intent_key=intent_key(desk, key),
        urgent=waiting_s(prefer, desk.edge.wait_most_s) is not None,
        permit_id=body.permit,
    )
    return await asked(desk, effect, prefer)


@router.post("/invoice", operation_id="change_box_invoice", response_model=EffectShape, responses=ASKED)
async def change_invoice(
    desk: WriteDesk,
    shipment_box_id: PathId,
    body: shapes.Waybill,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Ask Coupang to replace the waybill of a shipped box."""
    effect = await asking.change_invoice(
        desk.house,
        desk.key.warehouse,
        shipment_box_id,
        asking.Waybill(body.courier_code, body.invoice_number),
        intent_key=intent_key(desk, key),
    )
    return await asked(desk, effect, prefer)


@router.post("/close", operation_id="close_undelivered_box", response_model=EffectShape, responses=ASKED)
async def close(
    desk: WriteDesk, shipment_box_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Ask Coupang to close a box that nobody scanned as delivered for 30 days."""
    effect = await asking.close_undelivered(
        desk.house, desk.key.warehouse, shipment_box_id, intent_key=intent_key(desk, key)
    )
    return await asked(desk, effect, prefer)


@router.post("/cancel", operation_id="cancel_box", response_model=EffectShape, responses=ASKED)
async def cancel(
    desk: WriteDesk,
    shipment_box_id: PathId,
    body: claim_shapes.SellerCancel,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Cancel a box as the seller: in ACCEPT as a whole, in INSTRUCT also in part. Costs seller score."""
    if not body.confirm_score_loss:
        raise Invalid(
            "this cancel must be confirmed",
            ("/confirm_score_loss", f"{cancelling.SCORE} Say true if you mean it."),
        )
    counts = None if body.items is None else {one.vendor_item_id: one.count for one in body.items}
    if counts is not None and len(counts) != len(body.items or ()):
        raise Invalid("an item is named twice", ("/items", "each vendor_item_id once"))
    effect = await cancelling.seller_cancel(
        desk.house,
        desk.key.warehouse,
        shipment_box_id,
        counts,
        body.reason,
        intent_key=intent_key(desk, key),
    )
    return await asked(desk, effect, prefer)


def intent_key(desk: Desk, key: str | None) -> str | None:
    """Return the key under which an intent is kept: two callers never share one by chance."""
    return f"{desk.key.key_id}:{key}" if key else None


async def asked(desk: Desk, effect: dict[str, Any], prefer: str | None) -> Response:
    """Answer with an effect, after waiting for its outcome if the caller prefers that."""
    headers = {"Location": f"/v1/effects/{effect['effect_id']}"}
    wait_s = waiting_s(prefer, desk.edge.wait_most_s)
    if wait_s is None:
        return answers.answer(answers.effect(effect), 202, headers)
    # An effect in REVIEW waits for a person: no use in keeping the caller.
    seen = await look_until(
        lambda: reports.get_effect(desk.house, desk.key.vendor_ids, effect["effect_id"]),
        lambda row: row["state"] in EFFECT.finals or row["state"] == "REVIEW",
        wait_s,
    )
    headers["Preference-Applied"] = f"wait={wait_s}"
    return answers.answer(answers.effect(seen), 200 if seen["state"] in EFFECT.finals else 202, headers)
