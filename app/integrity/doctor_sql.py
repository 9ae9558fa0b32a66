"""What a doctor asks of one vendor, one statement a question; each row is a finding."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, fetch
from app.engine.db.states import among, literal
from app.machines import boxes, cancels, effects, exchanges, returns
from app.machines.effects import EffectState

STUCK: LiteralString = f"""
SELECT e.effect_id, e.kind, e.state, e.subject, e.subject_id, e.not_before > %(far)s AS later,
       coalesce(h.at, e.sent_at, e.not_before) AS since
FROM effect e LEFT JOIN history h
  ON e.state IN {among(effects.IN_REVIEW)} AND h.vendor_id = e.vendor_id AND h.aggregate = 'effect'
     AND h.aggregate_id = e.effect_id AND h.version = e.version
WHERE e.vendor_id = %(vendor_id)s
  AND (e.state IN {among(effects.IN_REVIEW)}
       OR (e.state IN {among(effects.AUTOMATIC)}
           AND (coalesce(e.sent_at, e.not_before) < %(overdue)s OR e.not_before > %(far)s)))
ORDER BY e.effect_id"""
"""Changes that wait for a person, that nobody has settled for too long, or that nobody will look at."""

UNRECORDED: LiteralString = """
SELECT e.effect_id, e.attempts, count(a.attempt_id) AS known
FROM effect e LEFT JOIN attempt a
  ON a.vendor_id = e.vendor_id AND a.effect_id = e.effect_id AND a.purpose = 'write'
WHERE e.vendor_id = %(vendor_id)s GROUP BY e.effect_id, e.attempts
HAVING count(a.attempt_id) <> e.attempts ORDER BY 1"""
"""Changes that were sent more or fewer times than tries are recorded."""

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

NEVER: LiteralString = f"""
SELECT 'box' AS aggregate, b.shipment_box_id AS aggregate_id, b.next_read_at AS due FROM box b
WHERE b.vendor_id = %(vendor_id)s
  AND (b.next_read_at > %(far)s
       OR (b.next_read_at IS NULL AND b.attention IS NULL
           AND b.state IN {among(boxes.UNDER_WAY)}
           AND EXISTS (SELECT FROM line l WHERE l.vendor_id = b.vendor_id
                         AND l.shipment_box_id = b.shipment_box_id AND l.shippable > 0)))
UNION ALL
SELECT 'receipt', r.receipt_id, r.next_read_at
FROM receipt r LEFT JOIN cancel c USING (vendor_id, receipt_id)
LEFT JOIN return_ t USING (vendor_id, receipt_id)
WHERE r.vendor_id = %(vendor_id)s
  AND (r.next_read_at > %(far)s
       OR (r.next_read_at IS NULL AND r.attention IS NULL
           AND (c.state IN {among(cancels.UNANSWERED)} OR t.state IN {among(returns.OPEN)})))
UNION ALL
SELECT 'exchange', exchange_id, next_read_at FROM exchange
WHERE vendor_id = %(vendor_id)s
  AND (next_read_at > %(far)s
       OR (next_read_at IS NULL AND attention IS NULL AND state IN {among(exchanges.OPEN)}
           AND requested_at < %(at)s - interval '180 days'))
ORDER BY 1, 2"""
"""What is open and nobody will read by itself: not at all, or only when the time is over that a wrong clock
has set. A box of which all units are claimed may be gone, and what a person is asked to look at waits."""

UNPOLLED: LiteralString = """
SELECT w.feed, f.due_at AS due, f.covered_until FROM unnest(%(feeds)s::text[]) AS w(feed)
LEFT JOIN (SELECT feed, due_at, upper(covered) AS covered_until FROM feed WHERE vendor_id = %(vendor_id)s) f
  USING (feed)
