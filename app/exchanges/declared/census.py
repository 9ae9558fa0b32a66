"""Exchanges, as the nightly census counts them: by when they were requested."""

from typing import LiteralString

from app.engine.family import Counted
from app.engine.feeds.names import EXCHANGES
from app.engine.feeds.windows import Window
from app.engine.visits.session import VisitSession
from app.exchanges import poll

_TAUGHT: LiteralString = """
SELECT t.aggregate, t.aggregate_id, x.requested_at AS begun_at
FROM taught t LEFT JOIN exchange x ON x.vendor_id = %(vendor_id)s AND x.exchange_id = t.aggregate_id
WHERE t.aggregate = 'exchange'"""


async def sweep(session: VisitSession, window: Window, _: set[int]) -> None:
    """Read the exchanges of a window once more."""
    await poll.sweep_window(session, window, purpose="census")


COUNTED = (Counted(feed=EXCHANGES, sweep=sweep, aggregates=("exchange",), taught=_TAUGHT),)
