"""The orders, as the nightly census counts them: boxes by when they were paid."""

from typing import LiteralString

from app.engine.family import Counted
from app.engine.feeds.names import ORDERS
from app.engine.feeds.windows import Window
from app.engine.visits.session import VisitSession
from app.orders import poll
from app.orders.empty_lists import sql as missing_rows_sql

_TAUGHT: LiteralString = """
SELECT t.aggregate, t.aggregate_id, b.paid_at AS begun_at
FROM taught t LEFT JOIN box b ON b.vendor_id = %(vendor_id)s AND b.shipment_box_id = t.aggregate_id
WHERE t.aggregate = 'box'"""

_VANISHED: LiteralString = f"""
UPDATE box b SET next_read_at = %(since)s
WHERE {missing_rows_sql.BOX}
RETURNING 'box' AS aggregate, b.shipment_box_id AS aggregate_id, b.paid_at AS begun_at, b.state"""

_HELD: LiteralString = """
SELECT count(*) FROM box b
WHERE b.vendor_id = c.vendor_id AND b.paid_at >= c.window_start AND b.paid_at < c.window_end"""


async def sweep(session: VisitSession, window: Window, seen: set[int]) -> None:
    """Read all statuses of a window once more."""
    await poll.sweep_window(session, window, purpose="census", seen=seen)


COUNTED = (
    Counted(feed=ORDERS, sweep=sweep, aggregates=("box",), taught=_TAUGHT, vanished=_VANISHED, held=_HELD),
)
