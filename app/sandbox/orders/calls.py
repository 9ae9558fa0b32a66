"""Order sheets: lists, single reads, history, acknowledge, long-term completion (O1 to O6, O12)."""

from datetime import datetime, timedelta
from typing import Any

import orjson

from app.sandbox.core.order_entities import CANCELLED, ROAD, Box
from app.sandbox.core.state import SandboxState
from app.sandbox.orders import render as render_orders
from app.sandbox.orders import transitions as box_transitions
from app.sandbox.wire.envelopes import CANCELLED_OR_RETURNED, Answer, Declined, bad_request, ok
from app.sandbox.wire.requests import (
    MISSING,
    Request,
    day_window,
    json_body,
    minute_window,
    number,
    page_size,
    require,
    status_of,
    text,
    token_of,
    vendor_body,
)

CANNOT_CHANGE = "배송상태를 변경할 수 없습니다. 주문내역을 확인해주세요."
BEYOND_ALL = 9_223_372_036_854_775_807
"""A token above every box id: the first page again."""


def list_day(state: SandboxState, request: Request) -> Answer:
    """O1: one page of boxes, by day of payment and the status shown now."""
    status = status_of(request)
    begins, ends = day_window(request, state)
    most = state.rules.max_per_page
    size, below = page_size(request, most, most), token_of(request)
    page = f"{request.version}:{status}"
    if request.meets("duplicate_page") and page in request.vendor.last_page:
        return Answer(200, request.vendor.last_page[page])
    if request.meets("empty_page"):
        return ok(200, [], nextToken=str(below or BEYOND_ALL))
    if request.meets("empty_list"):
        return ok(200, [], nextToken="")
    if (shift := request.meets("shift_page")) and below is not None:
        if shift.options.get("direction", "skip") == "repeat":
            below += 1
        else:
            lost = state.listed(request.vendor, status, begins, ends, below, 1)
            below = lost[0] if lost else below
    ids = state.listed(request.vendor, status, begins, ends, below, size + 1)
    token = str(ids[size - 1]) if len(ids) > size else ""
    rows = _rows(state, request, ids[:size], status, begins, ends)
    answer = ok(200, rows, nextToken=token)
    request.vendor.last_page[page] = answer.body
    return answer


def list_minute(state: SandboxState, request: Request) -> Answer:
    """O2: all boxes of a window below a day, without pages."""
    status = status_of(request)
    begins, ends = minute_window(request, state)
    if request.meets("empty_page") or request.meets("empty_list"):
        return ok(200, [])
    ids = state.listed(request.vendor, status, begins, ends)
    return ok(200, _rows(state, request, ids, status, begins, ends))


def read_box(state: SandboxState, request: Request) -> Answer:
    """O3: one box."""
    box = _readable(state, request, int(request.path["box"]))
    return ok("200", _sheet(state, request, box))


def read_order(state: SandboxState, request: Request) -> Answer:
    """O4: the boxes of one order."""
    now = state.now()
    boxes = [
        box
        for box in state.boxes_of_order(int(request.path["order"]))
        if box.vendor_id == request.vendor.vendor_id and box.status != CANCELLED and box.paid_at <= now
    ]
    require(boxes, CANCELLED_OR_RETURNED)
    rows = [_sheet(state, request, box) for box in boxes]
    return ok("200", rows if state.rules.order_as_array else rows[0])


def read_history(state: SandboxState, request: Request) -> Answer:
    """O5: the status history of one box."""
    box = _readable(state, request, int(request.path["box"]))
    return ok("200", render_orders.history(box, request.version, state.now()))


def acknowledge(state: SandboxState, request: Request) -> Answer:
    """O6: ACCEPT to INSTRUCT, box by box; the new status may show later than the OK."""
    body = vendor_body(request)
    asked = body.get("shipmentBoxIds")
    require(isinstance(asked, list), MISSING)
    ids = [number(one, "shipmentBoxIds") for one in asked or []]
    limit = state.rules.max_acknowledge_boxes
    require(len(ids) <= limit, f"shipmentBoxIds should be {limit} or less")
    rows = [_acknowledge_one(state, request, box_id) for box_id in ids]
    code = bulk_code(rows)
    said = {-1: "None.", 0: "All succeeded.", 1: "Partial errors.", 99: "All Failed."}
    return ok(
        "200",
        {
            "responseKey": state.int64("responseKey", request.vendor.vendor_id, request.vendor.calls),
            "responseCode": code,
            "responseMessage": f"apply instructStatus result - {said[code]}",
            "responseList": rows,
        },
    )


