"""Changes: asked here, decided at once, sent to Coupang by the next visit.

202 with the effect and its address; with `Prefer: wait=N` 200 once the outcome is certain, within N
seconds. The same `Idempotency-Key` asks for the same change once, whatever happens on the way.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from starlette.responses import Response

from app.claims.api import schemas
from app.claims.cancels import changes as cancel_changes
from app.errors import Invalid
from app.machines.effects import EFFECT, IN_REVIEW, EffectState
from app.orders import changes as box_changes
from app.orders import queries as box_queries
from app.orders.api import schemas as shapes
from app.orders.waybills.waybills import Waybill
from app.web import presenters
from app.web.deps import AuthorizedRequest, Prefer, WriteRequest, look_until, waiting_s
from app.web.field_types import PathId
from app.web.openapi import CHANGE, GUARDED, Responses, shown
from app.web.schemas import EFFECT as EFFECT_EXAMPLE
from app.web.schemas import Effect as EffectShape

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
        **shown(
            {**EFFECT_EXAMPLE, "state": EffectState.CONFIRMED, "final": True}, "Settled while you waited."
        ),
        "headers": {"Preference-Applied": {"schema": {"type": "string"}}},
    },
    **CHANGE,
}


@router.post("/acknowledge", operation_id="acknowledge_box", response_model=EffectShape, responses=ASKED)
async def acknowledge(
    request: WriteRequest, shipment_box_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Ask Coupang to move a box from ACCEPT to INSTRUCT."""
    effect = await box_changes.acknowledge(
        request.context, request.key.warehouse, shipment_box_id, intent_key=intent_key(request, key)
    )
    return await asked(request, effect, prefer)


@router.post("/ship", operation_id="ship_box", response_model=EffectShape, responses=ASKED)
async def ship(
    request: WriteRequest,
    shipment_box_id: PathId,
    body: shapes.Ship,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Ask Coupang to take a waybill, for the whole box or for a part of it (`later`, `later_date`)."""
    effect = await box_changes.ship(
        request.context,
        request.key.warehouse,
        shipment_box_id,
        Waybill(body.courier_code, body.invoice_number),
        later=body.later,
        later_date=body.later_date,
        intent_key=intent_key(request, key),
        urgent=waiting_s(prefer, request.app_state.wait_most_s) is not None,
        permit_id=body.permit,
    )
    return await asked(request, effect, prefer)


@router.post("/invoice", operation_id="change_box_invoice", response_model=EffectShape, responses=ASKED)
async def change_invoice(
    request: WriteRequest,
    shipment_box_id: PathId,
    body: shapes.Waybill,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Ask Coupang to replace the waybill of a shipped box."""
    effect = await box_changes.change_invoice(
        request.context,
        request.key.warehouse,
        shipment_box_id,
        Waybill(body.courier_code, body.invoice_number),
        intent_key=intent_key(request, key),
    )
    return await asked(request, effect, prefer)


@router.post("/close", operation_id="close_undelivered_box", response_model=EffectShape, responses=ASKED)
async def close(
    request: WriteRequest, shipment_box_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Ask Coupang to close a box that nobody scanned as delivered for 30 days."""
    effect = await box_changes.close_undelivered(
        request.context, request.key.warehouse, shipment_box_id, intent_key=intent_key(request, key)
    )
    return await asked(request, effect, prefer)


@router.post("/cancel", operation_id="cancel_box", response_model=EffectShape, responses=ASKED)
async def cancel(
    request: WriteRequest,
    shipment_box_id: PathId,
    body: schemas.SellerCancel,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Cancel a box as the seller: in ACCEPT as a whole, in INSTRUCT also in part. Costs seller score."""
    if not body.confirm_score_loss:
        raise Invalid(
            "this cancel must be confirmed",
            ("/confirm_score_loss", f"{cancel_changes.SCORE} Say true if you mean it."),
        )
    counts = None if body.items is None else {one.vendor_item_id: one.count for one in body.items}
    if counts is not None and len(counts) != len(body.items or ()):
        raise Invalid("an item is named twice", ("/items", "each vendor_item_id once"))
    effect = await cancel_changes.seller_cancel(
        request.context,
        request.key.warehouse,
        shipment_box_id,
        counts,
        body.reason,
        intent_key=intent_key(request, key),
    )
    return await asked(request, effect, prefer)


def intent_key(request: AuthorizedRequest, key: str | None) -> str | None:
    """Return the key under which an intent is kept: two callers never share one by chance."""
    return f"{request.key.key_id}:{key}" if key else None


async def asked(request: AuthorizedRequest, effect: dict[str, Any], prefer: str | None) -> Response:
    """Answer with an effect, after waiting for its outcome if the caller prefers that."""
    headers = {"Location": f"/v1/effects/{effect['effect_id']}"}
    wait_s = waiting_s(prefer, request.app_state.wait_most_s)
    if wait_s is None:
        return presenters.answer(presenters.effect(effect), 202, headers)
    # An effect in REVIEW waits for a person: no use in keeping the caller.
    seen = await look_until(
        lambda: box_queries.get_effect(request.context, request.key.vendor_ids, effect["effect_id"]),
        lambda row: row["state"] in EFFECT.finals or row["state"] in IN_REVIEW,
        wait_s,
    )
    headers["Preference-Applied"] = f"wait={wait_s}"
    return presenters.answer(presenters.effect(seen), 200 if seen["state"] in EFFECT.finals else 202, headers)
