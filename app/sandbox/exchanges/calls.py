"""Exchanges: the list (E1), goods received (E2), refusal (E3), the waybill of the replacement (E4)."""

from bisect import bisect_left
from datetime import timedelta
from typing import Any

import orjson

from app.sandbox.claims.cancel_calls import USED_WAYBILL, WRONG_WAYBILL
from app.sandbox.claims.return_calls import damaged
from app.sandbox.core import shipped_watch
from app.sandbox.core.claim_entities import Exchange
from app.sandbox.core.couriers import couriers
from app.sandbox.core.ledger import CancelledShipment
from app.sandbox.core.order_entities import Box
from app.sandbox.core.state import SandboxState
from app.sandbox.exchanges import render as render_exchanges
from app.sandbox.exchanges import transitions as exchange_transitions
from app.sandbox.orders import transitions as box_transitions
from app.sandbox.orders.invoice_calls import wrong_number
from app.sandbox.wire.envelopes import Answer, Declined, bad_request, done, internal_exception, ok, result
from app.sandbox.wire.requests import (
    MISSING,
    Request,
    loose_number,
    number,
    page_size,
    require,
    second_window,
    text,
    token_of,
    vendor_body,
)

STATUSES = ("RECEIPT", "PROGRESS", "SUCCESS", "REJECT", "CANCEL")
TOO_LONG = "createdAtTo - createdAtFrom should less then 7day"
NOT_SUITABLE = (
    "shipmentBoxId ({box})'s status [{status}] is not suitable for applyInvoice. "
    "Only INSTRUCT status shipment can be called with applyInvoice"
)
NO_EXCHANGE = "교환접수내역이 존재하지 않습니다."
WRONG_STATUS = "교환 처리가 가능한 상태가 아닙니다."
WRONG_CODE = "exchangeRejectCode should be SOLDOUT or WITHDRAW"
MALFORMED = "Required request body is missing or malformed"
SAVED = "Invoice number save successfully"
REJECTED = "요청 처리완료"


def list_exchanges(state: SandboxState, request: Request) -> Answer:
    """E1: exchanges by the time they were registered, newest first."""
    params, rules = request.params, state.rules
    require(params.get("createdAtFrom") and params.get("createdAtTo"), MISSING)
    begins, ends = second_window(request)
    require(ends - begins <= timedelta(days=rules.exchange_range_days), TOO_LONG)
    status, order = params.get("status", ""), params.get("orderId", "")
    require(not status or status in STATUSES, "status is invalid")
    require(not order or (order.isascii() and order.isdecimal()), "orderId is invalid")
    size = page_size(request, rules.exchange_page_size, rules.exchange_max_per_page)
    below, page = token_of(request), f"E1:{status}:{order}"
    if request.meets("duplicate_page") and page in request.vendor.last_page:
        return Answer(200, request.vendor.last_page[page])
    if request.meets("empty_page"):
        return ok(200, [], nextToken=str(below or 9_223_372_036_854_775_807))
    if request.meets("empty_list"):
        return ok(200, [], nextToken="")
    made = request.vendor.exchanges
    # Seconds are inclusive, whatever fraction of one the registration fell into.
    ends += timedelta(seconds=1)
    window = made[bisect_left(made, (begins, 0)) : bisect_left(made, (ends, 0))]
    listed = [state.exchanges[exchange_id] for _, exchange_id in reversed(window)]
    found = [
        one
        for one in listed
        if (not status or one.status == status)
        and (not order or one.order_id == int(order))
        and (below is None or one.exchange_id < below)
    ]
    token = str(found[size - 1].exchange_id) if len(found) > size else ""
    if not token and below is not None and rules.exchange_token_repeats:
        token = str(below)
    rows = [render_exchanges.exchange(state, one) for one in found[:size]]
    rows = damaged(request, rows, "exchangeId", {"exchangeItemDtoV1s": None, "createdAt": "?"})
    answer = ok(200, rows, nextToken=token)
    request.vendor.last_page[page] = answer.body
    return answer


def receive(state: SandboxState, request: Request) -> Answer:
    """E2: the goods have come back; the box of the replacement appears some minutes later."""
    body = vendor_body(request)
    exchange = _own(state, request, number(body.get("exchangeId"), "exchangeId"))
    if not exchange.is_open or exchange.collected_at is not None:
        _repeat(state, exchange, "receive_exchange")
        raise Declined(bad_request(WRONG_STATUS, "400"))
    exchange_transitions.receive(state, exchange, state.now(), "api")
    _apply(state, request, exchange, "receive_exchange", "")
    return done("SUCCESS")


