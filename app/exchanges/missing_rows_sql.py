"""What we hold of exchanges and a list should have shown: knowledge that an empty answer contradicts."""

from datetime import datetime

from app.engine.db.database import Connection, fetch_one


async def holds_exchange(
    connection: Connection, vendor_id: str, window: tuple[datetime, datetime], since: datetime
) -> bool:
    """Tell whether an exchange of this window is known since before `since`; its list never loses one."""
    query = """
    SELECT true AS held FROM exchange
    WHERE vendor_id = %(vendor_id)s AND requested_at >= %(start)s AND requested_at < %(end)s
      AND first_seen_at < %(since)s LIMIT 1"""
    row = await fetch_one(connection, query, vendor_id=vendor_id, start=window[0], end=window[1], since=since)
    return row is not None
