"""Returns: the list and the single read (R1, R2), receipt and approval of the goods (R3, R4)."""

from bisect import bisect_left
from datetime import datetime
from typing import Any

import orjson

from app.sandbox.claims import receipt_transitions
from app.sandbox.claims import render as render_receipts
from app.sandbox.claims.cancel_calls import ALREADY_RETURNED, own_receipt
from app.sandbox.core.claim_entities import (
    COMPLETED,
    CONFIRMED,
    DISPUTED,
    STOP,
    UNCHECKED,
    WITHDRAWN,
    Receipt,
)
from app.sandbox.core.order_entities import Vendor
from app.sandbox.core.state import SandboxState
from app.sandbox.wire.envelopes import Answer, Declined, bad_request, done, failed, ok
from app.sandbox.wire.requests import (
    MISSING,
    Request,
    day_window,
    minute_window,
    number,
    page_size,
    require,
    token_of,
    vendor_body,
)

NO_STATUS = "OrderId can't be null, if doesn't pass the parameter status"
WRONG_COUNT = "취소반품접수수량과 cancelCount가 일치하지 않습니다."
CANNOT_APPROVE = "환불 승인이 불가능합니다."
SHOWS: dict[str, tuple[str, ...]] = {
    "RU": (STOP,),
    # A stop request is in both lists.
    "UC": (UNCHECKED, CONFIRMED, STOP),
    "CC": (COMPLETED,),
    "PR": (DISPUTED,),
}
"""What each query status shows."""


def list_receipts(state: SandboxState, request: Request) -> Answer:
    """R1: receipts by the time they were filed and the status they have now."""
    params = request.params
    require(params.get("createdAtFrom") and params.get("createdAtTo"), MISSING)
    minutes = params.get("searchType") == "timeFrame"
    cancels, status, order_id = _filter(state, request, minutes)
    window = minute_window if minutes else day_window
    begins, ends = window(request, state, offset=False)
    found = [
        one
        for one in _visible(state, request.vendor, begins, ends)
        if one.of_return is not cancels
        and (not status or one.status in SHOWS[status])
        and order_id in (None, one.order_id)
    ]
    if minutes:
        hidden = request.meets("empty_page") or request.meets("empty_list")
        return ok(200, _rows(state, request, [] if hidden else found, status))
    page = f"R1:{request.version}:{status}:{cancels}:{order_id}"
    if request.meets("duplicate_page") and page in request.vendor.last_page:
        return Answer(200, request.vendor.last_page[page])
    most = state.rules.max_per_page
    size, below = page_size(request, most, most), token_of(request)
    if request.meets("empty_page"):
        return ok(200, [], nextToken=str(below or 9_223_372_036_854_775_807))
    if request.meets("empty_list"):
        return ok(200, [], nextToken="")
    left = [one for one in found if below is None or one.receipt_id < below]
    token = str(left[size - 1].receipt_id) if len(left) > size else ""
    answer = ok(200, _rows(state, request, left[:size], status), nextToken=token)
    request.vendor.last_page[page] = answer.body
    return answer


def _filter(state: SandboxState, request: Request, minutes: bool) -> tuple[bool, str, int | None]:
    """Return what a list asks for: cancels at ACCEPT, or returns of a status or an order."""
    params = request.params
    kind, status, order = (params.get(name, "") for name in ("cancelType", "status", "orderId"))
    require(kind in ("", "RETURN", "CANCEL"), "cancelType is invalid")
    require(not order or (order.isascii() and order.isdecimal()), "orderId is invalid")
    if kind == "CANCEL":
        clean = not status and not order
        require(
            clean or state.rules.cancel_list_with_status, "status and orderId are not supported for CANCEL"
        )
        return True, "", None
    # Only days know orders.
    order_id = int(order) if order and not minutes else None
    enough = status or order_id is not None or (minutes and state.rules.returns_minute_without_status)
    require(enough, NO_STATUS)
    require(not status or status in SHOWS, "status is invalid")
    return False, status, order_id


