"""Stored rows that a list should have shown: an empty answer contradicts them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, fetch_one
from app.engine.db.states import among
from app.machines import cancels, returns
from app.machines.boxes import GONE

BOX: LiteralString = f"""b.vendor_id = %(vendor_id)s AND b.paid_at >= %(start)s AND b.paid_at < %(end)s
        AND b.state NOT IN {among(GONE)} AND b.exchange_id IS NULL AND b.state_at < %(since)s
        AND b.shipment_box_id <> ALL(%(seen)s::bigint[])
        AND NOT EXISTS (SELECT FROM receipt_line l WHERE l.vendor_id = b.vendor_id
                          AND l.shipment_box_id = b.shipment_box_id)"""
"""A box of a window that lists should show.

A box that was claimed back leaves the lists in the end, so boxes with a receipt are left out; so is one that
moved after `since`, when the reading began.
"""


async def absent_box(
    connection: Connection,
    vendor_id: str,
    window: tuple[datetime, datetime],
    seen: Collection[int],
    since: datetime,
) -> dict[str, Any] | None:
    """Return the oldest box of a window that no list showed, as single readings need it; None: none."""
    query: LiteralString = f"""
    SELECT b.shipment_box_id, b.order_id, b.paid_at, b.state, b.split_shipping FROM box b
    WHERE {BOX} ORDER BY b.paid_at, b.shipment_box_id LIMIT 1"""
    return await fetch_one(
        connection,
        query,
        vendor_id=vendor_id,
        start=window[0],
        end=window[1],
        seen=list(seen),
        since=since,
    )


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
