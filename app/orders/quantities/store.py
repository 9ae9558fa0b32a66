"""The units of whole orders: their lines, the claims on them, and which line bears what of which claim."""

from collections.abc import Collection, Sequence
from typing import Any, LiteralString

from app.engine.db.database import Connection, columns, execute, fetch
from app.engine.db.states import among
from app.machines import cancels, returns
from app.machines.boxes import GONE, IN_HOUSE


async def orders_to_settle(
    connection: Connection, vendor_id: str, shipment_box_ids: Collection[int]
) -> list[int]:
    """Return the orders of these boxes whose units need more than what Coupang says of each line.

    That is: a claim is known, the box has left or is gone, or Coupang says something else than before.
    """
    query: LiteralString = f"""
    SELECT DISTINCT b.order_id FROM box b
    WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = ANY(%(ids)s::bigint[])
      AND (b.state NOT IN {among(IN_HOUSE)}
           OR EXISTS (SELECT FROM receipt r WHERE r.vendor_id = b.vendor_id AND r.order_id = b.order_id)
           OR EXISTS (SELECT FROM line l
                      WHERE l.vendor_id = b.vendor_id AND l.shipment_box_id = b.shipment_box_id
                        AND (l.held, l.cancelled) IS DISTINCT FROM (l.market_held, l.market_cancelled)))
    ORDER BY 1"""
    rows = await fetch(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids))
    return [row["order_id"] for row in rows]


async def orders_with_claims(connection: Connection, vendor_id: str, order_ids: Collection[int]) -> list[int]:
    """Return those of these orders of which a receipt is known."""
    query = """SELECT DISTINCT order_id FROM receipt
               WHERE vendor_id = %(vendor_id)s AND order_id = ANY(%(ids)b::bigint[])"""
    rows = await fetch(connection, query, vendor_id=vendor_id, ids=list(order_ids))
    return [row["order_id"] for row in rows]


async def orders_claimed(connection: Connection, vendor_id: str, receipt_ids: Collection[int]) -> list[int]:
    """Return the orders that these receipts name."""
    query = """SELECT DISTINCT order_id FROM receipt
               WHERE vendor_id = %(vendor_id)s AND receipt_id = ANY(%(ids)s::bigint[]) ORDER BY 1"""
    rows = await fetch(connection, query, vendor_id=vendor_id, ids=list(receipt_ids))
    return [row["order_id"] for row in rows]


async def lines_of_orders(
    connection: Connection, vendor_id: str, order_ids: Collection[int]
) -> list[dict[str, Any]]:
    """Lock the boxes of these orders; return their lines, with what the boxes are."""
    about = {"vendor_id": vendor_id, "ids": list(order_ids)}
    lock = """SELECT FROM box WHERE vendor_id = %(vendor_id)s AND order_id = ANY(%(ids)s::bigint[])
              ORDER BY shipment_box_id FOR UPDATE"""
    # Two statements: what another settled while we waited for the lock must be seen.
    await execute(connection, lock, **about)
    query = """
    SELECT b.order_id, b.state, b.attention, b.exchange_id, l.shipment_box_id, l.vendor_item_id,
           l.ordered, l.held, l.cancelled, l.shipped, l.returned, l.market_held, l.market_cancelled
    FROM box b JOIN line l USING (vendor_id, shipment_box_id)
    WHERE b.vendor_id = %(vendor_id)s AND b.order_id = ANY(%(ids)s::bigint[])"""
    return await fetch(connection, query, **about)


async def claims_of_orders(
    connection: Connection, vendor_id: str, order_ids: Collection[int]
) -> list[dict[str, Any]]:
    """Return what every receipt of these orders claims, with its states and its `attention`."""
    query = """
    SELECT r.order_id, r.attention, n.receipt_id, n.shipment_box_id, n.vendor_item_id, n.count,
           c.state AS cancel_state, t.state AS return_state
    FROM receipt r
    JOIN receipt_line n USING (vendor_id, receipt_id)
    LEFT JOIN cancel c USING (vendor_id, receipt_id)
    LEFT JOIN return_ t USING (vendor_id, receipt_id)
    WHERE r.vendor_id = %(vendor_id)s AND r.order_id = ANY(%(ids)s::bigint[])"""
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(order_ids))


async def shares_of_orders(
    connection: Connection, vendor_id: str, order_ids: Collection[int]
) -> list[dict[str, Any]]:
    """Return which line bears what of which claim of these orders."""
    query = """SELECT * FROM share WHERE vendor_id = %(vendor_id)s AND order_id = ANY(%(ids)s::bigint[])"""
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(order_ids))


