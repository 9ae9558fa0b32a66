"""The nightly count: begin it, claim its progress, and conclude what it found, each in one statement.

A census reads through the same door as the feeds, so whatever it had to teach us is in the history under
its own cause; its findings are read from there.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, execute, fetch, fetch_one
from app.engine.family import Counted
from app.engine.registry import Registry, union

CAUSE = "feed:census_"
"""What the causes of a census in the history begin with."""


async def find_open(connection: Connection, vendor_id: str) -> dict[str, Any] | None:
    """Return the census under way, or None."""
    query = "SELECT * FROM census WHERE vendor_id = %(vendor_id)s AND finished_at IS NULL"
    return await fetch_one(connection, query, vendor_id=vendor_id)


async def begin(
    connection: Connection,
    vendor_id: str,
    feeds: Collection[str],
    at: datetime,
    start: datetime,
    end: datetime,
) -> dict[str, Any] | None:
    """Begin a census of [start, end) from nothing.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose.
        feeds: Rows of `feed` that keep its progress, as coverage does; they are never due by themselves.
        at: Now.
        start: Of the window.
        end: Of the window.
    """
    query = """
    INSERT INTO feed (vendor_id, feed, due_at)
    SELECT %(vendor_id)s, name, %(at)s + interval '1000 years' FROM unnest(%(feeds)s::text[]) AS name
    ON CONFLICT (vendor_id, feed) DO UPDATE SET covered = '{}'"""
    await execute(connection, query, vendor_id=vendor_id, feeds=list(feeds), at=at)
    query = """
    INSERT INTO census (vendor_id, started_at, window_start, window_end, history_from)
    SELECT %(vendor_id)s, %(at)s, %(start)s, %(end)s, coalesce(max(history_id), 0) FROM history
    RETURNING *"""
    return await fetch_one(connection, query, vendor_id=vendor_id, at=at, start=start, end=end)


async def vanished(
    connection: Connection,
    counted: Counted,
    vendor_id: str,
    census_id: int,
    window: tuple[datetime, datetime],
    seen: Collection[int],
    since: datetime,
) -> int:
    """Note what is held of a window and no list showed, and have it read by itself; return how much.

    Args:
        connection: Inside a transaction.
        counted: The list; it declares what is `vanished`.
        vendor_id: Whose.
        census_id: Which census found it.
        window: Creation times, from and until.
        seen: Ids that were shown.
        since: When the reading began.
    """
    query: LiteralString = f"""
    WITH lost AS ({counted.vanished}
    )
    INSERT INTO census_finding (vendor_id, census_id, kind, aggregate, aggregate_id, begun_at, explanation)
    SELECT %(vendor_id)s, %(census_id)s, 'vanished', aggregate, aggregate_id, begun_at,
           'we hold it as ' || state || ', and no status lists it; it is read by itself next'
    FROM lost
    ON CONFLICT DO NOTHING"""
    return await execute(
        connection,
        query,
        vendor_id=vendor_id,
        census_id=census_id,
        start=window[0],
        end=window[1],
        seen=list(seen),
        since=since,
    )


_TAUGHT: LiteralString = """
WITH taught AS (
  SELECT h.aggregate, h.aggregate_id,
         CASE WHEN bool_or(h.source IS NULL) THEN 'missing' ELSE 'behind' END AS kind,
         (array_agg(h.source ORDER BY h.version))[1] AS source,
         (array_agg(h.target ORDER BY h.version DESC))[1] AS target
  FROM history h
  WHERE h.vendor_id = %(vendor_id)s AND h.history_id > %(history_from)s AND h.cause LIKE %(cause)s || '%%'
    AND h.aggregate = ANY(%(aggregates)s::text[])
  GROUP BY 1, 2
), begun AS (
  SELECT t.*, p.begun_at, p.feed FROM taught t JOIN ({parts}) p USING (aggregate, aggregate_id)
)
INSERT INTO census_finding (vendor_id, census_id, kind, aggregate, aggregate_id, begun_at, explanation)
SELECT %(vendor_id)s, %(census_id)s, n.kind, n.aggregate, n.aggregate_id, n.begun_at,
  CASE WHEN n.kind = 'behind'
       THEN 'it had moved from ' || n.source || ' to ' || n.target || ' since it was last looked at'
       WHEN p.run_id IS NOT NULL
       THEN 'reading ' || p.run_id || ' of feed ' || n.feed || ', finished ' ||
            to_char(p.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') ||
            ', covered its time and was not shown it'
       ELSE 'no complete reading of feed ' || n.feed || ' had covered its time' END
FROM begun n
LEFT JOIN LATERAL (
  SELECT run_id, finished_at FROM poll_run p
  WHERE p.vendor_id = %(vendor_id)s AND p.feed = n.feed AND p.outcome = 'ok' AND p."window" @> n.begun_at
    AND p.finished_at <= %(started_at)s
  ORDER BY p.run_id DESC LIMIT 1
) p ON true
-- Younger than the window: the feeds had not to know it yet.
WHERE n.begun_at IS NULL OR n.begun_at < %(window_end)s
ON CONFLICT DO NOTHING"""

_CONCLUDE: LiteralString = """
UPDATE census c SET finished_at = %(at)s,
  boxes = {held},
  missing = f.missing, behind = f.behind, vanished = f.vanished
FROM (SELECT count(*) FILTER (WHERE kind = 'missing') AS missing,
             count(*) FILTER (WHERE kind = 'behind') AS behind,
             count(*) FILTER (WHERE kind = 'vanished') AS vanished
      FROM census_finding WHERE vendor_id = %(vendor_id)s AND census_id = %(census_id)s) f
WHERE c.vendor_id = %(vendor_id)s AND c.census_id = %(census_id)s
RETURNING c.*"""


async def conclude(
    connection: Connection, registry: Registry, census: dict[str, Any], at: datetime
) -> dict[str, Any] | None:
    """Read from the history what the census taught us, explain it, count it, and end the census."""
    counted = registry.counted.values()
    parts = union(f"SELECT '{one.feed}' AS feed, p.* FROM ({one.taught}) p" for one in counted)
    await execute(
        connection,
        _TAUGHT.replace("{parts}", parts),
        **census,
        cause=CAUSE,
        aggregates=sorted({name for one in counted for name in one.aggregates}),
    )
    held = " + ".join(f"({one.held})" for one in counted if one.held)
    return await fetch_one(
        connection,
        _CONCLUDE.replace("{held}", held or "0"),
        vendor_id=census["vendor_id"],
        census_id=census["census_id"],
        at=at,
    )


async def list_census(
    connection: Connection, vendor_ids: list[str] | None, before: int | None, most: int
) -> list[dict[str, Any]]:
    """Return counts, newest first, with at most a hundred findings each."""
    query = """
    SELECT c.*, coalesce((
      SELECT jsonb_agg(to_jsonb(f)) FROM (
        SELECT f.kind, f.aggregate, f.aggregate_id::text AS aggregate_id, f.begun_at, f.explanation
        FROM census_finding f WHERE f.vendor_id = c.vendor_id AND f.census_id = c.census_id
        ORDER BY f.kind DESC, f.aggregate, f.aggregate_id LIMIT 100) f), '[]') AS findings
    FROM census c
    WHERE (%(vendor_ids)s::text[] IS NULL OR c.vendor_id = ANY(%(vendor_ids)s))
      AND (%(before)s::bigint IS NULL OR c.census_id < %(before)s)
    ORDER BY c.census_id DESC LIMIT %(most)s"""
    return await fetch(connection, query, vendor_ids=vendor_ids, before=before, most=most)


async def newest(connection: Connection, vendor_id: str | None) -> list[dict[str, Any]]:
    """Return each vendor's newest finished census; vendors without one have nulls."""
    query = """
    SELECT v.vendor_id, v.created_at, c.census_id, c.finished_at, c.boxes, c.missing, c.behind, c.vanished
    FROM vendor v
    LEFT JOIN LATERAL (
      SELECT * FROM census c WHERE c.vendor_id = v.vendor_id AND c.finished_at IS NOT NULL
      ORDER BY c.census_id DESC LIMIT 1) c ON true
    WHERE v.state = 'ACTIVE' AND (%(vendor_id)s::text IS NULL OR v.vendor_id = %(vendor_id)s)
    ORDER BY v.vendor_id"""
    return await fetch(connection, query, vendor_id=vendor_id)
