"""Moves by hand, of every aggregate, over the machines and doors that everything else uses.

An event is moved by a person's **word** (what was seen, what the warehouse says), or **acted** on as the
warehouse would: asked of Coupang, inspected, ruled. What ends a life or moves money at Coupang is neither:
Coupang alone shows it, so it is read. Nothing is decided here beside the machines.
"""

from collections.abc import Mapping

from app.backoffice.aggregates.base import Act, Aggregate, Given
from app.backoffice.aggregates.boxes import Box, Effect
from app.backoffice.aggregates.claims import Cancel, Reception, Return
from app.backoffice.aggregates.exchanges import COLLECT, EXCHANGE, REDELIVERY
from app.claims.receptions.receptions import RETURN_GOODS
from app.exchanges.receptions import EXCHANGE_GOODS

__all__ = ["AGGREGATES", "Act", "Aggregate", "Given"]

AGGREGATES: Mapping[str, Aggregate] = {
    "boxes": Box(),
    "cancels": Cancel(),
    "returns": Return(),
    "return-receptions": Reception(RETURN_GOODS),
    "exchanges": EXCHANGE,
    "collects": COLLECT,
    "redeliveries": REDELIVERY,
    "exchange-receptions": Reception(EXCHANGE_GOODS),
    "effects": Effect(),
}
"""By the word in its address."""
