"""Coverage per feed as a set of time ranges: what was read late enough and completely."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg.types.range import Range

from app.engine.db.database import Connection, execute, fetch, fetch_one
from app.engine.db.vendor_scope import fetch_page, first_of

GROW: LiteralString = """UPDATE feed SET covered = covered + tstzmultirange(tstzrange(%(start)s, %(end)s))
               WHERE vendor_id = %(vendor_id)s AND feed = %(feed)s"""


async def ensure_feed(connection: Connection, vendor_id: str, feed: str, due_at: datetime) -> None:
    """Make sure that the feed has a row."""
    query = """INSERT INTO feed (vendor_id, feed, due_at) VALUES (%(vendor_id)s, %(feed)s, %(due_at)s)
               ON CONFLICT DO NOTHING"""
    await execute(connection, query, vendor_id=vendor_id, feed=feed, due_at=due_at)


async def due(
    connection: Connection, vendor_id: str, feeds: Sequence[str], at: datetime
) -> list[dict[str, Any]]:
    """Return which of these feeds are due: feed, last_ok_at, failures. One without a row gets it, due now."""
    query = """
    WITH made AS (
      INSERT INTO feed (vendor_id, feed, due_at)
      SELECT %(vendor_id)s, w.feed, %(at)s FROM unnest(%(feeds)s::text[]) AS w(feed)
      WHERE NOT EXISTS (SELECT FROM feed f WHERE f.vendor_id = %(vendor_id)s AND f.feed = w.feed)
      ON CONFLICT DO NOTHING
      RETURNING feed, last_ok_at, failures
    )
    SELECT feed, last_ok_at, failures FROM made
    UNION ALL
    SELECT feed, last_ok_at, failures FROM feed
    WHERE vendor_id = %(vendor_id)s AND feed = ANY(%(feeds)s) AND due_at <= %(at)s"""
    return await fetch(connection, query, vendor_id=vendor_id, feeds=list(feeds), at=at)


async def find_feed(connection: Connection, vendor_id: str, feed: str) -> dict[str, Any] | None:
    """Return one feed, or None."""
    query = "SELECT * FROM feed WHERE vendor_id = %(vendor_id)s AND feed = %(feed)s"
    return await fetch_one(connection, query, vendor_id=vendor_id, feed=feed)


async def missing(
    connection: Connection, vendor_id: str, feed: str, start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the parts of [start, end) that the feed has not covered, oldest first."""
    query = """
    SELECT lower(hole) AS start, upper(hole) AS until
    FROM unnest(tstzmultirange(tstzrange(%(start)s, %(end)s)) - coalesce(
      (SELECT covered FROM feed WHERE vendor_id = %(vendor_id)s AND feed = %(feed)s), '{}')) AS hole
    ORDER BY 1"""
    rows = await fetch(connection, query, vendor_id=vendor_id, feed=feed, start=start, end=end)
    return [(row["start"], row["until"]) for row in rows]


async def grow(connection: Connection, vendor_id: str, feed: str, start: datetime, end: datetime) -> None:
    """Claim [start, end) as covered. Call only in the transaction that stored the last page of it."""
    await execute(connection, GROW, vendor_id=vendor_id, feed=feed, start=start, end=end)


async def clear(connection: Connection, vendor_id: str, feed: str) -> None:
    """Forget all coverage of a feed that only keeps how far something has come."""
    query = "UPDATE feed SET covered = '{}' WHERE vendor_id = %(vendor_id)s AND feed = %(feed)s"
    await execute(connection, query, vendor_id=vendor_id, feed=feed)


async def forget_before(connection: Connection, vendor_id: str, feed: str, horizon: datetime) -> None:
    """Drop coverage older than the horizon, so that the set stays small."""
    query = """UPDATE feed SET covered = covered * tstzmultirange(tstzrange(%(horizon)s, NULL))
               WHERE vendor_id = %(vendor_id)s AND feed = %(feed)s AND lower(covered) < %(horizon)s"""
    await execute(connection, query, vendor_id=vendor_id, feed=feed, horizon=horizon)


async def finish(
    connection: Connection, vendor_id: str, feed: str, due_at: datetime, at: datetime, error: str | None
) -> None:
    """Set when the feed is due next, and record how this reading ended."""
    query = """
    UPDATE feed SET due_at = %(due_at)s, last_error = %(error)s,
      last_ok_at = CASE WHEN %(error)s::text IS NULL THEN %(at)s ELSE last_ok_at END,
      failures = CASE WHEN %(error)s::text IS NULL THEN 0 ELSE failures + 1 END
    WHERE vendor_id = %(vendor_id)s AND feed = %(feed)s"""
    await execute(connection, query, vendor_id=vendor_id, feed=feed, due_at=due_at, at=at, error=error)