def _visible(state: SandboxState, vendor: Vendor, begins: datetime, ends: datetime) -> list[Receipt]:
    """Return the receipts filed in a window that lists show by now, newest first."""
    now, filed = state.now(), vendor.receipts
    window = filed[bisect_left(filed, (begins, 0)) : bisect_left(filed, (ends, 0))]
    listed = (state.receipts[receipt_id] for _, receipt_id in window)
    found = [one for one in listed if one.shown_from <= now and one.status != WITHDRAWN]
    return sorted(found, key=lambda one: -one.receipt_id)


def _rows(state: SandboxState, request: Request, found: list[Receipt], status: str) -> list[dict[str, Any]]:
    rows = [render_receipts.receipt(one, request.version, state.rules, status=status) for one in found]
    return damaged(request, rows, "receiptId", {"returnItems": None, "createdAt": "?"})


def damaged(request: Request, rows: list[dict[str, Any]], key: str, default: Any) -> list[dict[str, Any]]:
    """Return rows with one damaged, if a script says so."""
    damage = request.meets("unreadable_row")
    if damage is None or not rows:
        return rows
    wanted = damage.options.get("claim_id", rows[0][key])
    broken = orjson.loads(orjson.dumps(damage.options.get("set", default)))
    return [{**one, **broken} if one[key] == wanted else one for one in rows]


def read_receipt(state: SandboxState, request: Request) -> Answer:
    """R2: one return, as a list of one."""
    receipt_id = int(request.path["receipt"])
    receipt = state.receipts.get(receipt_id)
    if receipt is not None and receipt.vendor_id != request.vendor.vendor_id:
        message = f"receiptId : {receipt_id} doesn't belong to the vendorId : {request.vendor.vendor_id}"
        raise Declined(bad_request(message, "400"))
    if receipt is None or not receipt.of_return or receipt.status == WITHDRAWN:
        raise Declined(bad_request(f"cannot find the Receipt. receiptId: {receipt_id}", "400"))
    return ok("200", [render_receipts.receipt(receipt, request.version, state.rules)])


def receive(state: SandboxState, request: Request) -> Answer:
    """R3: the goods have come back."""
    body = vendor_body(request)
    receipt = own_receipt(state, request, number(body.get("receiptId"), "receiptId"))
    if receipt.status != UNCHECKED:
        state.ledger.repeat(receipt.receipt_id, "receive_return", "", about="receipt")
        over = receipt.status == COMPLETED
        raise Declined(bad_request(ALREADY_RETURNED if over else state.rules.receive_again_text, "400"))
    receipt_transitions.receive(state, receipt, state.now(), "api")
    _apply(state, request, receipt, "receive_return")
    return done("OK")


def approve(state: SandboxState, request: Request) -> Answer:
    """R4: refund a return whose goods are confirmed; `cancelCount` is the whole receipt."""
    body = vendor_body(request)
    receipt = own_receipt(state, request, number(body.get("receiptId"), "receiptId"))
    count = number(body.get("cancelCount"), "cancelCount")
    if receipt.status == COMPLETED:
        state.ledger.repeat(receipt.receipt_id, "approve_return", "", about="receipt")
        raise Declined(bad_request(ALREADY_RETURNED, "400"))
    require(count == receipt.count, WRONG_COUNT, "400")
    if receipt.status != CONFIRMED:
        raise Declined(failed(CANNOT_APPROVE))
    receipt_transitions.complete(state, receipt, state.now(), "api")
    _apply(state, request, receipt, "approve_return")
    return done("OK")


def _apply(state: SandboxState, request: Request, receipt: Receipt, kind: str) -> None:
    state.ledger.apply(
        receipt.vendor_id, receipt.box_id, kind, "", state.now(), request.call, again=False,
        about="receipt", about_id=receipt.receipt_id,
    )  # fmt: skip
