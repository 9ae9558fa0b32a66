"""Boxes, one by one and in lists: what is in them, who gets them, what happened and what may be done."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from app.flows import moments, reports
from app.machines.boxes import BoxState
from app.web import answers
from app.web.contract import GUARDED, ONE, shown
from app.web.cursors import page, place_of
from app.web.deps import Cursor, Limit, ReadDesk
from app.web.fields import PastTime, PathId, Time, VendorId
from app.web.shapes import BOX, LINE, STEP, SUMMARY
from app.web.shapes import Box as BoxShape
from app.web.warehouse import moment_shapes, shapes

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
    response_model=shapes.BoxPage,
    responses={200: shown({"items": [SUMMARY], "next_cursor": "AAMDYaXl3QAI6sLt_vUBVQ"})},
)
async def list_boxes(
    desk: ReadDesk,
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
    rows, then = await reports.list_boxes(
        desk.house,
        desk.key.within(vendor_id),
        states=state or (),
        paid_from=paid_from,
        paid_until=paid_until,
        attention=attention,
        after=after,
        most=limit,
    )
    return page([answers.box(row) for row in rows], then)


@router.get(
    "/{shipment_box_id}",
    operation_id="get_box",
    response_model=BoxShape | moment_shapes.Moment,
    responses={200: shown(BOX), **ONE},
)
async def get_box(desk: ReadDesk, shipment_box_id: PathId, at: PastTime = None) -> Response:
    """Return one box with its lines; with `at`, as it was then."""
    if at is not None:
        then = await moments.moment(desk.house, desk.key.vendor_ids, "box", shipment_box_id, at)
        return answers.answer(answers.moment(then))
    row = await reports.get_box(desk.house, desk.key.vendor_ids, shipment_box_id)
    return answers.answer(answers.box(row))


@router.get(
    "/{shipment_box_id}/lines",
    operation_id="get_box_lines",
    response_model=shapes.Lines,
    responses={200: shown({"items": [LINE]}), **ONE},
)
async def get_lines(desk: ReadDesk, shipment_box_id: PathId) -> Response:
    """Return what is in a box and how much of it is to be packed."""
    row = await reports.get_box(desk.house, desk.key.vendor_ids, shipment_box_id)
    return answers.answer({"items": [answers.plain(line) for line in row["lines"]]})


@router.get(
    "/{shipment_box_id}/history",
    operation_id="get_box_history",
    response_model=shapes.History,
    responses={200: shown({"items": [STEP]}), **ONE},
)
async def get_history(desk: ReadDesk, shipment_box_id: PathId) -> Response:
    """Return every step of a box: who, why, when and on which evidence."""
    steps = await reports.box_history(desk.house, desk.key.vendor_ids, shipment_box_id)
    return answers.answer({"items": steps})


@router.get(
    "/{shipment_box_id}/receiver",
    operation_id="get_box_receiver",
    response_model=shapes.Receiver,
    responses={200: shown(shapes.RECEIVER), **ONE},
)
async def get_receiver(desk: ReadDesk, shipment_box_id: PathId) -> Response:
    """Return who gets a box and which version of the address this is; all null once it was erased."""
    told = await reports.receiver(desk.house, desk.key.vendor_ids, shipment_box_id)
    return answers.answer(answers.plain(told), headers={"Cache-Control": "no-store"})


@router.get(
    "/{shipment_box_id}/actions",
    operation_id="get_box_actions",
    response_model=shapes.Actions,
    responses={200: shown({"items": shapes.ACTIONS}), **ONE},
)
async def get_actions(desk: ReadDesk, shipment_box_id: PathId) -> Response:
    """Tell which changes may be asked now and, of those that may not, which rule refuses and what helps."""
    judged = await reports.actions(desk.house, desk.key.vendor_ids, shipment_box_id)
    items = [
        {"method": "POST", "href": f"/v1/boxes/{shipment_box_id}/{_WAYS[one['action']]}", **one}
        for one in judged
    ]
    return answers.answer({"items": items})
