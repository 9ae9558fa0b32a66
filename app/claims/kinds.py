"""The changes of cancels and returns that we ask of Coupang, by the words that are stored with an effect."""

from enum import StrEnum


class ClaimKind(StrEnum):
    """The changes of a cancel or a return."""

    STOP_SHIPMENT = "STOP_SHIPMENT"
    DECLARE_SHIPPED = "DECLARE_SHIPPED"
    PICKUP_WAYBILL = "PICKUP_WAYBILL"
    """Of goods that come back by a return or by an exchange."""
    CONFIRM_RETURN = "CONFIRM_RETURN"
    APPROVE_RETURN = "APPROVE_RETURN"
