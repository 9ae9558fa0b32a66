"""Count at night: read everything of the last thirty days once more, whatever time the visit has left."""

import logging

from app.coupang.errors import CoupangError
from app.engine.feeds.windows import Window
from app.engine.visits.session import OutOfTime, VisitSession, raise_if_stopped
from app.integrity import census

log = logging.getLogger(__name__)


async def count(session: VisitSession) -> bool:
    """Go on with the census of this vendor, if one is due; True when windows are left."""
    context, vendor_id, epoch = session.context, session.vendor_id, session.epoch
    under_way = await census.under_way(context, vendor_id, epoch)
    if under_way is None:
        return False
    try:
        for window in under_way.left:
            await _read(session, under_way, window)
    except CoupangError as error:
        raise_if_stopped(error)
        await census.put_off(context, vendor_id, epoch, str(error))
        return False
    except OutOfTime:
        return True
    found = await census.conclude(context, vendor_id, epoch, under_way)
    if found["missing"] or found["vanished"]:
        log.error(
            "census %s of vendor %s: %s missing, %s vanished",
            found["census_id"],
            vendor_id,
            found["missing"],
            found["vanished"],
        )
    return False


async def _read(session: VisitSession, under_way: census.Count, window: Window) -> None:
    context, vendor_id, epoch = session.context, session.vendor_id, session.epoch
    since, seen = context.now(), set[int]()
    await census.parts(context.registry)[window.feed].sweep(session, window, seen)
    await census.compare(context, vendor_id, epoch, under_way, window, seen, since)
