"""Check an empty answer against what is stored: a stored row is read by itself, and the list once more.

An empty answer is valid in form even when it is wrong. What is stored and missing from every list of the
window is read by itself first. Mostly it is gone, and that one call settles it. If it is still there, the
list that should contain it is read again at once, and the second answer counts.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from app.coupang.orders.decode import WireStatus
from app.engine.feeds.windows import Window
from app.engine.visits.contradictions import WITNESSES, note_contradiction
from app.engine.visits.session import VisitSession
from app.orders.empty_lists import rows as missing_rows
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
        told: Boxes that its lists have shown; a list that is read again adds to it.
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