def reject(state: SandboxState, request: Request) -> Answer:
    """E3: sold out, or the customer lets it be."""
    body = vendor_body(request)
    exchange = _own(state, request, loose_number(body.get("exchangeId"), "exchangeId"))
    code = body.get("exchangeRejectCode")
    require(code in ("SOLDOUT", "WITHDRAW"), WRONG_CODE, "400")
    if fault := request.meets("row_error"):
        return result("SUCCESS", str(fault.options.get("message", "")), "FAIL")
    if not exchange.rejectable:
        _repeat(state, exchange, "reject_exchange")
        raise Declined(bad_request(WRONG_STATUS, "400"))
    exchange_transitions.reject(exchange, state.now(), str(code), "api")
    _apply(state, request, exchange, "reject_exchange", "")
    return result("SUCCESS", REJECTED)


def upload(state: SandboxState, request: Request) -> Answer:
    """E4: waybills of replacements; the body is an array, one element per new box."""
    rows = _array(request)
    wanted: list[tuple[Exchange, int, str, str]] = []
    for row in rows:
        require(isinstance(row, dict), MALFORMED, "400")
        require(row.get("vendorId") == request.vendor.vendor_id, "Invalid vendor ID", "400")
        exchange = _own(state, request, loose_number(row.get("exchangeId"), "exchangeId"))
        box_id = loose_number(row.get("shipmentBoxId"), "shipmentBoxId")
        courier, invoice = (text(row.get(name), name) for name in ("goodsDeliveryCode", "invoiceNumber"))
        wanted.append((exchange, box_id, courier, invoice))
    require(len({box_id for _, box_id, _, _ in wanted}) == len(wanted), MALFORMED, "400")
    if fault := request.meets("row_error"):
        return result("SUCCESS", str(fault.options.get("message", "")), "FAIL")
    ready = [(one, box) for one in wanted if (box := _checked(state, request, *one)) is not None]
    for (exchange, _, courier, invoice), box in ready:
        now = state.now()
        box_transitions.waybill(state, box, courier, invoice, now, "api")
        exchange.modified_at, exchange.modified_by = now, "VENDOR"
        _apply(state, request, exchange, "ship_exchange", str(box.box_id))
    return result("SUCCESS", SAVED)


def _checked(
    state: SandboxState, request: Request, exchange: Exchange, box_id: int, courier: str, invoice: str
) -> Box | None:
    """Return the box of a replacement that may have this waybill; None for one that is silently ignored."""
    if courier not in couriers():
        raise Declined(internal_exception())
    box = state.boxes.get(box_id)
    right = box is not None and box_id == exchange.new_box_id
    if exchange.status in ("CANCEL", "REJECT"):
        _note_ended(state, request, exchange, box_id, invoice)
        raise Declined(bad_request(WRONG_STATUS, "400"))
    if not right and state.rules.wrong_exchange_box_accepted:
        return None
    if box is None or box.order_id != exchange.order_id:
        raise Declined(bad_request(NO_EXCHANGE, "400"))
    if not right or box.status != "INSTRUCT":
        _repeat(state, exchange, "ship_exchange", str(box_id))
        raise Declined(bad_request(NOT_SUITABLE.format(box=box_id, status=box.status), "400"))
    wrong = wrong_number(state, box, courier, invoice)
    require(wrong != "INVALID_INVOICE_NUMBER", WRONG_WAYBILL, "400")
    require(wrong is None, USED_WAYBILL, "400")
    return box


def _note_ended(state: SandboxState, request: Request, exchange: Exchange, box_id: int, invoice: str) -> None:
    ended = exchange.history[-1][1]
    found = [
        CancelledShipment(
            exchange.vendor_id,
            box_id,
            one.line.vendor_item_id,
            "ship_exchange",
            invoice,
            "exchange_ended",
            ended,
            state.now(),
            request.call,
        )
        for one in exchange.pieces
    ]
    shipped_watch.note(state, found, accepted=False)


def _array(request: Request) -> list[Any]:
    try:
        read = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise Declined(bad_request(MALFORMED, "400")) from None
    require(isinstance(read, list) and read, MALFORMED, "400")
    return list(read)


def _own(state: SandboxState, request: Request, exchange_id: int) -> Exchange:
    exchange = state.exchanges.get(exchange_id)
    same = exchange_id == int(request.path["exchange"])
    if exchange is None or exchange.vendor_id != request.vendor.vendor_id or not same:
        raise Declined(bad_request(NO_EXCHANGE, "400"))
    return exchange


def _apply(state: SandboxState, request: Request, exchange: Exchange, kind: str, subject: str) -> None:
    state.ledger.apply(
        exchange.vendor_id, exchange.new_box_id or exchange.box_id, kind, subject, state.now(), request.call,
        again=False, about="exchange", about_id=exchange.exchange_id,
    )  # fmt: skip


def _repeat(state: SandboxState, exchange: Exchange, kind: str, subject: str = "") -> None:
    state.ledger.repeat(exchange.exchange_id, kind, subject, about="exchange")
