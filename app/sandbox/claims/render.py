"""Receipts as Coupang writes them, v6 and v4, and withdrawn ones as R5 and R6 tell of them."""

from datetime import datetime
from typing import Any

from app.clock import KST
from app.sandbox.core.claim_entities import STOP, Claimed, Receipt
from app.sandbox.core.rules import Rules
from app.sandbox.orders.render import money, phone

DUTIES = {"CUSTOMER": "CUS", "COUPANG": "COU", "WMS": "COU"}
"""refundDeliveryDuty by fault; everything else is the seller's."""


def receipt(one: Receipt, version: str, rules: Rules, *, status: str = "") -> dict[str, Any]:
    """Return one receipt; `status` is the query it answers, for the two readings of open stop requests."""
    shown = one.status
    if status == "UC" and shown == STOP:
        shown = rules.stop_request_in_uc
    korean = rules.korean_receipt_type and version == "v4"
    anonymous = one.kind == "cancel"
    who = one.requester
    return {
        "receiptId": one.receipt_id,
        "orderId": one.order_id,
        "paymentId": one.order_id + 100_000_000,
        "receiptType": "CANCEL" if anonymous else "반품" if korean else "RETURN",
        "receiptStatus": shown,
        "createdAt": moment(one.created_at, version),
        "modifiedAt": moment(one.modified_at, version),
        "requesterName": "" if anonymous else who.name,
        "requesterPhoneNumber": "" if anonymous else phone(who.safe_digits, version),
        "requesterRealPhoneNumber": None,
        "requesterAddress": "" if anonymous else who.addr1,
        "requesterAddressDetail": "" if anonymous else who.addr2,
        "requesterZipCode": "" if anonymous else who.post_code,
        "cancelReasonCategory1": one.reason.category1,
        "cancelReasonCategory2": one.reason.category2,
        "cancelReason": one.detail,
        "cancelCountSum": one.count,
        "returnDeliveryId": one.pickup.delivery_id,
        "returnDeliveryType": one.pickup.kind,
        "releaseStopStatus": one.stop,
        "enclosePrice": money(0, version),
        "faultByType": one.fault,
        "preRefund": one.pre_refund,
        "completeConfirmType": "미확인" if korean and one.confirm == "UNDEFINED" else one.confirm,
        "completeConfirmDate": moment(one.completed_at, version),
        "returnItems": [_item(piece, one) for piece in one.pieces],
        "returnDeliveryDtos": [
            {"deliveryCompanyCode": code, "deliveryInvoiceNo": number} for code, number in one.pickup.rows
        ],
        "reasonCode": one.reason.code,
        "reasonCodeText": one.reason.text,
        "returnShippingCharge": money(one.charge_krw, version),
    }


def _item(piece: Claimed, one: Receipt) -> dict[str, Any]:
    line = piece.line
    return {
        "vendorItemPackageId": 0,
        "vendorItemPackageName": line.product_name,
        "vendorItemId": line.vendor_item_id,
        "vendorItemName": f"{line.product_name}, {line.option_name}",
        "purchaseCount": line.count,
        "cancelCount": piece.count,
        "shipmentBoxId": one.box_id,
        "sellerProductId": line.seller_product_id,
        "sellerProductName": line.product_name,
        "releaseStatus": one.release,
        "cancelCompleteUser": None,
    }


def withdrawal(one: Receipt) -> dict[str, Any]:
    """Return one withdrawn receipt; the time is that of the withdrawal."""
    return {
        "cancelId": one.receipt_id,
        "orderId": one.order_id,
        "vendorId": one.vendor_id,
        "refundDeliveryDuty": DUTIES.get(one.fault, "COM"),
        "createdAt": moment(one.withdrawn_at, "v4"),
        "vendorItemIds": [piece.line.vendor_item_id for piece in one.pieces],
    }


def moment(at: datetime | None, version: str) -> str:
    """Return a time of a receipt: with microseconds and offset, in v4 with neither."""
    if at is None:
        return ""
    local = at.astimezone(KST)
    return (
        local.strftime("%Y-%m-%dT%H:%M:%S") if version == "v4" else local.isoformat(timespec="microseconds")
    )
