"""The only writer of the `state` of cancels, returns and receptions; see `app.engine.history.transitions`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from app.engine.db.database import Connection
from app.engine.history.steps import ClaimMove, Step
from app.engine.history.transition_sql import PLAIN_MOVES, statement
from app.engine.history.transitions import move


@dataclass(frozen=True, slots=True)
class ReceiptMove:
    """A receipt walks one or more steps, as cancel or as return."""

    receipt_id: int
    version: int
    steps: tuple[Step, ...]


_RECEIPTS: LiteralString = """
  SET state = m.target, version = r.version + m.steps, state_at = %(at)s
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = m.id AND r.state = m.source AND r.version = m.version
  RETURNING r.receipt_id AS id
), """


CANCELS = statement(PLAIN_MOVES + "UPDATE cancel r" + _RECEIPTS)


RETURNS = statement(PLAIN_MOVES + "UPDATE return_ r" + _RECEIPTS)


RECEPTIONS = statement(
    PLAIN_MOVES
    + """UPDATE reception r
  SET state = m.target, version = r.version + m.steps, state_at = %(at)s
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.subject = %(subject)s AND r.subject_id = m.id
    AND r.state = m.source AND r.version = m.version
  RETURNING r.subject_id AS id
), """
)


async def move_cancels(
    connection: Connection, vendor_id: str, moves: Sequence[ReceiptMove], at: datetime
) -> None:
    """Walk many cancels at once.

    Raises:
        Stale: A cancel is no longer in the state and version its move was decided on; nothing is written.
    """
    walks = [(move.receipt_id, move.version, move.steps) for move in moves]
    await move(connection, CANCELS, "cancel", vendor_id, walks, at)


async def move_returns(
    connection: Connection, vendor_id: str, moves: Sequence[ReceiptMove], at: datetime
) -> None:
    """Walk many returns at once.

    Raises:
        Stale: A return is no longer in the state and version its move was decided on; nothing is written.
    """
    walks = [(move.receipt_id, move.version, move.steps) for move in moves]
    await move(connection, RETURNS, "return", vendor_id, walks, at)


async def move_receptions(
    connection: Connection, vendor_id: str, subject: str, moves: Sequence[ClaimMove], at: datetime
) -> None:
    """Walk many receptions of returns, or of exchanges, at once.

    Raises:
        Stale: A reception is no longer in the state and version its move was decided on.
    """
    walks = [(move.subject_id, move.version, move.steps) for move in moves]
    await move(connection, RECEPTIONS, f"{subject}_reception", vendor_id, walks, at, subject=subject)
