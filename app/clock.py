"""The only place that knows what time it is.

Three clocks, one protocol. Service and sandbox get the same description, so that they agree
without talking to each other:

    real                                  the machine's clock
    fast:2026-11-01T00:00:00Z@1795250000.5x4000
                                          virtual start @ real start (Unix seconds) x factor
    frozen:2026-11-01T00:00:00Z           moved by hand (`Frozen.set`, `Frozen.advance`); tests

Pacing towards Coupang stays in real time (`time.monotonic`), whatever the clock says.
"""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

KST = timezone(timedelta(hours=9), "KST")
"""Asia/Seoul has had no daylight saving time since 1988, so a fixed offset is exact."""


class Clock(Protocol):
    """Whatever can tell the present time."""

    @property
    def factor(self) -> float:
        """Virtual seconds per real second; 0 for a frozen clock."""

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class Real:
    """The machine's clock."""

    factor: float = 1.0

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Fast:
    """A clock that runs `factor` times as fast since a shared epoch."""

    virtual_start: datetime
    real_start_unix_s: float
    factor: float

    def now(self) -> datetime:
        """Return the present virtual time, aware, in UTC."""
        return self.virtual_start + timedelta(seconds=(time.time() - self.real_start_unix_s) * self.factor)


@dataclass(slots=True)
class Frozen:
    """A clock that moves only when told to."""

    at: datetime
    factor: float = 0.0

    def now(self) -> datetime:
        """Return the time that was set, aware, in UTC."""
        return self.at

    def set(self, at: datetime) -> None:
        """Move to `at` (aware); going back is allowed, as clocks do."""
        self.at = at.astimezone(UTC)

    def advance(self, **delta: float) -> datetime:
        """Move forward by `timedelta(**delta)` and return the new time."""
        self.at += timedelta(**delta)
        return self.at


_FAST = re.compile(r"fast:(?P<virtual>[^@]+)@(?P<real>[\d.]+)x(?P<factor>[\d.]+)")


def parse(text: str) -> Clock:
    """Build the clock that `text` describes (forms: see the module).

    Raises:
        ValueError: Unknown form, or a virtual start without a time zone.
    """
    if text == "real":
        return Real()
    if text.startswith("frozen:"):
        return Frozen(_aware(text.removeprefix("frozen:")))
    if found := _FAST.fullmatch(text):
        return Fast(_aware(found["virtual"]), float(found["real"]), float(found["factor"]))
    raise ValueError("a clock is 'real', 'frozen:<time>' or 'fast:<virtual time>@<unix seconds>x<factor>'")


def fast(virtual_start: datetime, factor: float) -> str:
    """Describe a fast clock that starts now, to be handed to every process."""
    return f"fast:{virtual_start.astimezone(UTC).isoformat()}@{time.time():.3f}x{factor:g}"


def to_second(at: datetime) -> str:
    """Return an aware time in UTC as people read it, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}Z"


def _aware(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return at.astimezone(UTC)
