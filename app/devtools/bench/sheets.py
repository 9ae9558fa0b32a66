"""Made-up order sheets as Coupang writes them (v5): about 3.5 kB a row, two items each.

Source:
    Article 360033919573 for the fields; every value is invented and follows from the box's number.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson

from app.clock import KST

FIRST_BOX = 642538970006400000
"""Ids have 18 digits, as Coupang's do."""
_START = datetime(2026, 11, 2, 9, 0, tzinfo=KST)


def box_id(number: int) -> int:
    """Return the `shipmentBoxId` of the box with this number."""
    return FIRST_BOX + number


def page(numbers: Iterable[int], *, status: str = "ACCEPT", revision: int = 0) -> bytes:
    """Return the body of an answer with these boxes, all in one status."""
    return body(row(number, status=status, revision=revision) for number in numbers)


def body(rows: Iterable[dict[str, Any]]) -> bytes:
    """Return the body of an answer with these rows."""
    return orjson.dumps({"code": 200, "message": "OK", "data": list(rows), "nextToken": ""})


def row(number: int, *, status: str = "ACCEPT", revision: int = 0) -> dict[str, Any]:
    """Return one row; another `revision` is another quantity on hold and another discount."""
    paid = _START + timedelta(seconds=number)
    shipped = status not in ("ACCEPT", "INSTRUCT")
    return {
        "shipmentBoxId": box_id(number),
        "orderId": 24000099000000 + number,
        "orderedAt": (paid - timedelta(seconds=4)).isoformat(),
        "orderer": {
            "name": f"홍길동{number % 97}",
            "email": "",
            "safeNumber": f"+82503{number % 10**8:08d}",
            "ordererNumber": None,
        },
        "paidAt": paid.isoformat(),
        "status": status,
        "shippingPrice": _won(0),
        "remotePrice": _won(0),
        "remoteArea": False,
        "parcelPrintMessage": "문 앞에 놓아 주세요",
        "splitShipping": False,
        "ableSplitShipping": True,
        "receiver": {
            "name": f"김가상{number % 89}",
            "safeNumber": f"+82504{number % 10**8:08d}",
            "receiverNumber": None,
            "addr1": f"서울특별시 가상구 예시로 {number % 900 + 1}",
            "addr2": f"{number % 40 + 101}동 {number % 1500 + 101}호",
            "postCode": f"{number % 90000 + 1000:05d}",
        },
        "orderItems": [_item(number, 0, revision), _item(number, 1, revision)],
        "overseaShippingInfoDto": {
            "personalCustomsClearanceCode": "",
            "ordererSsn": "",
            "ordererPhoneNumber": "",
        },
        "deliveryCompanyName": "CJ 대한통운" if shipped else "",
        "invoiceNumber": f"{600000000000 + number}" if shipped else "",
        "inTrasitDateTime": "",
        "deliveredDate": "",
        "refer": "안드로이드앱",
        "shipmentType": "THIRD_PARTY",
    }


def _item(number: int, place: int, revision: int) -> dict[str, Any]:
    item = 85000000000 + number % 5000 * 10 + place
    name = f"예시 티셔츠 {item % 1000}"
    return {
        "vendorItemPackageId": 0,
        "vendorItemPackageName": name,
        "productId": 7000000000 + number % 5000,
        "vendorItemId": item,
        "vendorItemName": f"{name}, 화이트 L",
        "shippingCount": 3,
        "salesPrice": _won(19900),
        "orderPrice": _won(59700),
        "discountPrice": _won(100 * revision),
        "instantCouponDiscount": _won(1000),
        "downloadableCouponDiscount": _won(0),
        "coupangDiscount": _won(0),
        "externalVendorSkuCode": f"SKU-{item}",
        "etcInfoHeader": None,
        "etcInfoValue": None,
        "etcInfoValues": None,
        "sellerProductId": 13000000000 + number % 5000,
        "sellerProductName": name,
        "sellerProductItemName": "화이트 L",
        "firstSellerProductItemName": "화이트 L",
        "cancelCount": 0,
        "holdCountForCancel": revision % 3 if place == 0 else 0,
        "estimatedShippingDate": "2026-11-23",
        "plannedShippingDate": "",
        "invoiceNumberUploadDate": "",
        "extraProperties": {},
        "pricingBadge": False,
        "usedProduct": False,
        "confirmDate": None,
        "deliveryChargeTypeName": "무료",
        "canceled": False,
    }


def _won(units: int) -> dict[str, Any]:
    return {"currencyCode": "KRW", "units": units, "nanos": 0}
