"""Exchanges as Coupang writes them (v4 only): plain times and numbers, wire spellings and all."""

from datetime import datetime, timedelta
from typing import Any

from app.clock import KST
from app.sandbox.core.claim_entities import NOTHING, Claimed, Exchange
from app.sandbox.core.order_entities import Box, Receiver
from app.sandbox.core.state import SandboxState
from app.sandbox.orders.render import moment, phone

WAREHOUSE = Receiver("예시상점", "50300000006", "경기도 가상시 물류로 9", "1층 반품담당", "04321")
"""Where goods come back to; every seller here has the same."""
DELIVERY = {
    "INSTRUCT": "BeforeDirection",
    "DEPARTURE": "CompleteDirection",
    "DELIVERING": "Delivering",
    "FINAL_DELIVERY": "CompleteDelivery",
    "NONE_TRACKING": "VendorDirect",
    "CANCELLED": "Withdraw",
}
"""deliveryStatus by the status of the replacement's box."""


def exchange(state: SandboxState, one: Exchange) -> dict[str, Any]:
    """Return one exchange as it is now."""
    box = state.box(one.box_id)
    new_box = state.boxes.get(one.new_box_id) if one.new_box_id is not None else None
    collect = state.rules.exchange_collecting if one.collect == "Collecting" else one.collect
    return {
        "exchangeId": one.exchange_id,
        "orderId": one.order_id,
        "vendorId": one.vendor_id,
        "orderDeliveryStatusCode": box.status,
        "exchangeStatus": one.status,
        "referType": "WEB_MOBILE",
        "faultType": one.fault,
        "exchangeAmount": 0,
        "reason": None,
        "reasonCode": one.reason.code,
        "reasonCodeText": one.reason.text,
        "reasonEtcDetail": one.detail,
        "cancelReason": one.cancel_reason,
        "createdByType": "CUSTOMER",
        "createdAt": moment(one.created_at, "v4"),
        "modifiedByType": one.modified_by,
        "modifiedAt": moment(one.modified_at, "v4"),
        "exchangeItemDtoV1s": [_item(number, piece, one) for number, piece in enumerate(one.pieces)],
        "exchangeAddressDtoV1": _addresses(one),
        "deliveryInvoiceGroupDtos": [_new_box(new_box)] if new_box else [],
        "deliveryStatus": DELIVERY[new_box.status] if new_box else "BeforeDirection",
        "collectStatus": collect,
        "collectCompleteDate": moment(one.collected_at, "v4") or None,
        "collectInformationsDto": None if one.pickup.kind == NOTHING else _collection(one),
        "returnDeliveryDtos": [
            {"deliveryCompanyCode": code, "deliveryInvoiceNo": number} for code, number in one.pickup.rows
        ],
        "orderDeliveryStatusLabel": box.status,
        "exchangeStatusLabel": one.status,
        "referTypeLabel": "WEB_MOBILE",
        "faultTypeLabel": one.fault,
        "createdByTypeLabel": "CUSTOMER",
        "rejectable": one.rejectable,
        "modifiedByTypeLabel": one.modified_by,
        "deliveryInvoiceModifiable": new_box is not None and new_box.status == "INSTRUCT",
        "successable": one.is_open and one.pickup.arrived_at is not None and one.collected_at is None,
    }


def _item(number: int, piece: Claimed, one: Exchange) -> dict[str, Any]:
    line = piece.line
    return {
        "exchangeItemId": 17_000_000_000_000 + one.exchange_id % 10**12 * 10 + number,
        "orderItemId": line.vendor_item_id,
        "orderItemUnitPrice": line.price_krw,
        "orderItemName": None,
        "orderPackageId": None,
        "orderPackageName": None,
        "targetItemId": line.vendor_item_id,
        "targetItemUnitPrice": line.price_krw,
        "targetItemName": f"{line.product_name}, {line.option_name}",
        "targetPackageId": -1,
        "targetPackageName": "",
        "quantity": piece.count,
        "orderItemDeliveryComplete": None,
        "orderItemReturnComplete": None,
        "targetItemDeliveryComplete": None,
        "createdAt": moment(one.created_at, "v4"),
        "modifiedAt": moment(one.created_at, "v4"),
        "originalShipmentBoxId": one.box_id,
    }


