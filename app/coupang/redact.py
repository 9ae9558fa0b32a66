"""Take the person out of an answer of Coupang: what is left says what happened, not to whom.

Texts stay only under names that are known to tell nothing of anybody; so a field that Coupang adds is
erased until somebody has looked at it. Numbers, truth values and nulls stay: people are texts on this wire
(names, addresses, telephone and customs numbers, their own words).

Source:
    The field tables of articles 360033792994, 360033919613, 360034562353; customers' free texts are
    `parcelPrintMessage`, `etcInfoValues`, `cancelReason` and `reasonEtcDetail`.
"""

from typing import Any

import orjson

ERASED = ""
_TIMES = (
    "collectCompleteDate completeConfirmDate confirmDate createdAt deliveredDate "
    "estimatedDeliveryDate estimatedShippingDate expectedReturnDate inTrasitDateTime "
    "invoiceNumberUploadDate modifiedAt moodifiedAt orderedAt paidAt plannedShippingDate "
    "promiseDeliveryDate statusModifiedAt updatedAt"
)
_IDS = (
    "exchangeId orderId shipmentBoxId vendorId vendorItemId receiptId transactionId "
    "externalVendorSkuCode returnCenterCode nextToken nextPageIndex"
)
_WORDS = (
    "bundleType cancelReasonCategory1 cancelReasonCategory2 cancelType code collectStatus "
    "completeConfirmType confirmType createdByType createdByTypeLabel currencyCode customerType "
    "cutOffTimeHour deliverCode deliveryChargeTypeName deliveryStatus deliveryStatusDesc "
    "exchangeRejectCode exchangeStatus exchangeStatusLabel faultByType faultType faultTypeLabel "
    "message modifiedByType modifiedByTypeLabel orderDeliveryStatusCode orderDeliveryStatusLabel "
    "orderType preSplitShipped reasonCode reasonCodeText receiptStatus receiptType refer referType "
    "referTypeLabel refundDeliveryDuty releaseStatus releaseStopStatus responseMessage resultCode "
    "resultMessage returnDeliveryType returnExchangeDeliveryType returnType safetyNumberStatus "
    "sameDayShipping shipmentType shippingDeliveryType splitShipping status statusCode units"
)
_GOODS = (
    "firstSellerProductItemName sellerProductItemName sellerProductName targetItemName "
    "targetPackageName upBundleVendorItemName vendorItemName vendorItemPackageName"
)
_WAYBILLS = (
    "deliveryCompanyCode deliveryCompanyName deliveryInvoiceNo goodsDeliveryCode invoiceNumber regNumber"
)
IMPERSONAL = frozenset(" ".join((_TIMES, _IDS, _WORDS, _GOODS, _WAYBILLS)).split())
"""Names under which a text tells nothing of a person."""


def without_persons(raw: bytes) -> bytes | None:
    """Return an answer, or a row of one, with every text erased that may tell of a person.

    Returns:
        The same JSON with empty texts in their place; None when it is no JSON, or nested without end: then
            nothing may stay.
    """
    try:
        return orjson.dumps(_walk(orjson.loads(raw), ""))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError):
        return None


def _walk(told: Any, name: str) -> Any:
    match told:
        case dict():
            return {key: _walk(value, key) for key, value in told.items()}
        case list():
            return [_walk(value, name) for value in told]
        case str():
            return told if name in IMPERSONAL else ERASED
        case _:
            return told
