"""The pace of one vendor, in real time: one call at a time, evenly spaced, never a burst."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class Pacer:
    """Hand out turns to call, one at a time and at least `1 / per_second` seconds apart.

    The first turn waits a whole interval too, so that visits of one vendor which follow each other in
    different processes keep the spacing without knowing of each other. Time not used is not saved up.

    Calls do not travel equally fast, so evenly sent ones may arrive closer together. A call was there when
    it was answered at the latest: the next goes no sooner than a second after the answer before the last
    `per_second` ones. So no second of the other side's has more calls than that.

    Args:
        per_second: Calls per second.
        monotonic: Returns seconds of a clock that never goes back.
        sleep: Waits for a number of seconds.

    Source:
        Articles 20414599556889 (ten calls per second and vendor), 34583426711321 (no parallel calls).
    """

    def __init__(
        self,
        per_second: float = 4.0,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if per_second <= 0:
            raise ValueError("per_second must be above zero")
        self._interval_s = 1.0 / per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._next_s = monotonic() + self._interval_s
        self._answered: deque[float] = deque(maxlen=max(1, int(per_second)))
        self._lock = asyncio.Lock()
        self._calls = 0

    @property
    def calls(self) -> int:
        """How many turns were given."""
        return self._calls

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it while the call is under way, so that no second call starts."""
        async with self._lock:
            await self._slot()
            try:
                yield
            finally:
                self._answered.append(self._monotonic())

    async def wait(self) -> None:
        """Wait for a turn without holding it."""
        async with self._lock:
            await self._slot()

    async def rest(self) -> None:
        """Wait until whoever speaks next for this vendor, in another process, keeps the pace without us.

        It waits an interval before its own first call. Each of our calls takes an interval too, counted from
        its answer: mostly that has passed, only answers that came late are waited for, below a second.
        """
        now_s = self._monotonic()
        due_s = [at_s + n * self._interval_s for n, at_s in enumerate(reversed(self._answered))]
        if (wait_s := max(due_s, default=now_s) - now_s) > 0:
            await self._sleep(wait_s)

    async def _slot(self) -> None:
        begin_s = self._next_s
        if len(self._answered) == self._answered.maxlen:
            begin_s = max(begin_s, self._answered[0] + 1.0)
        wait_s = begin_s - self._monotonic()
        if wait_s > 0:
            await self._sleep(wait_s)
        # Counted from the real start: a sleep that took too long must not make the next gap shorter.
        self._next_s = self._monotonic() + self._interval_s
        self._calls += 1
