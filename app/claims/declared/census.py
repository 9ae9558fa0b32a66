"""Cancels and returns, as the nightly census counts them: receipts by when they were opened."""

from typing import LiteralString

from app.claims import poll
from app.engine.db.states import literal
from app.engine.family import Counted
from app.engine.feeds.names import CANCELS, RECEIPTS
from app.engine.feeds.windows import Window
from app.engine.visits.session import VisitSession
from app.machines.cancels import CancelState

_OF_RECEIPT: LiteralString = """
SELECT t.aggregate, t.aggregate_id, r.opened_at AS begun_at
FROM taught t LEFT JOIN receipt r ON r.vendor_id = %(vendor_id)s AND r.receipt_id = t.aggregate_id
WHERE """

_CANCELLED: LiteralString = f"t.aggregate = 'cancel' AND t.target = {literal(CancelState.CANCELLED)}"


async def sweep_cancels(session: VisitSession, window: Window, _: set[int]) -> None:
    """Read the cancels at ACCEPT of a window once more."""
    await poll.sweep_window(session, window, road=poll.CANCELS, purpose="census")


async def sweep_receipts(session: VisitSession, window: Window, _: set[int]) -> None:
    """Read the stop requests and returns of a window once more."""
    await poll.sweep_window(session, window, purpose="census")


COUNTED = (
    Counted(feed=CANCELS, sweep=sweep_cancels, aggregates=("cancel",), taught=_OF_RECEIPT + _CANCELLED),
    Counted(
        feed=RECEIPTS,
        sweep=sweep_receipts,
        aggregates=("cancel", "return"),
        taught=f"{_OF_RECEIPT} t.aggregate IN ('cancel', 'return') AND NOT ({_CANCELLED})",
    ),
)
