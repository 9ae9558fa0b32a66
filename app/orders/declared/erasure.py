"""Receivers: how they are erased when their order is over."""

from typing import LiteralString

from app.engine.family import Erasure

_OVERDUE: LiteralString = """
SELECT k.vendor_id, k.shipment_box_id, k.version
FROM (SELECT v.vendor_id, v.shipment_box_id, v.version, v.seen_at, b.order_id
      FROM receiver v JOIN box b USING (vendor_id, shipment_box_id)
      WHERE v.sealed IS NOT NULL AND v.seen_at < %(before)s) k
WHERE {order_over}"""

_ERASE: LiteralString = """
UPDATE receiver t SET sealed = NULL FROM ({overdue} ORDER BY k.seen_at LIMIT %(most)s) d
WHERE t.vendor_id = d.vendor_id AND t.shipment_box_id = d.shipment_box_id AND t.version = d.version"""

ERASURES = (Erasure(name="receivers", overdue=_OVERDUE, erase=_ERASE),)
