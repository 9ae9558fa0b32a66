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

    id_name: str
    """What its id is called where a caller asks for it."""
    lock_order: int
    """Rows are locked in this order everywhere, lowest first: claims before their boxes."""
    pinned: bool
    """A change goes only in the state in which it was asked for; else its machine alone decides again."""

    async def owner(self, tx: Connection, vendor_ids: list[str] | None, subject_id: int) -> str | None:
        """Return whose it is; None: there is none for this caller."""

    async def lock(self, tx: Connection, vendor_id: str, effects: Effects) -> Rows:
        """Lock what these effects are about, the boxes behind them too; return the rows that exist."""

    def decide(self, row: Mapping[str, Any], effect: Mapping[str, Any], at: datetime) -> None:
        """Decide the effect again on the row as it is now.

        Raises:
            Refused: The machine refuses by now; names the rules.
        """

    async def forbidden(
        self, tx: Connection, vendor_id: str, effects: Effects, at: datetime
    ) -> Mapping[int, str]:
        """Return what forbids effects beside the machine: effect id → the rule, in words."""

    def payload_now(self, row: Mapping[str, Any], effect: Mapping[str, Any]) -> dict[str, Any]:
        """Return the payload as it is sent: what was asked, less what is gone by now."""

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


class PlainSubject:
    """What most subjects have in common."""

    lock_order = 0
    pinned = True

    async def forbidden(
        self, tx: Connection, vendor_id: str, effects: Effects, at: datetime
    ) -> Mapping[int, str]:
        """Nothing beside the machine forbids a change."""
        return {}

    def payload_now(self, row: Mapping[str, Any], effect: Mapping[str, Any]) -> dict[str, Any]:
        """Send what was asked for."""
        payload: dict[str, Any] = effect["payload"]
        return payload
