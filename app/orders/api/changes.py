"""Changes of boxes: asked here, decided at once, sent to Coupang by the next visit."""

from fastapi import APIRouter
from starlette.responses import Response

from app.orders import changes as box_changes
from app.orders.api import schemas as shapes
from app.orders.waybills.waybills import Waybill
from app.web.change_requests import ASKED, IntentKey, asked, intent_key
from app.web.deps import Prefer, WriteRequest, waiting_s
from app.web.field_types import PathId
from app.web.openapi import GUARDED
from app.web.schemas import Effect as EffectShape

router = APIRouter(prefix="/v1/boxes/{shipment_box_id}", tags=["changes"], responses=GUARDED)


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
