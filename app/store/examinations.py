"""What a doctor asks of one vendor, one statement a question; each row is a finding."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

from app.store.database import Connection, fetch

STUCK: LiteralString = """
SELECT effect_id, kind, state, coalesce(sent_at, not_before) AS since FROM effect
WHERE vendor_id = %(vendor_id)s
  AND (state = 'REVIEW' OR (state IN ('PENDING', 'SENDING', 'UNKNOWN')
                            AND coalesce(sent_at, not_before) < %(overdue)s))
ORDER BY effect_id"""
"""Changes that wait for a person, or that nobody has settled for too long."""

OVERDUE: LiteralString = """
SELECT 'box' AS aggregate, shipment_box_id AS aggregate_id, next_read_at AS since FROM box
WHERE vendor_id = %(vendor_id)s AND next_read_at < %(overdue)s
UNION ALL
SELECT 'receipt', receipt_id, next_read_at FROM receipt
WHERE vendor_id = %(vendor_id)s AND next_read_at < %(overdue)s
UNION ALL
SELECT 'exchange', exchange_id, next_read_at FROM exchange
WHERE vendor_id = %(vendor_id)s AND next_read_at < %(overdue)s
ORDER BY 3"""
"""What should have been read by itself long ago."""

BODILESS: LiteralString = """
SELECT b.shipment_box_id, NOT EXISTS (
         SELECT FROM line l WHERE l.vendor_id = b.vendor_id AND l.shipment_box_id = b.shipment_box_id
       ) AS no_lines,
       NOT EXISTS (
         SELECT FROM receiver r WHERE r.vendor_id = b.vendor_id AND r.shipment_box_id = b.shipment_box_id
           AND r.version = b.address_version
       ) AS no_receiver
FROM box b
WHERE b.vendor_id = %(vendor_id)s
  AND (NOT EXISTS (SELECT FROM line l
                   WHERE l.vendor_id = b.vendor_id AND l.shipment_box_id = b.shipment_box_id)
       OR NOT EXISTS (SELECT FROM receiver r
                      WHERE r.vendor_id = b.vendor_id AND r.shipment_box_id = b.shipment_box_id
                        AND r.version = b.address_version))
ORDER BY 1"""
"""Boxes without lines, or without the receiver whose version they name."""

YOUNG: LiteralString = """
SELECT o.order_id FROM unnest(%(ids)s::bigint[]) AS o(order_id)
WHERE EXISTS (SELECT FROM box b WHERE b.vendor_id = %(vendor_id)s AND b.order_id = o.order_id
                AND (b.market_seen_at > %(overdue)s OR b.next_read_at <= %(at)s))
   OR EXISTS (SELECT FROM receipt r WHERE r.vendor_id = %(vendor_id)s AND r.order_id = o.order_id
                AND (r.market_seen_at > %(overdue)s OR r.next_read_at <= %(at)s))"""
"""Of these orders, those about which something new was read just now, or is about to be."""

STALE_FEEDS: LiteralString = """
SELECT feed, due_at AS since, last_error FROM feed
WHERE vendor_id = %(vendor_id)s AND due_at < %(overdue)s AND feed NOT LIKE 'census\\_%%'
ORDER BY feed"""
"""Feeds that nobody has read although they are due."""


async def ask(
    connection: Connection,
    question: LiteralString,
    vendor_id: str,
    at: datetime,
    overdue: datetime,
    **more: Any,
) -> list[Mapping[str, Any]]:
    """Return the findings of one question.

    Args:
        connection: Where to ask.
        question: One of this module.
        vendor_id: Of whom.
        at: Now.
        overdue: What is older has waited for too long.
        more: Further parameters of the question.
    """
    return list(await fetch(connection, question, vendor_id=vendor_id, at=at, overdue=overdue, **more))
