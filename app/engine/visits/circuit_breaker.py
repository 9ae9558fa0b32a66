"""The circuit breaker: calls pause for a vendor, a key or the fleet; for how long, and who probes first.

    429                          the vendor, from a minute on
    302                          the vendor, from ten minutes on; a second vendor's at that time: the fleet
    HTML 403                     the fleet: Coupang's edge judges the address
    401, 403, 410, 423           the key, until it is replaced
    a burst of failing calls     the vendor, from half a minute on

Each pause ends with one call of one vendor. Only an answer to it ends the pause for the others; without one
the pause doubles. So a ban is probed a few times a day and never prolonged.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from app.coupang.errors import Blocked, CoupangError, Denied, Throttled
from app.engine.access import audit_log_store
from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.history import transitions
from app.engine.vendors import store as vendor_store
from app.engine.visits import circuit_store
from app.engine.visits.leases import VendorLease, keys_of
from app.errors import Forbidden

log = logging.getLogger(__name__)
ASKED_MOST = timedelta(days=1)
"""The longest wait that Coupang may ask for; one call a day prolongs no ban."""


def kind_of(error: CoupangError) -> str:
    """Return why an error pauses calls: `throttled`, `blocked`, `denied` or `errors`."""
    if isinstance(error, Throttled):
        return "throttled"
    if isinstance(error, Blocked):
        return "blocked"
    return "denied" if isinstance(error, Denied) else "errors"


async def stop(context: Context, lease: VendorLease, error: CoupangError) -> datetime | None:
    """Pause calls, longer each consecutive time; return until when.

    Returns:
        None when the refused key was replaced during this visit.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
    """
    at, kind, reason = context.now(), kind_of(error), str(error)
    async with context.db.transaction() as tx:
        await transitions.fence(tx, lease.vendor_id, lease.epoch)
        until = at + _pause(context, kind, lease.stops, error)
        wide = error.stop == "everything"
        replaced = kind == "denied" and await _is_replaced(context, tx, lease)
        if not wide and not replaced:
            await vendor_store.stop(tx, lease.vendor_id, until, kind, reason)
            wide = kind == "blocked" and await circuit_store.blocked_others(tx, lease.vendor_id, at) > 0
        if wide or (lease.probing and kind in ("blocked", "errors")):
            open_now = await circuit_store.find(tx)
            trips = open_now["trips"] if open_now and _recent(context, open_now, at) else 0
            until = at + _pause(context, kind, trips, error)
            await circuit_store.trip(tx, at, until, lease.vendor_id, reason, trips + 1)
            log.warning("everybody is silent until %s", until.isoformat())
        elif lease.probing:
            # A 429 or a refused key concerns this vendor only: the fleet may call again.
            await _reopen(tx, lease, at)
    return None if replaced else until


async def answered(context: Context, lease: VendorLease) -> None:
    """End the pause of the fleet: the probing call was answered.

    A vendor's own stops are forgotten at the end of its visit, not here: one good answer is not enough.
    """
    if lease.probing:
        async with context.db.transaction() as tx:
            await _reopen(tx, lease, context.now())


async def report(context: Context, caller: Caller) -> dict[str, Any]:
    """Return whose calls are paused, why, until when, and who probes."""
    only = None if caller.vendor_ids is None else list(caller.vendor_ids)
    at = context.now()
    async with context.db.connection() as connection:
        everything = await circuit_store.find(connection)
        stopped = await circuit_store.stopped(connection, only)
    shown = {name: value for name, value in (everything or {}).items() if name != "name"}
    if only is not None and shown:
        # A key of another seller must not learn which vendor caused it.
        shown |= {name: shown[name] if shown[name] in only else None for name in ("opened_by", "probing")}
    return {
        "everything": shown if everything and everything["closed_at"] is None else None,
        "vendors": [row | {"probing": row["stopped_until"] <= at} for row in stopped],
    }


async def close(context: Context, caller: Caller) -> dict[str, Any]:
    """End the pause of the fleet by hand: the next tick calls again.

    Raises:
        Forbidden: The key is restricted to some vendors.
    """
    if caller.vendor_ids is not None:
        raise Forbidden("this key is restricted to its vendors; the circuit concerns every vendor")
    async with context.db.transaction() as tx:
        found, at = await circuit_store.find(tx), context.now()
        if await circuit_store.close(tx, at) and found is not None:
            await audit_log_store.add_entry(
                tx,
                actor=caller.actor,
                action="circuit.close",
                subject="circuit:everything",
                vendor_ids=None,
                detail={"reason": found["reason"], "until": found["until"].isoformat()},
                at=at,
            )
    return await report(context, caller)


async def _reopen(tx: Connection, lease: VendorLease, at: datetime) -> None:
    if await circuit_store.close(tx, at):
        log.info("everybody speaks again: a call of vendor %s was answered", lease.vendor_id)


def _pause(context: Context, kind: str, stops: int, error: CoupangError) -> timedelta:
    asked = timedelta(seconds=min(error.retry_after_s or 0.0, ASKED_MOST.total_seconds()))
    pause = max(context.policy.circuit.pause(kind, stops), asked)
    # Bans run in real time, so a fast clock stretches the pause accordingly.
    return pause * max(1.0, context.clock.factor)


async def _is_replaced(context: Context, tx: Connection, lease: VendorLease) -> bool:
    row = await vendor_store.find(tx, lease.vendor_id)
    return row is not None and keys_of(context, row) != (lease.access_key, lease.secret_key)


def _recent(context: Context, circuit: dict[str, Any], at: datetime) -> bool:
    closed: datetime | None = circuit["closed_at"]
    return closed is None or at - closed < timedelta(hours=1) * max(1.0, context.clock.factor)
