"""Doubt an empty answer that contradicts what we hold: a witness is asked, and the list read once more.

An answer without rows is the one lie that has a perfect form. What we hold and no list of the window has
shown is read by itself first. Mostly it is gone, and that one call settles it. When it lives, the empty list
in which it stands is read again at once, and the second answer counts.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from app.coupang.orders.decode import WireStatus
from app.engine.feeds.windows import Window
from app.engine.visits.contradictions import WITNESSES, note_contradiction
from app.engine.visits.session import VisitSession
from app.orders import missing_rows
from app.orders.reread import look_single


async def contradicts_stored(
    session: VisitSession,
    window: Window,
    told: set[int],
    empty: set[WireStatus],
    since: datetime,
    purpose: str,
) -> AsyncIterator[WireStatus]:
    """Yield lists of a window that were empty although a box stands in them; each is to be read again.

    Args:
        session: The visit's session.
        window: What was asked for.
        told: Boxes that its lists have shown; whoever reads one again adds to it.
        empty: Lists without a row.
        since: When the reading began.
        purpose: Why, for the call counts.

    Raises:
        CoupangError: A witness could not be read, so nothing may be concluded.
        OutOfTime: The visit is over.
    """
    asked: set[int] = set()
    while empty and len(asked) < WITNESSES:
        box = await missing_rows.absent_box(session.context, session.vendor_id, window, told | asked, since)
        if box is None:
            return
        box_id = box["shipment_box_id"]
        asked.add(box_id)
        for sheet in await look_single(session, box, purpose) or ():
            if sheet.shipment_box_id == box_id and sheet.status in empty:
                empty.discard(WireStatus(sheet.status))
                note_contradiction(session, window, sheet.status)
                yield WireStatus(sheet.status)