def _addresses(one: Exchange) -> dict[str, Any]:
    return {
        "exchangeAddressId": 16_000_000_000_000 + one.exchange_id % 10**12,
        **_address("return", one.receiver, one.receiver.safe_digits),
        **_address("delivery", one.receiver, one.delivery_digits),
        "createdAt": moment(one.created_at, "v4"),
        "modifiedAt": moment(one.created_at, "v4"),
        "exchangeId": one.exchange_id,
    }


def _address(side: str, who: Receiver, safe_digits: str) -> dict[str, Any]:
    return {
        f"{side}CustomerName": who.name,
        f"{side}AddressZipCode": who.post_code,
        f"{side}Address": who.addr1,
        f"{side}AddressDetail": who.addr2,
        f"{side}Phone": None,
        f"{side}Mobile": phone(safe_digits, "v4"),
        f"{side}Memo": None,
    }


def _new_box(box: Box) -> dict[str, Any]:
    shipped = box.status not in ("INSTRUCT", "CANCELLED")
    return {
        "shipmentBoxId": box.box_id,
        "boxPrice": 0,
        "orderId": box.order_id,
        "orderType": "EXCHANGE",
        "customerType": "",
        "bundleType": "",
        "extraMessage": None,
        "shippingDeliveryType": "EXCHANGE_DELIVERY",
        "deliveryInvoiceDtos": [
            {
                "invoiceNumber": box.invoice if shipped else None,
                "estimatedDeliveryDate": _promise(box, 4),
                "deliveredDate": moment(box.delivered_at, "v4") or None,
                "statusModifiedAt": moment(box.history[-1][1], "v4"),
                "invoiceNumberUploadDate": moment(box.departed_at, "v4") if shipped else None,
                "statusCode": box.status,
                "deliverCode": box.courier if shipped else None,
                "isMainShipmentInvoice": None,
                "parcelType": None,
                "invoiceVendorItemDtos": [
                    {
                        "vendorItemId": line.vendor_item_id,
                        "quantity": line.count,
                        "hasAdditionalItem": False,
                        "promiseDeliveryDate": _promise(box, 4),
                        "estimatedShippingDate": _promise(box, 2),
                    }
                    for line in box.lines
                ],
            }
        ],
    }


def _promise(box: Box, days: int) -> str:
    """Return the midnight some days after the replacement came into being."""
    day: datetime = box.history[0][1].astimezone(KST) + timedelta(days=days)
    return day.strftime("%Y-%m-%dT00:00:00")


def _collection(one: Exchange) -> dict[str, Any]:
    return {
        "returnType": "EXCHANGE_RETURN",
        "expectedReturnDate": moment(one.created_at + timedelta(days=3), "v4"),
        "returndeliveryItemDtos": [
            {
                "vendorItemId": piece.line.vendor_item_id,
                "statusCode": "RETURN_SEND_READY",
                "returnCount": None,
                "releaseStatus": "RELEASED",
                "paymentReturnDeliveryMapId": 29_000_000_000_000 + one.exchange_id % 10**12 * 10 + number,
                "paymentItemId": number + 1,
                "modifiedBy": "100000001",
                "moodifiedAt": moment(one.created_at, "v4"),
                "createdBy": "100000001",
                "createdAt": moment(one.created_at, "v4"),
                "count": piece.count,
                "confirmType": None,
                "collectStatus": "RETURN",
            }
            for number, piece in enumerate(one.pieces)
        ],
        "returndeliveryDestinationDto": _destination(one),
    }


def _destination(one: Exchange) -> dict[str, Any]:
    who = one.receiver
    return {
        "vendorZipCode": WAREHOUSE.post_code,
        "vendorPhone": "02-0000-0000",
        "vendorName": WAREHOUSE.name,
        "vendorMobile": "",
        "vendorAddressDetail": WAREHOUSE.addr2,
        "vendorAddress": WAREHOUSE.addr1,
        "safetyNumberStatus": "ENABLE",
        "safetyNumberId": 24_000_000_000_000 + one.exchange_id % 10**12,
        "safetyNumber": f"0{who.safe_digits}",
        "returnDeliveryId": None,
        "returnCenterCode": "1000000001",
        "receiptId": None,
        "orderedByMobile": None,
        "orderId": one.order_id,
        "message": None,
        "customerZipCode": who.post_code,
        "customerPhone": phone(who.safe_digits, "v4"),
        "customerName": who.name,
        "customerMobile": phone(who.safe_digits, "v4"),
        "customerAddressDetail": who.addr2,
        "customerAddress": who.addr1,
    }
