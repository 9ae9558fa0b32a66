"""Orders kept back because a claim that names them could not be read."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString

from app.engine.db.database import Connection, columns, execute, fetch, fetch_one
from app.engine.db.states import among
from app.engine.db.vendor_scope import VENDORS
from app.machines.boxes import IN_HOUSE


async def hold_orders(
    connection: Connection,
    vendor_id: str,
    unread: Sequence[tuple[bytes, int, int | None, str, datetime | None]],
    attention: str,
    at: datetime,
    subject: str = "receipt",
) -> None:
    """Hold orders whose claim could not be read: (digest of the row, order id, claim id, reason, made)."""
    query: LiteralString = f"""
    WITH held AS (
      INSERT INTO unread_claim (vendor_id, digest, subject, order_id, claim_id, reason, created_at, seen_at)
      SELECT DISTINCT ON (u.digest) %(vendor_id)s, u.digest, %(subject)s, u.order_id, u.claim_id, u.reason,
             u.created_at, %(at)s
      FROM unnest(%(digests)s::bytea[], %(orders)s::bigint[], %(claims)s::bigint[], %(reasons)s::text[],
                  %(made)s::timestamptz[]) AS u(digest, order_id, claim_id, reason, created_at)
      ON CONFLICT DO NOTHING RETURNING order_id
    )
    UPDATE box SET attention = %(attention)s
    WHERE vendor_id = %(vendor_id)s AND order_id IN (SELECT order_id FROM held)
      AND state IN {among(IN_HOUSE)}"""
    digests, orders, claims, reasons, made = columns(unread, 5)
    await execute(
        connection,
        query,
        vendor_id=vendor_id,
        attention=attention,
        at=at,
        subject=subject,
        digests=digests,
        orders=orders,
        claims=claims,
        reasons=reasons,
        made=made,
    )


async def oldest_unread(connection: Connection, vendor_id: str, back: timedelta) -> datetime | None:
    """Return from when on to look for the exchanges that hold orders because they could not be read.

    Args:
        connection: Any.
        vendor_id: Whose exchanges.
        back: How long before its first sight one may have been made, where it does not say.
    """
    query = """SELECT min(coalesce(created_at, seen_at - %(back)s)) AS oldest FROM unread_claim
               WHERE vendor_id = %(vendor_id)s AND subject = 'exchange' AND released_at IS NULL"""
    row = await fetch_one(connection, query, vendor_id=vendor_id, back=back)
    return row["oldest"] if row else None


async def unread_of(
    connection: Connection, vendor_ids: list[str] | None, order_id: int
) -> list[dict[str, Any]]:
    """Lock and return the claims that hold an order because they could not be read."""
    query = f"""SELECT vendor_id, digest, claim_id, reason, seen_at FROM unread_claim
               WHERE order_id = %(order_id)s AND released_at IS NULL AND vendor_id = ANY({VENDORS})
               ORDER BY seen_at, digest FOR UPDATE"""
    return await fetch(connection, query, order_id=order_id, vendor_ids=vendor_ids)


async def orders_of_boxes(
    connection: Connection, vendor_id: str, shipment_box_ids: Collection[int]
) -> dict[int, int]:
    """Return the orders of these boxes that we hold, by box id."""
    query = """SELECT shipment_box_id, order_id FROM box
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = ANY(%(ids)s)"""
    rows = await fetch(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids))
    return {row["shipment_box_id"]: row["order_id"] for row in rows}


async def free_orders(
    connection: Connection,
    vendor_id: str,
    attentions: Collection[str],
    at: datetime,
    *,
    subject: str = "receipt",
    claim_ids: Collection[int] = (),
    digests: Collection[bytes] = (),
) -> int:
    """Let orders go whose claim was read after all, or looked at by a person; return how many claims.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose orders.
        attentions: What their boxes were put before a person with.
        at: The present time.
        subject: `receipt` or `exchange`: what the claim ids are of.
        claim_ids: Claims that were read.
        digests: Rows that somebody has looked at, of whatever subject.
    """
    query = """
    WITH freed AS (
      UPDATE unread_claim SET released_at = %(at)s
      WHERE vendor_id = %(vendor_id)s AND released_at IS NULL
        AND ((claim_id = ANY(%(claim_ids)s::bigint[]) AND subject = %(subject)s)
             OR digest = ANY(%(digests)s::bytea[]))
      RETURNING order_id
    ), told AS (
      UPDATE box SET attention = NULL
      WHERE vendor_id = %(vendor_id)s AND order_id IN (SELECT order_id FROM freed)
        AND attention = ANY(%(attentions)s)
    )
    SELECT count(*) AS freed FROM freed"""
    row = await fetch_one(
        connection,
        query,
        vendor_id=vendor_id,
        attentions=list(attentions),
        subject=subject,
        at=at,
        claim_ids=list(claim_ids),
        digests=list(digests),
    )
    return row["freed"] if row else 0
