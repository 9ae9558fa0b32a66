"""Whose turn it is: due vendors, the fencing epoch of a visit, call tallies."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.flows.house import PURPOSE_SECRETS, House, nobody
from app.store import circuits, doors, evidence, vendors

log = logging.getLogger(__name__)
AGAIN = timedelta(seconds=10)
"""If a visit or the asking for it is lost, its vendor is due again after this long, in real time."""
PROBE = timedelta(seconds=60)
"""If a probing visit is lost, the next may probe after this long (real time)."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to speak for a vendor, until somebody takes the next epoch."""

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
    """Everybody is silent, and this visit tries whether Coupang answers."""


async def claim_due(house: House, most: int = 500) -> list[str]:
    """Return vendors that are due; any number of tickers may ask, none gets the same one."""
    async with house.db.transaction() as tx:
        return await vendors.claim_due(tx, house.now(), house.real(AGAIN), most)


async def make_due(house: House, vendor_id: str) -> None:
    """Let the next tick visit this vendor, should nobody visit it before."""
    async with house.db.connection() as connection:
        await vendors.wake(connection, vendor_id, house.now())


async def wake(house: House, vendor_id: str) -> None:
    """Have a vendor visited soon; call it after the commit.

    A visit holds its vendor before it asks for rows, so nobody may wait for the vendor while holding those.
    """
    if house.wake is nobody:
        await make_due(house, vendor_id)
    else:
        await house.wake(vendor_id)


def keys_of(house: House, vendor: Mapping[str, Any]) -> tuple[str, str]:
    """Open a vendor's access key and secret key.

    Raises:
        Sealed: They cannot be opened with the keys of this installation.
    """
    purpose = PURPOSE_SECRETS + str(vendor["vendor_id"]).encode()
    access_key, secret_key = (
        house.vault.open(vendor[name], purpose).decode()
        for name in ("sealed_access_key", "sealed_secret_key")
    )
    return access_key, secret_key


async def begin(house: House, vendor_id: str, job_id: int | None = None) -> Turn | None:
    """Take the next epoch of a vendor; None when it must not be called now, or the job holds it no more.

    A worker that was stopped between fetching its job and beginning it wakes up when another speaks already.
    """
    at, probing = house.now(), False
    async with house.db.transaction() as tx:
        if job_id is not None and not await vendors.holds(tx, vendor_id, job_id):
            return None
        row = await vendors.take_epoch(tx, vendor_id, at, house.worker)
        if row is None:
            until = at + house.real(PROBE)
            probing = await circuits.take_probe(tx, vendor_id, at, until)
            row = await vendors.take_epoch(tx, vendor_id, at, house.worker, probing) if probing else None
        if row is None:
            # Asked for, but told to be silent: due as soon as the silence ends. Ticks know when that is.
            await vendors.wake_after_silence(tx, vendor_id, at)
            return None
    access_key, secret_key = keys_of(house, row)
    return Turn(
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


async def confirm(house: House, turn: Turn) -> None:
    """Make sure that this turn still holds.

    Raises:
        Fenced: A newer visit speaks for this vendor.
    """
    async with house.db.transaction() as tx:
        await doors.fence(tx, turn.vendor_id, turn.epoch)


async def end(
    house: House,
    turn: Turn,
    calls: Counter[tuple[str, str, str]],
    *,
    heard: bool,
    again: bool,
    errors: tuple[int, datetime | None] | None = None,
    skew_s: float | None = None,
) -> datetime:
    """End a visit: count its calls, forget earlier stops if Coupang answered, set the next turn.

    Args:
        house: What every flow is given.
        turn: The visit's turn.
        calls: (purpose, route, answer) → number.
        heard: Coupang answered properly at least once.
        again: Work is left; come back at once.
        errors: Failed calls and since when, for the next visit; None leaves what is stored.
        skew_s: Seconds that Coupang's clock was ahead of ours; None when no answer told.

    Raises:
        Fenced: A newer visit speaks for this vendor; it will set the next turn itself.
    """
    at = house.now()
    async with house.db.transaction() as tx:
        await doors.fence(tx, turn.vendor_id, turn.epoch)
        if calls:
            hour = at.replace(minute=0, second=0, microsecond=0)
            await evidence.tally(tx, turn.vendor_id, hour, [(*key, n) for key, n in calls.items()])
        if heard and turn.stops:
            await vendors.resume(tx, turn.vendor_id)
            log.info("vendor %s speaks again", turn.vendor_id)
        due = at if again else await vendors.next_due(tx, turn.vendor_id) or at + house.real(AGAIN)
        values: dict[str, Any] = {"due_at": due}
        if errors is not None:
            values |= {"errors": errors[0], "errors_since": errors[1]}
        if skew_s is not None:
            values |= {"skew_s": skew_s, "skew_at": at}
        await vendors.change(tx, turn.vendor_id, **values)
        return due
