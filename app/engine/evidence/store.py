"""Evidence, quarantine, call tallies and installation secrets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, columns, execute, fetch, fetch_one
from app.engine.db.vendor_scope import VENDORS


def proven(kind: LiteralString) -> LiteralString:
    """Return `proven AS (…)`, which keeps the rows of a page with what it stores; one content once.

    It needs `e_digest`, `e_sealed`, `vendor_id` and `at`.
    """
    return (
        """proven AS (
  INSERT INTO evidence (vendor_id, digest, kind, sealed, seen_at)
  SELECT %(vendor_id)s, e.digest, '"""
        + kind
        + """', e.sealed, %(at)s
  FROM unnest(%(e_digest)b::bytea[], %(e_sealed)b::bytea[]) AS e(digest, sealed)
  ON CONFLICT DO NOTHING
)"""
    )


async def keep(
    connection: Connection, vendor_id: str, kept: Sequence[tuple[bytes, str, bytes]], at: datetime
) -> None:
    """Store sealed answers: (digest, kind, sealed); one content is stored once."""
    query = """
    INSERT INTO evidence (vendor_id, digest, kind, sealed, seen_at)
    SELECT %(vendor_id)s, k.digest, k.kind, k.sealed, %(at)s
    FROM unnest(%(digests)s::bytea[], %(kinds)s::text[], %(sealed)s::bytea[]) AS k(digest, kind, sealed)
    ON CONFLICT DO NOTHING"""
    digests, kinds, sealed = columns(kept, 3)
    await execute(connection, query, vendor_id=vendor_id, digests=digests, kinds=kinds, sealed=sealed, at=at)


async def find(connection: Connection, vendor_ids: list[str] | None, digest: bytes) -> list[dict[str, Any]]:
    """Return what is stored under a digest, answers and rows that could not be read, still sealed."""
    query = f"""
    SELECT vendor_id, kind, seen_at, erased_at, sealed FROM evidence
    WHERE digest = %(digest)s AND vendor_id = ANY({VENDORS})
    UNION ALL
    SELECT vendor_id, 'quarantine', first_seen_at, NULL, sealed FROM quarantine
    WHERE digest = %(digest)s AND vendor_id = ANY({VENDORS})
    ORDER BY 1, 2"""
    return await fetch(connection, query, vendor_ids=vendor_ids, digest=digest)


async def quarantine(
    connection: Connection,
    vendor_id: str,
    feed: str,
    rows: Sequence[tuple[bytes, int | None, str, bytes]],
    at: datetime,
) -> None:
    """Keep rows that could not be read: (digest, box id if known, reason, sealed raw text)."""
    query = """
    INSERT INTO quarantine (vendor_id, digest, feed, shipment_box_id, reason, sealed, first_seen_at,
                            last_seen_at, times)
    SELECT DISTINCT ON (q.digest)
           %(vendor_id)s, q.digest, %(feed)s, q.box, q.reason, q.sealed, %(at)s, %(at)s, 1
    FROM unnest(%(digests)s::bytea[], %(boxes)s::bigint[], %(reasons)s::text[], %(sealed)s::bytea[])
         AS q(digest, box, reason, sealed)
    ON CONFLICT (vendor_id, digest) DO UPDATE
    SET last_seen_at = excluded.last_seen_at, times = quarantine.times + 1"""
    digests, boxes, reasons, sealed = columns(rows, 4)
    await execute(
        connection,
        query,
        vendor_id=vendor_id,
        feed=feed,
        at=at,
        digests=digests,
        boxes=boxes,
        reasons=reasons,
        sealed=sealed,
    )


async def list_quarantine(
    connection: Connection, vendor_ids: list[str] | None, most: int
) -> list[dict[str, Any]]:
    """Return quarantined rows without their raw text, newest first."""
    query = """
    SELECT vendor_id, encode(digest, 'hex') AS digest, feed, shipment_box_id, reason, first_seen_at,
           last_seen_at, times
    FROM quarantine WHERE %(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s)
    ORDER BY last_seen_at DESC, digest LIMIT %(most)s"""
    return await fetch(connection, query, vendor_ids=vendor_ids, most=most)


async def count_quarantine(connection: Connection, vendor_ids: list[str] | None) -> list[dict[str, Any]]:
    """Return how many rows of each vendor could not be read."""
    query = """SELECT vendor_id, count(*) AS rows FROM quarantine
               WHERE %(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s) GROUP BY 1"""
    return await fetch(connection, query, vendor_ids=vendor_ids)


async def tally(
    connection: Connection, vendor_id: str, hour: datetime, calls: Sequence[tuple[str, str, str, int]]
) -> None:
    """Add call counts of one hour: (purpose, route, answer, calls)."""
    query = """
    INSERT INTO tally (vendor_id, hour, purpose, route, answer, calls)
    SELECT %(vendor_id)s, %(hour)s, t.purpose, t.route, t.answer, t.calls
    FROM unnest(%(purposes)s::text[], %(routes)s::text[], %(answers)s::text[], %(calls)s::bigint[])
         AS t(purpose, route, answer, calls)
    ON CONFLICT (vendor_id, hour, purpose, route, answer) DO UPDATE
    SET calls = tally.calls + excluded.calls"""
    purposes, routes, answers, counts = columns(calls, 4)
    await execute(
        connection,
        query,
        vendor_id=vendor_id,
        hour=hour,
        purposes=purposes,
        routes=routes,
        answers=answers,
        calls=counts,
    )


async def list_tally(
    connection: Connection, vendor_ids: list[str] | None, since: datetime | None
) -> list[dict[str, Any]]:
    """Return call counts by vendor, purpose, route and answer, and over how many hours they spread."""
    query = """
    SELECT vendor_id, purpose, route, answer, sum(calls)::bigint AS calls, min(hour) AS first_hour,
           max(hour) AS last_hour
    FROM tally
    WHERE (%(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s))
      AND (%(since)s::timestamptz IS NULL OR hour >= %(since)s)
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
    return await fetch(connection, query, vendor_ids=vendor_ids, since=since)


async def find_secret(connection: Connection, name: str) -> bytes | None:
    """Return a sealed installation secret, or None."""
    row = await fetch_one(connection, "SELECT sealed FROM secret WHERE name = %(name)s", name=name)
    return row["sealed"] if row else None


async def add_secret(connection: Connection, name: str, sealed: bytes) -> None:
    """Store an installation secret unless there is one already."""
    query = "INSERT INTO secret (name, sealed) VALUES (%(name)s, %(sealed)s) ON CONFLICT DO NOTHING"
    await execute(connection, query, name=name, sealed=sealed)
