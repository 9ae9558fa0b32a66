"""Receipts are read on demand, as cancel and as return."""

from datetime import datetime

from app.claims import store as claim_store
from app.engine.db.database import Connection
from app.engine.db.vendor_scope import VENDORS
from app.engine.family import Resync


async def _make_due(tx: Connection, vendor_id: str, receipt_id: int, at: datetime) -> None:
    await claim_store.read_soon(tx, vendor_id, [receipt_id], at)


RECEIPT_RESYNC = Resync(
    subject="receipt",
    aggregates=("cancel", "return"),
    found=f"""
    SELECT r.vendor_id, r.content_hash, r.next_read_at, r.attention, c.state AS cancel_state,
           c.version AS cancel_version, t.state AS return_state, t.version AS return_version
    FROM receipt r
    LEFT JOIN cancel c USING (vendor_id, receipt_id)
    LEFT JOIN return_ t USING (vendor_id, receipt_id)
    WHERE r.receipt_id = %(id)s AND r.vendor_id = ANY({VENDORS})""",
    make_due=_make_due,
)
