"""The limits of one caller. Pacing is a fact of real time, so it never asks the virtual clock."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.sandbox.core.rules import Rules

PASS, THROTTLED, BLOCKED, DENIED = "pass", "429", "302", "403_html"
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
    """What the calls of one vendor, or of one address without a key, look like from the gateway.

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
    denied_until: float = float("-inf")
    errors: deque[float] = field(default_factory=deque)
    foreign: deque[float] = field(default_factory=deque)
    """When it last got errors, and when it last asked for another vendor's things."""
    blocked: bool = False

    def enter(self, rules: Rules, call: int, route: str) -> str:
        """Count one arriving call and return its verdict: `pass`, `429`, `302` or `403_html`."""
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
        if now < max(self.banned_until, self.denied_until):
            self.calls_while_banned += 1
            self.blocked = 0 < rules.abuse_calls <= self.calls_while_banned
            return BLOCKED if self.blocked else DENIED if now < self.denied_until else THROTTLED
        if 0 < rules.limit_per_second <= len(self.calls):
            self.ban(rules.ban_real_s)
            return THROTTLED
        return PASS

    def hold(self, call: int, delay_ms: float) -> None:
        """Note that a fault holds a call."""
        self.open[call].delay_ms = delay_ms

    def judge(self, rules: Rules, *, failed: bool, foreign: bool) -> None:
        """Count what came of a call, and block whoever earns too many errors or tries others' paths.

        Args:
            rules: The thresholds.
            failed: Whether it was answered with an error of the caller's own making.
            foreign: Whether it named another vendor than the key's.
        """
        now = self.monotonic()
        if rules.limit_per_second == 0:
            return
        if failed and 0 < rules.errors_most <= _within(self.errors, now, rules.errors_within_real_s):
            self.denied_until = now + rules.errors_block_real_s
            self.errors.clear()
        if foreign and 0 < rules.foreign_paths_most <= _within(self.foreign, now, rules.errors_within_real_s):
            self.blocked = True

    def leave(self, call: int) -> None:
        """Count one call as answered."""
        del self.open[call]

    def ban(self, real_s: float) -> None:
        """Refuse every call for `real_s` real seconds."""
        self.banned_until = self.monotonic() + real_s

    def pardon(self) -> None:
        """Lift every ban and block."""
        self.banned_until = self.denied_until = float("-inf")
        self.calls_while_banned, self.blocked = 0, False
        for counted in (self.calls, self.errors, self.foreign):
            counted.clear()

    def near_limit(self, rules: Rules) -> str | None:
        """Return the text of `X-CAG-Warnings` when nine tenths of the limit are used, else None."""
        if rules.limit_per_second and len(self.calls) >= 0.9 * rules.limit_per_second:
            return f"calls per second {len(self.calls)}/{rules.limit_per_second}"
        return None


def _within(moments: deque[float], now: float, span_s: float) -> int:
    """Add one moment and return how many lie within the span."""
    moments.append(now)
    while moments[0] <= now - span_s:
        moments.popleft()
    return len(moments)
