"""The only writer of the states of exchanges and their tracks; see `app.engine.history.transitions`."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from app.engine.db.database import Connection
from app.engine.history.steps import ClaimMove
from app.engine.history.transition_sql import PLAIN_MOVES, statement
from app.engine.history.transitions import move

_EXCHANGE: LiteralString = """
  FROM m
  WHERE r.vendor_id = %(vendor_id)s AND r.exchange_id = m.id
    AND r.{0}state = m.source AND r.{0}version = m.version
  RETURNING r.exchange_id AS id
), """


EXCHANGES = {
    "exchange": statement(
        PLAIN_MOVES
        + "UPDATE exchange r SET state = m.target, version = r.version + m.steps, state_at = %(at)s"
        + _EXCHANGE.format("")
    ),
    "collect": statement(
        PLAIN_MOVES
        + "UPDATE exchange r SET collect_state = m.target, collect_version = r.collect_version + m.steps"
        + _EXCHANGE.format("collect_")
    ),
    "redelivery": statement(
        PLAIN_MOVES
        + """UPDATE exchange r
  SET redelivery_state = m.target, redelivery_version = r.redelivery_version + m.steps"""
        + _EXCHANGE.format("redelivery_")
    ),
}


async def move_exchanges(
    connection: Connection, vendor_id: str, track: str, moves: Sequence[ClaimMove], at: datetime
) -> None:
    """Walk many exchanges at once, or one of their tracks: `exchange`, `collect`, `redelivery`.

    Raises:
        Stale: One is no longer in the state and version its move was decided on; nothing is written.
    """
    walks = [(move.subject_id, move.version, move.steps) for move in moves]
    await move(connection, EXCHANGES[track], track, vendor_id, walks, at)
