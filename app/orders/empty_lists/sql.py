"""Stored rows that a list should have shown: an empty answer contradicts them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, fetch_one
from app.engine.db.states import among
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
