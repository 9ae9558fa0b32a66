"""Boxes: what a comparison and a live status show of them."""

from collections.abc import Mapping
from typing import LiteralString

from app.engine.feeds.names import ACCEPT

SNAPSHOT: Mapping[str, LiteralString] = {
    "boxes": """
    SELECT b.*, coalesce((SELECT jsonb_agg(to_jsonb(l) ORDER BY l.vendor_item_id) FROM line l
                          WHERE (l.vendor_id, l.shipment_box_id) = (b.vendor_id, b.shipment_box_id)),
                         '[]') AS lines
    FROM box b""",
}
"""Every box with its lines."""

FIGURES: Mapping[str, LiteralString] = {
    "boxes": """
    SELECT jsonb_object_agg(state, n)
    FROM (SELECT state, count(*) - count(exchange_id) AS n FROM box GROUP BY 1) b WHERE n > 0""",
    "attention": "SELECT count(*) FROM box WHERE attention IS NOT NULL",
    "last_look_at": f"SELECT min(last_ok_at) FROM feed WHERE feed = '{ACCEPT}'",
}
"""Boxes of sales by state, those that a person must look at, and when new ones were last looked for."""