async def hasten(connection: Connection, vendor_id: str, feed: str, due_at: datetime) -> None:
    """Have the feed read no later than this."""
    query = """UPDATE feed SET due_at = least(due_at, %(due_at)s)
               WHERE vendor_id = %(vendor_id)s AND feed = %(feed)s"""
    await execute(connection, query, vendor_id=vendor_id, feed=feed, due_at=due_at)


async def read_until(connection: Connection, vendor_id: str, feed: str, end: datetime) -> datetime | None:
    """Return the start of the window that was read last of those that end there.

    None: none of the last hundred ends there, or the feed's last reading has failed.
    """
    query = """
    SELECT lower(r."window") AS start
    FROM (SELECT run_id, "window", outcome FROM poll_run
          WHERE vendor_id = %(vendor_id)s AND feed = %(feed)s ORDER BY run_id DESC LIMIT 100) r
    JOIN feed f ON f.vendor_id = %(vendor_id)s AND f.feed = %(feed)s AND f.failures = 0
    WHERE r.outcome = 'ok' AND upper(r."window") = %(end)s
    ORDER BY r.run_id DESC LIMIT 1"""
    row = await fetch_one(connection, query, vendor_id=vendor_id, feed=feed, end=end)
    return None if row is None else row["start"]


async def count_contradicted(connection: Connection) -> list[dict[str, Any]]:
    """Return how many empty lists contradicted what we held, by vendor and feed."""
    query = """SELECT vendor_id, feed, sum(contradicted)::bigint AS lists FROM poll_run
               WHERE contradicted > 0 GROUP BY 1, 2 ORDER BY 1, 2"""
    return await fetch(connection, query)


async def record_run(connection: Connection, window: tuple[datetime, datetime], **values: Any) -> None:
    """Record one reading of one window."""
    query = """
    INSERT INTO poll_run (vendor_id, feed, "window", epoch, started_at, finished_at, pages, rows, changed,
                          unreadable, contradicted, outcome, error)
    VALUES (%(vendor_id)s, %(feed)s, %(window)s, %(epoch)s, %(started_at)s, %(finished_at)s, %(pages)s,
            %(rows)s, %(changed)s, %(unreadable)s, %(contradicted)s, %(outcome)s, %(error)s)"""
    await execute(connection, query, window=Range(*window, bounds="[)"), **values)


async def list_coverage(
    connection: Connection,
    vendor_ids: list[str] | None,
    at: datetime,
    days: int,
    lag: timedelta,
    covering: Collection[str],
    slower: Mapping[str, timedelta] | None = None,
) -> list[dict[str, Any]]:
    """Return every feed with its holes in the last `days` days, oldest hole first.

    What is younger than `lag`, and than what `slower` names for a feed beyond that, is no hole yet.
    """
    query = """
    SELECT f.vendor_id, f.feed, f.due_at, f.last_ok_at, f.last_error, f.failures,
           coalesce(h.minutes, 0) AS uncovered_minutes, h.oldest AS oldest_hole, coalesce(h.holes, 0) AS holes
    FROM feed f
    LEFT JOIN LATERAL (
      SELECT sum(extract(epoch FROM upper(hole) - lower(hole))) / 60 AS minutes,
             min(lower(hole)) AS oldest, count(*) AS holes
      FROM unnest(tstzmultirange(tstzrange(%(start)s, %(end)s - coalesce((
             SELECT s.more FROM unnest(%(feeds)s::text[], %(more)s::interval[]) AS s(feed, more)
             WHERE s.feed = f.feed), '0'))) - f.covered) AS hole
    ) h ON f.feed = ANY(%(covering)s)
    WHERE (%(vendor_ids)s::text[] IS NULL OR f.vendor_id = ANY(%(vendor_ids)s))
      -- The progress of a census, or of a round, is no feed of its own.
      AND f.feed NOT LIKE ALL (ARRAY['census\\_%%', 'round\\_%%'])
    ORDER BY f.vendor_id, f.feed"""
    return await fetch(
        connection,
        query,
        vendor_ids=vendor_ids,
        start=at - timedelta(days=days),
        end=at - lag,
        covering=list(covering),
        feeds=list(slower or {}),
        more=list((slower or {}).values()),
    )


_RUNS = first_of(
    """
  SELECT r.vendor_id, run_id, feed, lower("window") AS window_start, upper("window") AS window_end,
         started_at, finished_at, pages, rows, changed, unreadable, contradicted, outcome, error
  FROM poll_run r
  WHERE r.vendor_id = v.vendor_id
    AND (%(feed)s::text IS NULL OR feed = %(feed)s)
    AND (%(before)s::bigint IS NULL OR run_id < %(before)s)""",
    "run_id DESC",
)


async def list_runs(
    connection: Connection, vendor_ids: list[str] | None, feed: str | None, before: int | None, most: int
) -> list[dict[str, Any]]:
    """Return readings, newest first, `most` at a time; `before` is the last run id of the page before."""
    return await fetch_page(connection, _RUNS, vendor_ids=vendor_ids, feed=feed, before=before, most=most)
