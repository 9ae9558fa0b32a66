"""The words of cancels, returns and exchanges as enumerations."""

from enum import StrEnum


class MiddleCancelCode(StrEnum):
    """Why the seller cancels; the large reason is always CANERR (article 360033843154)."""

    STOCK_ERROR = "CCTTER"
    PARTNER_ERROR = "CCPNER"
    PRICE_ERROR = "CCPRER"


class CancelType(StrEnum):
    """What a cancel by the seller became: cancelled at ACCEPT, or stopped at INSTRUCT."""

    CANCEL = "CANCEL"
    STOP_SHIPMENT = "STOP_SHIPMENT"


class ReceiptQuery(StrEnum):
    """Which receipts a list brings; an open stop request comes under both RU and UC."""

    STOPS = "RU"
    RETURNS = "UC"
    COMPLETED = "CC"
    DISPUTED = "PR"
    CANCELLED = "CANCEL"
    """Cancelled at ACCEPT: asked by `cancelType`, without status."""


class ReceiptType(StrEnum):
    """A return or stop request, or a cancel at ACCEPT; the older `반품` is read as RETURN."""

    RETURN = "RETURN"
    CANCEL = "CANCEL"


class ReceiptStatus(StrEnum):
    """The five statuses of a receipt (article 360033919613)."""

    RELEASE_STOP_UNCHECKED = "RELEASE_STOP_UNCHECKED"
    RETURNS_UNCHECKED = "RETURNS_UNCHECKED"
    VENDOR_WAREHOUSE_CONFIRM = "VENDOR_WAREHOUSE_CONFIRM"
    REQUEST_COUPANG_CHECK = "REQUEST_COUPANG_CHECK"
    RETURNS_COMPLETED = "RETURNS_COMPLETED"


class ReleaseStatus(StrEnum):
    """Whether an item of a receipt left the warehouse."""

    SHIPPED = "Y"
    NOT_SHIPPED = "N"
    STOPPED = "S"
    ALREADY_SHIPPED = "A"


class ReleaseStopStatus(StrEnum):
    """What became of a stop request; may say 미처리 on a completed receipt, so look at the status first."""

    UNANSWERED = "미처리"
    STOPPED = "처리(출고중지)"
    ALREADY_SHIPPED = "처리(이미출고)"
    ALREADY_SHIPPED_BY_SYSTEM = "자동처리(이미출고)"
    NOT_A_STOP = "비대상"


class ReturnDeliveryType(StrEnum):
    """Who collects the goods; `""` when nothing is to be collected."""

    CONTRACTED_COURIER = "연동택배"
    COUPANG_COURIER = "전담택배"
    BY_HAND = "수기관리"


class FaultBy(StrEnum):
    """Whose fault a claim is; texts of older answers are Korean and kept as they are."""

    COUPANG = "COUPANG"
    VENDOR = "VENDOR"
    CUSTOMER = "CUSTOMER"
    WMS = "WMS"
    GENERAL = "GENERAL"


class CompleteConfirmType(StrEnum):
    """Who confirmed the completion."""

    VENDOR_CONFIRM = "VENDOR_CONFIRM"
    UNDEFINED = "UNDEFINED"
    CS_CONFIRM = "CS_CONFIRM"
    CS_LOSS_CONFIRM = "CS_LOSS_CONFIRM"


class RefundDuty(StrEnum):
    """Who pays for the way back: seller, customer, Coupang."""

    SELLER = "COM"
    CUSTOMER = "CUS"
    COUPANG = "COU"


class PickupOf(StrEnum):
    """Which kind of claim a pick-up waybill belongs to."""

    RETURN = "RETURN"
    EXCHANGE = "EXCHANGE"


class ExchangeStatus(StrEnum):
    """The five statuses of an exchange (article 360033397594)."""

    RECEIPT = "RECEIPT"
    PROGRESS = "PROGRESS"
    SUCCESS = "SUCCESS"
    REJECT = "REJECT"
    CANCEL = "CANCEL"


class CollectStatus(StrEnum):
    """How far the pick-up is; the documented `Delivering` is read as the practised `Collecting`."""

    BEFORE_DIRECTION = "BeforeDirection"
    COMPLETE_DIRECTION = "CompleteDirection"
    COLLECTING = "Collecting"
    COMPLETE_COLLECT = "CompleteCollect"
    DIRECTION_FAIL = "DirectionFail"
    FAIL = "Fail"
    WITHDRAW = "Withdraw"
    NO_COLLECT = "NoCollect"
    NONE_DATA = "NoneData"


class RedeliveryStatus(StrEnum):
    """How far the replacement's delivery is."""

    BEFORE_DIRECTION = "BeforeDirection"
    COMPLETE_DIRECTION = "CompleteDirection"
    DELIVERING = "Delivering"
    COMPLETE_DELIVERY = "CompleteDelivery"
    DIRECTION_FAIL = "DirectionFail"
    VENDOR_DIRECT = "VendorDirect"
    FAIL = "Fail"
    WITHDRAW = "Withdraw"
    NONE_DATA = "NoneData"


class RejectCode(StrEnum):
    """Why the seller rejects an exchange: nothing to send, or the customer asked to withdraw."""

    SOLDOUT = "SOLDOUT"
    WITHDRAW = "WITHDRAW"
