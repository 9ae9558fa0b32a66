"""The history of one aggregate, as a list."""

from typing import Any

from app.engine.db.database import Connection, fetch


async def history_of(
    connection: Connection, vendor_id: str, aggregate: str, aggregate_id: int
) -> list[dict[str, Any]]:
    """Return all steps of one aggregate, oldest first."""
    query = """SELECT version, source, target, event, actor, cause, reason,
                      encode(evidence, 'hex') AS evidence, at
               FROM history WHERE vendor_id = %(vendor_id)s AND aggregate = %(aggregate)s
                 AND aggregate_id = %(aggregate_id)s ORDER BY version"""
    return await fetch(connection, query, vendor_id=vendor_id, aggregate=aggregate, aggregate_id=aggregate_id)
