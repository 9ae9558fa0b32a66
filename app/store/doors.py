"""The only writers of `state`: a whole page in one statement, history in the same one.

A move names the version and the state it was decided on. If any row of the page has changed since,
nothing is written and `Stale` is raised: read again, decide again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from app.errors import Fenced, Stale
from app.store.database import Connection, columns, fetch_one


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a diagram that a row walks, and why."""

    event: str
    source: str
    target: str
    actor: str
    """`us`, `coupang`, `key:<id>` or `operator:<id>`."""
    cause: str
    """What led to it, e.g. `effect:42` or `feed:accept`."""
    evidence: bytes | None = None
    """Digest of the stored answer that shows it."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BoxMove:
    """A box walks one or more steps."""

    shipment_box_id: int
    version: int
    steps: tuple[Step, ...]
    next_read_at: datetime | None


@dataclass(frozen=True, slots=True)
class EffectMove:
    """An effect walks one or more steps; columns left `None` keep their value."""

    effect_id: int
    version: int
    steps: tuple[Step, ...]
    not_before: datetime | None = None
    result_code: str | None = None
    result_message: str | None = None
    sent: bool | None = None
    """True stamps `sent_at`, False clears it (surely nothing was applied)."""
    settled: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptMove:
    """A receipt walks one or more steps, as cancel or as return."""

    receipt_id: int
    version: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ClaimMove:
    """What belongs to one return or exchange walks one or more steps."""

    subject_id: int
    version: int
    steps: tuple[Step, ...]


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

_BOXES: LiteralString = (
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

_EFFECTS: LiteralString = (
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

_CANCELS: LiteralString = _RECEIPT_MOVES + "UPDATE cancel r" + _RECEIPTS + _HISTORY
_RETURNS: LiteralString = _RECEIPT_MOVES + "UPDATE return_ r" + _RECEIPTS + _HISTORY

_RECEPTIONS: LiteralString = (
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
_EXCHANGES: dict[str, LiteralString] = {
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


async def fence(connection: Connection, vendor_id: str, epoch: int) -> None:
    """Hold the vendor's epoch for this transaction.

    Raises:
        Fenced: A newer visit has taken over; this one must write nothing.
    """
    query = "SELECT 1 FROM vendor WHERE vendor_id = %(vendor_id)s AND epoch = %(epoch)s FOR SHARE"
    if await fetch_one(connection, query, vendor_id=vendor_id, epoch=epoch) is None:
        raise Fenced("a newer visit speaks for this vendor", vendor_id=vendor_id)


async def move_boxes(connection: Connection, vendor_id: str, moves: Sequence[BoxMove], at: datetime) -> None:
    """Walk many boxes at once.

    Raises:
        Stale: A box is no longer in the state and version its move was decided on; nothing is written.
    """
    if not moves:
        return
    ids, versions, sources, targets, steps, departs, reads = columns(
        [
            (
                move.shipment_box_id,
                move.version,
                move.steps[0].source,
                move.steps[-1].target,
                len(move.steps),
                any(step.target == "DEPARTURE" for step in move.steps),
                move.next_read_at,
            )
            for move in moves
        ],
        7,
    )
    await _move(
        connection,
        _BOXES,
        len(moves),
        **_told("box", vendor_id, [(move.shipment_box_id, move.version, move.steps) for move in moves]),
        at=at,
        id=ids,
        version=versions,
        source=sources,
        target=targets,
        steps=steps,
        departs=departs,
        next_read_at=reads,
    )


async def move_effects(
    connection: Connection, vendor_id: str, moves: Sequence[EffectMove], at: datetime
) -> None:
    """Walk many effects at once.

    Raises:
        Stale: An effect is no longer in the state and version its move was decided on.
    """
    if not moves:
        return
    names = ("id", "version", "source", "target", "steps", "not_before", "code", "message", "sent", "settled")
    values = columns(
        [
            (
                move.effect_id,
                move.version,
                move.steps[0].source,
                move.steps[-1].target,
                len(move.steps),
                move.not_before,
                move.result_code,
                move.result_message,
                move.sent,
                move.settled,
                move.steps[-1].evidence,
            )
            for move in moves
        ],
        11,
    )
    await _move(
        connection,
        _EFFECTS,
        len(moves),
        **_told("effect", vendor_id, [(move.effect_id, move.version, move.steps) for move in moves]),
        at=at,
        **dict(zip((*names, "evidence"), values, strict=True)),
    )


async def move_cancels(
    connection: Connection, vendor_id: str, moves: Sequence[ReceiptMove], at: datetime
) -> None:
    """Walk many cancels at once.

    Raises:
        Stale: A cancel is no longer in the state and version its move was decided on; nothing is written.
    """
    await _move_receipts(connection, _CANCELS, "cancel", vendor_id, moves, at)


async def move_returns(
    connection: Connection, vendor_id: str, moves: Sequence[ReceiptMove], at: datetime
) -> None:
    """Walk many returns at once.

    Raises:
        Stale: A return is no longer in the state and version its move was decided on; nothing is written.
    """
    await _move_receipts(connection, _RETURNS, "return", vendor_id, moves, at)


async def _move_receipts(
    connection: Connection,
    query: LiteralString,
    aggregate: str,
    vendor_id: str,
    moves: Sequence[ReceiptMove],
    at: datetime,
) -> None:
    same = [ClaimMove(move.receipt_id, move.version, move.steps) for move in moves]
    await _move_claims(connection, query, aggregate, vendor_id, same, at)


async def move_receptions(
    connection: Connection, vendor_id: str, subject: str, moves: Sequence[ClaimMove], at: datetime
) -> None:
    """Walk many receptions of returns, or of exchanges, at once.

    Raises:
        Stale: A reception is no longer in the state and version its move was decided on.
    """
    await _move_claims(connection, _RECEPTIONS, f"{subject}_reception", vendor_id, moves, at, subject)


async def move_exchanges(
    connection: Connection, vendor_id: str, track: str, moves: Sequence[ClaimMove], at: datetime
) -> None:
    """Walk many exchanges at once, or one of their tracks: `exchange`, `collect`, `redelivery`.

    Raises:
        Stale: One is no longer in the state and version its move was decided on; nothing is written.
    """
    await _move_claims(connection, _EXCHANGES[track], track, vendor_id, moves, at)


async def _move_claims(
    connection: Connection,
    query: LiteralString,
    aggregate: str,
    vendor_id: str,
    moves: Sequence[ClaimMove],
    at: datetime,
    subject: str = "",
) -> None:
    if not moves:
        return
    names = ("id", "version", "source", "target", "steps")
    values = columns(
        [
            (move.subject_id, move.version, move.steps[0].source, move.steps[-1].target, len(move.steps))
            for move in moves
        ],
        len(names),
    )
    told = [(move.subject_id, move.version, move.steps) for move in moves]
    await _move(
        connection,
        query,
        len(moves),
        subject=subject,
        **_told(aggregate, vendor_id, told),
        at=at,
        **dict(zip(names, values, strict=True)),
    )


async def _move(connection: Connection, query: LiteralString, expected: int, **params: Any) -> None:
    row = await fetch_one(connection, query, **params)
    moved = row["moved"] if row else 0
    if moved != expected:
        raise Stale(f"{expected - moved} of {expected} rows have changed since they were read")


def _told(
    aggregate: str, vendor_id: str, walks: Sequence[tuple[int, int, tuple[Step, ...]]]
) -> dict[str, Any]:
    names = ("id", "version", "source", "target", "event", "actor", "cause", "reason", "evidence")
    told = [
        (
            row_id,
            version + place,
            step.source,
            step.target,
            step.event,
            step.actor,
            step.cause,
            step.reason,
            step.evidence,
        )
        for row_id, version, steps in walks
        for place, step in enumerate(steps, start=1)
    ]
    values = columns(told, len(names))
    return {
        "aggregate": aggregate,
        "vendor_id": vendor_id,
        **{f"s_{name}": column for name, column in zip(names, values, strict=True)},
    }
