"""Exchanges: list, one, history, what may be asked, and the changes."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.flows import exchanging, moments, receiving
from app.flows.asking import Waybill
from app.machines.exchanges import ExchangeState
from app.web import answers
from app.web.contract import CHANGE, GUARDED, ONE, shown
from app.web.deps import Cursor, Limit, Prefer, ReadDesk, WriteDesk
from app.web.fields import PastTime, PathId, VendorId
from app.web.shapes import Effect as EffectShape
from app.web.warehouse import exchange_shapes as shapes
from app.web.warehouse import moment_shapes, reception_shapes
from app.web.warehouse.changes import ASKED, IntentKey, asked, intent_key
from app.web.warehouse.claim_lists import listed
from app.web.warehouse.return_changes import found_of, reception

router = APIRouter(prefix="/v1/exchanges", tags=["exchanges"], responses=GUARDED)
_RECEPTION = {**reception_shapes.RECEPTION, "subject": "exchange", "subject_id": shapes.EXCHANGE_ID}


@router.get(
    "",
    operation_id="list_exchanges",
    response_model=shapes.ExchangePage,
    responses={200: shown({"items": [shapes.SUMMARY], "next_cursor": None})},
)
async def list_exchanges(
    desk: ReadDesk,
    vendor_id: VendorId | None = None,
    state: Annotated[list[ExchangeState] | None, Query(max_length=5, description="Repeatable.")] = None,
    order_id: PathId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List exchanges, oldest first."""
    return await listed(desk, exchanging.list_exchanges, vendor_id, state, order_id, cursor, limit)


@router.get(
    "/{exchange_id}",
    operation_id="get_exchange",
    response_model=shapes.Exchange | moment_shapes.Moment,
    responses={200: shown(shapes.EXCHANGE), **ONE},
)
async def get_exchange(desk: ReadDesk, exchange_id: PathId, at: PastTime = None) -> Response:
    """Return one exchange with its lines, its new boxes and its history; with `at`, as it was then."""
    if at is not None:
        then = await moments.moment(desk.house, desk.key.vendor_ids, "exchange", exchange_id, at)
        return answers.answer(answers.moment(then))
    row = await exchanging.get_exchange(desk.house, desk.key.vendor_ids, exchange_id)
    told = answers.claim(row)
    del told["collect"], told["redelivery"]
    return answers.answer(told)


@router.get(
    "/{exchange_id}/history",
    operation_id="get_exchange_history",
    response_model=shapes.ExchangeHistory,
    responses={200: shown(shapes.HISTORY), **ONE},
)
async def get_history(desk: ReadDesk, exchange_id: PathId) -> Response:
    """Return every step of an exchange and of its two tracks."""
    row = await exchanging.get_exchange(desk.house, desk.key.vendor_ids, exchange_id)
    return answers.answer(
        {"items": row["history"], "collect": row["collect"], "redelivery": row["redelivery"]}
    )


@router.get(
    "/{exchange_id}/actions",
    operation_id="get_exchange_actions",
    response_model=reception_shapes.ClaimActions,
    responses={200: shown({"items": [reception_shapes.ACTION]}), **ONE},
)
async def get_actions(desk: ReadDesk, exchange_id: PathId) -> Response:
    """Judge every change that may be asked for an exchange; the change itself decides alike."""
    items = await exchanging.exchange_actions(desk.house, desk.key.vendor_ids, exchange_id)
    return answers.answer({"items": items})


@router.get(
    "/{exchange_id}/reception",
    operation_id="get_exchange_reception",
    response_model=reception_shapes.Reception,
    responses={200: shown(_RECEPTION), **ONE},
)
async def get_reception(desk: ReadDesk, exchange_id: PathId) -> Response:
    """Return where the goods to be exchanged are; 404 until something is awaited."""
    row = await receiving.get_reception(desk.house, desk.key.warehouse, "exchange", exchange_id)
    return answers.answer(reception(row))


@router.post(
    "/{exchange_id}/arrive",
    operation_id="arrive_exchange",
    response_model=reception_shapes.Reception,
    responses={200: shown(_RECEPTION), **CHANGE},
)
async def arrive(desk: WriteDesk, exchange_id: PathId, key: IntentKey = None) -> Response:
    """Record that the goods to be exchanged are in the warehouse; Coupang is not told yet."""
    row = await receiving.arrive(
        desk.house, desk.key.warehouse, "exchange", exchange_id, intent_key=intent_key(desk, key)
    )
    return answers.answer(reception(row))


@router.post(
    "/{exchange_id}/inspect",
    operation_id="inspect_exchange",
    response_model=reception_shapes.Reception,
    responses={200: shown(_RECEPTION), **CHANGE},
)
async def inspect(
    desk: WriteDesk, exchange_id: PathId, body: reception_shapes.Inspection, key: IntentKey = None
) -> Response:
    """Give every option its verdict; with a finding the exchange waits for an operator."""
    row = await receiving.inspect(
        desk.house,
        desk.key.warehouse,
        "exchange",
        exchange_id,
        found_of(body),
        body.reason,
        intent_key=intent_key(desk, key),
    )
    return answers.answer(reception(row))


@router.post(
    "/{exchange_id}/reject", operation_id="reject_exchange", response_model=EffectShape, responses=ASKED
)
async def reject(
    desk: WriteDesk,
    exchange_id: PathId,
    body: shapes.Rejection,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Reject an exchange while Coupang lets it be rejected."""
    effect = await exchanging.reject(
        desk.house, desk.key.warehouse, exchange_id, body.code, intent_key=intent_key(desk, key)
    )
    return await asked(desk, effect, prefer)


@router.post(
    "/{exchange_id}/pickup",
    operation_id="register_exchange_pickup",
    response_model=EffectShape,
    responses=ASKED,
)
async def pickup(
    desk: WriteDesk,
    exchange_id: PathId,
    body: reception_shapes.Pickup,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Tell Coupang the waybill of a pick-up that the seller booked."""
    effect = await exchanging.register_pickup(
        desk.house,
        desk.key.warehouse,
        exchange_id,
        Waybill(body.courier_code, body.invoice_number),
        body.reg_number,
        intent_key=intent_key(desk, key),
    )
    return await asked(desk, effect, prefer)


@router.post(
    "/{exchange_id}/confirm", operation_id="confirm_exchange", response_model=EffectShape, responses=ASKED
)
async def confirm(
    desk: WriteDesk, exchange_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Confirm to Coupang that the goods arrived; the new box appears within ten minutes."""
    effect = await exchanging.confirm(
        desk.house, desk.key.warehouse, exchange_id, intent_key=intent_key(desk, key)
    )
    return await asked(desk, effect, prefer)


@router.post("/{exchange_id}/ship", operation_id="ship_exchange", response_model=EffectShape, responses=ASKED)
async def ship(
    desk: WriteDesk,
    exchange_id: PathId,
    body: shapes.Replacement,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Ship the replacement on its new box; the original one is refused."""
    effect = await exchanging.ship(
        desk.house,
        desk.key.warehouse,
        exchange_id,
        body.shipment_box_id,
        Waybill(body.courier_code, body.invoice_number),
        intent_key=intent_key(desk, key),
    )
    return await asked(desk, effect, prefer)
