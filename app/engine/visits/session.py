"""What one visit calls Coupang with: the client, its fencing epoch, its deadline, its call counts."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from app.coupang.client import ANSWER_MOST_BYTES, Call, Client
from app.coupang.errors import ANSWERS, CoupangError, ErrorBurst
from app.coupang.pacing import Pacer
from app.engine.context import Context
from app.engine.visits import leases
from app.engine.visits.leases import VendorLease

SLEPT_S = 90.0
"""A visit that is this much older by the wall clock than its deadline allows was suspended with its machine
(the monotonic clock stands still then): what it read is old, and another visit may hold the lease."""
SINGLES_MOST = 20
"""Boxes, and receipts, that one visit rereads at most."""
CONFIRM_S = 2.0
"""After this long without a check, a visit makes sure that it still holds the lease."""


class OutOfTime(Exception):
    """The visit is over, or its process is ending: no further call is made; what is left waits."""


def _always() -> bool:
    return True


class CircuitTripped(Exception):
    """Calls for this vendor must stop; `error` says why."""

    def __init__(self, error: CoupangError) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class Reach:
    """How Coupang is reached (field by field: `app.settings.Coupang`).

    Attributes:
        speaks: Returns whether this process may still call Coupang.
    """

    base_url: str
    pace_per_s: float = 4.0
    timeout_s: float = 5.0
    extended_timeout_s: float = 60.0
    visit_s: float = 30.0
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None
    speaks: Callable[[], bool] = _always
    answer_most_bytes: int = ANSWER_MOST_BYTES


@dataclass(slots=True)
class VisitSession:
    """The session of one visit. Everything that calls Coupang takes this and nothing else."""

    context: Context
    lease: VendorLease
    client: Client
    deadline_s: float
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    heard: bool = False
    errors: int = 0
    errors_since: datetime | None = None
    confirmed_s: float = field(default_factory=time.monotonic)
    ends_at: datetime | None = None
    """By the clock, well after the deadline; None where the clock is not looked at."""
    speaks: Callable[[], bool] = _always

    @property
    def vendor_id(self) -> str:
        """The vendor whose lease the visit holds."""
        return self.lease.vendor_id

    @property
    def epoch(self) -> int:
        """The fencing token of this visit."""
        return self.lease.epoch

    def check_time(self, reserve_s: float = 0.0) -> None:
        """Raise `OutOfTime` when less than `reserve_s` is left, or we are to stop; call before each request.

        Raises:
            CircuitTripped: Too many calls have failed within the last minute.
        """
        if self.errors >= self.context.policy.circuit.errors_most:
            raise CircuitTripped(ErrorBurst(f"{self.errors} calls failed since {self.errors_since:%H:%M:%S}"))
        if time.monotonic() + reserve_s >= self.deadline_s or not self.speaks():
            raise OutOfTime
        if self.ends_at is not None and self.context.now() > self.ends_at:
            raise OutOfTime

    async def hold(self) -> None:
        """Make sure that this visit may still call (the client's `before_call`).

        Raises:
            OutOfTime: The deadline has passed, or the heartbeat of this process is too old: it was
                stopped, or it is about to end.
            Fenced: A newer visit holds the lease of this vendor.
        """
        self.check_time()
        if time.monotonic() - self.confirmed_s > CONFIRM_S:
            await leases.confirm(self.context, self.lease)
            self.confirmed_s = time.monotonic()

    def count(self, call: Call) -> None:
        """Count one request (the client's `on_call`)."""
        answer = call.error or str(call.status)
        self.calls[call.purpose, call.route, answer] += 1
        self.heard = self.heard or call.error is None
        if call.error is not None and call.error not in ANSWERS:
            now = self.context.now()
            # Real time, like everything that Coupang's edge measures.
            minute = timedelta(minutes=1) * max(1.0, self.context.clock.factor)
            if self.errors_since is None or now - self.errors_since > minute:
                self.errors, self.errors_since = 0, now
            self.errors += 1


def raise_if_stopped(error: CoupangError) -> None:
    """Raise `CircuitTripped` when the error means that calls must stop."""
    if error.stop in ("vendor", "key", "everything"):
        raise CircuitTripped(error) from error


@asynccontextmanager
async def open_session(context: Context, lease: VendorLease, reach: Reach) -> AsyncIterator[VisitSession]:
    """Open the session of one visit and close its connections afterwards."""
    line: VisitSession | None = None

    def count(call: Call) -> None:
        if line is not None:
            line.count(call)

    async def hold() -> None:
        if line is not None:
            await line.hold()

    client = Client(
        base_url=reach.base_url,
        vendor_id=lease.vendor_id,
        access_key=lease.access_key,
        secret_key=lease.secret_key,
        now=context.now,
        pacer=Pacer(reach.pace_per_s),
        transport=reach.transport() if reach.transport else None,
        timeout_s=reach.timeout_s,
        extended_timeout_s=reach.extended_timeout_s,
        answer_most_bytes=reach.answer_most_bytes,
        on_call=count,
        before_call=hold,
    )
    async with client:
        deadline_s = time.monotonic() + reach.visit_s
        line = VisitSession(
            context,
            lease,
            client,
            deadline_s,
            errors=lease.errors,
            errors_since=lease.errors_since,
            ends_at=context.now() + context.real(timedelta(seconds=reach.visit_s + SLEPT_S)),
            speaks=reach.speaks,
        )
        yield line
