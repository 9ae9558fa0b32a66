"""Cancels and returns as they were at a past moment."""

from functools import partial
from typing import Any, LiteralString

import orjson

from app.claims.lookup import require_receipt
from app.engine.caller import Vendors
from app.engine.db.database import Connection
from app.engine.family import PastView

_OF_RECEIPT: LiteralString = """
    SELECT 'effects' AS part, 'effect' AS aggregate, effect_id AS aggregate_id FROM effect
    WHERE vendor_id = %(vendor_id)s AND subject = '{aggregate}' AND subject_id = %(id)s
    UNION
    SELECT 'related', 'box', shipment_box_id FROM receipt_line
    WHERE vendor_id = %(vendor_id)s AND receipt_id = %(id)s"""

# A claim names the original box, or only its order: the same rule as `app.claims.store`.
CLAIMS_OF_BOX: LiteralString = """
    SELECT 'related' AS part, kind AS aggregate, n.receipt_id AS aggregate_id
    FROM receipt_line n, (VALUES ('cancel'), ('return')) AS k(kind)
    WHERE n.vendor_id = %(vendor_id)s AND n.shipment_box_id = %(id)s
    UNION
    SELECT 'related', kind, r.receipt_id
    FROM line l
    JOIN box b ON b.vendor_id = l.vendor_id AND b.shipment_box_id = l.shipment_box_id
    JOIN receipt r ON r.vendor_id = b.vendor_id AND r.order_id = b.order_id
    JOIN receipt_line n ON n.vendor_id = r.vendor_id AND n.receipt_id = r.receipt_id
      AND n.vendor_item_id = l.vendor_item_id
    CROSS JOIN (VALUES ('cancel'), ('return')) AS k(kind)
    WHERE l.vendor_id = %(vendor_id)s AND l.shipment_box_id = %(id)s
      AND NOT EXISTS (SELECT FROM line o WHERE o.vendor_id = l.vendor_id
                        AND o.shipment_box_id = n.shipment_box_id AND o.vendor_item_id = n.vendor_item_id)"""
"""SELECT part, aggregate, aggregate_id of the claims that name box %(id)s."""


async def _find(aggregate: str, tx: Connection, vendor_ids: Vendors, receipt_id: int) -> dict[str, Any]:
    return await require_receipt(tx, aggregate, vendor_ids, receipt_id)


def _word(raw: bytes) -> dict[str, Any]:
    return {"status": orjson.loads(raw).get("receiptStatus")}


CANCEL_VIEW = PastView(
    aggregate="cancel",
    observed_as="receipt",
    belonging=_OF_RECEIPT.format(aggregate="cancel"),
    find=partial(_find, "cancel"),
    word=_word,
)
RETURN_VIEW = PastView(
    aggregate="return",
    observed_as="receipt",
    belonging=_OF_RECEIPT.format(aggregate="return")
    + """
    UNION
    SELECT 'tracks', 'return_reception', %(id)s::bigint""",
    find=partial(_find, "return"),
    word=_word,
)
