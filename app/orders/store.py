"""Boxes, lines, receivers and histories, as they are read."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString

from app.engine.db.database import Connection, columns, execute, fetch, fetch_one
from app.engine.db.states import among, literal
from app.engine.db.vendor_scope import VENDORS
from app.machines import returns
from app.machines.boxes import BoxState
from app.machines.cancels import UNANSWERED
from app.machines.effects import SETTLED

# A stop request names its box. When the box it names has no such line (a split gave the goods another
# box), every box of the order that has one is blocked: too much is a question, too little a shipped cancel.
_STOP_OPEN: LiteralString = f"""EXISTS (
         SELECT FROM cancel c JOIN receipt_line n USING (vendor_id, receipt_id)
         WHERE c.vendor_id = b.vendor_id AND c.order_id = b.order_id AND c.state IN {among(UNANSWERED)}
           AND (n.shipment_box_id = b.shipment_box_id
                OR (EXISTS (SELECT FROM line l WHERE l.vendor_id = b.vendor_id
                              AND l.shipment_box_id = b.shipment_box_id
                              AND l.vendor_item_id = n.vendor_item_id)
                    AND NOT EXISTS (SELECT FROM line l WHERE l.vendor_id = b.vendor_id
                                      AND l.shipment_box_id = n.shipment_box_id
                                      AND l.vendor_item_id = n.vendor_item_id))))"""
_UNREAD: LiteralString = """EXISTS (
         SELECT FROM unread_claim u
         WHERE u.vendor_id = b.vendor_id AND u.order_id = b.order_id AND u.released_at IS NULL)"""
_HELD_UNTIL: LiteralString = """(
         SELECT max(h.expires_at) FROM hold h
         WHERE h.vendor_id = b.vendor_id AND h.shipment_box_id = b.shipment_box_id
           AND h.released_at IS NULL)"""
CLAIMED: LiteralString = f"""
       {_STOP_OPEN} AS stop_open,
       {_UNREAD} AS claim_unread,
       {_HELD_UNTIL} AS hold_until"""
COLUMNS: LiteralString = """b.vendor_id, b.shipment_box_id, b.order_id, b.state, b.version, b.state_at,
       b.market_status, b.market_seen_at, b.ordered_at, b.paid_at, b.ship_by, b.address_version,
       b.address_final, b.courier_code, b.invoice_number, b.split_shipping, b.able_split_shipping,
       b.departed_at, b.delivered_at, b.attention, b.doubtful, b.exchange_id, b.first_seen_at"""

_BY_ID: LiteralString = f"""
FROM box b
WHERE b.shipment_box_id = %(shipment_box_id)s
  AND b.vendor_id = ANY({VENDORS})"""

# The hot read: one statement, one row, lines inside.
_ONE: LiteralString = (
    f"""
SELECT {COLUMNS},
       (SELECT jsonb_agg(jsonb_build_object(
                 'vendor_item_id', l.vendor_item_id, 'ordered', l.ordered, 'held', l.held,
                 'cancelled', l.cancelled, 'shippable', l.shippable, 'shipped', l.shipped,
                 'returned', l.returned, 'name', l.name,
                 'seller_product_name', l.seller_product_name, 'seller_item_name', l.seller_item_name,
                 'sku', l.sku, 'sales_price_krw', l.sales_price_krw,
                 'planned_shipping_date', l.planned_shipping_date) ORDER BY l.vendor_item_id)
        FROM line l WHERE l.vendor_id = b.vendor_id AND l.shipment_box_id = b.shipment_box_id) AS lines,"""
    + CLAIMED
    + _BY_ID
)


_TO_CHANGE: LiteralString = (
    """
