"""Cancels: stop requests with the decision they ask for, the two answers, and cancels that were final."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.flows import cancelling, claim_reports, moments
from app.flows.asking import Waybill
from app.machines.cancels import CancelState
from app.web import answers
from app.web.contract import GUARDED, ONE, shown
from app.web.deps import Cursor, Limit, Prefer, ReadDesk, WriteDesk
from app.web.fields import PastTime, PathId, VendorId
from app.web.shapes import Effect as EffectShape
from app.web.warehouse import claim_shapes, moment_shapes, shapes
from app.web.warehouse.changes import ASKED, IntentKey, asked, intent_key
from app.web.warehouse.claim_lists import listed

router = APIRouter(prefix="/v1/cancels", tags=["cancels"], responses=GUARDED)


@router.get(
    "",
    operation_id="list_cancels",
    response_model=claim_shapes.CancelPage,
    responses={200: shown({"items": [claim_shapes.CANCEL_SUMMARY], "next_cursor": None})},
)
async def list_cancels(
    desk: ReadDesk,
    vendor_id: VendorId | None = None,
    state: Annotated[list[CancelState] | None, Query(max_length=6, description="Repeatable.")] = None,
    order_id: PathId | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List cancels, oldest first; `state=REQUESTED` are the stop requests that wait for an answer."""
    return await listed(desk, claim_reports.list_cancels, vendor_id, state, order_id, cursor, limit)


@router.get(
    "/{receipt_id}",
    operation_id="get_cancel",
    response_model=claim_shapes.Cancel | moment_shapes.Moment,
    responses={200: shown(claim_shapes.CANCEL), **ONE},
)
async def get_cancel(desk: ReadDesk, receipt_id: PathId, at: PastTime = None) -> Response:
    """Return one cancel with its lines, boxes, history and pending decision; with `at`, as it was then."""
    if at is not None:
        then = await moments.moment(desk.house, desk.key.vendor_ids, "cancel", receipt_id, at)
        return answers.answer(answers.moment(then))
    row = await claim_reports.get_cancel(desk.house, desk.key.vendor_ids, receipt_id)
    return answers.answer(answers.claim(row))


@router.post("/{receipt_id}/stop", operation_id="stop_shipment", response_model=EffectShape, responses=ASKED)
async def stop(desk: WriteDesk, receipt_id: PathId, key: IntentKey = None, prefer: Prefer = None) -> Response:
    """Answer a stop request: the parcel was not handed over and stays. The customer is refunded."""
    effect = await cancelling.answer_stop(
        desk.house, desk.key.warehouse, receipt_id, intent_key=intent_key(desk, key)
    )
    return await asked(desk, effect, prefer)


@router.post(
    "/{receipt_id}/shipped", operation_id="declare_shipped", response_model=EffectShape, responses=ASKED
)
async def shipped(
    desk: WriteDesk,
    receipt_id: PathId,
    body: shapes.Waybill,
    key: IntentKey = None,
    prefer: Prefer = None,
) -> Response:
    """Answer a stop request: the parcel was handed over under this waybill. The seller pays the return."""
    effect = await cancelling.answer_shipped(
        desk.house,
        desk.key.warehouse,
        receipt_id,
        Waybill(body.courier_code, body.invoice_number),
        intent_key=intent_key(desk, key),
    )
    return await asked(desk, effect, prefer)
