"""What the doctor asks of exchanges: what waits, what lacks a part, and boxes that replace nothing."""

from typing import LiteralString

from app.engine.db.states import among
from app.engine.family import Examined
from app.machines.exchanges import OPEN

_OVERDUE: LiteralString = """
SELECT 'exchange' AS aggregate, exchange_id AS aggregate_id, next_read_at AS since FROM exchange
WHERE vendor_id = %(vendor_id)s AND next_read_at < %(overdue)s"""

_NEVER: LiteralString = f"""
SELECT 'exchange' AS aggregate, exchange_id AS aggregate_id, next_read_at AS due FROM exchange
WHERE vendor_id = %(vendor_id)s
  AND (next_read_at > %(far)s
       OR (next_read_at IS NULL AND attention IS NULL AND state IN {among(OPEN)}
           AND requested_at < %(at)s - interval '180 days'))"""

_INCOMPLETE: LiteralString = """
SELECT 'exchange' AS aggregate, x.exchange_id AS aggregate_id, 'no lines' AS lacks FROM exchange x
WHERE x.vendor_id = %(vendor_id)s
  AND NOT EXISTS (SELECT FROM exchange_line l
                  WHERE l.vendor_id = x.vendor_id AND l.exchange_id = x.exchange_id)
UNION ALL
SELECT 'box', b.shipment_box_id, 'no exchange, though it is taken for the replacement of one' FROM box b
WHERE b.vendor_id = %(vendor_id)s AND b.exchange_id IS NOT NULL
  AND NOT EXISTS (SELECT FROM exchange x
                  WHERE x.vendor_id = b.vendor_id AND x.exchange_id = b.exchange_id)"""

_OPEN_ORDER: LiteralString = f"""
EXISTS (SELECT FROM exchange x WHERE x.vendor_id = k.vendor_id AND x.order_id = k.order_id
          AND (x.state IN {among(OPEN)} OR x.state_at >= %(before)s))"""

EXAMINED = Examined(overdue=_OVERDUE, never=_NEVER, incomplete=_INCOMPLETE, open_order=_OPEN_ORDER)