WHERE f.due_at IS NULL OR f.due_at > %(far)s OR f.covered_until > %(at)s
ORDER BY 1"""
"""Feeds without a row, feeds whose turn does not come, and those that claim what has not come yet."""

UNPROVEN: LiteralString = """
SELECT aggregate, aggregate_id, version FROM history h
WHERE vendor_id = %(vendor_id)s AND evidence IS NOT NULL
  AND NOT EXISTS (SELECT FROM evidence e WHERE e.vendor_id = h.vendor_id AND e.digest = h.evidence)
ORDER BY 1, 2, 3"""
"""Steps whose evidence is gone."""

MISDATED: LiteralString = """
SELECT p.aggregate, p.aggregate_id, p.state_at, h.at FROM (
  SELECT 'box' AS aggregate, shipment_box_id AS aggregate_id, version, state_at FROM box
  WHERE vendor_id = %(vendor_id)s
  UNION ALL
  SELECT 'cancel', receipt_id, version, state_at FROM cancel WHERE vendor_id = %(vendor_id)s
  UNION ALL
  SELECT 'return', receipt_id, version, state_at FROM return_ WHERE vendor_id = %(vendor_id)s
  UNION ALL
  SELECT subject || '_reception', subject_id, version, state_at FROM reception
  WHERE vendor_id = %(vendor_id)s
  UNION ALL
  SELECT 'exchange', exchange_id, version, state_at FROM exchange WHERE vendor_id = %(vendor_id)s
) p JOIN history h ON h.vendor_id = %(vendor_id)s AND h.aggregate = p.aggregate
  AND h.aggregate_id = p.aggregate_id AND h.version = p.version
WHERE h.at <> p.state_at
ORDER BY 1, 2"""
"""Whatever names another time for its last step than its history does."""

UNGUARDED: LiteralString = """
SELECT w.name FROM unnest(ARRAY['history_rows', 'history_table']) AS w(name)
WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'history'::regclass AND tgname = w.name
                    AND tgenabled IN ('O', 'A'))"""
"""Triggers that keep the history append-only and are not there, or switched off."""

LIFELESS: LiteralString = """
SELECT 'receipt' AS aggregate, r.receipt_id AS aggregate_id,
       CASE WHEN c.receipt_id IS NULL AND t.receipt_id IS NULL THEN 'neither a cancel nor a return of it'
            ELSE 'no lines' END AS lacks
FROM receipt r LEFT JOIN cancel c USING (vendor_id, receipt_id)
LEFT JOIN return_ t USING (vendor_id, receipt_id)
WHERE r.vendor_id = %(vendor_id)s
  AND ((c.receipt_id IS NULL AND t.receipt_id IS NULL)
       OR NOT EXISTS (SELECT FROM receipt_line n
                      WHERE n.vendor_id = r.vendor_id AND n.receipt_id = r.receipt_id))
UNION ALL
SELECT life.aggregate, life.receipt_id, 'no receipt' FROM (
  SELECT 'cancel' AS aggregate, receipt_id FROM cancel WHERE vendor_id = %(vendor_id)s
  UNION ALL SELECT 'return', receipt_id FROM return_ WHERE vendor_id = %(vendor_id)s
) life
WHERE NOT EXISTS (SELECT FROM receipt r
                  WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = life.receipt_id)
UNION ALL
SELECT 'exchange', x.exchange_id, 'no lines' FROM exchange x
WHERE x.vendor_id = %(vendor_id)s
  AND NOT EXISTS (SELECT FROM exchange_line l
                  WHERE l.vendor_id = x.vendor_id AND l.exchange_id = x.exchange_id)
UNION ALL
SELECT 'box', b.shipment_box_id, 'no exchange, though it is taken for the replacement of one' FROM box b
WHERE b.vendor_id = %(vendor_id)s AND b.exchange_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM exchange x
                  WHERE x.vendor_id = b.vendor_id AND x.exchange_id = b.exchange_id)
ORDER BY 1, 2"""
"""Claims of which a part is missing, and boxes that belong to nothing."""

CONFIRMED: LiteralString = f"""
SELECT e.effect_id AS id, v.digest, v.sealed, v.erased_at
FROM effect e JOIN evidence v ON v.vendor_id = e.vendor_id AND v.digest = e.evidence
WHERE e.vendor_id = %(vendor_id)s AND e.state = {literal(EffectState.CONFIRMED)} AND v.sealed IS NOT NULL
  AND e.effect_id > %(after)s
