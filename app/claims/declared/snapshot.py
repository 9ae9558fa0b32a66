"""Receipts, and boxes that are known by their receipt only: for comparisons and a live status."""

from collections.abc import Mapping
from typing import LiteralString

from app.engine.db.states import among
from app.machines.cancels import KEPT_IN

# A box that is cancelled before its order shows in any list is known by its receipt only.
_UNSEEN_CANCELS: LiteralString = f"""
SELECT DISTINCT l.vendor_id, l.shipment_box_id
FROM cancel c JOIN receipt_line l USING (vendor_id, receipt_id)
WHERE c.state IN {among(KEPT_IN)}
  AND NOT EXISTS (SELECT FROM box b
                  WHERE b.vendor_id = l.vendor_id AND b.shipment_box_id = l.shipment_box_id)"""

SNAPSHOT: Mapping[str, LiteralString] = {
    "receipts": """
    SELECT r.vendor_id, r.receipt_id, r.order_id, r.market_status, r.completion, r.attention, r.pickup,
           c.state AS cancel_state, t.state AS return_state, g.state AS reception_state,
           coalesce(g.inspection, '[]') AS inspection,
           coalesce((SELECT jsonb_agg(to_jsonb(l)) FROM receipt_line l
                     WHERE (l.vendor_id, l.receipt_id) = (r.vendor_id, r.receipt_id)), '[]') AS lines
    FROM receipt r
    LEFT JOIN cancel c USING (vendor_id, receipt_id)
    LEFT JOIN return_ t USING (vendor_id, receipt_id)
    LEFT JOIN reception g
      ON g.vendor_id = r.vendor_id AND g.subject = 'return' AND g.subject_id = r.receipt_id""",
    "unseen_cancels": _UNSEEN_CANCELS,
}
"""Every receipt with its lines, its two states and where its goods are; boxes that no list ever showed."""

FIGURES: Mapping[str, LiteralString] = {
    "unseen_cancels": f"SELECT count(*) FROM ({_UNSEEN_CANCELS}) u",
}
"""How many boxes were cancelled before any list showed them."""
