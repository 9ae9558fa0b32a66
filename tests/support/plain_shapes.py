"""What strict clients expect of every answer: field names and JSON types, as Coupang's samples have them."""

from typing import Any

from tests.support.plain_client import NOTHING

TEXT = (str, NOTHING)
NUMBER = (int, NOTHING)
MONEY = {"currencyCode": "KRW", "units": int, "nanos": int}


def enveloped(code: int | str, message: str, data: Any, **more: Any) -> dict[str, Any]:
    """The envelope of a success; `code` is a number in some calls and a string in others."""
    return {"code": code, "message": message, "data": data, **more}


def bare(message: str) -> dict[str, Any]:
    """A success without data."""
    return {"code": "200", "message": message}


def said(message: str) -> dict[str, Any]:
    return enveloped("200", message, {"resultCode": "SUCCESS", "resultMessage": str})


def sheet(version: str) -> dict[str, Any]:
    """One order sheet; v4 writes plain numbers and knows nothing of what came in December 2025."""
    price: Any = int if version == "v4" else MONEY
    row = {
        "shipmentBoxId": int,
        "orderId": int,
        "orderedAt": str,
        "orderer": {"name": str, "email": str, "safeNumber": str, "ordererNumber": NOTHING},
        "paidAt": str,
        "status": str,
        "shippingPrice": price,
        "remotePrice": (price, NOTHING),
        "remoteArea": bool,
        "parcelPrintMessage": TEXT,
        "splitShipping": bool,
        "ableSplitShipping": bool,
        "receiver": {
            "name": str,
            "safeNumber": str,
            "receiverNumber": NOTHING,
            "addr1": str,
            "addr2": str,
            "postCode": str,
        },
        "orderItems": [item(price)],
        "overseaShippingInfoDto": {
            "personalCustomsClearanceCode": TEXT,
            "ordererSsn": TEXT,
            "ordererPhoneNumber": TEXT,
        },
        "deliveryCompanyName": TEXT,
        "invoiceNumber": TEXT,
        "inTrasitDateTime": TEXT,
        "deliveredDate": TEXT,
        "refer": TEXT,
        "shipmentType": TEXT,
    }
    if version != "v4":
        row["isCod"] = bool
        row["extraProperties"] = {"taxReceiptInfo": NOTHING, "sameDayShipping": str, "cutOffTimeHour": str}
    return row


def item(price: Any) -> dict[str, Any]:
    return {
        "vendorItemPackageId": int,
        "vendorItemPackageName": TEXT,
        "productId": int,
        "vendorItemId": int,
        "vendorItemName": str,
        "shippingCount": int,
        "salesPrice": price,
        "orderPrice": price,
        "discountPrice": (price, NOTHING),
        "instantCouponDiscount": price,
        "downloadableCouponDiscount": price,
        "coupangDiscount": price,
        "externalVendorSkuCode": TEXT,
        "etcInfoHeader": TEXT,
        "etcInfoValue": NOTHING,
        "etcInfoValues": NOTHING,
        "sellerProductId": int,
        "sellerProductName": str,
        "sellerProductItemName": str,
        "firstSellerProductItemName": str,
        "cancelCount": int,
        "holdCountForCancel": int,
        "estimatedShippingDate": str,
        "plannedShippingDate": str,
        "invoiceNumberUploadDate": str,
        "extraProperties": {},
        "pricingBadge": bool,
        "usedProduct": bool,
        "confirmDate": TEXT,
        "deliveryChargeTypeName": str,
        "upBundleVendorItemId": NUMBER,
        "upBundleVendorItemName": TEXT,
        "upBundleSize": NUMBER,
        "upBundleItem": bool,
        "canceled": bool,
    }


