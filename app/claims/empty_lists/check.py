"""Doubt an empty list of receipts that contradicts what we hold: ask for one of them by itself."""

from datetime import datetime

from app.claims.empty_lists.rows import absent_receipt
from app.claims.reread import look_at_receipt
from app.engine.feeds.windows import Window
from app.engine.visits.contradictions import WITNESSES, note_contradiction
from app.engine.visits.session import VisitSession


async def receipt_lives(
    session: VisitSession, window: Window, told: set[int], since: datetime, purpose: str
) -> bool:
    """Tell whether a receipt that no list of the window has shown is there when it is asked for itself.

    Raises:
        CoupangError: It could not be read.
        OutOfTime: The visit is over.
    """
    asked: set[int] = set()
    while len(asked) < WITNESSES:
        receipt_id = await absent_receipt(session.context, session.vendor_id, window, told | asked, since)
        if receipt_id is None:
            return False
        asked.add(receipt_id)
        page, _ = await look_at_receipt(session, receipt_id, purpose)
        if page is not None and page.receipts:
            note_contradiction(session, window, "receipt")
            return True
    return False
