"""Changes of returns: what the warehouse says of the goods, and what is asked of Coupang."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.flows import receiving, returning
from app.flows.asking import Waybill
from app.flows.receiving import Found
from app.web import answers
from app.web.contract import BODY, CHANGE, GUARDED, ONE, shown
from app.web.deps import Prefer, ReadDesk, WriteDesk
from app.web.fields import PathId
from app.web.shapes import Effect as EffectShape
from app.web.warehouse import reception_shapes as shapes
from app.web.warehouse.changes import ASKED, IntentKey, asked, intent_key

router = APIRouter(prefix="/v1/returns/{receipt_id}", tags=["returns"], responses=GUARDED)


@router.get(
    "/actions",
    operation_id="get_return_actions",
    response_model=shapes.ClaimActions,
    responses={200: shown({"items": [shapes.ACTION]}), **ONE},
)
async def get_actions(desk: ReadDesk, receipt_id: PathId) -> Response:
    """Judge every change that may be asked for a return; the change itself decides alike."""
    items = await returning.return_actions(desk.house, desk.key.vendor_ids, receipt_id)
    return answers.answer({"items": items})


@router.get(
    "/reception",
    operation_id="get_return_reception",
    response_model=shapes.Reception,
    responses={200: shown(shapes.INSPECTED), **ONE},
)
async def get_reception(desk: ReadDesk, receipt_id: PathId) -> Response:
    """Return where the goods of a return are; 404 until something is awaited."""
    row = await receiving.get_reception(desk.house, desk.key.warehouse, "return", receipt_id)
    return answers.answer(reception(row))


@router.post(
    "/arrive",
    operation_id="arrive_return",
    response_model=shapes.Reception,
    responses={200: shown(shapes.RECEPTION), **CHANGE},
)
async def arrive(desk: WriteDesk, receipt_id: PathId, key: IntentKey = None) -> Response:
    """Record that the goods of a return are in the warehouse; Coupang is not told yet."""
    row = await receiving.arrive(
        desk.house, desk.key.warehouse, "return", receipt_id, intent_key=intent_key(desk, key)
    )
    return answers.answer(reception(row))


@router.post(
    "/inspect",
    operation_id="inspect_return",
    response_model=shapes.Reception,
    responses={200: shown(shapes.INSPECTED), **CHANGE},
)
async def inspect(
    desk: WriteDesk, receipt_id: PathId, body: shapes.Inspection, key: IntentKey = None
) -> Response:
    """Give every option its verdict; with a finding the return waits for a dispute or an operator."""
    found = found_of(body)
    row = await receiving.inspect(
        desk.house,
        desk.key.warehouse,
        "return",
        receipt_id,
        found,
        body.reason,
        intent_key=intent_key(desk, key),
    )
    return answers.answer(reception(row))


@router.post(
    "/pickup", operation_id="register_return_pickup", response_model=EffectShape, responses={**ASKED, **BODY}
)
async def pickup(
    desk: WriteDesk, receipt_id: PathId, body: shapes.Pickup, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Tell Coupang the waybill of a pick-up that the seller booked."""
    effect = await returning.register_pickup(
        desk.house,
        desk.key.warehouse,
        receipt_id,
        Waybill(body.courier_code, body.invoice_number),
        body.reg_number,
        intent_key=intent_key(desk, key),
    )
    return await asked(desk, effect, prefer)


@router.post("/confirm", operation_id="confirm_return", response_model=EffectShape, responses=ASKED)
async def confirm(
    desk: WriteDesk, receipt_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Confirm to Coupang that the goods arrived. A quick refund is paid with that, at once."""
    effect = await returning.confirm_return(
        desk.house, desk.key.warehouse, receipt_id, intent_key=intent_key(desk, key)
    )
    return await asked(desk, effect, prefer)


@router.post("/approve", operation_id="approve_return", response_model=EffectShape, responses=ASKED)
async def approve(
    desk: WriteDesk, receipt_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Let Coupang refund a return whose arrival is confirmed, as a whole."""
    effect = await returning.approve_return(
        desk.house, desk.key.warehouse, receipt_id, intent_key=intent_key(desk, key)
    )
    return await asked(desk, effect, prefer)


def found_of(body: shapes.Inspection) -> list[Found]:
    """Return the verdicts of a body.

    Raises:
        Invalid: An option is named twice.
    """
    found = [Found(one.vendor_item_id, one.verdict, one.note) for one in body.lines]
    receiving.check_once(found)
    return found


def reception(row: dict[str, Any]) -> dict[str, Any]:
    """Present a reception with its inspection and history."""
    told = answers.plain(row)
    told["inspection"] = [answers.plain(one) for one in row["inspection"]]
    return told
