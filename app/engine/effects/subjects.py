"""What every subject of an effect can do."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.history import transitions
from app.machines.effects import EFFECT, EffectFacts
from app.machines.kernel import Move

Rows = Mapping[int, Mapping[str, Any]]
"""Rows of a subject by their id, as `lock` returns them."""
Effects = Sequence[Mapping[str, Any]]
Proofs = Mapping[int, bytes]
"""The digest of the evidence by effect id."""


class Subject(Protocol):
    """A kind of thing that effects change."""

    async def lock(self, tx: Connection, vendor_id: str, effects: Effects) -> Rows:
        """Lock what these effects are about, the boxes behind them too; return the rows that exist."""

    def decide(self, row: Mapping[str, Any], effect: Mapping[str, Any], at: datetime) -> None:
        """Decide the effect again on the row as it is now.

        Raises:
            Refused: The machine refuses by now; names the rules.
        """

    async def confirm(
        self, context: Context, tx: Connection, vendor_id: str, effects: Effects, proofs: Proofs, at: datetime
    ) -> None:
        """Move what these confirmed effects have changed."""

    async def doubt(self, tx: Connection, vendor_id: str, effects: Effects, at: datetime) -> None:
        """Have what these effects are about read by itself: an answer contradicts us."""


def effect_step(
    effect: Mapping[str, Any],
    event: str,
    facts: EffectFacts,
    *,
    cause: str,
    evidence: bytes | None = None,
    actor: str = "us",
    reason: str | None = None,
) -> transitions.Step:
    """Return the step of an effect, decided by its machine."""
    move = EFFECT.decide(effect["state"], event, facts)
    return transitions.Step(move.event, move.source, move.target, actor, cause, evidence, reason)


def confirmed_step(effect: Mapping[str, Any], move: Move[Any], proofs: Proofs) -> transitions.Step:
    """Return the step that a confirmed effect lets its subject take."""
    effect_id = effect["effect_id"]
    return transitions.Step(
        move.event, move.source, move.target, "us", f"effect:{effect_id}", proofs[effect_id]
    )
