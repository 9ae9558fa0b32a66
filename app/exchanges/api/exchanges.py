"""Exchanges: list, one, history, what may be asked, and the changes."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.claims.api import reception_schemas
from app.claims.api.lists import listed
from app.claims.api.return_changes import found_of, reception
from app.claims.receptions import receptions
from app.engine.history import point_in_time
from app.exchanges import changes as exchange_changes
from app.exchanges.api import schemas as shapes
from app.exchanges.receptions import EXCHANGE_GOODS
from app.machines.exchanges import ExchangeState
from app.orders.waybills.waybills import Waybill
from app.web import point_in_time_schemas, presenters
from app.web.change_requests import ASKED, IntentKey, asked, intent_key
from app.web.deps import Cursor, Limit, Prefer, ReadRequest, WriteRequest
from app.web.field_types import PastTime, PathId, VendorId
from app.web.openapi import CHANGE, GUARDED, ONE, shown
from app.web.schemas import Effect as EffectShape

router = APIRouter(prefix="/v1/exchanges", tags=["exchanges"], responses=GUARDED)
_RECEPTION = {**reception_schemas.RECEPTION, "subject": "exchange", "subject_id": shapes.EXCHANGE_ID}


@router.get(
    "",
    operation_id="list_exchanges",
    response_model=shapes.ExchangePage,
    responses={200: shown({"items": [shapes.SUMMARY], "next_cursor": None})},
)
async def list_exchanges(
    request: ReadRequest,
    vendor_id: VendorId | None = None,
    state: Annotated[list[ExchangeState] | None, Query(max_length=5, description="Repeatable.")] = None,
    order_id: PathId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List exchanges, oldest first."""
    return await listed(request, exchange_changes.list_exchanges, vendor_id, state, order_id, cursor, limit)


@router.get(
    "/{exchange_id}",
    operation_id="get_exchange",
    response_model=shapes.Exchange | point_in_time_schemas.Moment,
    responses={200: shown(shapes.EXCHANGE), **ONE},
)
async def get_exchange(request: ReadRequest, exchange_id: PathId, at: PastTime = None) -> Response:
    """Return one exchange with its lines, its new boxes and its history; with `at`, as it was then."""
    if at is not None:
        then = await point_in_time.moment(
            request.context, request.key.vendor_ids, "exchange", exchange_id, at
        )
        return presenters.answer(presenters.moment(then))
    row = await exchange_changes.get_exchange(request.context, request.key.vendor_ids, exchange_id)
    told = presenters.claim(row)
    del told["collect"], told["redelivery"]
    return presenters.answer(told)


@router.get(
    "/{exchange_id}/history",
    operation_id="get_exchange_history",
    response_model=shapes.ExchangeHistory,
    responses={200: shown(shapes.HISTORY), **ONE},
)
async def get_history(request: ReadRequest, exchange_id: PathId) -> Response:
    """Return every step of an exchange and of its two tracks."""
    row = await exchange_changes.get_exchange(request.context, request.key.vendor_ids, exchange_id)
    return presenters.answer(
        {"items": row["history"], "collect": row["collect"], "redelivery": row["redelivery"]}
    )


@router.get(
    "/{exchange_id}/actions",
    operation_id="get_exchange_actions",
    response_model=reception_schemas.ClaimActions,
    responses={200: shown({"items": [reception_schemas.ACTION]}), **ONE},
)
async def get_actions(request: ReadRequest, exchange_id: PathId) -> Response:
    """Judge every change that may be asked for an exchange; the change itself decides alike."""
    items = await exchange_changes.exchange_actions(request.context, request.key.vendor_ids, exchange_id)
    return presenters.answer({"items": items})


@router.get(
    "/{exchange_id}/reception",
    operation_id="get_exchange_reception",
    response_model=reception_schemas.Reception,
    responses={200: shown(_RECEPTION), **ONE},
)
async def get_reception(request: ReadRequest, exchange_id: PathId) -> Response:
    """Return where the goods to be exchanged are; 404 until something is awaited."""
    row = await receptions.get_reception(request.context, request.key.warehouse, EXCHANGE_GOODS, exchange_id)
    return presenters.answer(reception(row))


@router.post(
    "/{exchange_id}/arrive",
    operation_id="arrive_exchange",
    response_model=reception_schemas.Reception,
    responses={200: shown(_RECEPTION), **CHANGE},
)
async def arrive(request: WriteRequest, exchange_id: PathId, key: IntentKey = None) -> Response:
    """Record that the goods to be exchanged are in the warehouse; Coupang does not know it yet."""
    row = await receptions.arrive(
        request.context,
        request.key.warehouse,
        EXCHANGE_GOODS,
        exchange_id,
        intent_key=intent_key(request, key),
    )
    return presenters.answer(reception(row))


@router.post(
    "/{exchange_id}/inspect",
    operation_id="inspect_exchange",
    response_model=reception_schemas.Reception,
    responses={200: shown(_RECEPTION), **CHANGE},
)
async def inspect(
    request: WriteRequest, exchange_id: PathId, body: reception_schemas.Inspection, key: IntentKey = None
) -> Response:
    """Give every option its verdict; with a finding the exchange waits for an operator."""
    row = await receptions.inspect(
        request.context,
        request.key.warehouse,
        EXCHANGE_GOODS,
        exchange_id,
        found_of(body),
        body.reason,
        intent_key=intent_key(request, key),
    )
    return presenters.answer(reception(row))


@router.post(
    "/{exchange_id}/reject", operation_id="reject_exchange", response_model=EffectShape, responses=ASKED
)
async def reject(
    request: WriteRequest,
    exchange_id: PathId,
    body: shapes.Rejection,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Reject an exchange while Coupang lets it be rejected."""
    effect = await exchange_changes.reject(
        request.context, request.key.warehouse, exchange_id, body.code, intent_key=intent_key(request, key)
    )
    return await asked(request, effect, prefer)


@router.post(
    "/{exchange_id}/pickup",
    operation_id="register_exchange_pickup",
    response_model=EffectShape,
    responses=ASKED,
)
async def pickup(
    request: WriteRequest,
    exchange_id: PathId,
    body: reception_schemas.Pickup,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Tell Coupang the waybill of a pick-up that the seller booked."""
    effect = await exchange_changes.register_pickup(
        request.context,
        request.key.warehouse,
        exchange_id,
        Waybill(body.courier_code, body.invoice_number),
        body.reg_number,
        intent_key=intent_key(request, key),
    )
    return await asked(request, effect, prefer)


@router.post(
    "/{exchange_id}/confirm", operation_id="confirm_exchange", response_model=EffectShape, responses=ASKED
)
async def confirm(
    request: WriteRequest, exchange_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Confirm to Coupang that the goods arrived; the new box appears within ten minutes."""
    effect = await exchange_changes.confirm(
        request.context, request.key.warehouse, exchange_id, intent_key=intent_key(request, key)
    )
    return await asked(request, effect, prefer)


@router.post("/{exchange_id}/ship", operation_id="ship_exchange", response_model=EffectShape, responses=ASKED)
async def ship(
    request: WriteRequest,
    exchange_id: PathId,
    body: shapes.Replacement,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Ship the replacement on its new box; the original one is refused."""
    effect = await exchange_changes.ship(
        request.context,
        request.key.warehouse,
        exchange_id,
        body.shipment_box_id,
        Waybill(body.courier_code, body.invoice_number),
        intent_key=intent_key(request, key),
    )
    return await asked(request, effect, prefer)
