"""The only writer of the `state` of boxes; see `app.engine.history.transitions`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.engine.db.database import Connection
from app.engine.db.states import among
from app.engine.history.steps import Step
from app.engine.history.transition_sql import statement
from app.engine.history.transitions import move
from app.machines.boxes import GONE, BoxState


@dataclass(frozen=True, slots=True)
class BoxMove:
    """A box walks one or more steps."""

    shipment_box_id: int
    version: int
    steps: tuple[Step, ...]
    next_read_at: datetime | None


BOXES = statement(
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


async def move_boxes(connection: Connection, vendor_id: str, moves: Sequence[BoxMove], at: datetime) -> None:
    """Walk many boxes at once.

    Raises:
        Stale: A box is no longer in the state and version its move was decided on; nothing is written.
    """
    await move(
        connection,
        BOXES,
        "box",
        vendor_id,
        [(move.shipment_box_id, move.version, move.steps) for move in moves],
        at,
        departs=[any(step.target == BoxState.DEPARTURE for step in move.steps) for move in moves],
        next_read_at=[move.next_read_at for move in moves],
    )
