"""Everything that waits for a person, in one list: one statement over all that may wait."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, fetch
from app.engine.db.states import among
from app.machines import boxes, cancels, collects, effects, exchanges, receptions, redeliveries, returns

# Each part tells: kind, subject, id (0 where a row has only a digest), digest, order, box, since, deadline,
# reason. Goods of a claim wait where its reception stands, at the first place while it has none; a claim
# that is over waits for nobody.
_GOODS: LiteralString = """
  SELECT {name} || '_' || CASE
           WHEN p.state IN {uninspected} THEN 'inspection' WHEN p.state IN {faulty} THEN 'finding'
           WHEN p.state IN {accepted} THEN {passed} ELSE 'arrival' END,
         {name}, c.{id}, NULL::bytea, c.order_id, n.shipment_box_id,
         coalesce(greatest(p.state_at, {moved}), {moved}), NULL::timestamptz, {reason}, c.vendor_id"""
_FIRST_BOX: LiteralString = """
  LEFT JOIN LATERAL (SELECT min(l.shipment_box_id) AS shipment_box_id FROM {lines} l
    WHERE l.vendor_id = c.vendor_id AND l.{id} = c.{id}) n ON true"""
_RECEPTION: LiteralString = """
  LEFT JOIN reception p ON p.vendor_id = c.vendor_id AND p.subject = {name} AND p.subject_id = c.{id}"""

_PLACES = {
    "uninspected": among(receptions.UNINSPECTED),
    "faulty": among(receptions.FAULTY),
    "accepted": among(receptions.ACCEPTED),
}

_RETURNS: LiteralString = (
    _GOODS.format(
        **_PLACES,
        name="'return'",
        id="receipt_id",
        moved="c.state_at",
        passed=f"CASE WHEN c.state IN {among(returns.UNCONFIRMED)} THEN 'confirmation' ELSE 'approval' END",
        reason="r.reason_text",
    )
    + " FROM return_ c JOIN receipt r USING (vendor_id, receipt_id)"
    + _FIRST_BOX.format(lines="receipt_line", id="receipt_id")
    + _RECEPTION.format(name="'return'", id="receipt_id")
    + f"""
  WHERE c.state IN {among(returns.AWAITING_SELLER)}
    AND (p.state IS NULL OR p.state NOT IN {among(receptions.NOT_COMING)})"""
)
# Confirmed goods: the replacement is due as soon as its new box is known.
_EXCHANGES: LiteralString = (
    _GOODS.format(
        **_PLACES,
        name="'exchange'",
        id="exchange_id",
        moved="c.state_at",
        passed=f"""CASE WHEN c.collect_state IN {among(collects.COLLECTED)} THEN 'replacement'
                  ELSE 'confirmation' END""",
        reason="c.reason_text",
    )
    + " FROM exchange c"
    + _FIRST_BOX.format(lines="exchange_line", id="exchange_id")
    + _RECEPTION.format(name="'exchange'", id="exchange_id")
    + f"""
  WHERE c.state IN {among(exchanges.OPEN)}
    AND (p.state IS NULL OR p.state NOT IN {among(receptions.SETTLED)}
         OR c.redelivery_state IN {among(redeliveries.NOT_SENT)})
    AND (c.collect_state NOT IN {among(collects.COLLECTED)}
         OR c.redelivery_state IN {among(redeliveries.NOT_SENT)})"""
)

_WAITING: LiteralString = f"""
WITH waiting (kind, subject, id, digest, order_id, shipment_box_id, since, deadline, reason, vendor_id) AS (
  SELECT 'stop_request', 'cancel', c.receipt_id, NULL::bytea, c.order_id, n.shipment_box_id, r.opened_at,
         c.decide_by, r.reason_text, c.vendor_id
  FROM cancel c JOIN receipt r USING (vendor_id, receipt_id)
  {_FIRST_BOX.format(lines="receipt_line", id="receipt_id")}
  WHERE c.state IN {among(cancels.UNANSWERED)}
  UNION ALL {_RETURNS}
  UNION ALL
  SELECT 'return_dispute', 'return', c.receipt_id, NULL, c.order_id, n.shipment_box_id, c.state_at, NULL,
         'Coupang checks a dispute; what it rules is read', c.vendor_id
  FROM return_ c {_FIRST_BOX.format(lines="receipt_line", id="receipt_id")}
  WHERE c.state IN {among(returns.AWAITING_COUPANG)}
  UNION ALL {_EXCHANGES}
  UNION ALL
  SELECT 'effect_review', 'effect', e.effect_id, NULL, e.order_id, e.shipment_box_id,
         coalesce(h.at, e.sent_at, e.asked_at), NULL, coalesce(e.result_message, e.result_code), e.vendor_id
  FROM effect e LEFT JOIN history h ON h.vendor_id = e.vendor_id AND h.aggregate = 'effect'
    AND h.aggregate_id = e.effect_id AND h.version = e.version
  WHERE e.state IN {among(effects.IN_REVIEW)}
  UNION ALL
  SELECT 'box_attention', 'box', b.shipment_box_id, NULL, b.order_id, b.shipment_box_id, b.state_at, NULL,
         b.attention, b.vendor_id
  FROM box b WHERE b.attention IS NOT NULL
  UNION ALL
  SELECT 'receipt_attention', 'receipt', r.receipt_id, NULL, r.order_id, NULL, r.market_seen_at, NULL,
         r.attention, r.vendor_id
  FROM receipt r WHERE r.attention IS NOT NULL
  UNION ALL
  SELECT 'exchange_attention', 'exchange', x.exchange_id, NULL, x.order_id, NULL, x.state_at, NULL,
         x.attention, x.vendor_id
  FROM exchange x WHERE x.attention IS NOT NULL
  UNION ALL
  SELECT 'unread_claim', 'order', u.order_id, u.digest, u.order_id, NULL, u.seen_at, NULL, u.reason,
         u.vendor_id
  FROM unread_claim u WHERE u.released_at IS NULL
  UNION ALL
  SELECT 'unread_row', 'row', coalesce(q.shipment_box_id, 0), q.digest, NULL, q.shipment_box_id,
         q.first_seen_at, NULL, q.reason, q.vendor_id
  FROM quarantine q
  WHERE NOT EXISTS (SELECT FROM unread_claim u WHERE u.vendor_id = q.vendor_id AND u.digest = q.digest)
  UNION ALL
  SELECT 'hold_over', 'hold', h.hold_id, NULL, b.order_id, h.shipment_box_id, h.placed_at, h.expires_at,
         h.reason, h.vendor_id
  FROM hold h JOIN box b USING (vendor_id, shipment_box_id)
  WHERE h.released_at IS NULL AND h.expires_at <= %(at)s AND b.state IN {among(boxes.IN_HOUSE)}
), placed AS (
  -- What has no deadline comes after everything that has one, the longest waiting first.
  SELECT w.*, coalesce(w.deadline, w.since + interval '10 years') AS place_at,
         hashtextextended(concat_ws(':', w.vendor_id, w.kind, w.id, encode(w.digest, 'hex')), 0)
           & 9223372036854775807 AS place_id
  FROM waiting w
)
SELECT * FROM placed
WHERE (%(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s))
  AND (cardinality(%(kinds)s::text[]) = 0 OR kind = ANY(%(kinds)s))
  AND (%(overdue)s::boolean IS NULL OR coalesce(deadline < %(at)s, false) = %(overdue)s)
  AND (%(after_at)s::timestamptz IS NULL OR (place_at, place_id) > (%(after_at)s, %(after_id)s::bigint))
ORDER BY place_at, place_id LIMIT %(most)s"""


async def list_waiting(
    connection: Connection,
    vendor_ids: list[str] | None,
    at: datetime,
    *,
    kinds: Collection[str] = (),
    overdue: bool | None = None,
    after: tuple[datetime, int] | None = None,
    most: int,
) -> list[dict[str, Any]]:
    """Return what waits for a person, the nearest deadline first; one statement.

    Args:
        connection: Any.
        vendor_ids: Vendors to look at; None means every vendor.
        at: Now; what is overdue is measured by it.
        kinds: Only these; empty: all.
        overdue: Only what is (not) past its deadline; None: both.
        after: (place_at, place_id) of the last row of the page before.
        most: Rows of a page.
    """
    return await fetch(
        connection,
        _WAITING,
        vendor_ids=vendor_ids,
        at=at,
        kinds=list(kinds),
        overdue=overdue,
        after_at=after[0] if after else None,
        after_id=after[1] if after else None,
        most=most,
    )