ORDER BY e.effect_id LIMIT %(most)s"""
"""What confirmed changes rest on, still sealed; `id` is the place to go on after."""

SHEETS: LiteralString = f"""
SELECT b.shipment_box_id AS id, b.order_id, b.market_status, b.paid_at, v.digest, v.sealed, v.erased_at,
       b.invoice_number, EXISTS (
         SELECT FROM effect e
         WHERE e.vendor_id = b.vendor_id AND e.shipment_box_id = b.shipment_box_id
           AND e.state = {literal(EffectState.CONFIRMED)} AND e.settled_at >= b.market_seen_at
           AND e.kind IN ('SHIP', 'CHANGE_INVOICE', 'DECLARE_SHIPPED')
       ) AS sent_since,
       r.digest AS receiver_digest, r.sealed AS sealed_receiver,
       (SELECT jsonb_object_agg(l.vendor_item_id, l.ordered) FROM line l
        WHERE l.vendor_id = b.vendor_id AND l.shipment_box_id = b.shipment_box_id) AS lines
FROM box b
LEFT JOIN evidence v ON v.vendor_id = b.vendor_id AND v.digest = b.content_hash
LEFT JOIN receiver r ON r.vendor_id = b.vendor_id AND r.shipment_box_id = b.shipment_box_id
  AND r.version = b.address_version
WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id > %(after)s
ORDER BY b.shipment_box_id LIMIT %(most)s"""
"""Boxes with the sheet and the receiver they were stored from, still sealed."""

STRANGERS: LiteralString = """
WITH RECURSIVE known AS (
  SELECT min(vendor_id) AS vendor_id FROM history
  UNION ALL
  SELECT (SELECT min(h.vendor_id) FROM history h WHERE h.vendor_id > k.vendor_id) FROM known k
  WHERE k.vendor_id IS NOT NULL
)
SELECT vendor_id FROM known k
WHERE vendor_id IS NOT NULL AND NOT EXISTS (SELECT FROM vendor v WHERE v.vendor_id = k.vendor_id)"""
"""Whose history is there, and who is not; each is looked up in the index, the history is not read."""

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

UNTIMELY: LiteralString = f"""
SELECT 'answer ' || left(encode(digest, 'hex'), 12) AS named, seen_at FROM evidence
WHERE vendor_id = %(vendor_id)s AND sealed IS NULL AND erased_at IS NULL
UNION ALL
SELECT 'receiver of box ' || v.shipment_box_id, v.seen_at
FROM box b JOIN receiver v ON v.vendor_id = b.vendor_id AND v.shipment_box_id = b.shipment_box_id
  AND v.version = b.address_version
WHERE b.vendor_id = %(vendor_id)s AND v.sealed IS NULL
  AND b.state IN {among(boxes.UNDER_WAY)}
  AND EXISTS (SELECT FROM line l WHERE l.vendor_id = b.vendor_id
                AND l.shipment_box_id = b.shipment_box_id AND l.shippable > 0)
ORDER BY 2, 1"""
"""What was erased and not by us: answers without a note of when, receivers of boxes that are under way."""


async def ask(
    connection: Connection,
    question: LiteralString,
    vendor_id: str,
    at: datetime,
    overdue: datetime,
    far: datetime,
    **more: Any,
) -> list[Mapping[str, Any]]:
    """Return the findings of one question.

    Args:
        connection: Where to ask.
        question: One of this module.
        vendor_id: Of whom.
        at: Now.
        overdue: What is older has waited for too long.
        far: What is due only later was set by a clock that was wrong.
        more: Further parameters of the question.
    """
    return list(
        await fetch(connection, question, vendor_id=vendor_id, at=at, overdue=overdue, far=far, **more)
    )