async def write_lines(
    connection: Connection, vendor_id: str, lines: Sequence[tuple[int, int, int, int, int, int]]
) -> None:
    """Store what was counted of lines: (box id, item id, held, cancelled, shipped, returned)."""
    query = """
    UPDATE line l SET held = n.held, cancelled = n.cancelled, shipped = n.shipped, returned = n.returned
    FROM unnest(%(boxes)s::bigint[], %(items)s::bigint[], %(held)s::bigint[], %(cancelled)s::bigint[],
                %(shipped)s::bigint[], %(returned)s::bigint[])
         AS n(box_id, item_id, held, cancelled, shipped, returned)
    WHERE l.vendor_id = %(vendor_id)s AND l.shipment_box_id = n.box_id AND l.vendor_item_id = n.item_id"""
    if not lines:
        return
    names = ("boxes", "items", "held", "cancelled", "shipped", "returned")
    values = dict(zip(names, columns(lines, len(names)), strict=True))
    await execute(connection, query, vendor_id=vendor_id, **values)


async def replace_shares(
    connection: Connection,
    vendor_id: str,
    gone: Sequence[tuple[int, int, int, int]],
    shares: Sequence[tuple[int, int, int, int, int, int, int, str, bool]],
) -> None:
    """Take shares away and store others.

    Args:
        connection: Inside the transaction that locked the boxes.
        vendor_id: Whose shares.
        gone: (receipt id, named box id, item id, box id) of those that are no more.
        shares: (receipt id, named box id, item id, box id, order id, units claimed, units, kind, done).
    """
    if gone:
        query = """
        DELETE FROM share s
        USING unnest(%(receipts)s::bigint[], %(named)s::bigint[], %(items)s::bigint[], %(boxes)s::bigint[])
              AS g(receipt_id, named_box_id, vendor_item_id, shipment_box_id)
        WHERE s.vendor_id = %(vendor_id)s AND s.receipt_id = g.receipt_id AND s.named_box_id = g.named_box_id
          AND s.vendor_item_id = g.vendor_item_id AND s.shipment_box_id = g.shipment_box_id"""
        values = dict(zip(("receipts", "named", "items", "boxes"), columns(gone, 4), strict=True))
        await execute(connection, query, vendor_id=vendor_id, **values)
    if shares:
        query = """
        INSERT INTO share (vendor_id, receipt_id, named_box_id, vendor_item_id, shipment_box_id, order_id,
                           claimed, count, kind, done)
        SELECT %(vendor_id)s, n.* FROM unnest(
          %(receipts)s::bigint[], %(named)s::bigint[], %(items)s::bigint[], %(boxes)s::bigint[],
          %(orders)s::bigint[], %(claimed)s::bigint[], %(counts)s::bigint[], %(kinds)s::text[],
          %(done)s::boolean[]) AS n
        ON CONFLICT (vendor_id, receipt_id, named_box_id, vendor_item_id, shipment_box_id) DO UPDATE
        SET claimed = excluded.claimed, count = excluded.count, kind = excluded.kind, done = excluded.done"""
        names = ("receipts", "named", "items", "boxes", "orders", "claimed", "counts", "kinds", "done")
        values = dict(zip(names, columns(shares, len(names)), strict=True))
        await execute(connection, query, vendor_id=vendor_id, **values)


async def give_back(connection: Connection, vendor_id: str, receipt_ids: Collection[int]) -> None:
    """Take what withdrawn receipts hold out of what Coupang was last heard to hold; have it read anew.

    The withdrawal is the later word of Coupang. Whatever the box shows next is stored, also when it is what
    it showed before.
    """
    about = {"vendor_id": vendor_id, "ids": list(receipt_ids)}
    held = """SELECT shipment_box_id, vendor_item_id, sum(count)::bigint AS units FROM share
              WHERE vendor_id = %(vendor_id)s AND receipt_id = ANY(%(ids)s::bigint[]) AND NOT done
              GROUP BY 1, 2"""
    query = f"""
    WITH boxes AS (
      SELECT b.shipment_box_id FROM box b JOIN ({held}) h USING (shipment_box_id)
      WHERE b.vendor_id = %(vendor_id)s ORDER BY 1 FOR UPDATE OF b
    )
    UPDATE box b SET content_hash = ''::bytea FROM boxes
    WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = boxes.shipment_box_id"""
    if not await execute(connection, query, **about):
        return
    query = f"""UPDATE line l SET market_held = greatest(0, l.market_held - h.units) FROM ({held}) h
                WHERE l.vendor_id = %(vendor_id)s AND l.shipment_box_id = h.shipment_box_id
                  AND l.vendor_item_id = h.vendor_item_id"""
    await execute(connection, query, **about)


