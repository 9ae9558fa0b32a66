"""Cancels: stop requests with the decision they ask for, the two answers, and cancels that were final."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.claims import queries as claim_queries
from app.claims.api import schemas
from app.claims.api.lists import listed
from app.claims.cancels import changes as cancel_changes
from app.engine.history import point_in_time
from app.machines.cancels import CancelState
from app.orders.api import schemas as shapes
from app.orders.waybills.waybills import Waybill
from app.web import point_in_time_schemas, presenters
from app.web.change_requests import ASKED, IntentKey, asked, intent_key
from app.web.deps import Cursor, Limit, Prefer, ReadRequest, WriteRequest
from app.web.field_types import PastTime, PathId, VendorId
from app.web.openapi import GUARDED, ONE, shown
from app.web.schemas import Effect as EffectShape

router = APIRouter(prefix="/v1/cancels", tags=["cancels"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_cancels",
    response_model=schemas.CancelPage,
    responses={200: shown({"items": [schemas.CANCEL_SUMMARY], "next_cursor": None})},
)
async def list_cancels(
    request: ReadRequest,
    vendor_id: VendorId | None = None,
    state: Annotated[list[CancelState] | None, Query(max_length=6, description="Repeatable.")] = None,
    order_id: PathId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List cancels, oldest first; `state=REQUESTED` are the stop requests that wait for an answer."""
    return await listed(request, claim_queries.list_cancels, vendor_id, state, order_id, cursor, limit)


@router.get(
    "/{receipt_id}",
    operation_id="get_cancel",
    response_model=schemas.Cancel | point_in_time_schemas.Moment,
    responses={200: shown(schemas.CANCEL), **ONE},
)
async def get_cancel(request: ReadRequest, receipt_id: PathId, at: PastTime = None) -> Response:
    """Return one cancel with its lines, boxes, history and pending decision; with `at`, as it was then."""
    if at is not None:
        then = await point_in_time.moment(request.context, request.key.vendor_ids, "cancel", receipt_id, at)
        return presenters.answer(presenters.moment(then))
    row = await claim_queries.get_cancel(request.context, request.key.vendor_ids, receipt_id)
    return presenters.answer(presenters.claim(row))


@router.post("/{receipt_id}/stop", operation_id="stop_shipment", response_model=EffectShape, responses=ASKED)
async def stop(
    request: WriteRequest, receipt_id: PathId, key: IntentKey = None, prefer: Prefer = None
) -> Response:
    """Answer a stop request: the parcel was not handed over and stays. The customer is refunded."""
    effect = await cancel_changes.answer_stop(
        request.context, request.key.warehouse, receipt_id, intent_key=intent_key(request, key)
    )
    return await asked(request, effect, prefer)


@router.post(
    "/{receipt_id}/shipped", operation_id="declare_shipped", response_model=EffectShape, responses=ASKED
)
async def shipped(
    request: WriteRequest,
    receipt_id: PathId,
    body: shapes.Waybill,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Answer a stop request: the parcel was handed over under this waybill. The seller pays the return."""
    effect = await cancel_changes.answer_shipped(
        request.context,
        request.key.warehouse,
        receipt_id,
        Waybill(body.courier_code, body.invoice_number),
        intent_key=intent_key(request, key),
    )
    return await asked(request, effect, prefer)
