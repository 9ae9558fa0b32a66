"""What was stored up to a moment: the aggregates of one thing, their steps, what Coupang stated last."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, columns, fetch, fetch_one
from app.engine.family import PastView

Name = tuple[str, int]
"""Aggregate and id."""


async def lives_of(
    connection: Connection, belonging: LiteralString, vendor_id: str, aggregate_id: int
) -> list[dict[str, Any]]:
    """Return what belongs to a thing: `part` (effects, related, tracks), aggregate, aggregate_id."""
    return await fetch(connection, belonging, vendor_id=vendor_id, id=aggregate_id)


async def steps_until(
    connection: Connection, vendor_id: str, names: Sequence[Name], at: datetime
) -> list[dict[str, Any]]:
    """Return every step of these aggregates up to a moment, in order."""
    query = """
    SELECT h.aggregate, h.aggregate_id, h.version, h.source, h.target, h.event, h.actor, h.cause, h.evidence,
           h.at
    FROM unnest(%(aggregates)s::text[], %(ids)s::bigint[]) AS n(aggregate, id)
    JOIN history h ON h.vendor_id = %(vendor_id)s AND h.aggregate = n.aggregate AND h.aggregate_id = n.id
    WHERE h.at <= %(at)s
    ORDER BY h.aggregate, h.aggregate_id, h.version"""
    aggregates, ids = columns(list(dict.fromkeys(names)), 2)
    return await fetch(connection, query, vendor_id=vendor_id, aggregates=aggregates, ids=ids, at=at)


async def begun_at(
    connection: Connection, vendor_id: str, aggregate: str, aggregate_id: int
) -> datetime | None:
    """Return the time of the first step, or None."""
    query = """SELECT at FROM history WHERE vendor_id = %(vendor_id)s AND aggregate = %(aggregate)s
               AND aggregate_id = %(id)s AND version = 1"""
    row = await fetch_one(connection, query, vendor_id=vendor_id, aggregate=aggregate, id=aggregate_id)
    return row["at"] if row else None


async def last_word(
    connection: Connection, vendor_id: str, view: PastView, aggregate_id: int, at: datetime
) -> dict[str, Any] | None:
    """Return Coupang's last word up to a moment, if any: at, evidence (digest), sealed (None: erased)."""
    query = """
    SELECT w.at, w.evidence, e.sealed
    FROM (
      SELECT at, evidence, 1 AS later FROM observation
      WHERE vendor_id = %(vendor_id)s AND aggregate = %(of)s AND aggregate_id = %(id)s AND at <= %(at)s
      UNION ALL
      SELECT at, evidence, 0 FROM history
      WHERE vendor_id = %(vendor_id)s AND aggregate = %(aggregate)s AND aggregate_id = %(id)s AND version = 1
        AND at <= %(at)s AND evidence IS NOT NULL
    ) w
    LEFT JOIN evidence e ON e.vendor_id = %(vendor_id)s AND e.digest = w.evidence
    ORDER BY w.at DESC, w.later DESC LIMIT 1"""
    return await fetch_one(
        connection,
        query,
        vendor_id=vendor_id,
        aggregate=view.aggregate,
        of=view.observed_as,
        id=aggregate_id,
        at=at,
    )
