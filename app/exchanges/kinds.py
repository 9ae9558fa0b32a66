"""The changes of exchanges that we ask of Coupang, by the words that are stored with an effect."""

from enum import StrEnum


class ExchangeKind(StrEnum):
    """The changes of an exchange."""

    REJECT_EXCHANGE = "REJECT_EXCHANGE"
    CONFIRM_EXCHANGE = "CONFIRM_EXCHANGE"
    SHIP_EXCHANGE = "SHIP_EXCHANGE"