HISTORY = enveloped(
    "200",
    "OK",
    {
        "shipmentBoxId": int,
        "details": [{"deliveryStatus": str, "deliveryStatusDesc": str, "updatedAt": str}],
    },
)
ROW = {
    "shipmentBoxId": int,
    "succeed": bool,
    "resultCode": str,
    "retryRequired": bool,
    "resultMessage": TEXT,
}
ACKNOWLEDGED = enveloped(
    "200",
    "OK",
    {"responseKey": int, "responseCode": int, "responseMessage": str, "responseList": [ROW]},
)
SHIPPED = enveloped("200", "OK", {"responseCode": int, "responseMessage": str, "responseList": [ROW]})
UPDATED = {**SHIPPED, "code": 200}
RECEIPT = {
    "receiptId": int,
    "orderId": int,
    "paymentId": int,
    "receiptType": str,
    "receiptStatus": str,
    "createdAt": str,
    "modifiedAt": str,
    "requesterName": str,
    "requesterPhoneNumber": str,
    "requesterRealPhoneNumber": NOTHING,
    "requesterAddress": str,
    "requesterAddressDetail": str,
    "requesterZipCode": str,
    "cancelReasonCategory1": str,
    "cancelReasonCategory2": str,
    "cancelReason": str,
    "cancelCountSum": int,
    "returnDeliveryId": NUMBER,
    "returnDeliveryType": str,
    "releaseStopStatus": str,
    "enclosePrice": MONEY,
    "faultByType": str,
    "preRefund": bool,
    "completeConfirmType": str,
    "completeConfirmDate": str,
    "returnItems": [
        {
            "vendorItemPackageId": int,
            "vendorItemPackageName": str,
            "vendorItemId": int,
            "vendorItemName": str,
            "purchaseCount": int,
            "cancelCount": int,
            "shipmentBoxId": int,
            "sellerProductId": int,
            "sellerProductName": str,
            "releaseStatus": str,
            "cancelCompleteUser": TEXT,
        }
    ],
    "returnDeliveryDtos": [{"deliveryCompanyCode": str, "deliveryInvoiceNo": str}],
    "reasonCode": str,
    "reasonCodeText": str,
    "returnShippingCharge": MONEY,
}
RECEIPTS = enveloped(200, "OK", [RECEIPT], nextToken=str)
ONE_RECEIPT = enveloped("200", "OK", [RECEIPT])
WITHDRAWN = {
    "cancelId": int,
    "orderId": int,
    "vendorId": str,
    "refundDeliveryDuty": str,
    "createdAt": str,
    "vendorItemIds": [int],
}
PICKUP = enveloped(
    200,
    "OK",
    {
        "deliveryCompanyCode": str,
        "invoiceNumber": str,
        "invoiceNumberId": int,
        "receiptId": int,
        "regNumber": TEXT,
        "returnDeliveryId": int,
        "returnExchangeDeliveryType": str,
    },
)
_SIDES = ("CustomerName", "AddressZipCode", "Address", "AddressDetail", "Mobile")
EXCHANGE = {
    **dict.fromkeys(
        (
            "vendorId",
            "orderDeliveryStatusCode",
            "exchangeStatus",
            "referType",
            "faultType",
            "reasonCode",
            "reasonCodeText",
            "createdByType",
            "createdAt",
            "modifiedByType",
            "modifiedAt",
            "deliveryStatus",
            "collectStatus",
            "orderDeliveryStatusLabel",
            "exchangeStatusLabel",
            "referTypeLabel",
            "faultTypeLabel",
            "createdByTypeLabel",
            "modifiedByTypeLabel",
        ),
        str,
    ),
    **dict.fromkeys(("exchangeId", "orderId", "exchangeAmount"), int),
    **dict.fromkeys(("successable", "rejectable", "deliveryInvoiceModifiable"), bool),
    **dict.fromkeys(("reasonEtcDetail", "cancelReason", "collectCompleteDate"), TEXT),
    "reason": NOTHING,
    "exchangeItemDtoV1s": [
        {
            **dict.fromkeys(
                (
                    "exchangeItemId",
                    "orderItemId",
                    "orderItemUnitPrice",
                    "targetItemId",
                    "targetItemUnitPrice",
                    "targetPackageId",
                    "quantity",
                    "originalShipmentBoxId",
                ),
                int,
            ),
            **dict.fromkeys(("targetItemName", "targetPackageName", "createdAt", "modifiedAt"), str),
            **dict.fromkeys(("orderItemName", "orderPackageName"), TEXT),
            "orderPackageId": NUMBER,
            **dict.fromkeys(
                ("orderItemDeliveryComplete", "orderItemReturnComplete", "targetItemDeliveryComplete"),
                (bool, NOTHING),
            ),
        }
    ],
    "exchangeAddressDtoV1": {
        "exchangeAddressId": int,
        "exchangeId": int,
        "createdAt": str,
        "modifiedAt": str,
        **{f"{side}{name}": str for side in ("return", "delivery") for name in _SIDES},
        **{f"{side}{name}": TEXT for side in ("return", "delivery") for name in ("Phone", "Memo")},
    },
    "deliveryInvoiceGroupDtos": [
        {
            **dict.fromkeys(("shipmentBoxId", "boxPrice", "orderId"), int),
            **dict.fromkeys(("orderType", "customerType", "bundleType", "shippingDeliveryType"), str),
            "extraMessage": TEXT,
            "deliveryInvoiceDtos": [
                {
                    **dict.fromkeys(("estimatedDeliveryDate", "statusModifiedAt", "statusCode"), str),
                    **dict.fromkeys(
                        ("invoiceNumber", "deliveredDate", "invoiceNumberUploadDate", "deliverCode"), TEXT
                    ),
                    "parcelType": TEXT,
                    "isMainShipmentInvoice": (bool, NOTHING),
                    "invoiceVendorItemDtos": [
                        {
                            "vendorItemId": int,
                            "quantity": int,
                            "hasAdditionalItem": bool,
                            "promiseDeliveryDate": str,
                            "estimatedShippingDate": str,
                        }
                    ],
                }
            ],
        }
    ],
    "collectInformationsDto": (
        {
            "returnType": str,
            "expectedReturnDate": str,
            "returndeliveryItemDtos": [
                {
                    **dict.fromkeys(
                        ("vendorItemId", "paymentReturnDeliveryMapId", "paymentItemId", "count"), int
                    ),
                    **dict.fromkeys(
                        (
                            "statusCode",
                            "releaseStatus",
                            "modifiedBy",
                            "moodifiedAt",
                            "createdBy",
                            "createdAt",
                        ),
                        str,
                    ),
                    "collectStatus": str,
                    "returnCount": NUMBER,
                    "confirmType": TEXT,
                }
            ],
            "returndeliveryDestinationDto": {
                **dict.fromkeys(
                    (
                        "vendorZipCode",
                        "vendorPhone",
                        "vendorName",
                        "vendorMobile",
                        "vendorAddressDetail",
                        "vendorAddress",
                        "safetyNumberStatus",
                        "safetyNumber",
                        "returnCenterCode",
                        "customerZipCode",
                        "customerPhone",
                        "customerName",
                        "customerMobile",
                        "customerAddressDetail",
                        "customerAddress",
                    ),
                    str,
                ),
                **dict.fromkeys(("safetyNumberId", "orderId"), int),
                **dict.fromkeys(("returnDeliveryId", "receiptId"), NUMBER),
                **dict.fromkeys(("orderedByMobile", "message"), TEXT),
            },
        },
        NOTHING,
    ),
    "returnDeliveryDtos": [{"deliveryCompanyCode": str, "deliveryInvoiceNo": str}],
}
EXCHANGES = enveloped(200, "OK", [EXCHANGE], nextToken=str)
