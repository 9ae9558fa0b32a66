"""Count at night: read everything of the last thirty days once more, whatever time the visit has left."""

import logging

from app.coupang.errors import CoupangError
from app.flows import census
from app.flows.pages import Window
from app.jobs import claiming, exchanging, polling
from app.jobs.line import Line, OutOfTime, hush

log = logging.getLogger(__name__)


async def count(line: Line) -> bool:
    """Go on with the census of this vendor, if one is due; True when windows are left."""
    house, vendor_id, epoch = line.house, line.vendor_id, line.epoch
    under_way = await census.under_way(house, vendor_id, epoch)
    if under_way is None:
        return False
    try:
        for window in under_way.left:
            await _read(line, under_way, window)
    except CoupangError as error:
        hush(error)
        await census.put_off(house, vendor_id, epoch, str(error))
        return False
    except OutOfTime:
        return True
    found = await census.conclude(house, vendor_id, epoch, under_way)
    if found["missing"] or found["vanished"]:
        log.error(
            "census %s of vendor %s: %s missing, %s vanished",
            found["census_id"],
            vendor_id,
            found["missing"],
            found["vanished"],
        )
    return False


async def _read(line: Line, under_way: census.Count, window: Window) -> None:
    if window.feed == census.ORDERS:
        since, seen = line.house.now(), set[int]()
        await polling.sweep_window(line, window, purpose="census", seen=seen)
        await census.compare(line.house, line.vendor_id, line.epoch, under_way, window, seen, since)
    elif window.feed == census.EXCHANGES:
        await exchanging.sweep_window(line, window, purpose="census")
    else:
        road = claiming.CANCELS if window.feed == census.CANCELS else claiming.ROAD
        await claiming.sweep_window(line, window, road=road, purpose="census")
