"""What an effect may change, and how: a box, or a receipt as cancel or as return.

Each subject knows how to lock its rows, how to decide again right before the sending, what a confirmation
moves, and what to read again when an answer contradicts us. Rows are locked in one order everywhere:
receipts, boxes, effects.
"""

from collections.abc import Mapping

from app.flows.subjects.base import Proofs, Rows, Subject, effect_step
from app.flows.subjects.boxes import Boxes
from app.flows.subjects.cancels import Cancels
from app.flows.subjects.exchanges import Exchanges
from app.flows.subjects.returns import Returns

__all__ = ["SUBJECTS", "Proofs", "Rows", "Subject", "effect_step"]

SUBJECTS: Mapping[str, Subject] = {
    "box": Boxes(),
    "cancel": Cancels(),
    "return": Returns(),
    "exchange": Exchanges(),
}
"""By the word that is stored with an effect."""
