"""Boxes in any state, stored the way they come: as sheets of Coupang, through the flows and the machines."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.coupang.orders.decode import read_sheet_page
from app.engine.context import Context
from app.engine.vendors import vendors
from app.machines.boxes import BoxState, to_wire
from app.orders.ingest import take_page
from app.orders.ingest_single import ingest_gone

VENDOR = "A00012345"
OTHER = "A00054321"
BOX = 642538970006401429
ORDER = 24000085000001
SHIRT, SOCKS = 85000000001, 85000000002


@dataclass(frozen=True)
class Item:
    """One line; 18-digit ids stay integers."""

    vendor_item_id: int = SHIRT
    ordered: int = 2
    held: int = 0
    cancelled: int = 0


async def register(context: Context, vendor_id: str = VENDOR) -> None:
    """Make the vendor known, with keys that open nothing."""
    await vendors.register_or_rotate(context, vendor_id, "access", "secret")


def sheet(
    box_id: int,
    state: BoxState,
    *,
    paid_at: datetime,
    order_id: int = ORDER,
    items: tuple[Item, ...] = (Item(),),
    divisible: bool = True,
    invoice: str = "",
    courier: str = "CJ 대한통운",
    shipped_at: datetime | None = None,
    name: str = "김가상",
) -> dict[str, Any]:
    """Return one ordersheet as Coupang writes it (v5)."""
    shipped = shipped_at.isoformat() if shipped_at else ""
    return {
        "shipmentBoxId": box_id,
        "orderId": order_id,
        "orderedAt": paid_at.isoformat(),
        "orderer": {"name": "홍길동", "safeNumber": "+8250300000001"},
        "paidAt": paid_at.isoformat(),
        "status": to_wire(state),
        "shippingPrice": {"currencyCode": "KRW", "units": 0, "nanos": 0},
        "parcelPrintMessage": "문 앞",
        "splitShipping": False,
        "ableSplitShipping": divisible,
        "receiver": {
            "name": name,
            "safeNumber": "+8250300000002",
            "receiverNumber": None,
            "addr1": "서울특별시 가상구 변경로 22",
            "addr2": "202호",
            "postCode": "01235",
        },
        "orderItems": [
            {
                "vendorItemId": item.vendor_item_id,
                "vendorItemName": f"예시 상품 {item.vendor_item_id}",
                "shippingCount": item.ordered,
                "holdCountForCancel": item.held,
                "cancelCount": item.cancelled,
                "salesPrice": {"currencyCode": "KRW", "units": 19900, "nanos": 0},
                "orderPrice": {"currencyCode": "KRW", "units": 39800, "nanos": 0},
                "externalVendorSkuCode": "SKU-0001",
                "sellerProductName": "예시 상품",
                "sellerProductItemName": "화이트 L",
                "estimatedShippingDate": "2026-11-23",
                "plannedShippingDate": "",
            }
            for item in items
        ],
        "deliveryCompanyName": courier if invoice else "",
        "invoiceNumber": invoice,
        "inTrasitDateTime": shipped,
        "deliveredDate": "",
    }


async def take(context: Context, *sheets: dict[str, Any], vendor_id: str = VENDOR) -> None:
    """Store sheets as one page of a list."""
    body = json.dumps({"code": 200, "message": "OK", "data": list(sheets)}).encode()
    page = read_sheet_page(body)
    assert not page.unreadable
    await take_page(context, vendor_id, page, cause="feed:accept", at=context.now())


async def put(
    context: Context,
    state: BoxState = BoxState.ACCEPT,
    box_id: int = BOX,
    *,
    vendor_id: str = VENDOR,
    paid_at: datetime | None = None,
    **more: Any,
) -> int:
    """Store one box and walk it to a state; return its id."""
    more["paid_at"] = paid_at or context.now() - timedelta(hours=3)
    if state is BoxState.CANCELLED:
        await take(context, sheet(box_id, BoxState.ACCEPT, **more), vendor_id=vendor_id)
        await ingest_gone(context, vendor_id, box_id, b'{"code":400}', cause="look:doubt", at=context.now())
        return box_id
    if state not in (BoxState.ACCEPT, BoxState.INSTRUCT):
        more = {"invoice": "123456789012", "shipped_at": context.now(), **more}
    await take(context, sheet(box_id, state, **more), vendor_id=vendor_id)
    return box_id
