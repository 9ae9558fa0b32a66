"""What every use case is given. Built once per process by the builders."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from app.clock import Clock
from app.engine.db.database import Database
from app.engine.policy import Policy
from app.engine.registry import Registry
from app.errors import Stale
from app.vault import Vault

T = TypeVar("T")

PURPOSE_SECRETS = b"vendor-key"
PURPOSE_RECEIVER = b"receiver"
PURPOSE_REQUESTER = b"requester"
PURPOSE_EVIDENCE = b"evidence"
PURPOSE_QUARANTINE = b"quarantine"


async def wake_nobody(vendor_id: str) -> None:
    """Do nothing: the vendor is due, and the next tick finds it."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every use case is given."""

    db: Database
    clock: Clock
    vault: Vault
    registry: Registry
    """What the families declare."""
    policy: Policy = field(default_factory=Policy)
    worker: str = "unnamed"
    wake: Callable[[str], Awaitable[None]] = wake_nobody
    """Make this vendor due and ask for a visit soon; a lost wake-up costs one tick at most."""

    def __post_init__(self) -> None:
        # Every row of the history written through this database is chained with the key of this vault.
        self.db.chain_key = self.vault.chain_key

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        return self.clock.now()

    def real(self, length: timedelta) -> timedelta:
        """Return how long a stretch of real time is on this clock: bans, calls and crashes last real time."""
        return length * max(1.0, self.clock.factor)


async def until_fresh(work: Callable[[], Awaitable[T]], tries: int = 4) -> T:
    """Run one transaction, again from its start when a concurrent transaction was faster.

    Raises:
        Stale: Still stale after `tries` tries.
    """
    for _ in range(tries - 1):
        try:
            return await work()
        except Stale:
            continue
    return await work()
