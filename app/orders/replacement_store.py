"""Replacements: the new boxes of exchanges, recognised wherever Coupang lists them.

The order lists do not say that a box is a replacement; only its exchange names it, some minutes later. Until
it does, a box that can be nothing else is taken for the replacement of the open exchange of its order.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, execute, fetch, fetch_one
from app.engine.db.states import among, listed
from app.machines import collects, exchanges
from app.machines.boxes import IN_HOUSE, SEEN, SHIPPED

_NAMED: LiteralString = """(
         SELECT x.exchange_id FROM exchange_box x
         WHERE x.vendor_id = {vendor} AND x.shipment_box_id = {box}.shipment_box_id
           AND NOT EXISTS (SELECT FROM exchange_line n WHERE n.vendor_id = x.vendor_id
                             AND n.exchange_id = x.exchange_id AND n.shipment_box_id = x.shipment_box_id)
         ORDER BY x.exchange_id LIMIT 1)"""
# An open exchange of the order that names no box yet, and exchanges at least what is in this one.
_MEANT: LiteralString = """(
         SELECT e.exchange_id FROM exchange e
         WHERE e.vendor_id = {vendor} AND e.order_id = {box}.order_id AND e.state IN {open}
           AND NOT EXISTS (SELECT FROM exchange_box x
                           WHERE x.vendor_id = e.vendor_id AND x.exchange_id = e.exchange_id)
           AND NOT EXISTS (SELECT FROM exchange_line n
                           WHERE n.vendor_id = e.vendor_id AND n.exchange_id = e.exchange_id
                             AND n.shipment_box_id = {box}.shipment_box_id)
           AND NOT EXISTS (
             SELECT FROM {items} i
             WHERE i.shipment_box_id = {box}.shipment_box_id
               AND NOT EXISTS (SELECT FROM exchange_line n
                               WHERE n.vendor_id = e.vendor_id AND n.exchange_id = e.exchange_id
                                 AND n.vendor_item_id = i.vendor_item_id AND n.count >= i.ordered))
         ORDER BY e.requested_at, e.exchange_id LIMIT 1)"""


def _meant(vendor: LiteralString, box: LiteralString, items: LiteralString) -> LiteralString:
    named = _MEANT.replace("{vendor}", vendor).replace("{box}", box)
    return named.replace("{items}", items).replace("{open}", among(exchanges.OPEN))


def at_birth(vendor: LiteralString, box: LiteralString, items: LiteralString) -> LiteralString:
    """Return the expression for the exchange whose replacement a new box is stored as.

    Args:
        vendor: Expression of the vendor's id.
        box: Alias with shipment_box_id, order_id and market_status.
        items: Relation with shipment_box_id, vendor_item_id and ordered, of this vendor.
    """
    named = _NAMED.replace("{vendor}", vendor).replace("{box}", box)
    meant, shown = _meant(vendor, box, items), listed(SEEN.words(IN_HOUSE))
    return f"coalesce({named}, CASE WHEN {box}.market_status IN {shown} THEN {meant} END)"


async def join(connection: Connection, vendor_id: str, exchange_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Join the boxes that exchanges name to them; part from each those that were only taken for its box.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose exchanges.
        exchange_ids: In the order of their page: where two name one box, the later one counts.

    Returns:
        The boxes that changed: shipment_box_id, exchange_id (None: it is a sale after all).
    """
    query = """
    WITH named AS (
      SELECT x.exchange_id, x.shipment_box_id, t.place
      FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS t(exchange_id, place)
      JOIN exchange_box x ON x.vendor_id = %(vendor_id)s AND x.exchange_id = t.exchange_id
      WHERE NOT EXISTS (SELECT FROM exchange_line n WHERE n.vendor_id = x.vendor_id
                          AND n.exchange_id = x.exchange_id AND n.shipment_box_id = x.shipment_box_id)
    ), meant AS (
      SELECT DISTINCT ON (shipment_box_id) shipment_box_id, exchange_id FROM named
      ORDER BY shipment_box_id, place DESC
    ), parted AS (
      UPDATE box b SET exchange_id = NULL
      WHERE b.vendor_id = %(vendor_id)s AND b.exchange_id = ANY(%(ids)s)
        AND b.exchange_id IN (SELECT exchange_id FROM named)
        AND b.shipment_box_id NOT IN (SELECT shipment_box_id FROM named)
      RETURNING b.shipment_box_id, b.exchange_id
    ), joined AS (
      UPDATE box b SET exchange_id = m.exchange_id FROM meant m
      WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = m.shipment_box_id
        AND b.exchange_id IS DISTINCT FROM m.exchange_id
      RETURNING b.shipment_box_id, b.exchange_id
    )
    SELECT * FROM joined UNION ALL SELECT * FROM parted"""
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(exchange_ids))


