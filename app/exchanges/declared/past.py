"""Exchanges as they were at a past moment."""

from typing import Any, LiteralString

import orjson

from app.engine.family import PastView
from app.exchanges.lookup import require_exchange

EXCHANGES_OF_BOX: LiteralString = """
    SELECT 'related' AS part, 'exchange' AS aggregate, exchange_id AS aggregate_id FROM exchange_line
    WHERE vendor_id = %(vendor_id)s AND shipment_box_id = %(id)s"""
"""SELECT part, aggregate, aggregate_id of the exchanges that name box %(id)s."""


def _word(raw: bytes) -> dict[str, Any]:
    return {"status": orjson.loads(raw).get("exchangeStatus")}


EXCHANGE_VIEW = PastView(
    aggregate="exchange",
    observed_as="exchange",
    belonging="""
    SELECT 'effects' AS part, 'effect' AS aggregate, effect_id AS aggregate_id FROM effect
    WHERE vendor_id = %(vendor_id)s AND subject = 'exchange' AND subject_id = %(id)s
    UNION
    SELECT 'related', 'box', shipment_box_id FROM exchange_line
    WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s AND shipment_box_id IS NOT NULL
    UNION
    SELECT 'tracks', track, %(id)s::bigint
    FROM (VALUES ('collect'), ('redelivery'), ('exchange_reception')) AS t(track)""",
    find=require_exchange,
    word=_word,
)
