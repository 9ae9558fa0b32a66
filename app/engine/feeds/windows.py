"""Windows of creation times, and what reading one brings."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of creation times of one feed."""

    feed: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of a page."""

    rows: int
    changed: int
    moved: int
    doubtful: tuple[int, ...]
    unreadable: int
