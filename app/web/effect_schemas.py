"""The documented shapes of effects in lists and with their history."""

from datetime import datetime
from typing import Any

from app.machines.effects import EffectState
from app.web.schemas import AT, EFFECT, Effect, Id, Step, Told


class Try(Told):
    """One try of an effect: recorded before it is sent and again when it is answered."""

    attempt_id: Id
    purpose: str
    epoch: int
    worker: str
    sent_at: datetime
    answered_at: datetime | None
    outcome: str | None
    detail: str | None


class ExplainedEffect(Effect):
    """An effect with its history and tries."""

    history: list[Step]
    trail: list[Try]


class EffectPage(Told):
    """A page of effects."""

    items: list[Effect]
    next_cursor: str | None


_BIRTH = {
    "version": 1,
    "source": None,
    "target": EffectState.PENDING,
    "event": "ask",
    "actor": "key:0a1b2c3d4e5f",
    "cause": "key:0a1b2c3d4e5f",
    "reason": None,
    "evidence": None,
    "at": AT,
}
EXPLAINED: dict[str, Any] = {**EFFECT, "history": [_BIRTH], "trail": []}
