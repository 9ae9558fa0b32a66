"""The only writers of `state`: a whole page in one statement, history in the same one.

A move names the version and the state it was decided on. If any row of the page has changed since,
nothing is written and `Stale` is raised: read again, decide again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, fetch_one
from app.engine.history import chain
from app.engine.history.steps import BoxMove, ClaimMove, EffectMove, ReceiptMove, Step
from app.engine.history.transition_sql import BOXES, CANCELS, EFFECTS, EXCHANGES, RECEPTIONS, RETURNS, Door
from app.errors import Fenced, Stale
from app.machines.boxes import BoxState

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

Walk = tuple[int, int, tuple[Step, ...]]
"""Id and version of a row as they were read, and the steps that it walks."""

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
    return Fenced("a newer visit holds the lease of this vendor", vendor_id=vendor_id)


async def move_boxes(connection: Connection, vendor_id: str, moves: Sequence[BoxMove], at: datetime) -> None:
    """Walk many boxes at once.

    Raises:
        Stale: A box is no longer in the state and version its move was decided on; nothing is written.
    """
    await _move(
        connection,
        BOXES,
        "box",
        vendor_id,
        [(move.shipment_box_id, move.version, move.steps) for move in moves],
        at,
        departs=[any(step.target == BoxState.DEPARTURE for step in move.steps) for move in moves],
        next_read_at=[move.next_read_at for move in moves],
    )


async def move_effects(
    connection: Connection, vendor_id: str, moves: Sequence[EffectMove], at: datetime
) -> None:
    """Walk many effects at once.

    Raises:
        Stale: An effect is no longer in the state and version its move was decided on.
    """
    await _move(
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


async def move_cancels(
    connection: Connection, vendor_id: str, moves: Sequence[ReceiptMove], at: datetime
) -> None:
    """Walk many cancels at once.

    Raises:
        Stale: A cancel is no longer in the state and version its move was decided on; nothing is written.
    """
    walks = [(move.receipt_id, move.version, move.steps) for move in moves]
    await _move(connection, CANCELS, "cancel", vendor_id, walks, at)


async def move_returns(
    connection: Connection, vendor_id: str, moves: Sequence[ReceiptMove], at: datetime
) -> None:
    """Walk many returns at once.

    Raises:
        Stale: A return is no longer in the state and version its move was decided on; nothing is written.
    """
    walks = [(move.receipt_id, move.version, move.steps) for move in moves]
    await _move(connection, RETURNS, "return", vendor_id, walks, at)


async def move_receptions(
    connection: Connection, vendor_id: str, subject: str, moves: Sequence[ClaimMove], at: datetime
) -> None:
    """Walk many receptions of returns, or of exchanges, at once.

    Raises:
        Stale: A reception is no longer in the state and version its move was decided on.
    """
    walks = [(move.subject_id, move.version, move.steps) for move in moves]
    await _move(connection, RECEPTIONS, f"{subject}_reception", vendor_id, walks, at, subject=subject)


async def move_exchanges(
    connection: Connection, vendor_id: str, track: str, moves: Sequence[ClaimMove], at: datetime
) -> None:
    """Walk many exchanges at once, or one of their tracks: `exchange`, `collect`, `redelivery`.

    Raises:
        Stale: One is no longer in the state and version its move was decided on; nothing is written.
    """
    walks = [(move.subject_id, move.version, move.steps) for move in moves]
    await _move(connection, EXCHANGES[track], track, vendor_id, walks, at)


async def _move(
    connection: Connection,
    door: Door,
    aggregate: str,
    vendor_id: str,
    walks: Sequence[Walk],
    at: datetime,
    **params: Any,
) -> None:
    if not walks:
        return
    one_each = all(len(steps) == 1 for _, _, steps in walks)
    row = await fetch_one(
        connection,
        door.step if one_each else door.steps,
        aggregate=aggregate,
        id=[row_id for row_id, _, _ in walks],
        version=[version for _, version, _ in walks],
        source=[steps[0].source for _, _, steps in walks],
        target=[steps[-1].target for _, _, steps in walks],
        steps=[len(steps) for _, _, steps in walks],
        **_causes([steps[0] for _, _, steps in walks]) if one_each else _told(walks),
        **chain.keyed(connection, vendor_id, at),
        **params,
    )
    moved = row["moved"] if row else 0
    if moved != len(walks):
        raise Stale(f"{len(walks) - moved} of {len(walks)} rows have changed since they were read")


def _told(walks: Sequence[Walk]) -> dict[str, list[Any]]:
    told = [
        (row_id, version + place, step, place == 1)
        for row_id, version, steps in walks
        for place, step in enumerate(steps, start=1)
    ]
    return {
        "s_id": [row_id for row_id, _, _, _ in told],
        "s_version": [version for _, version, _, _ in told],
        "s_source": [step.source for _, _, step, _ in told],
        "s_target": [step.target for _, _, step, _ in told],
        "s_first": [first for _, _, _, first in told],
        **_causes([step for _, _, step, _ in told]),
    }


def _causes(steps: Sequence[Step]) -> dict[str, list[Any]]:
    return {
        "s_event": [step.event for step in steps],
        "s_actor": [step.actor for step in steps],
        "s_cause": [step.cause for step in steps],
        "s_reason": [step.reason for step in steps],
        "s_evidence": [step.evidence for step in steps],
    }
