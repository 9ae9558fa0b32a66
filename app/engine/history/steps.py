"""Moves: the steps that a row takes, each with its cause."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a diagram that a row walks, and why."""

    event: str
    source: str
    target: str
    actor: str
    """`us`, `coupang`, `key:<id>` or `operator:<id>`."""
    cause: str
    """What led to it, e.g. `effect:42` or `feed:accept`."""
    evidence: bytes | None = None
    """Digest of the stored answer that shows it."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BoxMove:
    """A box walks one or more steps."""

    shipment_box_id: int
    version: int
    steps: tuple[Step, ...]
    next_read_at: datetime | None


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


@dataclass(frozen=True, slots=True)
class ReceiptMove:
    """A receipt walks one or more steps, as cancel or as return."""

    receipt_id: int
    version: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ClaimMove:
    """What belongs to one return or exchange walks one or more steps."""

    subject_id: int
    version: int
    steps: tuple[Step, ...]
