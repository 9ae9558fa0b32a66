"""The statements of transitions: each moves a whole page and writes its history with it."""

from dataclasses import dataclass
from typing import LiteralString

from app.engine.db.states import among
from app.engine.history import chain
from app.machines.boxes import GONE


@dataclass(frozen=True, slots=True)
class Door:
    """A statement in two forms: every row walks one step, which is common, or some walk several."""

    step: LiteralString
    steps: LiteralString


_COUNT: LiteralString = "\nSELECT count(*) AS moved FROM moved"


def _door(moves: LiteralString) -> Door:
    return Door(
        step="WITH " + moves + chain.STEP + _COUNT, steps="WITH RECURSIVE " + moves + chain.STEPS + _COUNT
    )


BOXES = _door(
    f"""
m AS (
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
    AND (p.used_by_effect IS NULL OR m.target IN {among(GONE)})
), """
)

EFFECTS = _door(
    """
m AS (
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
)


_RECEIPTS: LiteralString = """
  SET state = m.target, version = r.version + m.steps, state_at = %(at)s
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = m.id AND r.state = m.source AND r.version = m.version
  RETURNING r.receipt_id AS id
), """
_RECEIPT_MOVES: LiteralString = """
m AS (
  SELECT * FROM unnest(%(id)b::bigint[], %(version)b::bigint[], %(source)b::text[], %(target)b::text[],
                       %(steps)b::int[])
    AS m(id, version, source, target, steps)
), moved AS ("""

CANCELS = _door(_RECEIPT_MOVES + "UPDATE cancel r" + _RECEIPTS)
RETURNS = _door(_RECEIPT_MOVES + "UPDATE return_ r" + _RECEIPTS)

RECEPTIONS = _door(
    _RECEIPT_MOVES
    + """UPDATE reception r
  SET state = m.target, version = r.version + m.steps, state_at = %(at)s
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.subject = %(subject)s AND r.subject_id = m.id
    AND r.state = m.source AND r.version = m.version
  RETURNING r.subject_id AS id
), """
)

_EXCHANGE: LiteralString = """
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.exchange_id = m.id
    AND r.{0}state = m.source AND r.{0}version = m.version
  RETURNING r.exchange_id AS id
), """
EXCHANGES = {
    "exchange": _door(
        _RECEIPT_MOVES
        + "UPDATE exchange r SET state = m.target, version = r.version + m.steps, state_at = %(at)s"
        + _EXCHANGE.format("")
    ),
    "collect": _door(
        _RECEIPT_MOVES
        + "UPDATE exchange r SET collect_state = m.target, collect_version = r.collect_version + m.steps"
        + _EXCHANGE.format("collect_")
    ),
    "redelivery": _door(
        _RECEIPT_MOVES
        + """UPDATE exchange r
  SET redelivery_state = m.target, redelivery_version = r.redelivery_version + m.steps"""
        + _EXCHANGE.format("redelivery_")
    ),
}
