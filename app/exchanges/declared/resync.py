"""Exchanges are read on demand."""

from app.engine.db.vendor_scope import VENDORS
from app.engine.family import Resync
from app.exchanges import store as exchange_store

EXCHANGE_RESYNC = Resync(
    subject="exchange",
    aggregates=("exchange", "collect", "redelivery"),
    found=f"""
    SELECT vendor_id, content_hash, next_read_at, attention, state AS exchange_state,
           version AS exchange_version, collect_state, collect_version, redelivery_state, redelivery_version
    FROM exchange
    WHERE exchange_id = %(id)s AND vendor_id = ANY({VENDORS})""",
    make_due=exchange_store.read_again,
)
