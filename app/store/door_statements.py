"""The statements behind the doors: each moves a whole page and writes its history with it."""

from typing import LiteralString

_HISTORY: LiteralString = """
told AS (
  INSERT INTO history (vendor_id, aggregate, aggregate_id, version, source, target, event,
                       actor, cause, reason, evidence, at)
  SELECT %(vendor_id)s, %(aggregate)s, s.id, s.version, s.source, s.target, s.event,
         s.actor, s.cause, s.reason, s.evidence, %(at)s
  FROM unnest(%(s_id)b::bigint[], %(s_version)b::bigint[], %(s_source)b::text[], %(s_target)b::text[],
              %(s_event)b::text[], %(s_actor)b::text[], %(s_cause)b::text[], %(s_reason)b::text[],
              %(s_evidence)b::bytea[])
       AS s(id, version, source, target, event, actor, cause, reason, evidence)
  JOIN moved USING (id)
  ORDER BY s.id, s.version
)
SELECT count(*) AS moved FROM moved"""

BOXES: LiteralString = (
    """
WITH m AS (
  SELECT * FROM unnest(%(id)b::bigint[], %(version)b::bigint[], %(source)b::text[], %(target)b::text[],
                       %(steps)b::int[], %(departs)b::boolean[], %(next_read_at)b::timestamptz[])
    AS m(id, version, source, target, steps, departs, next_read_at)
), moved AS (
  UPDATE box r
  SET state = m.target, version = r.version + m.steps, state_at = %(at)s, reads = 0, doubtful = false,
      next_read_at = m.next_read_at,
      departed_at = CASE WHEN m.departs THEN %(at)s ELSE r.departed_at END
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.shipment_box_id = m.id
    AND r.state = m.source AND r.version = m.version
  RETURNING r.shipment_box_id AS id
), revoked AS (
  UPDATE permit p SET revoked_at = %(at)s, revoked_reason = 'the box moved to ' || m.target
  FROM m
  WHERE p.vendor_id = %(vendor_id)s AND p.shipment_box_id = m.id AND m.target <> m.source
    AND p.issued_at IS NOT NULL AND p.revoked_at IS NULL AND p.expires_at > %(at)s
    AND (p.used_by_effect IS NULL OR m.target = 'CANCELLED')
), """
    + _HISTORY
)

EFFECTS: LiteralString = (
    """
WITH m AS (
  SELECT * FROM unnest(%(id)b::bigint[], %(version)b::bigint[], %(source)b::text[], %(target)b::text[],
                       %(steps)b::int[], %(not_before)b::timestamptz[], %(code)b::text[], %(message)b::text[],
                       %(sent)b::boolean[], %(settled)b::boolean[], %(evidence)b::bytea[])
    AS m(id, version, source, target, steps, not_before, code, message, sent, settled, evidence)
), moved AS (
  UPDATE effect r
  SET state = m.target, version = r.version + m.steps,
      not_before = coalesce(m.not_before, r.not_before),
      result_code = coalesce(m.code, r.result_code), result_message = coalesce(m.message, r.result_message),
      attempts = r.attempts + CASE WHEN m.sent THEN 1 ELSE 0 END,
      sent_at = CASE WHEN m.sent THEN %(at)s WHEN NOT m.sent THEN NULL ELSE r.sent_at END,
      settled_at = CASE WHEN m.settled THEN %(at)s ELSE r.settled_at END,
      evidence = coalesce(m.evidence, r.evidence)
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.effect_id = m.id
    AND r.state = m.source AND r.version = m.version
  RETURNING r.effect_id AS id
), """
    + _HISTORY
)


_RECEIPTS: LiteralString = """
  SET state = m.target, version = r.version + m.steps, state_at = %(at)s
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = m.id AND r.state = m.source AND r.version = m.version
  RETURNING r.receipt_id AS id
), """
_RECEIPT_MOVES: LiteralString = """
WITH m AS (
  SELECT * FROM unnest(%(id)b::bigint[], %(version)b::bigint[], %(source)b::text[], %(target)b::text[],
                       %(steps)b::int[])
    AS m(id, version, source, target, steps)
), moved AS ("""

CANCELS: LiteralString = _RECEIPT_MOVES + "UPDATE cancel r" + _RECEIPTS + _HISTORY
RETURNS: LiteralString = _RECEIPT_MOVES + "UPDATE return_ r" + _RECEIPTS + _HISTORY

RECEPTIONS: LiteralString = (
    _RECEIPT_MOVES
    + """UPDATE reception r
  SET state = m.target, version = r.version + m.steps, state_at = %(at)s
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.subject = %(subject)s AND r.subject_id = m.id
    AND r.state = m.source AND r.version = m.version
  RETURNING r.subject_id AS id
), """
    + _HISTORY
)

_EXCHANGE: LiteralString = """
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.exchange_id = m.id
    AND r.{0}state = m.source AND r.{0}version = m.version
  RETURNING r.exchange_id AS id
), """
EXCHANGES: dict[str, LiteralString] = {
    "exchange": _RECEIPT_MOVES
    + "UPDATE exchange r SET state = m.target, version = r.version + m.steps, state_at = %(at)s"
    + _EXCHANGE.format("")
    + _HISTORY,
    "collect": _RECEIPT_MOVES
    + "UPDATE exchange r SET collect_state = m.target, collect_version = r.collect_version + m.steps"
    + _EXCHANGE.format("collect_")
    + _HISTORY,
    "redelivery": _RECEIPT_MOVES
    + "UPDATE exchange r SET redelivery_state = m.target, redelivery_version = r.redelivery_version + m.steps"
    + _EXCHANGE.format("redelivery_")
    + _HISTORY,
}
