"""Leases: due vendors, the fencing epoch of a visit, call tallies."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.engine.context import PURPOSE_SECRETS, Context, wake_nobody
from app.engine.evidence import store as evidence_store
from app.engine.history import transitions
from app.engine.vendors import store as vendor_store
from app.engine.visits import circuit_store

log = logging.getLogger(__name__)
AGAIN = timedelta(seconds=10)
"""If a visit or the asking for it is lost, its vendor is due again after this long, in real time."""
PROBE = timedelta(seconds=60)
"""If a probing visit is lost, the next may probe after this long (real time)."""


@dataclass(frozen=True, slots=True)
class VendorLease:
    """The right to call Coupang for a vendor, until the next epoch is taken."""

    vendor_id: str
    epoch: int
    auto_acknowledge: bool
    wing_user_id: str | None
    access_key: str
    secret_key: str = field(repr=False)
    stops: int
    errors: int = 0
    """Calls that failed since `errors_since`, in earlier visits."""
    errors_since: datetime | None = None
    probing: bool = False
    """The calls of the fleet are paused, and this visit probes whether Coupang answers."""


async def claim_due(context: Context, most: int = 500) -> list[str]:
    """Return vendors that are due; any number of tickers may ask, none gets the same one."""
    async with context.db.transaction() as tx:
        return await vendor_store.claim_due(tx, context.now(), context.real(AGAIN), most)


async def make_due(context: Context, vendor_id: str) -> None:
    """Have the next tick visit this vendor, unless it is visited before."""
    async with context.db.connection() as connection:
        await vendor_store.wake(connection, vendor_id, context.now())


async def wake(context: Context, vendor_id: str) -> None:
    """Have a vendor visited soon; call it after the commit.

    A visit holds its vendor before it asks for rows, so a transaction with rows must not wait for it.
    """
    if context.wake is wake_nobody:
        await make_due(context, vendor_id)
    else:
        await context.wake(vendor_id)


def keys_of(context: Context, vendor: Mapping[str, Any]) -> tuple[str, str]:
    """Open a vendor's access key and secret key.

    Raises:
        Sealed: They cannot be opened with the keys of this installation.
    """
    purpose = PURPOSE_SECRETS + str(vendor["vendor_id"]).encode()
    access_key, secret_key = (
        context.vault.open(vendor[name], purpose).decode()
        for name in ("sealed_access_key", "sealed_secret_key")
    )
    return access_key, secret_key


async def begin(context: Context, vendor_id: str, job_id: int | None = None) -> VendorLease | None:
    """Take the next epoch of a vendor; None when it must not be called now, or the job holds it no more.

    A worker that was stopped between fetching its job and beginning it may wake up without the lease.
    """
    at, probing = context.now(), False
    async with context.db.transaction() as tx:
        if job_id is not None and not await vendor_store.holds(tx, vendor_id, job_id):
            return None
        row = await vendor_store.take_epoch(tx, vendor_id, at, context.worker)
        if row is None:
            until = at + context.real(PROBE)
            probing = await circuit_store.take_probe(tx, vendor_id, at, until)
            row = (
                await vendor_store.take_epoch(tx, vendor_id, at, context.worker, probing) if probing else None
            )
        if row is None:
            # Asked for during a pause: due as soon as the pause ends. Ticks know when that is.
            await vendor_store.wake_after_silence(tx, vendor_id, at)
            return None
    access_key, secret_key = keys_of(context, row)
    return VendorLease(
        vendor_id,
        row["epoch"],
        row["auto_acknowledge"],
        row["wing_user_id"],
        access_key,
        secret_key,
        row["stops"],
        row["errors"],
        row["errors_since"],
        probing,
    )


async def confirm(context: Context, lease: VendorLease) -> None:
    """Make sure that this lease still holds.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
    """
    async with context.db.transaction() as tx:
        await transitions.fence(tx, lease.vendor_id, lease.epoch)


async def end(
    context: Context,
    lease: VendorLease,
    calls: Counter[tuple[str, str, str]],
    *,
    heard: bool,
    again: bool,
    errors: tuple[int, datetime | None] | None = None,
    skew_s: float | None = None,
) -> datetime:
    """End a visit: count its calls, forget earlier stops if Coupang answered, set when the vendor is due.

    Args:
        context: What every use case is given.
        lease: The lease of the visit.
        calls: (purpose, route, answer) → number.
        heard: Coupang answered properly at least once.
        again: Work is left; come back at once.
        errors: Failed calls and since when, for the next visit; None leaves what is stored.
        skew_s: Seconds that Coupang's clock was ahead of ours; None when no answer said.

    Raises:
        Fenced: A newer visit holds the lease of this vendor; it sets when it is due.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        await transitions.fence(tx, lease.vendor_id, lease.epoch)
        if calls:
            hour = at.replace(minute=0, second=0, microsecond=0)
            await evidence_store.tally(tx, lease.vendor_id, hour, [(*key, n) for key, n in calls.items()])
        if heard and lease.stops:
            await vendor_store.resume(tx, lease.vendor_id)
            log.info("vendor %s speaks again", lease.vendor_id)
        due = at if again else await vendor_store.next_due(tx, lease.vendor_id) or at + context.real(AGAIN)
        values: dict[str, Any] = {"due_at": due}
        if errors is not None:
            values |= {"errors": errors[0], "errors_since": errors[1]}
        if skew_s is not None:
            values |= {"skew_s": skew_s, "skew_at": at}
        await vendor_store.change(tx, lease.vendor_id, **values)
        return due
