"""Cancels: the seller's own (O9), and his answers to a customer's stop request (O10, O11)."""

import orjson

from app.sandbox.claims import receipt_transitions
from app.sandbox.core.claim_entities import COMPLETED, STOP, WITHDRAWN, Receipt
from app.sandbox.core.couriers import couriers
from app.sandbox.core.state import SandboxState
from app.sandbox.orders import transitions as box_transitions
from app.sandbox.orders.invoice_calls import wrong_number
from app.sandbox.wire.envelopes import Answer, Declined, bad_request, failed, internal_exception, result
from app.sandbox.wire.requests import Request, number, require, text, vendor_body

NO_RECEIPT = "취소반품접수내역이 존재하지 않습니다."
ALREADY_RETURNED = "이미 반품이 완료되었습니다."
NOT_A_STOP = "출고중지 요청 상태가 아닙니다."
WRONG_COUNT = "[INTERNAL_SERVER_ERROR] 취소반품접수수량과 cancelCount가 일치하지 않습니다."
WRONG_WAYBILL = "송장번호가 유효하지 않습니다."
USED_WAYBILL = (
    "이미 저장된 송장번호가 있어 송장번호 등록이 불가능합니다. (동일송장번호 업로드 조건 : 수취인정보 동일)"
)
STOPPED = "출고중지완료요청이 성공하였습니다"
SHIPPED = "이미출고 상태변경이 성공하였습니다."


def stopped(state: SandboxState, request: Request) -> Answer:
    """O10: the goods of a stop request were not shipped; the whole receipt is refunded."""
    body = vendor_body(request)
    receipt = own_receipt(state, request, number(body.get("receiptId"), "receiptId"))
    count = number(body.get("cancelCount"), "cancelCount")
    if fault := request.meets("row_error"):
        return result("OK", str(fault.options.get("message", "")), "FAIL")
    _must_be_stop(state, receipt, "stop_shipment")
    if count != receipt.count:
        raise Declined(failed(WRONG_COUNT))
    now = state.now()
    receipt_transitions.stop_done(state, receipt, now, "api")
    _apply(state, request, receipt, "stop_shipment")
    return result("OK", STOPPED)


def shipped(state: SandboxState, request: Request) -> Answer:
    """O11: the goods of a stop request have left; the box gets its waybill, the receipt becomes a return."""
    body = vendor_body(request)
    receipt = own_receipt(state, request, number(body.get("receiptId"), "receiptId"))
    courier, invoice = (text(body.get(name), name) for name in ("deliveryCompanyCode", "invoiceNumber"))
    if fault := request.meets("row_error"):
        return result("OK", str(fault.options.get("message", "")), "FAIL")
    _must_be_stop(state, receipt, "already_shipped")
    if courier not in couriers():
        raise Declined(internal_exception())
    box = state.box(receipt.box_id)
    wrong = wrong_number(state, box, courier, invoice)
    require(wrong != "INVALID_INVOICE_NUMBER", WRONG_WAYBILL, "400")
    require(wrong is None, USED_WAYBILL, "400")
    now = state.now()
    if box.status == "INSTRUCT":
        box_transitions.waybill(state, box, courier, invoice, now, "api")
    receipt_transitions.already_shipped(state, receipt, now, "api")
    _apply(state, request, receipt, "already_shipped")
    if state.rules.nested_already_shipped:
        nested = {"code": "200", "message": "OK", "resultCode": "SUCCESS", "resultMessage": SHIPPED}
        return Answer(200, orjson.dumps({"data": nested}))
    return result("OK", SHIPPED)


def own_receipt(state: SandboxState, request: Request, receipt_id: int) -> Receipt:
    """Return the receipt of the path, which the body repeats.

    Raises:
        Declined: Unknown, withdrawn, somebody else's, a cancel, or another number in the body.
    """
    receipt = state.receipts.get(receipt_id)
    known = receipt is not None and receipt.vendor_id == request.vendor.vendor_id and receipt.of_return
    same = receipt_id == int(request.path["receipt"])
    if receipt is None or not known or not same or receipt.status == WITHDRAWN:
        raise Declined(bad_request(NO_RECEIPT, "400"))
    return receipt


def _must_be_stop(state: SandboxState, receipt: Receipt, kind: str) -> None:
    if receipt.status != STOP:
        state.ledger.repeat(receipt.receipt_id, kind, "", about="receipt")
        raise Declined(bad_request(ALREADY_RETURNED if receipt.status == COMPLETED else NOT_A_STOP, "400"))


def _apply(state: SandboxState, request: Request, receipt: Receipt, kind: str) -> None:
    state.ledger.apply(
        receipt.vendor_id, receipt.box_id, kind, "", state.now(), request.call, again=False,
        about="receipt", about_id=receipt.receipt_id,
    )  # fmt: skip
