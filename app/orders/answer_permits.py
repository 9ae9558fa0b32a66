"""Answer those who ask for a ship permit: read the stop requests and the boxes live, then decide."""

from app.engine.visits.session import VisitSession
from app.orders.effects.sends import read_right_now
from app.orders.permits import permits


async def answer_permits(session: VisitSession) -> int:
    """Answer every permit that is asked for; return how many were looked at."""
    asked = await permits.waiting(session.context, session.vendor_id, session.epoch)
    if not asked:
        return 0
    session.check_time()
    # Of a box that is asked about twice one reading serves both.
    different = {row["shipment_box_id"]: row for row in asked}
    found = await read_right_now(session, list(different.values()), "permit")
    # Not when the machine slept since: what was read is old.
    session.check_time()
    await permits.answer(session.context, session.vendor_id, session.epoch, asked, set(found))
    return len(asked)
