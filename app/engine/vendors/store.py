"""Vendors: their sealed keys, when they are due, their fencing epoch, and their pauses."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString

from sqlalchemy import select

from app.engine.db.database import Connection, execute, fetch, fetch_one
from app.engine.db.states import among
from app.engine.vendors.tables import Vendor
from app.machines.effects import AUTOMATIC

_PUBLIC = (
    Vendor.vendor_id,
    Vendor.name,
    Vendor.state,
    Vendor.auto_acknowledge,
    Vendor.wing_user_id,
    Vendor.key_issued_at,
    Vendor.epoch,
    Vendor.due_at,
    Vendor.stopped_until,
    Vendor.stopped_reason,
    Vendor.stopped_kind,
    Vendor.stops,
    Vendor.skew_s,
    Vendor.skew_at,
    Vendor.created_at,
)


async def add(connection: Connection, **values: Any) -> bool:
    """Store a new vendor; False when there is one already."""
    query = """
    INSERT INTO vendor (vendor_id, name, sealed_access_key, sealed_secret_key, key_issued_at,
                        auto_acknowledge, due_at, created_at)
    VALUES (%(vendor_id)s, %(name)s, %(sealed_access_key)s, %(sealed_secret_key)s, %(key_issued_at)s,
            %(auto_acknowledge)s, %(at)s, %(at)s)
    ON CONFLICT DO NOTHING"""
    return await execute(connection, query, **values) == 1


async def list_vendors(connection: Connection, only: Sequence[str] | None) -> list[dict[str, Any]]:
    """Return vendors without their keys; `only` restricts to these ids, None means all."""
    query = select(*_PUBLIC).order_by(Vendor.vendor_id)
    return await fetch(connection, query if only is None else query.where(Vendor.vendor_id.in_(list(only))))


async def find(connection: Connection, vendor_id: str) -> dict[str, Any] | None:
    """Return one vendor with its sealed keys, or None."""
    query = select(*_PUBLIC, Vendor.sealed_access_key, Vendor.sealed_secret_key)
    return await fetch_one(connection, query.where(Vendor.vendor_id == vendor_id))


async def change(connection: Connection, vendor_id: str, **values: Any) -> bool:
    """Set columns of one vendor; False when there is none."""
    sets = ", ".join(f"{name} = %({name})s" for name in values)
    query = f"UPDATE vendor SET {sets} WHERE vendor_id = %(vendor_id)s"
    return await execute(connection, query, vendor_id=vendor_id, **values) == 1


async def claim_due(connection: Connection, at: datetime, again: timedelta, most: int) -> list[str]:
    """Take the vendors that are due and make them due again `again` later; no two tickers get the same one.

    None while the fleet's circuit is open or being tried; one when it may be tried.
    """
    query = """
    WITH due AS (
      SELECT vendor_id FROM vendor
      WHERE state = 'ACTIVE' AND due_at <= %(at)s AND (stopped_until IS NULL OR stopped_until <= %(at)s)
        AND NOT EXISTS (SELECT FROM circuit
                        WHERE closed_at IS NULL AND (until > %(at)s OR probing_until > %(at)s))
      ORDER BY due_at
      LIMIT CASE WHEN EXISTS (SELECT FROM circuit WHERE closed_at IS NULL) THEN 1 ELSE %(most)s END
      FOR UPDATE SKIP LOCKED
    )
    UPDATE vendor v SET due_at = %(at)s + %(again)s FROM due WHERE v.vendor_id = due.vendor_id
    RETURNING v.vendor_id"""
    rows = await fetch(connection, query, at=at, again=again, most=most)
    return [row["vendor_id"] for row in rows]


async def wake(connection: Connection, vendor_id: str, at: datetime) -> None:
    """Make the vendor due now; no write, and no lock, when it is due already."""
    query = "UPDATE vendor SET due_at = %(at)s WHERE vendor_id = %(vendor_id)s AND due_at > %(at)s"
    await execute(connection, query, vendor_id=vendor_id, at=at)


async def wake_after_silence(connection: Connection, vendor_id: str, at: datetime) -> None:
    """Make the vendor due now, or when its pause ends; never later than it is."""
    query = """UPDATE vendor SET due_at = least(due_at, greatest(%(at)s, stopped_until))
               WHERE vendor_id = %(vendor_id)s"""
    await execute(connection, query, vendor_id=vendor_id, at=at)


async def take_epoch(
    connection: Connection, vendor_id: str, at: datetime, worker: str, probing: bool = False
) -> dict[str, Any] | None:
    """Begin a visit of `worker`: return the vendor with its next epoch, None if it must not be called now.

    `probing` begins it although the fleet's circuit is open.
    """
    query = """
    UPDATE vendor SET epoch = epoch + 1, spoken_by = %(worker)s
    WHERE vendor_id = %(vendor_id)s AND state = 'ACTIVE'
      AND (stopped_until IS NULL OR stopped_until <= %(at)s)
      AND (%(probing)s OR NOT EXISTS (SELECT FROM circuit WHERE closed_at IS NULL))
    RETURNING vendor_id, name, epoch, auto_acknowledge, wing_user_id, sealed_access_key, sealed_secret_key,
              stops, errors, errors_since"""
    return await fetch_one(connection, query, vendor_id=vendor_id, at=at, worker=worker, probing=probing)


async def holds(connection: Connection, vendor_id: str, job_id: int) -> bool:
    """Tell whether a job holds the vendor; it does no longer when the sweep has taken its worker for dead."""
    query = """SELECT FROM procrastinate_jobs
               WHERE id = %(job_id)s AND lock = %(vendor_id)s AND status = 'doing'"""
    return await fetch_one(connection, query, vendor_id=vendor_id, job_id=job_id) is not None


async def next_due(connection: Connection, vendor_id: str) -> datetime | None:
    """Return when the vendor's next work is due: feeds, boxes and receipts to re-read, permits, effects."""
    query: LiteralString = f"""
    SELECT least(
      (SELECT min(due_at) FROM feed WHERE vendor_id = %(vendor_id)s),
      (SELECT min(next_read_at) FROM box WHERE vendor_id = %(vendor_id)s AND next_read_at IS NOT NULL),
      (SELECT min(next_read_at) FROM receipt WHERE vendor_id = %(vendor_id)s AND next_read_at IS NOT NULL),
      (SELECT min(next_try_at) FROM permit WHERE vendor_id = %(vendor_id)s AND next_try_at IS NOT NULL),
      (SELECT min(next_read_at) FROM exchange WHERE vendor_id = %(vendor_id)s AND next_read_at IS NOT NULL),
      (SELECT min(not_before) FROM effect
       WHERE vendor_id = %(vendor_id)s AND state IN {among(AUTOMATIC)})
    ) AS due_at"""
    row = await fetch_one(connection, query, vendor_id=vendor_id)
    return row["due_at"] if row else None


