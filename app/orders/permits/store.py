"""Ship permits, as they are asked for, answered, revoked and used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.engine.db.database import Connection, columns, execute, fetch, fetch_one
from app.engine.db.vendor_scope import VENDORS

_OPEN = "issued_at IS NOT NULL AND revoked_at IS NULL AND expires_at > %(at)s"


async def ask(
    connection: Connection, vendor_id: str, shipment_box_id: int, *, asked_by: str, at: datetime
) -> dict[str, Any]:
    """Store the asking for a permit, with the next fence of its box; the caller holds the box's lock."""
    query = """
    INSERT INTO permit (vendor_id, shipment_box_id, fence, asked_by, asked_at, next_try_at)
    SELECT %(vendor_id)s, %(box)s, coalesce(max(fence), 0) + 1, %(asked_by)s, %(at)s, %(at)s
    FROM permit WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(box)s
    RETURNING *"""
    row = await fetch_one(
        connection, query, vendor_id=vendor_id, box=shipment_box_id, asked_by=asked_by, at=at
    )
    assert row is not None
    return row


async def find(connection: Connection, vendor_ids: list[str] | None, permit_id: int) -> dict[str, Any] | None:
    """Return one permit with `newest_fence` of its box, or None; `vendor_ids` None means every vendor."""
    query = f"""
    SELECT p.*, (SELECT max(fence) FROM permit n WHERE n.vendor_id = p.vendor_id
                   AND n.shipment_box_id = p.shipment_box_id) AS newest_fence
    FROM permit p
    WHERE permit_id = %(permit_id)s AND vendor_id = ANY({VENDORS})"""
    return await fetch_one(connection, query, permit_id=permit_id, vendor_ids=vendor_ids)


async def waiting(connection: Connection, vendor_id: str, at: datetime, most: int) -> list[dict[str, Any]]:
    """Return askings that are due to be answered, with what reading their boxes needs."""
    query = """
    SELECT p.permit_id, p.asked_at, b.shipment_box_id, b.order_id, b.paid_at, b.split_shipping
    FROM permit p JOIN box b USING (vendor_id, shipment_box_id)
    WHERE p.vendor_id = %(vendor_id)s AND p.next_try_at <= %(at)s
    ORDER BY p.permit_id LIMIT %(most)s"""
    return await fetch(connection, query, vendor_id=vendor_id, at=at, most=most)


async def postpone(
    connection: Connection, vendor_id: str, permit_ids: Sequence[int], next_try_at: datetime
) -> None:
    """Try these askings again later: what they depend on could not be read."""
    query = """UPDATE permit SET next_try_at = %(next)s
               WHERE vendor_id = %(vendor_id)s AND permit_id = ANY(%(ids)s) AND next_try_at IS NOT NULL"""
    await execute(connection, query, vendor_id=vendor_id, ids=list(permit_ids), next=next_try_at)


async def answer(
    connection: Connection,
    vendor_id: str,
    answers: Sequence[tuple[int, int | None, str | None]],
    at: datetime,
    expires_at: datetime,
) -> None:
    """Answer askings: (permit id, address version it is given for, reason why it is not)."""
    query = """
    UPDATE permit p SET next_try_at = NULL,
      address_version = a.address_version,
      issued_at = CASE WHEN a.refused IS NULL THEN %(at)s END,
      expires_at = CASE WHEN a.refused IS NULL THEN %(expires_at)s END,
      refused_at = CASE WHEN a.refused IS NOT NULL THEN %(at)s END,
      refused_reason = a.refused
    FROM unnest(%(ids)s::bigint[], %(versions)s::bigint[], %(refused)s::text[])
         AS a(id, address_version, refused)
    WHERE p.vendor_id = %(vendor_id)s AND p.permit_id = a.id AND p.next_try_at IS NOT NULL"""
    ids, versions, refused = columns(answers, 3)
    await execute(
        connection,
        query,
        vendor_id=vendor_id,
        ids=ids,
        versions=versions,
        refused=refused,
        at=at,
        expires_at=expires_at,
    )


async def revoke(
    connection: Connection, vendor_id: str, boxes: Sequence[tuple[int, str]], at: datetime
) -> None:
    """Revoke the open permits of boxes: (box id, reason)."""
    query = f"""
    UPDATE permit p SET revoked_at = %(at)s, revoked_reason = r.reason
    FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS r(id, reason)
    WHERE p.vendor_id = %(vendor_id)s AND p.shipment_box_id = r.id AND {_OPEN}"""
    ids, reasons = columns(boxes, 2)
    await execute(connection, query, vendor_id=vendor_id, ids=ids, reasons=reasons, at=at)


async def revoke_orders(
    connection: Connection, vendor_id: str, order_ids: Sequence[int], reason: str, at: datetime
) -> None:
    """Revoke the open permits of all boxes of orders."""
    query = f"""
    UPDATE permit p SET revoked_at = %(at)s, revoked_reason = %(reason)s
    FROM box b
    WHERE b.vendor_id = %(vendor_id)s AND b.order_id = ANY(%(ids)s)
      AND p.vendor_id = b.vendor_id AND p.shipment_box_id = b.shipment_box_id AND {_OPEN}"""
    await execute(connection, query, vendor_id=vendor_id, ids=list(order_ids), reason=reason, at=at)


async def revoked(connection: Connection, vendor_id: str, permit_ids: Sequence[int]) -> dict[int, str]:
    """Return, of these permits, those that are revoked, with the reason."""
    query = """SELECT permit_id, revoked_reason FROM permit
               WHERE vendor_id = %(vendor_id)s AND permit_id = ANY(%(ids)s) AND revoked_at IS NOT NULL"""
    rows = await fetch(connection, query, vendor_id=vendor_id, ids=list(permit_ids))
    return {row["permit_id"]: row["revoked_reason"] for row in rows}


async def use(connection: Connection, vendor_id: str, permit_id: int, effect_id: int) -> None:
    """Keep which effect a permit was last used for."""
    query = """UPDATE permit SET used_by_effect = %(effect_id)s
               WHERE vendor_id = %(vendor_id)s AND permit_id = %(permit_id)s"""
    await execute(connection, query, vendor_id=vendor_id, permit_id=permit_id, effect_id=effect_id)