async def behind(connection: Connection, vendor_id: str, exchange_ids: Sequence[int]) -> list[int]:
    """Return the boxes of exchanges that these show in another status than the order lists did last."""
    query = """
    SELECT b.shipment_box_id FROM box b JOIN exchange_box x USING (vendor_id, exchange_id, shipment_box_id)
    WHERE b.vendor_id = %(vendor_id)s AND b.exchange_id = ANY(%(ids)s)
      AND x.status <> '' AND x.status <> b.market_status"""
    rows = await fetch(connection, query, vendor_id=vendor_id, ids=list(exchange_ids))
    return [row["shipment_box_id"] for row in rows]


async def ask_exchanges(
    connection: Connection, vendor_id: str, shipment_box_ids: Sequence[int], at: datetime
) -> None:
    """Have the exchanges be read that these boxes are only taken for the replacements of."""
    query = """
    UPDATE exchange e SET next_read_at = least(e.next_read_at, %(at)s) FROM box b
    WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = ANY(%(ids)s)
      AND e.vendor_id = b.vendor_id AND e.exchange_id = b.exchange_id
      AND NOT EXISTS (SELECT FROM exchange_box x
                      WHERE x.vendor_id = e.vendor_id AND x.exchange_id = e.exchange_id)"""
    await execute(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids), at=at)


async def suspects(
    connection: Connection, vendor_id: str, shipment_box_ids: Sequence[int]
) -> list[dict[str, Any]]:
    """Return, of these new boxes, those that may be replacements of exchanges we have not read of.

    That is a box in INSTRUCT whose order had left before it was seen.

    Returns:
        shipment_box_id, order_id, content_hash.
    """
    query: LiteralString = f"""
    SELECT b.shipment_box_id, b.order_id, b.content_hash FROM box b
    WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = ANY(%(ids)s) AND b.exchange_id IS NULL
      AND EXISTS (SELECT FROM box o WHERE o.vendor_id = b.vendor_id AND o.order_id = b.order_id
                    AND o.shipment_box_id <> ALL(%(ids)s)
                    AND o.state IN {among(SHIPPED)})"""
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids))


async def settle(
    connection: Connection, vendor_id: str, reason: str, since: datetime, early: datetime, at: datetime
) -> int:
    """Decide on what waited for the exchanges to be read, which they were now; return how many boxes.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose exchanges were read.
        reason: With which orders are held until then; those before `since` are let go, and their boxes are
            taken for replacements where an exchange is open by now.
        since: When the reading began.
        early: Boxes seen before this would be named by an exchange whose goods are confirmed; one whose
            goods are not cannot have a replacement yet.
        at: The present time.
    """
    lines: LiteralString = "(SELECT * FROM line WHERE vendor_id = b.vendor_id)"
    meant = _meant("b.vendor_id", "b", lines)
    query: LiteralString = f"""
    WITH freed AS (
      UPDATE unread_claim SET released_at = %(at)s
      WHERE vendor_id = %(vendor_id)s AND released_at IS NULL AND reason = %(reason)s AND seen_at <= %(since)s
      RETURNING order_id
    ), parted AS (
      UPDATE box b SET exchange_id = NULL FROM exchange e
      WHERE b.vendor_id = %(vendor_id)s AND b.exchange_id IS NOT NULL AND b.first_seen_at <= %(early)s
        AND e.vendor_id = b.vendor_id AND e.exchange_id = b.exchange_id AND e.confirmed_at IS NULL
        AND e.collect_state NOT IN {among(collects.SHIPPABLE)}
        AND NOT EXISTS (SELECT FROM exchange_box x
                        WHERE x.vendor_id = e.vendor_id AND x.exchange_id = e.exchange_id)
      RETURNING b.shipment_box_id
    ), taken AS (
      UPDATE box b SET exchange_id = {meant}, attention = nullif(b.attention, %(reason)s)
      WHERE b.vendor_id = %(vendor_id)s AND b.order_id IN (SELECT order_id FROM freed)
        AND b.state IN {among(IN_HOUSE)} AND b.exchange_id IS NULL
      RETURNING b.shipment_box_id
    )
    SELECT (SELECT count(*) FROM parted) + (SELECT count(*) FROM taken) AS boxes"""
    row = await fetch_one(
        connection, query, vendor_id=vendor_id, reason=reason, since=since, early=early, at=at
    )
    return row["boxes"] if row else 0
