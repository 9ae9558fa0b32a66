"""What we hold of claims and a list should have shown: knowledge that an empty answer contradicts."""

from collections.abc import Collection
from datetime import datetime
from typing import LiteralString

from app.engine.db.database import Connection, fetch_one
from app.engine.db.states import among
from app.machines import cancels, returns


async def absent_receipt(
    connection: Connection,
    vendor_id: str,
    window: tuple[datetime, datetime],
    seen: Collection[int],
    since: datetime,
) -> int | None:
    """Return the oldest return or stop request of a window that no list showed; None: none.

    Withdrawn ones leave the lists; cancels at ACCEPT have a list of their own.
    """
    query: LiteralString = f"""
    SELECT r.receipt_id FROM receipt r
    LEFT JOIN cancel c USING (vendor_id, receipt_id)
    LEFT JOIN return_ t USING (vendor_id, receipt_id)
    WHERE r.vendor_id = %(vendor_id)s AND r.opened_at >= %(start)s AND r.opened_at < %(end)s
      AND r.receipt_type = 'RETURN' AND r.market_seen_at < %(since)s
      AND coalesce(t.state, c.state) NOT IN {among(cancels.TAKEN_BACK, returns.TAKEN_BACK)}
      AND r.receipt_id <> ALL(%(seen)s::bigint[])
    ORDER BY r.opened_at, r.receipt_id LIMIT 1"""
    row = await fetch_one(
        connection,
        query,
        vendor_id=vendor_id,
        start=window[0],
        end=window[1],
        seen=list(seen),
        since=since,
    )
    return None if row is None else int(row["receipt_id"])
