"""The only writers of `state`: a whole page in one statement, history in the same one.

A move names the version and the state it was decided on. If any row of the page has changed since,
nothing is written and `Stale` is raised: read again, decide again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.errors import Fenced, Stale
from app.store import journal
from app.store.database import Connection, columns, fetch_one
from app.store.door_statements import BOXES, CANCELS, EFFECTS, EXCHANGES, RECEPTIONS, RETURNS, Door
from app.store.moves import BoxMove, ClaimMove, EffectMove, ReceiptMove, Step

__all__ = [
    "FENCE",
    "BoxMove",
    "ClaimMove",
    "EffectMove",
    "ReceiptMove",
    "Step",
    "fence",
    "fenced",
    "move_boxes",
    "move_cancels",
    "move_effects",
    "move_exchanges",
    "move_receptions",
    "move_returns",
]

FENCE: LiteralString = "SELECT 1 FROM vendor WHERE vendor_id = %(vendor_id)s AND epoch = %(epoch)s FOR SHARE"
"""Finds the vendor, and holds its epoch for this transaction, if no newer visit has taken over."""


async def fence(connection: Connection, vendor_id: str, epoch: int) -> None:
    """Hold the vendor's epoch for this transaction.

    Raises:
        Fenced: A newer visit has taken over; this one must write nothing.
    """
    if await fetch_one(connection, FENCE, vendor_id=vendor_id, epoch=epoch) is None:
        raise fenced(vendor_id)


def fenced(vendor_id: str) -> Fenced:
    """Return what is raised where `FENCE` finds nothing."""
    return Fenced("a newer visit speaks for this vendor", vendor_id=vendor_id)


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
        BOXES,
        len(moves),
        **_told("box", [(move.shipment_box_id, move.version, move.steps) for move in moves]),
        **journal.keyed(connection, vendor_id, at),
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
        EFFECTS,
        len(moves),
        **_told("effect", [(move.effect_id, move.version, move.steps) for move in moves]),
        **journal.keyed(connection, vendor_id, at),
        **dict(zip((*names, "evidence"), values, strict=True)),
    )


async def move_cancels(
    connection: Connection, vendor_id: str, moves: Sequence[ReceiptMove], at: datetime
) -> None:
    """Walk many cancels at once.

    Raises:
        Stale: A cancel is no longer in the state and version its move was decided on; nothing is written.
    """
    await _move_receipts(connection, CANCELS, "cancel", vendor_id, moves, at)


async def move_returns(
    connection: Connection, vendor_id: str, moves: Sequence[ReceiptMove], at: datetime
) -> None:
    """Walk many returns at once.

    Raises:
        Stale: A return is no longer in the state and version its move was decided on; nothing is written.
    """
    await _move_receipts(connection, RETURNS, "return", vendor_id, moves, at)


async def _move_receipts(
    connection: Connection,
    door: Door,
    aggregate: str,
    vendor_id: str,
    moves: Sequence[ReceiptMove],
    at: datetime,
) -> None:
    same = [ClaimMove(move.receipt_id, move.version, move.steps) for move in moves]
    await _move_claims(connection, door, aggregate, vendor_id, same, at)


async def move_receptions(
    connection: Connection, vendor_id: str, subject: str, moves: Sequence[ClaimMove], at: datetime
) -> None:
    """Walk many receptions of returns, or of exchanges, at once.

    Raises:
        Stale: A reception is no longer in the state and version its move was decided on.
    """
    await _move_claims(connection, RECEPTIONS, f"{subject}_reception", vendor_id, moves, at, subject)


async def move_exchanges(
    connection: Connection, vendor_id: str, track: str, moves: Sequence[ClaimMove], at: datetime
) -> None:
    """Walk many exchanges at once, or one of their tracks: `exchange`, `collect`, `redelivery`.

    Raises:
        Stale: One is no longer in the state and version its move was decided on; nothing is written.
    """
    await _move_claims(connection, EXCHANGES[track], track, vendor_id, moves, at)


async def _move_claims(
    connection: Connection,
    door: Door,
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
        door,
        len(moves),
        subject=subject,
        **_told(aggregate, told),
        **journal.keyed(connection, vendor_id, at),
        **dict(zip(names, values, strict=True)),
    )


async def _move(connection: Connection, door: Door, expected: int, **params: Any) -> None:
    walks_on = len(params["s_id"]) > expected
    row = await fetch_one(connection, door.steps if walks_on else door.step, **params)
    moved = row["moved"] if row else 0
    if moved != expected:
        raise Stale(f"{expected - moved} of {expected} rows have changed since they were read")


def _told(aggregate: str, walks: Sequence[tuple[int, int, tuple[Step, ...]]]) -> dict[str, Any]:
    names = ("id", "version", "source", "target", "event", "actor", "cause", "reason", "evidence", "first")
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
            place == 1,
        )
        for row_id, version, steps in walks
        for place, step in enumerate(steps, start=1)
    ]
    values = columns(told, len(names))
    return {
        "aggregate": aggregate,
        **{f"s_{name}": column for name, column in zip(names, values, strict=True)},
    }
