"""What of a receipt or an exchange tells whether, and how, a reading on demand has changed it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

from app.claims import store as claim_store
from app.engine.db.database import Connection, columns, fetch, fetch_one
from app.engine.db.vendor_scope import VENDORS
from app.exchanges import store as exchange_store

_FIND: dict[str, LiteralString] = {
    "receipt": f"""
    SELECT r.vendor_id, r.content_hash, r.next_read_at, r.attention, c.state AS cancel_state,
           c.version AS cancel_version, t.state AS return_state, t.version AS return_version
    FROM receipt r
    LEFT JOIN cancel c USING (vendor_id, receipt_id)
    LEFT JOIN return_ t USING (vendor_id, receipt_id)
    WHERE r.receipt_id = %(id)s AND r.vendor_id = ANY({VENDORS})""",
    "exchange": f"""
    SELECT vendor_id, content_hash, next_read_at, attention, state AS exchange_state,
           version AS exchange_version, collect_state, collect_version, redelivery_state, redelivery_version
    FROM exchange
    WHERE exchange_id = %(id)s AND vendor_id = ANY({VENDORS})""",
}


async def find(
    connection: Connection, vendor_ids: list[str] | None, subject: str, row_id: int
) -> dict[str, Any] | None:
    """Return a `receipt` or an `exchange` with the state and version of each of its lives (None: none)."""
    return await fetch_one(connection, _FIND[subject], id=row_id, vendor_ids=vendor_ids)


async def make_due(connection: Connection, vendor_id: str, subject: str, row_id: int, at: datetime) -> None:
    """Have it read by itself by the next visit."""
    if subject == "receipt":
        await claim_store.read_soon(connection, vendor_id, [row_id], at)
    else:
        await exchange_store.read_again(connection, vendor_id, row_id, at)


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
