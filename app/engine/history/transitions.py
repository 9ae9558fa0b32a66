"""The only writers of `state`: a whole page in one statement, history in the same one.

A move names the version and the state it was decided on. If any row of the page has changed since,
nothing is written and `Stale` is raised: read again, decide again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from app.engine.db.database import Connection, fetch_one
from app.engine.history import chain
from app.engine.history.steps import Step
from app.engine.history.transition_sql import Statement
from app.errors import Fenced, Stale

__all__ = ["FENCE", "Step", "fence", "fenced", "move"]

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


async def move(
    connection: Connection,
    statement: Statement,
    aggregate: str,
    vendor_id: str,
    walks: Sequence[Walk],
    at: datetime,
    **params: Any,
) -> None:
    """Walk many rows of one aggregate at once, and write each step into its history.

    Args:
        connection: Inside a transaction.
        statement: Of the aggregate, as its family declares it.
        aggregate: Its name in the history.
        vendor_id: Whose rows.
        walks: Id and version as they were read, and the steps of each row.
        at: The time of the steps.
        params: Further columns of the statement, in the order of the walks.

    Raises:
        Stale: A row is no longer in the state and version its steps were decided on; nothing is written.
    """
    if not walks:
        return
    one_each = all(len(steps) == 1 for _, _, steps in walks)
    row = await fetch_one(
        connection,
        statement.step if one_each else statement.steps,
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
