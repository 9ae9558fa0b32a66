"""Holds, as they are placed, released and read."""

from datetime import datetime
from typing import Any

from app.engine.db.database import Connection, fetch, fetch_one


async def place(
    connection: Connection,
    vendor_id: str,
    shipment_box_id: int,
    *,
    reason: str,
    placed_by: str,
    expires_at: datetime,
    at: datetime,
) -> dict[str, Any]:
    """Store a hold and return it."""
    query = """
    INSERT INTO hold (vendor_id, shipment_box_id, reason, placed_by, placed_at, expires_at)
    VALUES (%(vendor_id)s, %(box)s, %(reason)s, %(placed_by)s, %(at)s, %(expires_at)s)
    RETURNING *"""
    row = await fetch_one(
        connection,
        query,
        vendor_id=vendor_id,
        box=shipment_box_id,
        reason=reason,
        placed_by=placed_by,
        expires_at=expires_at,
        at=at,
    )
    assert row is not None
    return row


async def release(
    connection: Connection,
    vendor_id: str,
    shipment_box_id: int,
    hold_id: int,
    *,
    released_by: str,
    at: datetime,
) -> dict[str, Any] | None:
    """Release a hold, or leave it as it ended before; None when there is none."""
    query = """
    UPDATE hold SET released_at = coalesce(released_at, %(at)s),
      released_by = coalesce(released_by, %(released_by)s)
    WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(box)s AND hold_id = %(hold_id)s
    RETURNING *"""
    return await fetch_one(
        connection,
        query,
        vendor_id=vendor_id,
        box=shipment_box_id,
        hold_id=hold_id,
        released_by=released_by,
        at=at,
    )


async def of_box(connection: Connection, vendor_id: str, shipment_box_id: int) -> list[dict[str, Any]]:
    """Return every hold of a box, newest first."""
    query = """SELECT * FROM hold WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(box)s
               ORDER BY hold_id DESC"""
    return await fetch(connection, query, vendor_id=vendor_id, box=shipment_box_id)