async def call_receipts(
    connection: Connection, vendor_id: str, attentions: Sequence[tuple[int, str | None]]
) -> None:
    """Flag receipts for a person with a reason, or (None) clear their flag."""
    query = """UPDATE receipt r SET attention = n.attention
               FROM unnest(%(ids)s::bigint[], %(attentions)s::text[]) AS n(id, attention)
               WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = n.id"""
    if attentions:
        ids, texts = columns(attentions, 2)
        await execute(connection, query, vendor_id=vendor_id, ids=ids, attentions=texts)


async def calm_boxes(connection: Connection, vendor_id: str, shipment_box_ids: Collection[int]) -> None:
    """Clear the flag of boxes that need no person any more."""
    query = """UPDATE box SET attention = NULL
               WHERE vendor_id = %(vendor_id)s AND shipment_box_id = ANY(%(ids)s::bigint[])"""
    if shipment_box_ids:
        await execute(connection, query, vendor_id=vendor_id, ids=list(shipment_box_ids))


async def quantity_faults(connection: Connection, vendor_id: str | None) -> list[dict[str, Any]]:
    """Return where units do not add up, of one vendor or of all; an empty list is the proof that all do.

    While a box or a receipt is still being read a fault may stand for minutes; one that stays is real.

    Returns:
        Rows of vendor_id, order_id, shipment_box_id, vendor_item_id, receipt_id (of `unallocated` only),
        `fault`, and the units `expected` and `found`. `fault` is one of
        `held`: the line holds other than the shares of open claims on it;
        `market`: Coupang shows fewer free units of the line, or more, than we count;
        `unallocated`: the shares of a claim that is not withdrawn do not sum up to its count; a claim that is
        over, on a box that was gone before we ever saw it, is none.
    """
    query: LiteralString = f"""
    WITH borne AS (
      SELECT vendor_id, shipment_box_id, vendor_item_id, sum(count)::bigint AS held FROM share
      WHERE NOT done AND (%(vendor_id)s::text IS NULL OR vendor_id = %(vendor_id)s) GROUP BY 1, 2, 3
    ), lines AS (
      SELECT l.vendor_id, b.order_id, l.shipment_box_id, l.vendor_item_id, l.held, l.shippable,
             coalesce(s.held, 0) AS borne, l.ordered - l.market_held - l.market_cancelled AS market_free
      FROM line l
      JOIN box b USING (vendor_id, shipment_box_id)
      LEFT JOIN borne s USING (vendor_id, shipment_box_id, vendor_item_id)
      WHERE b.state NOT IN {among(GONE)} AND (%(vendor_id)s::text IS NULL OR l.vendor_id = %(vendor_id)s)
        AND (l.held <> coalesce(s.held, 0) OR l.shippable <> l.ordered - l.market_held - l.market_cancelled)
    ), claims AS (
      SELECT n.vendor_id, r.order_id, n.shipment_box_id, n.vendor_item_id, n.receipt_id, n.count,
             (SELECT coalesce(sum(s.count), 0)::bigint FROM share s
              WHERE s.vendor_id = n.vendor_id AND s.receipt_id = n.receipt_id
                AND s.named_box_id = n.shipment_box_id AND s.vendor_item_id = n.vendor_item_id) AS borne
      FROM receipt_line n
      JOIN receipt r USING (vendor_id, receipt_id)
      LEFT JOIN cancel c USING (vendor_id, receipt_id)
      LEFT JOIN return_ t USING (vendor_id, receipt_id)
      WHERE coalesce(t.state, c.state) NOT IN {among(cancels.TAKEN_BACK, returns.TAKEN_BACK)}
        AND (%(vendor_id)s::text IS NULL OR n.vendor_id = %(vendor_id)s)
        AND EXISTS (
          SELECT FROM box b WHERE b.vendor_id = r.vendor_id AND b.order_id = r.order_id
            AND (b.shipment_box_id = n.shipment_box_id
                 OR coalesce(t.state, c.state) NOT IN {among(returns.REFUNDED, cancels.KEPT_IN)}))
    )
    SELECT vendor_id, order_id, shipment_box_id, vendor_item_id, NULL::bigint AS receipt_id, 'held' AS fault,
           borne AS expected, held AS found FROM lines WHERE held <> borne
    UNION ALL
    SELECT vendor_id, order_id, shipment_box_id, vendor_item_id, NULL, 'market', market_free, shippable
    FROM lines WHERE shippable <> market_free
    UNION ALL
    SELECT vendor_id, order_id, shipment_box_id, vendor_item_id, receipt_id, 'unallocated', count, borne
    FROM claims WHERE count <> borne
    ORDER BY 1, 2, 3, 4, 5, 6"""
    return await fetch(connection, query, vendor_id=vendor_id)
