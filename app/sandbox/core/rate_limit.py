"""The rate limit of one vendor. Pacing is a fact of real time, so it never asks the virtual clock."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.core.rules import Rules

PASS, THROTTLED, BLOCKED = "pass", "429", "302"
OVERLAPS_KEPT = 20


@dataclass(slots=True)
class Open:
    """A call that is not answered yet.

    Attributes:
        route: Its number in the catalogue, such as `O1`.
        since_s: When it arrived, real seconds.
        delay_ms: How long a fault holds it.
    """

    route: str
    since_s: float
    delay_ms: float = 0.0


@dataclass(slots=True)
class Meter:
    """What one vendor's calls look like from the gateway.

    Args:
        monotonic: Returns real seconds, never going back.
    """

    monotonic: Callable[[], float]
    calls: deque[float] = field(default_factory=deque)
    open: dict[int, Open] = field(default_factory=dict)
    max_in_flight: int = 0
    overlaps: list[dict[str, Any]] = field(default_factory=list)
    """The first calls that arrived while another was open, and what that one was."""
    max_calls_in_a_second: int = 0
    banned_until: float = float("-inf")
    calls_while_banned: int = 0
    blocked: bool = False

    def enter(self, rules: Rules, call: int, route: str) -> str:
        """Count one arriving call and return its verdict: `pass`, `429` or `302`."""
        now = self.monotonic()
        for before, one in self.open.items():
            if len(self.overlaps) < OVERLAPS_KEPT:
                self.overlaps.append(
                    {
                        "call": call,
                        "route": route,
                        "beside_call": before,
                        "beside_route": one.route,
                        "open_for_s": round(now - one.since_s, 3),
                        "held_by_fault_s": one.delay_ms / 1000,
                    }
                )
        self.open[call] = Open(route, now)
        self.max_in_flight = max(self.max_in_flight, len(self.open))
        self.calls.append(now)
        while self.calls[0] <= now - 1.0:
            self.calls.popleft()
        self.max_calls_in_a_second = max(self.max_calls_in_a_second, len(self.calls))
        if self.blocked:
            return BLOCKED
        if now < self.banned_until:
            self.calls_while_banned += 1
            self.blocked = 0 < rules.abuse_calls <= self.calls_while_banned
            return BLOCKED if self.blocked else THROTTLED
        if 0 < rules.limit_per_second <= len(self.calls):
            self.ban(rules.ban_real_s)
            return THROTTLED
        return PASS

    def hold(self, call: int, delay_ms: float) -> None:
        """Note that a fault holds a call."""
        self.open[call].delay_ms = delay_ms

    def leave(self, call: int) -> None:
        """Count one call as answered."""
        del self.open[call]

    def ban(self, real_s: float) -> None:
        """Refuse every call for `real_s` real seconds."""
        self.banned_until = self.monotonic() + real_s

    def pardon(self) -> None:
        """Lift every ban and block."""
        self.banned_until, self.calls_while_banned, self.blocked = float("-inf"), 0, False
        self.calls.clear()

    def near_limit(self, rules: Rules) -> str | None:
        """Return the text of `X-CAG-Warnings` when nine tenths of the limit are used, else None."""
        if rules.limit_per_second and len(self.calls) >= 0.9 * rules.limit_per_second:
            return f"calls per second {len(self.calls)}/{rules.limit_per_second}"
        return None
