"""The steps that rows walk, each with its cause."""

from dataclasses import dataclass


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
class ClaimMove:
    """What belongs to one return or exchange walks one or more steps."""

    subject_id: int
    version: int
    steps: tuple[Step, ...]
