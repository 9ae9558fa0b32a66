"""What the doctor asks of cancels and returns: what waits, and what lacks a part."""

from typing import LiteralString

from app.engine.db.states import among
from app.engine.family import Examined
from app.machines import cancels, returns

_OVERDUE: LiteralString = """
SELECT 'receipt' AS aggregate, receipt_id AS aggregate_id, next_read_at AS since FROM receipt
WHERE vendor_id = %(vendor_id)s AND next_read_at < %(overdue)s"""

_NEVER: LiteralString = f"""
SELECT 'receipt' AS aggregate, r.receipt_id AS aggregate_id, r.next_read_at AS due
FROM receipt r LEFT JOIN cancel c USING (vendor_id, receipt_id)
LEFT JOIN return_ t USING (vendor_id, receipt_id)
WHERE r.vendor_id = %(vendor_id)s
  AND (r.next_read_at > %(far)s
       OR (r.next_read_at IS NULL AND r.attention IS NULL
           AND (c.state IN {among(cancels.UNANSWERED)} OR t.state IN {among(returns.OPEN)})))"""

_INCOMPLETE: LiteralString = """
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
                  WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = life.receipt_id)"""

_YOUNG: LiteralString = """
EXISTS (SELECT FROM receipt r WHERE r.vendor_id = %(vendor_id)s AND r.order_id = o.order_id
          AND (r.market_seen_at > %(overdue)s OR r.next_read_at <= %(at)s))"""

_OPEN_ORDER: LiteralString = f"""
EXISTS (SELECT FROM receipt r
        LEFT JOIN cancel c USING (vendor_id, receipt_id)
        LEFT JOIN return_ t USING (vendor_id, receipt_id)
        WHERE r.vendor_id = k.vendor_id AND r.order_id = k.order_id
          AND (c.state IN {among(cancels.OPEN)}
               OR t.state IN {among(returns.OPEN)}
               OR greatest(c.state_at, t.state_at) >= %(before)s))"""

EXAMINED = Examined(
    overdue=_OVERDUE, never=_NEVER, incomplete=_INCOMPLETE, young=_YOUNG, open_order=_OPEN_ORDER
)
