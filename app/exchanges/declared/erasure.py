"""Contacts of exchanges: how they are erased when their order is over."""

from typing import LiteralString

from app.engine.family import Erasure

_OVERDUE: LiteralString = """
SELECT k.vendor_id, k.exchange_id FROM exchange k
WHERE k.sealed_contacts IS NOT NULL AND k.first_seen_at < %(before)s AND {order_over}"""

_ERASE: LiteralString = """
UPDATE exchange t SET sealed_contacts = NULL FROM ({overdue} ORDER BY k.first_seen_at LIMIT %(most)s) d
WHERE t.vendor_id = d.vendor_id AND t.exchange_id = d.exchange_id"""

ERASURES = (Erasure(name="contacts", overdue=_OVERDUE, erase=_ERASE),)
