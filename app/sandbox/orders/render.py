"""Rows as Coupang writes them, v5 and v4; not with the client's types, to stay a second opinion."""

from datetime import datetime, timedelta
from typing import Any

from app.clock import KST
from app.sandbox.core.couriers import couriers
from app.sandbox.core.order_entities import Box, Line
from app.sandbox.core.rules import Rules

DESCRIPTIONS = {
    "ACCEPT": "결제완료",
    "INSTRUCT": "상품준비중",
    "DEPARTURE": "배송지시",
    "DELIVERING": "배송중",
    "FINAL_DELIVERY": "배송완료",
    "NONE_TRACKING": "업체 직접 배송(배송 연동 미적용), 추적불가",
}


def money(krw: int, version: str) -> Any:
    """Return an amount: an object in v5, a plain number in v4."""
    return krw if version == "v4" else {"currencyCode": "KRW", "units": krw, "nanos": 0}


def moment(at: datetime | None, version: str, *, blank: bool = False) -> str:
    """Return a time in Korea, with offset in v5, without in v4; `blank` puts a blank for the v4 `T`."""
    if at is None:
        return ""
    local = at.astimezone(KST)
    if version == "v4":
        return local.strftime("%Y-%m-%d %H:%M:%S" if blank else "%Y-%m-%dT%H:%M:%S")
    return local.isoformat(timespec="seconds")


def phone(safe_digits: str, version: str) -> str:
    """Return a safe number: international in v5, with dashes in v4."""
    if version == "v4":
        return f"0{safe_digits[:3]}-{safe_digits[3:7]}-{safe_digits[7:]}"
    return f"+82{safe_digits}"


def sheet(box: Box, version: str, status: str, now: datetime, rules: Rules) -> dict[str, Any]:
    """Return one ordersheet under the status that callers see."""
    moved = status not in ("ACCEPT", "INSTRUCT")
    confirmed = box.delivered_at and box.delivered_at + timedelta(days=rules.confirm_after_days)
    shown_confirmed = confirmed if moved and confirmed and confirmed <= now else None
    told = {
        "shipmentBoxId": box.box_id,
        "orderId": box.order_id,
        "orderedAt": moment(box.ordered_at, version),
        "orderer": {
            "name": box.orderer.name,
            "email": "",
            "safeNumber": phone(box.orderer.safe_digits, version),
            "ordererNumber": None,
        },
        "paidAt": moment(box.paid_at, version),
        "status": status,
        "shippingPrice": money(box.shipping_krw, version),
        "remotePrice": _remote_price(box, version, rules),
        "remoteArea": box.remote,
        "parcelPrintMessage": box.note,
        "splitShipping": box.split,
        "ableSplitShipping": box.able_split,
        "receiver": {
            "name": box.receiver.name,
            "safeNumber": phone(box.receiver.safe_digits, version),
            "receiverNumber": None,
            "addr1": box.receiver.addr1,
            "addr2": box.receiver.addr2,
            "postCode": box.receiver.post_code,
        },
        "orderItems": [_item(line, box, version, moved, shown_confirmed) for line in box.lines],
        "overseaShippingInfoDto": {
            "personalCustomsClearanceCode": "",
            "ordererSsn": "",
            "ordererPhoneNumber": "",
        },
        "deliveryCompanyName": couriers()[box.courier].name if moved and box.courier else "",
        "invoiceNumber": box.invoice if moved else "",
        "inTrasitDateTime": moment(box.in_transit_at, version, blank=True) if moved else "",
        "deliveredDate": moment(box.delivered_at, version, blank=True) if moved else "",
        "refer": box.refer,
        "shipmentType": "THIRD_PARTY",
    }
    if version != "v4" or rules.v4_new_fields:
        told["isCod"] = False
        told["extraProperties"] = {
            "taxReceiptInfo": None,
            "sameDayShipping": "false",
            "cutOffTimeHour": "0",
        }
    return told


def _remote_price(box: Box, version: str, rules: Rules) -> Any:
    if box.remote:
        return money(3_000, version)
    says = rules.no_remote_price
    if says == "as_seen":
        says = "zero" if version == "v4" else "null"
    return money(0, version) if says == "zero" else None


def _item(line: Line, box: Box, version: str, moved: bool, confirmed: datetime | None) -> dict[str, Any]:
    no_discount = None if version == "v4" else money(0, version)
    return {
        "vendorItemPackageId": 0,
        "vendorItemPackageName": line.product_name,
        "productId": line.product_id,
        "vendorItemId": line.vendor_item_id,
        "vendorItemName": f"{line.product_name}, {line.option_name}",
        "shippingCount": line.count,
        "salesPrice": money(line.price_krw, version),
        "orderPrice": money(line.price_krw * line.count, version),
        "discountPrice": money(line.discount_krw, version) if line.discount_krw else no_discount,
        "instantCouponDiscount": money(line.discount_krw, version),
        "downloadableCouponDiscount": money(0, version),
        "coupangDiscount": money(0, version),
        "externalVendorSkuCode": line.sku,
        "etcInfoHeader": None,
        "etcInfoValue": None,
        "etcInfoValues": None,
        "sellerProductId": line.seller_product_id,
        "sellerProductName": line.product_name,
        "sellerProductItemName": line.option_name,
        "firstSellerProductItemName": line.option_name,
        "cancelCount": line.canceled,
        "holdCountForCancel": line.held,
        "estimatedShippingDate": line.ship_by,
        "plannedShippingDate": line.planned,
        "invoiceNumberUploadDate": moment(line.invoice_at, version) if moved else "",
        "extraProperties": {},
        "pricingBadge": False,
        "usedProduct": False,
        "confirmDate": moment(confirmed, version, blank=True) if confirmed else None,
        "deliveryChargeTypeName": "유료" if box.shipping_krw else "무료",
        "upBundleVendorItemId": None,
        "upBundleVendorItemName": None,
        "upBundleSize": None,
        "upBundleItem": False,
        "canceled": line.canceled == line.count,
    }


def history(box: Box, version: str, now: datetime) -> dict[str, Any]:
    """Return the status history, newest first; an acknowledge that does not show yet is left out."""
    steps = [step for step in box.history if step[0] in DESCRIPTIONS]
    if box.lagging(now):
        steps = steps[:-1]
    return {
        "shipmentBoxId": box.box_id,
        "details": [
            {
                "deliveryStatus": status,
                "deliveryStatusDesc": DESCRIPTIONS[status],
                "updatedAt": moment(at, version),
            }
            for status, at, _ in reversed(steps)
        ],
    }