def complete(state: SandboxState, request: Request) -> Answer:
    """O12: FINAL_DELIVERY for a box that has been under way for a month."""
    body = json_body(request)
    box_id = number(body.get("shipmentBoxId"), "shipmentBoxId")
    invoice_number = text(body.get("invoiceNumber"), "invoiceNumber")
    now = state.now()
    box = _own(state, request, box_id)
    if box is None:
        raise Declined(bad_request("주문 정보가 없습니다.", "400", False))
    status = box.shown(now)
    under_way = box.status in ("DEPARTURE", "DELIVERING") and box.departed_at is not None
    long_ago = now - timedelta(days=state.rules.long_term_days)
    if not under_way or box.departed_at is None or box.departed_at > long_ago:
        state.ledger.repeat(box_id, "complete", "")
        raise Declined(bad_request(f"배송완료 처리 실패. 배송상태: {status}", "400", False))
    if invoice_number != box.invoice:
        raise Declined(bad_request("송장번호가 유효하지 않습니다.", "400", False))
    box_transitions.deliver(state, box, now, "api")
    state.ledger.apply(box.vendor_id, box_id, "complete", "", now, request.call, again=False)
    return ok("200", True, "SUCCESS")


def row(
    box_id: int, succeed: bool, code: str, retry: bool, message: str | None
) -> dict[str, str | int | bool | None]:
    """Return one row of a bulk answer."""
    return {
        "shipmentBoxId": box_id,
        "succeed": succeed,
        "resultCode": code,
        "retryRequired": retry,
        "resultMessage": message,
    }


def bulk_code(rows: list[dict[str, str | int | bool | None]]) -> int:
    """Return the responseCode of rows: -1 none, 0 all, 1 some, 99 none succeeded."""
    succeeded = sum(one["succeed"] is True for one in rows)
    if not rows:
        return -1
    return 0 if succeeded == len(rows) else 1 if succeeded else 99


def scripted_failure(request: Request, box_id: int) -> str | None:
    """Return the result code with which a script lets this box's row fail."""
    fault = request.meets("row_error")
    if fault is None or fault.options.get("box_id", box_id) != box_id:
        return None
    return str(fault.options.get("result_code", "UNDEFINED_ERROR_OCCUR"))


def _acknowledge_one(
    state: SandboxState, request: Request, box_id: int
) -> dict[str, str | int | bool | None]:
    now = state.now()
    if failure := scripted_failure(request, box_id):
        return row(box_id, False, failure, True, CANNOT_CHANGE)
    box = _own(state, request, box_id)
    if box is None or box.status == CANCELLED:
        message = f"shipmentBoxId ({box_id}) is not found."
        return row(box_id, False, "NOT_FOUND_SHIPMENT_BOX", True, message)
    refunding = any(one.hold_kind for one in state.boxes_of_order(box.order_id) if one.status == "ACCEPT")
    if box.status != "ACCEPT" or refunding:
        state.ledger.repeat(box_id, "acknowledge", "")
        return row(box_id, False, "INVALID_STATUS", False, CANNOT_CHANGE)
    box_transitions.acknowledge(state, box, now, "api", lagging=True)
    state.ledger.apply(box.vendor_id, box_id, "acknowledge", "", now, request.call, again=False)
    return row(box_id, True, "OK", False, "request succeeded.")


def _own(state: SandboxState, request: Request, box_id: int) -> Box | None:
    box = state.boxes.get(box_id)
    if box is None or box.vendor_id != request.vendor.vendor_id or box.paid_at > state.now():
        return None
    return box


def _readable(state: SandboxState, request: Request, box_id: int) -> Box:
    box = _own(state, request, box_id)
    if box is None or box.status == CANCELLED:
        raise Declined(bad_request(CANCELLED_OR_RETURNED))
    return box


def _sheet(state: SandboxState, request: Request, box: Box, status: str | None = None) -> dict[str, Any]:
    now = state.now()
    shown = status or box.shown(now)
    return render_orders.sheet(box, request.version, shown, now, state.rules)


def _rows(
    state: SandboxState, request: Request, ids: list[int], status: str, begins: datetime, ends: datetime
) -> list[dict[str, Any]]:
    rows = [_sheet(state, request, state.boxes[box_id], status) for box_id in ids]
    if stale := request.meets("stale_rows"):
        later = ROAD[ROAD.index(status) + 1 :]
        moved = [one for next_ in later for one in state.listed(request.vendor, next_, begins, ends)]
        was = [
            one
            for one in sorted(moved, reverse=True)
            if status in {step[0] for step in state.boxes[one].history}
        ]
        old = [state.boxes[one] for one in was[: int(stale.options.get("rows", 1))]]
        rows = [_sheet(state, request, box, status) for box in old] + rows
    if (damage := request.meets("unreadable_row")) and rows:
        wanted = damage.options.get("box_id", rows[0]["shipmentBoxId"])
        broken = orjson.loads(orjson.dumps(damage.options.get("set", {"orderItems": None, "paidAt": "?"})))
        rows = [{**one, **broken} if one["shipmentBoxId"] == wanted else one for one in rows]
    return rows
