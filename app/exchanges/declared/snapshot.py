"""Exchanges: what a comparison shows of them."""

from collections.abc import Mapping
from typing import LiteralString

SNAPSHOT: Mapping[str, LiteralString] = {
    "exchanges": """
    SELECT e.vendor_id, e.exchange_id, e.order_id, e.state, e.collect_state, e.redelivery_state, e.attention,
           g.state AS reception_state, coalesce(g.inspection, '[]') AS inspection,
           coalesce((SELECT jsonb_agg(to_jsonb(l)) FROM exchange_line l
                     WHERE (l.vendor_id, l.exchange_id) = (e.vendor_id, e.exchange_id)), '[]') AS lines,
           coalesce((SELECT jsonb_agg(to_jsonb(b)) FROM exchange_box b
                     WHERE (b.vendor_id, b.exchange_id) = (e.vendor_id, e.exchange_id)), '[]') AS boxes
    FROM exchange e
    LEFT JOIN reception g
      ON g.vendor_id = e.vendor_id AND g.subject = 'exchange' AND g.subject_id = e.exchange_id""",
}
"""Every exchange with its lines, its new boxes and where its goods are."""
