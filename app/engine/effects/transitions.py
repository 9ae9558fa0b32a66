"""The only writer of the `state` of effects; see `app.engine.history.transitions`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.engine.db.database import Connection
from app.engine.history.steps import Step
from app.engine.history.transition_sql import statement
from app.engine.history.transitions import move


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


EFFECTS = statement(
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


async def move_effects(
    connection: Connection, vendor_id: str, moves: Sequence[EffectMove], at: datetime
) -> None:
    """Walk many effects at once.

    Raises:
        Stale: An effect is no longer in the state and version its move was decided on.
    """
    await move(
        connection,
        EFFECTS,
        "effect",
        vendor_id,
        [(move.effect_id, move.version, move.steps) for move in moves],
        at,
        not_before=[move.not_before for move in moves],
        code=[move.result_code for move in moves],
        message=[move.result_message for move in moves],
        sent=[move.sent for move in moves],
        settled=[move.settled for move in moves],
        evidence=[move.steps[-1].evidence for move in moves],
    )
