"""The changes of boxes that we ask of Coupang, by the words that are stored with an effect."""

from enum import StrEnum


class OrderKind(StrEnum):
    """The changes of a box."""

    ACKNOWLEDGE = "ACKNOWLEDGE"
    SHIP = "SHIP"
    CHANGE_INVOICE = "CHANGE_INVOICE"
    CLOSE_UNDELIVERED = "CLOSE_UNDELIVERED"
    SELLER_CANCEL = "SELLER_CANCEL"
    """It changes a box, and opens a cancel: `app.claims.cancels` asks for it."""
