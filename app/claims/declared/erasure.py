"""Requesters of cancels and returns: how they are erased when their order is over."""

from typing import LiteralString

from app.engine.family import Erasure

_OVERDUE: LiteralString = """
SELECT k.vendor_id, k.receipt_id FROM receipt k
WHERE k.sealed_requester IS NOT NULL AND k.first_seen_at < %(before)s AND {order_over}"""

_ERASE: LiteralString = """
UPDATE receipt t SET sealed_requester = NULL FROM ({overdue} ORDER BY k.first_seen_at LIMIT %(most)s) d
WHERE t.vendor_id = d.vendor_id AND t.receipt_id = d.receipt_id"""

ERASURES = (Erasure(name="requesters", overdue=_OVERDUE, erase=_ERASE),)
