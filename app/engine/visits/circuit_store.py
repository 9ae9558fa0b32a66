"""The circuit breaker of the fleet: a pause of all calls to Coupang, and the one call that may end it.

The pause of one vendor or its key is in the vendor's own row; this module keeps the pause of all vendors.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.engine.db.database import Connection, execute, fetch, fetch_one
from app.engine.vendors.tables import Circuit, Vendor

EVERYTHING = "everything"


async def trip(
    connection: Connection, at: datetime, until: datetime, by: str, reason: str, trips: int
) -> None:
    """Pause the calls of the fleet until `until`.

    While the circuit is open already, this is the same trip seen by another visit: it counts once.
    """
    query = """
    INSERT INTO circuit (name, opened_at, opened_by, reason, until, trips)
    VALUES (%(name)s, %(at)s, %(by)s, %(reason)s, %(until)s, %(trips)s)
    ON CONFLICT (name) DO UPDATE
    SET until = excluded.until, reason = excluded.reason, opened_by = excluded.opened_by,
        opened_at = CASE WHEN circuit.closed_at IS NULL THEN circuit.opened_at ELSE excluded.opened_at END,
        trips = excluded.trips, probing = NULL, probing_until = NULL, closed_at = NULL
    WHERE circuit.closed_at IS NOT NULL OR circuit.until <= %(at)s"""
    values = {"at": at, "until": until, "by": by, "reason": reason, "trips": trips}
    await execute(connection, query, name=EVERYTHING, **values)


async def find(connection: Connection) -> dict[str, Any] | None:
    """Return the circuit as it is, or was when it was last open; None when it never was."""
    return await fetch_one(connection, select(Circuit).where(Circuit.name == EVERYTHING))


async def is_open(connection: Connection) -> bool:
    """Tell whether the calls of the fleet are paused."""
    found = await find(connection)
    return found is not None and found["closed_at"] is None


async def take_probe(connection: Connection, vendor_id: str, at: datetime, until: datetime) -> bool:
    """Let this vendor alone try whether Coupang answers again; False when it is too early or another tries.

    The right ends by itself at `until`, should the visit be lost.
    """
    query = """
    UPDATE circuit SET probing = %(vendor_id)s, probing_until = %(until)s
    WHERE name = %(name)s AND closed_at IS NULL AND until <= %(at)s
      AND (probing_until IS NULL OR probing_until <= %(at)s)
      AND EXISTS (SELECT FROM vendor WHERE vendor_id = %(vendor_id)s AND state = 'ACTIVE'
                  AND (stopped_until IS NULL OR stopped_until <= %(at)s))"""
    return await execute(connection, query, name=EVERYTHING, vendor_id=vendor_id, at=at, until=until) == 1


async def close(connection: Connection, at: datetime) -> bool:
    """End the pause; False when there was none. Vendors become due at once by themselves."""
    query = """UPDATE circuit SET closed_at = %(at)s, probing = NULL, probing_until = NULL
               WHERE name = %(name)s AND closed_at IS NULL"""
    return await execute(connection, query, name=EVERYTHING, at=at) == 1


async def blocked_others(connection: Connection, vendor_id: str, at: datetime) -> int:
    """Return how many other vendors are blocked at this moment; with one more it is our address."""
    query = """
    SELECT count(*) AS n FROM vendor
    WHERE vendor_id <> %(vendor_id)s AND stopped_kind = 'blocked' AND stopped_until > %(at)s"""
    row = await fetch_one(connection, query, vendor_id=vendor_id, at=at)
    return int(row["n"]) if row else 0


async def stopped(connection: Connection, only: list[str] | None) -> list[dict[str, Any]]:
    """Return the vendors that are stopped, or have made no call since; `only` restricts, None is all."""
    query = (
        select(
            Vendor.vendor_id,
            Vendor.stopped_kind,
            Vendor.stopped_reason,
            Vendor.stopped_until,
            Vendor.stops,
        )
        .where(Vendor.stopped_until.is_not(None))
        .order_by(Vendor.stopped_until, Vendor.vendor_id)
    )
    return await fetch(connection, query if only is None else query.where(Vendor.vendor_id.in_(only)))
