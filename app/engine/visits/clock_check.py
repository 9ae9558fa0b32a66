"""Do this machine's clock and the database's agree? A process whose clock is wrong makes no visits.

Other processes would read what it writes: a next visit in years, pauses that never end or end too soon,
coverage of a time that has not come yet. Heartbeats compare the clocks: the library stamps each by the clock
of the database, and it lies between two readings of ours.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

log = logging.getLogger(__name__)

OFF_S = 30.0
"""Half of what the doctor tolerates towards Coupang, whose signatures tolerate five minutes."""


class ClockCheck:
    """The known difference of the two clocks.

    Args:
        now: This machine's clock, if it runs like the database's: aware, real time.

    Attributes:
        ahead_s: By how much ours was ahead at the last heartbeat; negative: behind; None before the first.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.ahead_s: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the two are known to agree well enough."""
        return self.ahead_s is not None and abs(self.ahead_s) <= OFF_S

    def judge(self, before: datetime, stamped: datetime, after: datetime) -> None:
        """Compare the stamp of a heartbeat with our times before and after it."""
        known, held = self.ahead_s is not None, self.holds
        early, late = before - stamped, after - stamped
        zero = timedelta(0)
        self.ahead_s = (early if early > zero else late if late < zero else zero).total_seconds()
        if known and self.holds and not held:
            log.warning("this machine's clock agrees with the database's again; it makes visits")
        elif not self.holds and (held or not known):
            log.error(
                "this machine's clock is %+.0f s ahead of the database's: no visits until it is right",
                self.ahead_s,
            )
