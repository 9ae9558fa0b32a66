"""Exchanges in any state, stored the way they come: as rows of Coupang, through the flows."""

import json
from typing import Any

from app.coupang.exchanges.decode import read_exchange_page
from app.engine.context import Context
from app.exchanges.ingest import take_exchanges
from tests.support.box_stock import BOX, ORDER, SHIRT, VENDOR

EXCHANGE = 101000000012345
NEW_BOX = 642538970006409999
PEOPLE = {
    f"{side}{name}": value
    for side in ("return", "delivery")
    for name, value in {
        "CustomerName": "김가상",
        "AddressZipCode": "01235",
        "Address": "서울특별시 가상구 변경로 22",
        "AddressDetail": "202호",
        "Mobile": "0503-0000-0003",
    }.items()
}


def exchange(
    exchange_id: int = EXCHANGE,
    *,
    box_id: int = BOX,
    order_id: int = ORDER,
    new_box: int | None = None,
    modified: str = "2026-11-20T12:00:00",
    **changed: Any,
) -> dict[str, Any]:
    """Return one row of the list of exchanges (E1); `changed` in Coupang's own names."""
    group = {
        "shipmentBoxId": new_box,
        "orderId": order_id,
        "shippingDeliveryType": "EXCHANGE_DELIVERY",
        "deliveryInvoiceDtos": [{"statusCode": "INSTRUCT", "invoiceNumber": None, "deliverCode": None}],
    }
    item = {
        "exchangeItemId": exchange_id % 10**9,
        "orderItemId": SHIRT,
        "targetItemId": SHIRT,
        "targetItemName": "예시 티셔츠, 화이트 L",
        "quantity": 2,
        "originalShipmentBoxId": box_id,
    }
    return {
        "exchangeId": exchange_id,
        "orderId": order_id,
        "vendorId": VENDOR,
        "orderDeliveryStatusCode": "FINAL_DELIVERY",
        "exchangeStatus": "RECEIPT",
        "referType": "WEB_MOBILE",
        "faultType": "VENDOR",
        "exchangeAmount": 0,
        "reasonCode": "DEFECT",
        "reasonCodeText": "상품 불량",
        "reasonEtcDetail": "한쪽 소매가 짧아요",
        "cancelReason": None,
        "createdByType": "CUSTOMER",
        "createdAt": "2026-11-20T11:55:00",
        "modifiedByType": "CUSTOMER",
        "modifiedAt": modified,
        "exchangeItemDtoV1s": [item],
        "exchangeAddressDtoV1": PEOPLE,
        "deliveryInvoiceGroupDtos": [group] if new_box else [],
        "deliveryStatus": "BeforeDirection",
        "collectStatus": "BeforeDirection",
        "collectCompleteDate": None,
        "collectInformationsDto": None,
        "returnDeliveryDtos": [],
        "successable": False,
        "rejectable": True,
        "deliveryInvoiceModifiable": False,
    } | changed


def received(exchange_id: int = EXCHANGE, **more: Any) -> dict[str, Any]:
    """Return the row of an exchange whose goods are confirmed and whose new box is there."""
    told = {"exchangeStatus": "PROGRESS", "collectStatus": "CompleteCollect", "rejectable": False}
    return exchange(exchange_id, modified="2026-11-20T13:00:00", **{"new_box": NEW_BOX, **told, **more})


async def tell(context: Context, *rows: dict[str, Any], vendor_id: str = VENDOR) -> None:
    """Store exchanges as one page of the list."""
    body = json.dumps({"code": 200, "message": "OK", "data": list(rows), "nextToken": ""}).encode()
    page = read_exchange_page(body)
    await take_exchanges(context, vendor_id, page, cause="feed:exchanges", at=context.now(), epoch=0)
