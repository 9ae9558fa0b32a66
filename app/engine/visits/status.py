"""The status of leases: which worker holds which vendor, and which vendors wait."""

from dataclasses import dataclass
from datetime import datetime

from app.engine.context import Context
from app.engine.vendors import store as vendor_store


@dataclass(frozen=True, slots=True)
class LeaseStatus:
    """The lease of a vendor at one moment."""

    vendor_id: str
    state: str
    epoch: int
    spoken_by: str | None
    """The worker (`host:pid`) that took the epoch."""
    due_at: datetime
    stopped_until: datetime | None
    visiting: bool
    """A visit is taken; its worker may be dead nevertheless."""
    waiting: bool
    """A visit waits until it may begin."""
    tripped: bool
    """The calls of the whole fleet are paused."""

    def silent(self, at: datetime) -> bool:
        """Tell whether no process may call Coupang for this vendor now."""
        return self.state != "ACTIVE" or (self.stopped_until is not None and self.stopped_until > at)


async def list_lease_status(context: Context) -> list[LeaseStatus]:
    """Return the lease of every vendor."""
    async with context.db.connection() as connection:
        return [LeaseStatus(**row) for row in await vendor_store.voices(connection)]
