"""Changes of returns: what the warehouse says of the goods, and what is asked of Coupang."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.claims.api import reception_schemas as shapes
from app.claims.receptions import receptions
from app.claims.receptions.receptions import Found
from app.claims.returns import changes as return_changes
from app.orders.waybills.waybills import Waybill
from app.web import presenters
from app.web.change_requests import ASKED, IntentKey, asked, intent_key
from app.web.deps import Prefer, ReadRequest, WriteRequest
from app.web.field_types import PathId
from app.web.openapi import BODY, CHANGE, GUARDED, ONE, shown
from app.web.schemas import Effect as EffectShape

router = APIRouter(prefix="/v1/returns/{receipt_id}", tags=["returns"], responses=GUARDED)


@router.get(
    "/actions",
    operation_id="get_return_actions",
    response_model=shapes.ClaimActions,
    responses={200: shown({"items": [shapes.ACTION]}), **ONE},
)
async def get_actions(request: ReadRequest, receipt_id: PathId) -> Response:
    """Judge every change that may be asked for a return; the change itself decides alike."""
    items = await return_changes.return_actions(request.context, request.key.vendor_ids, receipt_id)
    return presenters.answer({"items": items})


@router.get(
    "/reception",
    operation_id="get_return_reception",
    response_model=shapes.Reception,
    responses={200: shown(shapes.INSPECTED), **ONE},
)
async def get_reception(request: ReadRequest, receipt_id: PathId) -> Response:
    """Return where the goods of a return are; 404 until something is awaited."""
    row = await receptions.get_reception(
        request.context, request.key.warehouse, receptions.RETURN_GOODS, receipt_id
    )
    return presenters.answer(reception(row))


@router.post(
    "/arrive",
    operation_id="arrive_return",
    response_model=shapes.Reception,
    responses={200: shown(shapes.RECEPTION), **CHANGE},
)
async def arrive(request: WriteRequest, receipt_id: PathId, key: IntentKey = None) -> Response:
    """Record that the goods of a return are in the warehouse; Coupang does not know it yet."""
    row = await receptions.arrive(
        request.context,
        request.key.warehouse,
        receptions.RETURN_GOODS,
        receipt_id,
        intent_key=intent_key(request, key),
    )
    return presenters.answer(reception(row))


@router.post(
    "/inspect",
    operation_id="inspect_return",
    response_model=shapes.Reception,
    responses={200: shown(shapes.INSPECTED), **CHANGE},
)
async def inspect(
    request: WriteRequest, receipt_id: PathId, body: shapes.Inspection, key: IntentKey = None
) -> Response:
    """Give every option its verdict; with a finding the return waits for a dispute or an operator."""
    found = found_of(body)
    row = await receptions.inspect(
        request.context,
        request.key.warehouse,
        receptions.RETURN_GOODS,
        receipt_id,
        found,
        body.reason,
        intent_key=intent_key(request, key),
    )
    return presenters.answer(reception(row))


@router.post(
    "/pickup", operation_id="register_return_pickup", response_model=EffectShape, responses={**ASKED, **BODY}
)
async def pickup(
    request: WriteRequest,
    receipt_id: PathId,
    body: shapes.Pickup,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Tell Coupang the waybill of a pick-up that the seller booked."""
    effect = await return_changes.register_pickup(
        request.context,
        request.key.warehouse,
        receipt_id,
        Waybill(body.courier_code, body.invoice_number),
        body.reg_number,
        intent_key=intent_key(request, key),
    )
    return await asked(request, effect, prefer)


@router.post("/confirm", operation_id="confirm_return", response_model=EffectShape, responses=ASKED)
async def confirm(
    request: WriteRequest, receipt_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Confirm to Coupang that the goods arrived. A quick refund is paid with that, at once."""
    effect = await return_changes.confirm_return(
        request.context, request.key.warehouse, receipt_id, intent_key=intent_key(request, key)
    )
    return await asked(request, effect, prefer)


@router.post("/approve", operation_id="approve_return", response_model=EffectShape, responses=ASKED)
async def approve(
    request: WriteRequest, receipt_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Let Coupang refund a return whose arrival is confirmed, as a whole."""
    effect = await return_changes.approve_return(
        request.context, request.key.warehouse, receipt_id, intent_key=intent_key(request, key)
    )
    return await asked(request, effect, prefer)


def found_of(body: shapes.Inspection) -> list[Found]:
    """Return the verdicts of a body.

    Raises:
        Invalid: An option is named twice.
    """
    found = [Found(one.vendor_item_id, one.verdict, one.note) for one in body.lines]
    receptions.check_once(found)
    return found


def reception(row: dict[str, Any]) -> dict[str, Any]:
    """Present a reception with its inspection and history."""
    told = presenters.plain(row)
    told["inspection"] = [presenters.plain(one) for one in row["inspection"]]
    return told
