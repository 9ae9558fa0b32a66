"""Doubt an empty list of exchanges that contradicts what we hold."""

from datetime import datetime

from app.engine.feeds.windows import Window
from app.engine.visits.contradictions import note_contradiction
from app.engine.visits.session import VisitSession
from app.exchanges.missing_rows import holds_exchange


async def exchange_is_missing(session: VisitSession, window: Window, since: datetime) -> bool:
    """Tell whether an empty list of exchanges contradicts us; it shows them all, whatever became of them."""
    missing = await holds_exchange(session.context, session.vendor_id, window, since)
    if missing:
        note_contradiction(session, window, "exchange")
    return missing
