"""Empty lists that contradict what we hold: how many witnesses are asked, and the note in the log."""

import logging

from app.engine.feeds.windows import Window
from app.engine.visits.session import VisitSession

log = logging.getLogger(__name__)


WITNESSES = 3
"""Asked by themselves in one window, at the most: what is left is met again by the next reading."""


def note_contradiction(session: VisitSession, window: Window, name: str) -> None:
    """Log that a list is read again because it contradicts what we hold."""
    log.warning(
        "vendor %s: an empty %s list of %s to %s contradicts what we hold; it is read again",
        session.vendor_id,
        name,
        window.start.isoformat(),
        window.end.isoformat(),
    )
