"""Rows that nobody could read: how whoever may be in them is erased."""

from typing import LiteralString

from app.engine.family import Erasure

_OVERDUE: LiteralString = """
SELECT vendor_id, digest FROM quarantine WHERE sealed IS NOT NULL AND last_seen_at < %(before)s"""

_ERASE: LiteralString = """
UPDATE quarantine t SET sealed = NULL FROM ({overdue} ORDER BY last_seen_at LIMIT %(most)s) d
WHERE t.vendor_id = d.vendor_id AND t.digest = d.digest"""

ERASURES = (Erasure(name="unreadable rows", overdue=_OVERDUE, erase=_ERASE),)
