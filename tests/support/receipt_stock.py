"""Receipts of any kind, stored the way they come: as rows of Coupang, through the flows."""

import json
from typing import Any

from app.claims.ingest import take_receipts
from app.coupang.claims.decode_receipts import read_receipt_page
from app.engine.context import Context
from tests.support.box_stock import BOX, ORDER, SHIRT, VENDOR

RECEIPT = 365000000012345


def receipt(
    receipt_id: int = RECEIPT,
    *,
    box_id: int = BOX,
    order_id: int = ORDER,
    kind: str = "RETURN",
    status: str = "RELEASE_STOP_UNCHECKED",
    stop: str = "미처리",
    released: str = "N",
    items: tuple[tuple[int, int], ...] = ((SHIRT, 1),),
    created: str = "2026-11-20T11:55:00+09:00",
) -> dict[str, Any]:
    """Return one row of the receipt list (v6)."""
    return {
        "receiptId": receipt_id,
        "orderId": order_id,
        "paymentId": 1,
        "receiptType": kind,
        "receiptStatus": status,
        "createdAt": created,
        "modifiedAt": created,
        "requesterName": "김가상",
        "requesterPhoneNumber": "+8250300000003",
        "requesterAddress": "서울특별시 가상구 변경로 22",
        "requesterAddressDetail": "202호",
        "requesterZipCode": "01235",
        "cancelReasonCategory1": "고객변심",
        "cancelReasonCategory2": "단순변심(사유없음)",
        "cancelReason": "마음이 바뀌었어요",
        "cancelCountSum": sum(count for _, count in items),
        "returnDeliveryId": None,
        "returnDeliveryType": "연동택배" if stop == "비대상" else "",
        "releaseStopStatus": stop,
        "faultByType": "CUSTOMER",
        "preRefund": False,
        "completeConfirmType": "UNDEFINED",
        "completeConfirmDate": "",
        "returnItems": [
            {
                "vendorItemId": item,
                "vendorItemName": f"예시 상품 {item}",
                "purchaseCount": 2,
                "cancelCount": count,
                "shipmentBoxId": box_id,
                "releaseStatus": released,
            }
            for item, count in items
        ],
        "returnDeliveryDtos": [],
        "reasonCode": "CHANGEMIND",
        "reasonCodeText": "필요 없어짐 (단순 변심)",
        "returnShippingCharge": {"currencyCode": "KRW", "units": -3000, "nanos": 0},
    }


async def tell(context: Context, *rows: dict[str, Any], vendor_id: str = VENDOR) -> None:
    """Store receipts as one page of a list."""
    body = json.dumps({"code": 200, "message": "OK", "data": list(rows), "nextToken": ""}).encode()
    await take_receipts(context, vendor_id, read_receipt_page(body), cause="look:claims", at=context.now())


def returned(receipt_id: int, **more: Any) -> dict[str, Any]:
    """Return the row of an ordinary return."""
    return receipt(receipt_id, status="RETURNS_UNCHECKED", stop="비대상", released="Y", **more)


def cancelled(receipt_id: int, **more: Any) -> dict[str, Any]:
    """Return the row of a cancel at ACCEPT."""
    return receipt(receipt_id, kind="CANCEL", status="RETURNS_COMPLETED", stop="비대상", **more)