SELECT b.vendor_id, b.shipment_box_id, b.order_id, b.state, b.version, b.address_version, b.address_final,
       b.invoice_number, b.split_shipping, b.able_split_shipping, b.departed_at, b.exchange_id,
       (SELECT jsonb_agg(jsonb_build_object(
                 'vendor_item_id', l.vendor_item_id, 'held', l.held, 'shippable', l.shippable,
                 'planned_shipping_date', l.planned_shipping_date) ORDER BY l.vendor_item_id)
        FROM line l WHERE l.vendor_id = b.vendor_id AND l.shipment_box_id = b.shipment_box_id) AS lines,"""
    + CLAIMED
    + _BY_ID
)


async def find_to_change(
    connection: Connection, vendor_ids: list[str] | None, shipment_box_id: int
) -> dict[str, Any] | None:
    """Return what a change of one box is decided on, with its `lines`, or None: less than `find` reads."""
    return await fetch_one(connection, _TO_CHANGE, shipment_box_id=shipment_box_id, vendor_ids=vendor_ids)


async def find(
    connection: Connection, vendor_ids: list[str] | None, shipment_box_id: int, *, lock: bool = False
) -> dict[str, Any] | None:
    """Return one box with its `lines`, or None; `vendor_ids` None means every vendor."""
    query = _ONE + " FOR UPDATE OF b" if lock else _ONE
    return await fetch_one(connection, query, shipment_box_id=shipment_box_id, vendor_ids=vendor_ids)


async def of_order(
    connection: Connection, vendor_ids: list[str] | None, order_id: int
) -> list[dict[str, Any]]:
    """Return all boxes of one order with their lines."""
    query = _ONE.replace("b.shipment_box_id = %(shipment_box_id)s", "b.order_id = %(order_id)s")
    return await fetch(
        connection, f"{query} ORDER BY b.shipment_box_id", order_id=order_id, vendor_ids=vendor_ids
    )


async def lines_of(
    connection: Connection, vendor_id: str, shipment_box_ids: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """Return the lines of many boxes, by box id."""
    query = """SELECT * FROM line WHERE vendor_id = %(vendor_id)s AND shipment_box_id = ANY(%(ids)s)
               ORDER BY vendor_item_id"""
    found: dict[int, list[dict[str, Any]]] = {box_id: [] for box_id in shipment_box_ids}
    for row in await fetch(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids)):
        found[row["shipment_box_id"]].append(row)
    return found


async def receiver_of(connection: Connection, vendor_id: str, shipment_box_id: int) -> list[dict[str, Any]]:
    """Return the versions of the receiver, newest first, still sealed."""
    query = """SELECT version, sealed, seen_at FROM receiver
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(box)s ORDER BY version DESC"""
    return await fetch(connection, query, vendor_id=vendor_id, box=shipment_box_id)


async def with_quantities(
    connection: Connection, vendor_id: str, shipment_box_ids: Sequence[int]
) -> list[dict[str, Any]]:
    """Lock and return boxes with the sums, kinds and open claims that the guards ask for."""
    query: LiteralString = (
        """
    SELECT b.vendor_id, b.shipment_box_id, b.order_id, b.state, b.version, b.address_version, b.address_final,
           b.courier_code, b.invoice_number, b.departed_at, b.able_split_shipping, b.split_shipping,
           b.market_status, b.state_at, b.attention, b.exchange_id, l.*,"""
        + CLAIMED
        + """
    FROM box b
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(held), 0)::bigint AS held, coalesce(sum(shippable), 0)::bigint AS shippable,
             count(*) AS kinds
      FROM line WHERE vendor_id = b.vendor_id AND shipment_box_id = b.shipment_box_id
    ) l
    WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = ANY(%(ids)s)
    ORDER BY b.shipment_box_id FOR UPDATE OF b"""
    )
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids))


async def to_acknowledge(connection: Connection, vendor_id: str, most: int) -> list[dict[str, Any]]:
    """Return boxes in ACCEPT with no request to acknowledge them, or not since Coupang last changed them."""
    query: LiteralString = f"""
    SELECT b.shipment_box_id, b.order_id, b.state, l.held
    FROM box b
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(held), 0)::bigint AS held FROM line
      WHERE vendor_id = b.vendor_id AND shipment_box_id = b.shipment_box_id
    ) l
    WHERE b.vendor_id = %(vendor_id)s AND b.state = {literal(BoxState.ACCEPT)} AND NOT b.doubtful
      AND b.exchange_id IS NULL
      AND NOT EXISTS (
        SELECT FROM effect e
        WHERE e.vendor_id = b.vendor_id AND e.shipment_box_id = b.shipment_box_id
          AND (e.state NOT IN {among(SETTLED)}
               OR (e.kind = 'ACKNOWLEDGE' AND e.settled_at >= b.market_seen_at)))
    ORDER BY b.paid_at LIMIT %(most)s"""
    return await fetch(connection, query, vendor_id=vendor_id, most=most)


async def to_read(
    connection: Connection,
    vendor_id: str,
    at: datetime,
    most: int,
    *,
    company: timedelta = timedelta(0),
    states: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Return boxes that are due to be read again, the longest waiting first.

    Once one in `states` is due, those of these states that would be due within `company` come along: one
    list shows them all, and from then on they are due together.
    """
    query = """
    SELECT shipment_box_id, order_id, state, version, paid_at, market_status, address_final, doubtful, reads,
           state_at, split_shipping, next_read_at
    FROM box b
    WHERE vendor_id = %(vendor_id)s
      AND (next_read_at <= %(at)s
           OR (state = ANY(%(states)s) AND NOT doubtful AND next_read_at <= %(at)s + %(company)s
               AND EXISTS (SELECT FROM box d WHERE d.vendor_id = b.vendor_id AND d.next_read_at <= %(at)s
                             AND d.state = ANY(%(states)s) AND NOT d.doubtful)))
    ORDER BY next_read_at LIMIT %(most)s"""
    return await fetch(
        connection, query, vendor_id=vendor_id, at=at, most=most, company=company, states=list(states)
    )


async def present(
    connection: Connection, vendor_id: str, shipment_box_ids: Sequence[int]
) -> list[dict[str, Any]]:
    """Return what decides when these boxes are read next."""
    query = """SELECT shipment_box_id, state, state_at, address_final, reads, next_read_at FROM box
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = ANY(%(ids)s)"""
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids))


