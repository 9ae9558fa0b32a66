"""What was stored up to a moment: the aggregates of one thing, their steps, what Coupang stated last."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, columns, fetch, fetch_one

Name = tuple[str, int]
"""Aggregate and id."""

# A claim names the original box, or only its order: the same rule as `app.claims.store`.
_LIVES: dict[str, LiteralString] = {
    "box": """
    SELECT 'effects' AS part, 'effect' AS aggregate, effect_id AS aggregate_id FROM effect
    WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(id)s
    UNION
    SELECT 'related', kind, n.receipt_id
    FROM receipt_line n, (VALUES ('cancel'), ('return')) AS k(kind)
    WHERE n.vendor_id = %(vendor_id)s AND n.shipment_box_id = %(id)s
    UNION
    SELECT 'related', kind, r.receipt_id
    FROM line l
    JOIN box b ON b.vendor_id = l.vendor_id AND b.shipment_box_id = l.shipment_box_id
    JOIN receipt r ON r.vendor_id = b.vendor_id AND r.order_id = b.order_id
    JOIN receipt_line n ON n.vendor_id = r.vendor_id AND n.receipt_id = r.receipt_id
      AND n.vendor_item_id = l.vendor_item_id
    CROSS JOIN (VALUES ('cancel'), ('return')) AS k(kind)
    WHERE l.vendor_id = %(vendor_id)s AND l.shipment_box_id = %(id)s
      AND NOT EXISTS (SELECT FROM line o WHERE o.vendor_id = l.vendor_id
                        AND o.shipment_box_id = n.shipment_box_id AND o.vendor_item_id = n.vendor_item_id)
    UNION
    SELECT 'related', 'exchange', exchange_id FROM exchange_line
    WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(id)s""",
    "cancel": """
    SELECT 'effects' AS part, 'effect' AS aggregate, effect_id AS aggregate_id FROM effect
    WHERE vendor_id = %(vendor_id)s AND subject = 'cancel' AND subject_id = %(id)s
    UNION
    SELECT 'related', 'box', shipment_box_id FROM receipt_line
    WHERE vendor_id = %(vendor_id)s AND receipt_id = %(id)s""",
    "return": """
    SELECT 'effects' AS part, 'effect' AS aggregate, effect_id AS aggregate_id FROM effect
    WHERE vendor_id = %(vendor_id)s AND subject = 'return' AND subject_id = %(id)s
    UNION
    SELECT 'related', 'box', shipment_box_id FROM receipt_line
    WHERE vendor_id = %(vendor_id)s AND receipt_id = %(id)s
    UNION
    SELECT 'tracks', 'return_reception', %(id)s::bigint""",
    "exchange": """
    SELECT 'effects' AS part, 'effect' AS aggregate, effect_id AS aggregate_id FROM effect
    WHERE vendor_id = %(vendor_id)s AND subject = 'exchange' AND subject_id = %(id)s
    UNION
    SELECT 'related', 'box', shipment_box_id FROM exchange_line
    WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s AND shipment_box_id IS NOT NULL
    UNION
    SELECT 'tracks', track, %(id)s::bigint
    FROM (VALUES ('collect'), ('redelivery'), ('exchange_reception')) AS t(track)""",
}
_OF: dict[str, str] = {"box": "box", "cancel": "receipt", "return": "receipt", "exchange": "exchange"}


async def lives_of(
    connection: Connection, vendor_id: str, aggregate: str, aggregate_id: int
) -> list[dict[str, Any]]:
    """Return what belongs to a thing: `part` (effects, related, tracks), aggregate, aggregate_id."""
    return await fetch(connection, _LIVES[aggregate], vendor_id=vendor_id, id=aggregate_id)


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
    connection: Connection, vendor_id: str, aggregate: str, aggregate_id: int, at: datetime
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
    of = _OF[aggregate]
    return await fetch_one(
        connection, query, vendor_id=vendor_id, aggregate=aggregate, of=of, id=aggregate_id, at=at
    )


async def holds_at(
    connection: Connection, vendor_id: str, shipment_box_id: int, at: datetime
) -> list[dict[str, Any]]:
    """Return the holds of a box that were placed and not released by then."""
    query = """SELECT hold_id, placed_by, placed_at, expires_at FROM hold
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(id)s AND placed_at <= %(at)s
                 AND (released_at IS NULL OR released_at > %(at)s) ORDER BY hold_id"""
    return await fetch(connection, query, vendor_id=vendor_id, id=shipment_box_id, at=at)


async def address_version_at(
    connection: Connection, vendor_id: str, shipment_box_id: int, at: datetime
) -> int | None:
    """Return the newest version of the receiver that was known by then."""
    query = """SELECT max(version) AS version FROM receiver
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(id)s AND seen_at <= %(at)s"""
    row = await fetch_one(connection, query, vendor_id=vendor_id, id=shipment_box_id, at=at)
    return row["version"] if row else None
