"""Erase who somebody is when the time for it is over, and old readings; what happened to orders stays.

Several may erase at the same time: to erase twice does no harm, and answers that another one holds are
passed over. What the families hold is erased as they declare (`Erasure`), orders only when all families have
nothing open of them (`Examined.open_order`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, columns, execute, fetch, fetch_one
from app.engine.family import Erasure
from app.engine.registry import Registry

_EVIDENCE: LiteralString = """
SELECT vendor_id, digest, sealed FROM evidence
WHERE erased_at IS NULL AND seen_at < %(before)s AND kind <> 'operator'"""

READINGS: LiteralString = """
DELETE FROM poll_run t USING (
  SELECT vendor_id, run_id FROM poll_run
  WHERE finished_at < %(before)s AND contradicted = 0 LIMIT %(most)s FOR UPDATE SKIP LOCKED) d
WHERE t.vendor_id = d.vendor_id AND t.run_id = d.run_id"""
"""Readings that nobody asks for any more; lists that contradicted us are counted for ever."""


async def erase(connection: Connection, statement: LiteralString, before: datetime, most: int) -> int:
    """Run one statement of this module; return how many values it has erased."""
    return await execute(connection, statement, before=before, most=most)


async def old_evidence(connection: Connection, before: datetime, most: int) -> list[dict[str, Any]]:
    """Lock and return the oldest answers with whoever is in them: vendor_id, digest, sealed."""
    query = _EVIDENCE + " ORDER BY seen_at LIMIT %(most)s FOR UPDATE SKIP LOCKED"
    return await fetch(connection, query, before=before, most=most)


async def replace_evidence(
    connection: Connection, rows: Sequence[tuple[str, bytes, bytes | None]], at: datetime
) -> None:
    """Store what is left of answers: vendor_id, digest, sealed."""
    query = """
    UPDATE evidence t SET sealed = n.sealed, erased_at = %(at)s
    FROM unnest(%(vendors)s::text[], %(digests)s::bytea[], %(sealed)s::bytea[])
      AS n(vendor_id, digest, sealed)
    WHERE t.vendor_id = n.vendor_id AND t.digest = n.digest"""
    vendors, digests, sealed = columns(rows, 3)
    await execute(connection, query, vendors=vendors, digests=digests, sealed=sealed, at=at)


async def count_overdue(
    connection: Connection, registry: Registry, vendor_id: str, before: datetime
) -> dict[str, int]:
    """Return how much of one vendor should have been erased, by kind of value."""
    due_of = {one.name: overdue(registry, one) for one in registry.erasures} | {"answers": _EVIDENCE}
    query = "SELECT " + ", ".join(
        f'(SELECT count(*) FROM ({due}) d WHERE d.vendor_id = %(vendor_id)s) AS "{name}"'
        for name, due in due_of.items()
    )
    row = await fetch_one(connection, query, vendor_id=vendor_id, before=before)
    return {name: count for name, count in (row or {}).items() if count}


def overdue(registry: Registry, erasure: Erasure) -> LiteralString:
    """Select what is to be erased before %(before)s, of all vendors."""
    conditions = [
        f"NOT ({family.examined.open_order.strip()})"
        for family in registry.families
        if family.examined.open_order
    ]
    return erasure.overdue.replace("{order_over}", "\n  AND ".join(conditions) or "true")


def erasing(registry: Registry, erasure: Erasure) -> LiteralString:
    """Return the statement that erases the oldest of these, up to %(most)s at a time."""
    return erasure.erase.replace("{overdue}", overdue(registry, erasure))