async def schedule_reads(
    connection: Connection, vendor_id: str, reads: Sequence[tuple[int, datetime | None]]
) -> None:
    """Set when boxes are read next (None: not at all) and count one reading for each."""
    query = """
    UPDATE box b SET next_read_at = r.at, reads = b.reads + 1
    FROM unnest(%(ids)s::bigint[], %(ats)s::timestamptz[]) AS r(id, at)
    WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = r.id"""
    ids = [box_id for box_id, _ in reads]
    await execute(connection, query, vendor_id=vendor_id, ids=ids, ats=[at for _, at in reads])


async def doubt(
    connection: Connection, vendor_id: str, shipment_box_ids: Sequence[int], at: datetime
) -> None:
    """Ask for these boxes to be read one by one: a list row or an answer contradicted us."""
    query = """UPDATE box SET doubtful = true, next_read_at = least(next_read_at, %(at)s)
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = ANY(%(ids)s)"""
    await execute(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids), at=at)


async def doubt_holds(
    connection: Connection,
    vendor_id: str,
    shipment_box_ids: Sequence[int],
    states: Collection[str],
    at: datetime,
) -> None:
    """Ask for those of these boxes to be read again that rest in one of `states` with unclaimed units.

    Coupang holds units for a claim. One that is withdrawn before any list shows it leaves no other trace.
    """
    query: LiteralString = f"""
    UPDATE box b SET doubtful = true, next_read_at = %(at)s
    WHERE vendor_id = %(vendor_id)s AND shipment_box_id = ANY(%(ids)s) AND state = ANY(%(states)s)
      AND next_read_at IS NULL
      AND EXISTS (SELECT FROM line l WHERE l.vendor_id = b.vendor_id
                    AND l.shipment_box_id = b.shipment_box_id AND l.market_held > 0)
      AND NOT EXISTS (SELECT FROM receipt r LEFT JOIN cancel c USING (vendor_id, receipt_id)
                        LEFT JOIN return_ t USING (vendor_id, receipt_id)
                      WHERE r.vendor_id = b.vendor_id AND r.order_id = b.order_id
                        AND (c.state IN {among(UNANSWERED)} OR t.state IN {among(returns.OPEN)}))"""
    await execute(
        connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids), states=list(states), at=at
    )


async def settle_doubt(
    connection: Connection,
    vendor_id: str,
    shipment_box_id: int,
    next_read_at: datetime | None,
    attention: str | None,
) -> None:
    """Clear the mark: the box itself was read. `attention` says why a person should look, or None."""
    query = """UPDATE box SET doubtful = false, next_read_at = %(next_read_at)s, attention = %(attention)s,
                 reads = reads + 1
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(box)s"""
    await execute(
        connection,
        query,
        vendor_id=vendor_id,
        box=shipment_box_id,
        next_read_at=next_read_at,
        attention=attention,
    )


async def count_by_state(connection: Connection, vendor_ids: list[str] | None = None) -> list[dict[str, Any]]:
    """Return how many boxes each vendor has in each state; replacements of exchanges are no sales."""
    # The few replacements are taken off: leaving them out of the count would mean to read every row.
    query = """
    SELECT vendor_id, state, sum(n)::bigint AS boxes FROM (
      SELECT vendor_id, state, count(*) AS n FROM box
      WHERE %(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s) GROUP BY 1, 2
      UNION ALL
      SELECT vendor_id, state, -count(*) FROM box
      WHERE exchange_id IS NOT NULL
        AND (%(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s)) GROUP BY 1, 2
    ) counted GROUP BY 1, 2 HAVING sum(n) > 0"""
    return await fetch(connection, query, vendor_ids=vendor_ids)


async def count_shown(
    connection: Connection, vendor_id: str, market_status: str, start: datetime, end: datetime
) -> int:
    """Return how many boxes paid in [start, end) Coupang last showed in one status."""
    query = """SELECT count(*) AS boxes FROM box WHERE vendor_id = %(vendor_id)s
               AND paid_at >= %(start)s AND paid_at < %(end)s AND market_status = %(market_status)s"""
    row = await fetch_one(
        connection, query, vendor_id=vendor_id, start=start, end=end, market_status=market_status
    )
    return row["boxes"] if row else 0


async def set_waybills(
    connection: Connection, vendor_id: str, waybills: Sequence[tuple[int, str | None, str | None, bool]]
) -> None:
    """Keep the waybill that Coupang has taken: (box id, courier code, number, is split)."""
    query = """
    UPDATE box b SET courier_code = coalesce(w.courier_code, b.courier_code),
      invoice_number = coalesce(w.invoice_number, b.invoice_number),
      split_shipping = b.split_shipping OR w.split
    FROM unnest(%(ids)s::bigint[], %(couriers)s::text[], %(numbers)s::text[], %(splits)s::boolean[])
         AS w(id, courier_code, invoice_number, split)
    WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = w.id"""
    ids, couriers, numbers, splits = columns(waybills, 4)
    await execute(
        connection,
        query,
        vendor_id=vendor_id,
        ids=ids,
        couriers=couriers,
        numbers=numbers,
        splits=splits,
    )
