"""What an effect may change, and how: a box, or a receipt as cancel or as return.

Each subject knows how to lock its rows, how to decide again right before the sending, what a confirmation
moves, and what to read again when an answer contradicts us. Rows are locked in one order everywhere:
receipts, boxes, effects.
"""

from collections.abc import Mapping

from app.claims.cancels.effects import Cancels
from app.claims.returns.effects import Returns
from app.engine.effects.subjects import Proofs, Rows, Subject, effect_step
from app.exchanges.effects import Exchanges
from app.orders.effects import Boxes

__all__ = ["SUBJECTS", "Proofs", "Rows", "Subject", "effect_step"]

SUBJECTS: Mapping[str, Subject] = {
    "box": Boxes(),
    "cancel": Cancels(),
    "return": Returns(),
    "exchange": Exchanges(),
}
"""By the word that is stored with an effect."""
