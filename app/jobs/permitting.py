"""Answer those who ask for a ship permit: read the stop requests and the boxes live, then decide."""

from app.flows import permits
from app.jobs.dispatching import read_right_now
from app.jobs.line import Line


async def answer_permits(line: Line) -> int:
    """Answer every permit that is asked for; return how many were looked at."""
    asked = await permits.waiting(line.house, line.vendor_id, line.epoch)
    if not asked:
        return 0
    line.check_time()
    # Of a box that is asked about twice one reading serves both.
    different = {row["shipment_box_id"]: row for row in asked}
    found = await read_right_now(line, list(different.values()), "permit")
    # Not when the machine slept since: what was read is old.
    line.check_time()
    await permits.answer(line.house, line.vendor_id, line.epoch, asked, set(found))
    return len(asked)
