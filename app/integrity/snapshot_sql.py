"""Everything that is held of boxes, claims and changes, in one statement each: for comparisons."""

from typing import Any

from app.engine.db.database import Connection, fetch


async def boxes(connection: Connection) -> list[dict[str, Any]]:
    """Return every box with its lines."""
    query = """
    SELECT b.*, coalesce((SELECT jsonb_agg(to_jsonb(l) ORDER BY l.vendor_item_id) FROM line l
                          WHERE (l.vendor_id, l.shipment_box_id) = (b.vendor_id, b.shipment_box_id)),
                         '[]') AS lines
    FROM box b"""
    return await fetch(connection, query)


async def receipts(connection: Connection) -> list[dict[str, Any]]:
    """Return every receipt with its lines, its two lives and where its goods are."""
    query = """
    SELECT r.vendor_id, r.receipt_id, r.order_id, r.market_status, r.completion, r.attention, r.pickup,
           c.state AS cancel_state, t.state AS return_state, g.state AS reception_state,
           coalesce(g.inspection, '[]') AS inspection,
           coalesce((SELECT jsonb_agg(to_jsonb(l)) FROM receipt_line l
                     WHERE (l.vendor_id, l.receipt_id) = (r.vendor_id, r.receipt_id)), '[]') AS lines
    FROM receipt r
    LEFT JOIN cancel c USING (vendor_id, receipt_id)
    LEFT JOIN return_ t USING (vendor_id, receipt_id)
    LEFT JOIN reception g
      ON g.vendor_id = r.vendor_id AND g.subject = 'return' AND g.subject_id = r.receipt_id"""
    return await fetch(connection, query)


async def exchanges(connection: Connection) -> list[dict[str, Any]]:
    """Return every exchange with its lines, its new boxes and where its goods are."""
    query = """
    SELECT e.vendor_id, e.exchange_id, e.order_id, e.state, e.collect_state, e.redelivery_state, e.attention,
           g.state AS reception_state, coalesce(g.inspection, '[]') AS inspection,
           coalesce((SELECT jsonb_agg(to_jsonb(l)) FROM exchange_line l
                     WHERE (l.vendor_id, l.exchange_id) = (e.vendor_id, e.exchange_id)), '[]') AS lines,
           coalesce((SELECT jsonb_agg(to_jsonb(b)) FROM exchange_box b
                     WHERE (b.vendor_id, b.exchange_id) = (e.vendor_id, e.exchange_id)), '[]') AS boxes
    FROM exchange e
    LEFT JOIN reception g
      ON g.vendor_id = e.vendor_id AND g.subject = 'exchange' AND g.subject_id = e.exchange_id"""
    return await fetch(connection, query)


async def effects(connection: Connection) -> list[dict[str, Any]]:
    """Return every change that was asked: what it is about, and what became of it."""
    query = """SELECT vendor_id, effect_id, kind, subject, subject_id, state, result_code, attempts
               FROM effect ORDER BY effect_id"""
    return await fetch(connection, query)
