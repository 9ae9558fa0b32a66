"""How a row enters the history: chained to the row before it, in the statement that moves the state.

    hash = HMAC-SHA-256(key of vendor and time, hash of the row before it, then the row)

A row is hashed as PostgreSQL sends a record (`record_send`): the number of columns, then type, length and
bytes of each, so no two rows have the same bytes. The first row of an aggregate follows a hash of the
aggregate's name. These are the only statements that write `history`; `app.engine.history.verify` verifies.
"""

from datetime import datetime
from typing import LiteralString

from app.engine.db.database import Connection

_INTO: LiteralString = """
INSERT INTO history (vendor_id, aggregate, aggregate_id, version, source, target, event, actor, cause, reason,
                     evidence, at, hash)"""

_BIRTH: LiteralString = """
  SELECT %(vendor_id)s::text, n.aggregate, n.id, 1, NULL, n.target, n.event, n.actor, n.cause, n.reason,
         n.evidence, %(at)s::timestamptz,
         sha256(%(opad)b || sha256(%(ipad)b
           || sha256(record_send(ROW(%(vendor_id)s::text, n.aggregate, n.id)))
           || record_send(ROW(%(vendor_id)s::text, n.aggregate, n.id, 1::bigint, NULL::text, n.target,
                              n.event, n.actor, n.cause, n.reason, n.evidence, %(at)s::timestamptz))))
  FROM ("""

_WALKED: LiteralString = """
  SELECT s.*, record_send(ROW(%(vendor_id)s::text, %(aggregate)s::text, s.id, s.version, s.source, s.target,
                              s.event, s.actor, s.cause, s.reason, s.evidence, %(at)s::timestamptz)) AS body
  FROM ("""

_BECAUSE: LiteralString = """
                    %(s_event)b::text[], %(s_actor)b::text[], %(s_cause)b::text[], %(s_reason)b::text[],
                    %(s_evidence)b::bytea[]"""

# Where every row walks one step, the move says from where to where: it is not sent twice.
_ONE: LiteralString = (
    """SELECT id, read + 1 AS version, source, target, event, actor, cause, reason, evidence
        FROM unnest(%(id)b::bigint[], %(version)b::bigint[], %(source)b::text[], %(target)b::text[],"""
    + _BECAUSE
    + """) AS s(id, read, source, target, event, actor, cause, reason, evidence)"""
)

_SOME: LiteralString = (
    """SELECT *
        FROM unnest(%(s_id)b::bigint[], %(s_version)b::bigint[],
                    %(s_source)b::text[], %(s_target)b::text[],"""
    + _BECAUSE
    + """, %(s_first)b::boolean[])
             AS s(id, version, source, target, event, actor, cause, reason, evidence, first)"""
)

_IF_MOVED: LiteralString = ") s JOIN moved USING (id)"

# The row before is looked up one by one in the index: a join could read the whole history. Where it has
# been removed, transitions go on, and the check finds the gap.
_AFTER: LiteralString = """
  sha256(%(opad)b || sha256(%(ipad)b || coalesce(
    (SELECT h.hash FROM history h
     WHERE h.vendor_id = %(vendor_id)s AND h.aggregate = %(aggregate)s AND h.aggregate_id = s.id
       AND h.version = s.version - 1), '') || s.body))"""

_TOLD: LiteralString = """
  SELECT %(vendor_id)s::text, %(aggregate)s::text, s.id, s.version, s.source, s.target, s.event, s.actor,
         s.cause, s.reason, s.evidence, %(at)s::timestamptz, """

STEP: LiteralString = (
    "\nwalked AS ("
    + _WALKED
    + _ONE
    + _IF_MOVED
    + "\n), told AS ("
    + _INTO
    + _TOLD
    + _AFTER
    + "\n  FROM walked s\n)"
)
"""Part of a statement whose `moved` returns an `id` for each row moved: one step of each."""

STEPS: LiteralString = (
    "\nwalked AS MATERIALIZED ("
    + _WALKED
    + _SOME
    + _IF_MOVED
    + "\n), linked AS (\n  SELECT s.id, s.version, "
    + _AFTER
    + """ AS hash
  FROM walked s WHERE s.first
  UNION ALL
  SELECT s.id, s.version, sha256(%(opad)b || sha256(%(ipad)b || l.hash || s.body))
  FROM linked l JOIN walked s ON s.id = l.id AND s.version = l.version + 1
), told AS ("""
    + _INTO
    + _TOLD
    + """l.hash
  FROM walked s JOIN linked l USING (id, version)
  ORDER BY s.id, s.version
)"""
)
"""The same with several steps of each, every one chained to the one before; needs WITH RECURSIVE."""


def births(rows: LiteralString) -> LiteralString:
    """Return `told AS (…)`, which writes the first rows of aggregates.

    Args:
        rows: A query of aggregate, id, target, event, actor, cause, reason, evidence, typed.
    """
    names: LiteralString = "(aggregate, id, target, event, actor, cause, reason, evidence)"
    return "told AS (" + _INTO + _BIRTH + rows + "\n  ) AS n" + names + "\n)"


def keyed(connection: Connection, vendor_id: str, at: datetime) -> dict[str, str | datetime | bytes]:
    """Return the parameters that every statement with a part of this module needs."""
    return {"vendor_id": vendor_id, "at": at, **connection.chain_key.pads(vendor_id, at)}
