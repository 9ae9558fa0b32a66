"""What tells whether, and how, a reading on demand has changed something."""

from collections.abc import Mapping
from typing import Any, LiteralString

from app.engine.caller import Vendors
from app.engine.db.database import Connection, columns, fetch, fetch_one


async def find(
    connection: Connection, query: LiteralString, vendor_ids: Vendors, row_id: int
) -> dict[str, Any] | None:
    """Return what a query of `Resync.found` finds of one."""
    return await fetch_one(connection, query, id=row_id, vendor_ids=vendor_ids)


async def steps_since(
    connection: Connection, vendor_id: str, row_id: int, versions: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Return the steps of these lives after the versions that were known, oldest first."""
    query = """
    SELECT h.aggregate, h.version, h.source, h.target, h.event, h.actor, h.cause, h.reason,
           encode(h.evidence, 'hex') AS evidence, h.at
    FROM unnest(%(lives)s::text[], %(known)s::bigint[]) AS k(aggregate, version)
    JOIN history h ON h.vendor_id = %(vendor_id)s AND h.aggregate = k.aggregate
      AND h.aggregate_id = %(id)s AND h.version > k.version
    ORDER BY h.history_id"""
    lives, known = columns(list(versions.items()), 2)
    return await fetch(connection, query, vendor_id=vendor_id, id=row_id, lives=lives, known=known)
