"""Boxes, one by one and in lists: what is in them, who gets them, what happened and what may be done."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.engine.history import point_in_time
from app.machines.boxes import BoxState
from app.orders import queries as box_queries
from app.orders.api import schemas
from app.web import point_in_time_schemas, presenters
from app.web.deps import Cursor, Limit, ReadRequest
from app.web.field_types import PastTime, PathId, Time, VendorId
from app.web.openapi import GUARDED, ONE, shown
from app.web.pagination import page, place_of
from app.web.schemas import BOX, LINE, STEP, SUMMARY
from app.web.schemas import Box as BoxShape

router = APIRouter(prefix="/v1/boxes", tags=["boxes"], responses=GUARDED)

_WAYS = {
    "acknowledge": "acknowledge",
    "ship": "ship",
    "ship_direct": "ship",
    "ship_part": "ship",
    "change_invoice": "invoice",
    "change_invoice_direct": "invoice",
    "close_undelivered": "close",
    "seller_cancel": "cancel",
}
"""Action → the last part of its address."""


@router.get(
    "",
    operation_id="list_boxes",
    response_model=schemas.BoxPage,
    responses={200: shown({"items": [SUMMARY], "next_cursor": "AAMDYaXl3QAI6sLt_vUBVQ"})},
)
async def list_boxes(
    request: ReadRequest,
    vendor_id: VendorId | None = None,
    state: Annotated[list[BoxState] | None, Query(max_length=7, description="Repeatable.")] = None,
    paid_from: Time | None = None,
    paid_until: Annotated[Time | None, Query(description="Exclusive.")] = None,
    attention: Annotated[bool | None, Query(description="Only boxes a person should look at.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """List boxes, oldest payment first; pages stay stable while boxes arrive."""
    after = place_of(cursor)
    rows, then = await box_queries.list_boxes(
        request.context,
        request.key.within(vendor_id),
        states=state or (),
        paid_from=paid_from,
        paid_until=paid_until,
        attention=attention,
        after=after,
        most=limit,
    )
    return page([presenters.box(row) for row in rows], then)


@router.get(
    "/{shipment_box_id}",
    operation_id="get_box",
    response_model=BoxShape | point_in_time_schemas.Moment,
    responses={200: shown(BOX), **ONE},
)
async def get_box(request: ReadRequest, shipment_box_id: PathId, at: PastTime = None) -> Response:
    """Return one box with its lines; with `at`, as it was then."""
    if at is not None:
        then = await point_in_time.moment(request.context, request.key.vendor_ids, "box", shipment_box_id, at)
        return presenters.answer(presenters.moment(then))
    row = await box_queries.get_box(request.context, request.key.vendor_ids, shipment_box_id)
    return presenters.answer(presenters.box(row))


@router.get(
    "/{shipment_box_id}/lines",
    operation_id="get_box_lines",
    response_model=schemas.Lines,
    responses={200: shown({"items": [LINE]}), **ONE},
)
async def get_lines(request: ReadRequest, shipment_box_id: PathId) -> Response:
    """Return what is in a box and how much of it is to be packed."""
    row = await box_queries.get_box(request.context, request.key.vendor_ids, shipment_box_id)
    return presenters.answer({"items": [presenters.plain(line) for line in row["lines"]]})


@router.get(
    "/{shipment_box_id}/history",
    operation_id="get_box_history",
    response_model=schemas.History,
    responses={200: shown({"items": [STEP]}), **ONE},
)
async def get_history(request: ReadRequest, shipment_box_id: PathId) -> Response:
    """Return every step of a box: who, why, when and on which evidence."""
    steps = await box_queries.box_history(request.context, request.key.vendor_ids, shipment_box_id)
    return presenters.answer({"items": steps})


@router.get(
    "/{shipment_box_id}/receiver",
    operation_id="get_box_receiver",
    response_model=schemas.Receiver,
    responses={200: shown(schemas.RECEIVER), **ONE},
)
async def get_receiver(request: ReadRequest, shipment_box_id: PathId) -> Response:
    """Return who gets a box and which version of the address this is; all null once it was erased."""
    told = await box_queries.receiver(request.context, request.key.vendor_ids, shipment_box_id)
    return presenters.answer(presenters.plain(told), headers={"Cache-Control": "no-store"})


@router.get(
    "/{shipment_box_id}/actions",
    operation_id="get_box_actions",
    response_model=schemas.Actions,
    responses={200: shown({"items": schemas.ACTIONS}), **ONE},
)
async def get_actions(request: ReadRequest, shipment_box_id: PathId) -> Response:
    """Tell which changes may be asked now and, of those that may not, which rule refuses and what helps."""
    judged = await box_queries.actions(request.context, request.key.vendor_ids, shipment_box_id)
    items = [
        {"method": "POST", "href": f"/v1/boxes/{shipment_box_id}/{_WAYS[one['action']]}", **one}
        for one in judged
    ]
    return presenters.answer({"items": items})
