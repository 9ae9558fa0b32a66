"""The waybill of a pick-up that the seller arranged himself (R7), for returns and exchanges."""

from datetime import datetime

from app.sandbox.claims import receipt_transitions
from app.sandbox.claims.cancel_calls import NO_RECEIPT, WRONG_WAYBILL
from app.sandbox.core.claim_entities import AUTOMATIC, UNCHECKED, WITHDRAWN, Exchange, Receipt
from app.sandbox.core.couriers import couriers
from app.sandbox.core.state import SandboxState
from app.sandbox.exchanges import transitions as exchange_transitions
from app.sandbox.wire.envelopes import Answer, Declined, bad_request, internal_exception, ok
from app.sandbox.wire.requests import Request, json_body, number, require, text

INCOMPLETE = "Object is null"
AUTOMATIC_PICKUP = "자동회수 대상은 회수 송장을 등록할 수 없습니다."
WRONG_STATUS = "회수 송장을 등록할 수 없는 상태입니다."
ALREADY_THERE = "이미 저장된 회수 송장번호가 있습니다."
"""Coupang does not publish the last three."""
REQUIRED = ("returnExchangeDeliveryType", "receiptId", "deliveryCompanyCode", "invoiceNumber")


def register(state: SandboxState, request: Request) -> Answer:
    """R7: tell Coupang which parcel the goods come back in."""
    body = json_body(request)
    require(all(body.get(name) not in (None, "") for name in REQUIRED), INCOMPLETE)
    kind = body["returnExchangeDeliveryType"]
    require(kind in ("RETURN", "EXCHANGE"), "returnExchangeDeliveryType is invalid")
    claim_id = number(body["receiptId"], "receiptId")
    courier, invoice = (
        text(body["deliveryCompanyCode"], REQUIRED[2]),
        text(body["invoiceNumber"], REQUIRED[3]),
    )
    reg_number = None if body.get("regNumber") is None else text(body["regNumber"], "regNumber")
    claim = _claim(state, request, kind, claim_id)
    _check(state, claim, claim_id)
    if courier not in couriers():
        raise Declined(internal_exception())
    require(couriers()[courier].accepts(invoice), WRONG_WAYBILL)
    again = (courier, invoice) in claim.pickup.rows
    claim.pickup.reg_number = reg_number
    _book(state, claim, state.now(), courier, invoice)
    state.ledger.apply(
        claim.vendor_id, claim.box_id, "register_pickup", f"{courier}:{invoice}", state.now(), request.call,
        again=again, about="receipt" if kind == "RETURN" else "exchange", about_id=claim_id,
    )  # fmt: skip
    return ok(
        200,
        {
            "deliveryCompanyCode": courier,
            "invoiceNumber": invoice,
            "invoiceNumberId": 26_000_000_000_000 + claim_id % 10**12,
            "receiptId": claim_id,
            "regNumber": reg_number,
            "returnDeliveryId": claim.pickup.delivery_id,
            "returnExchangeDeliveryType": kind,
        },
    )


def _claim(state: SandboxState, request: Request, kind: str, claim_id: int) -> Receipt | Exchange:
    claim = state.receipts.get(claim_id) if kind == "RETURN" else state.exchanges.get(claim_id)
    gone = isinstance(claim, Receipt) and (claim.status == WITHDRAWN or not claim.of_return)
    if claim is None or gone or claim.vendor_id != request.vendor.vendor_id:
        raise Declined(bad_request(NO_RECEIPT))
    return claim


def _check(state: SandboxState, claim: Receipt | Exchange, claim_id: int) -> None:
    booked = bool(claim.pickup.booked_at)
    if isinstance(claim, Receipt):
        about, ready = "receipt", claim.status == UNCHECKED
    else:
        about, ready = "exchange", claim.is_open and claim.collect == "BeforeDirection"
    if not ready or (booked and not state.rules.pickup_again):
        for code, invoice in claim.pickup.rows:
            state.ledger.repeat(claim_id, "register_pickup", f"{code}:{invoice}", about=about)
        raise Declined(bad_request(ALREADY_THERE if ready else WRONG_STATUS))
    require(claim.pickup.kind not in AUTOMATIC, AUTOMATIC_PICKUP)


def _book(
    state: SandboxState, claim: Receipt | Exchange, at: datetime, courier_code: str, invoice_number: str
) -> None:
    if isinstance(claim, Receipt):
        receipt_transitions.book(state, claim, at, courier_code, invoice_number)
    else:
        exchange_transitions.book(state, claim, at, courier_code, invoice_number, "VENDOR")