async def stop(connection: Connection, vendor_id: str, until: datetime, kind: str, reason: str) -> None:
    """Keep silent towards Coupang for this vendor until `until`, everywhere."""
    query = """UPDATE vendor SET stopped_until = %(until)s, stopped_reason = %(reason)s,
                                 stopped_kind = %(kind)s, stops = stops + 1, errors = 0, errors_since = NULL
               WHERE vendor_id = %(vendor_id)s"""
    await execute(connection, query, vendor_id=vendor_id, until=until, kind=kind, reason=reason)


async def resume(connection: Connection, vendor_id: str) -> None:
    """Forget earlier stops: Coupang answers again, or an operator says so."""
    query = """UPDATE vendor SET stopped_until = NULL, stopped_reason = NULL, stopped_kind = NULL, stops = 0
               WHERE vendor_id = %(vendor_id)s AND (stops > 0 OR stopped_until IS NOT NULL)"""
    await execute(connection, query, vendor_id=vendor_id)


async def forgive(connection: Connection, vendor_id: str, kind: str, at: datetime) -> bool:
    """Forget the stops of one kind, whose reason is gone, and make the vendor due; False without such."""
    query = """UPDATE vendor SET stopped_until = NULL, stopped_reason = NULL, stopped_kind = NULL, stops = 0,
                                 due_at = least(due_at, %(at)s)
               WHERE vendor_id = %(vendor_id)s AND stopped_kind = %(kind)s"""
    return await execute(connection, query, vendor_id=vendor_id, kind=kind, at=at) == 1


async def longest_due(connection: Connection, at: datetime) -> timedelta:
    """Return for how long the vendor that waits longest has been due; zero when none waits."""
    query = """SELECT greatest(%(at)s - min(due_at), '0'::interval) AS lag FROM vendor
               WHERE state = 'ACTIVE' AND (stopped_until IS NULL OR stopped_until <= %(at)s)
                 AND NOT EXISTS (SELECT FROM circuit WHERE closed_at IS NULL)"""
    row = await fetch_one(connection, query, at=at)
    lag: timedelta | None = row["lag"] if row else None
    return lag or timedelta(0)


async def voices(connection: Connection) -> list[dict[str, Any]]:
    """Return for every vendor who holds its lease, and whether a visit is taken or waits."""
    query = """
    SELECT v.vendor_id, v.state, v.epoch, v.spoken_by, v.due_at, v.stopped_until,
           coalesce(bool_or(j.status = 'doing'), false) AS visiting,
           coalesce(bool_or(j.status = 'todo'), false) AS waiting,
           EXISTS (SELECT FROM circuit WHERE closed_at IS NULL) AS tripped
    FROM vendor v LEFT JOIN procrastinate_jobs j ON j.lock = v.vendor_id AND j.status IN ('doing', 'todo')
    GROUP BY v.vendor_id ORDER BY v.vendor_id"""
    return await fetch(connection, query)
