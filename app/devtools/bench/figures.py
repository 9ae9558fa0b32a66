"""One figure, how its sides take turns, and the table of all of them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

ROUNDS = 4
"""Turns of each side in one repetition."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure."""

    reps: int = 3
    seconds: float = 2.0
    """Real seconds for each side in one repetition."""
    rows: int = 20_000
    """Boxes and orders in the tables before anything is measured."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn of one side did: so many things in so many real seconds."""

    done: float
    elapsed_s: float
    p50_ms: float | None = None
    p99_ms: float | None = None


Side = Callable[[float], Awaitable[Turn]]
"""Measures one turn of about so many seconds."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A rate beside the ceiling of the same rounds."""

    name: str
    unit: str
    rate: float
    ceiling_name: str
    ceiling: float
    ratio: float
    """Median of the ratios of each round; not the ratio of the two medians."""
    lowest: float
    highest: float
    floor: float | None = None
    note: str = ""

    @property
    def missed(self) -> bool:
        """The figure has a floor and is below it."""
        return self.floor is not None and self.ratio < self.floor

    def as_json(self) -> dict[str, Any]:
        """Return the figure with everything that the table rounds."""
        return asdict(self) | {"missed": self.missed}


class Rounds:
    """The turns of several sides, taken in turn: round by round, each side once."""

    def __init__(self, turns: Mapping[str, list[Turn]]) -> None:
        self.turns = turns

    def rates(self, side: str) -> list[float]:
        """Return how many things per second this side did in each round."""
        return [lease.done / lease.elapsed_s for lease in self.turns[side]]

    def latency(self, side: str) -> str:
        """Return the medians of p50 and p99 in words; nothing when the side does not know them."""
        halves = [lease.p50_ms for lease in self.turns[side] if lease.p50_ms is not None]
        tails = [lease.p99_ms for lease in self.turns[side] if lease.p99_ms is not None]
        return f"p50 {median(halves):.1f} p99 {median(tails):.1f} ms" if halves and tails else ""

    def figure(
        self, name: str, unit: str, side: str, ceiling: str, floor: float | None = None, note: str = ""
    ) -> Figure:
        """Compare one side with another, round by round."""
        ours, theirs = self.rates(side), self.rates(ceiling)
        ratios = [mine / their for mine, their in zip(ours, theirs, strict=True)]
        return Figure(
            name,
            unit,
            median(ours),
            ceiling,
            median(theirs),
            median(ratios),
            min(ratios),
            max(ratios),
            floor,
            note,
        )


async def take_turns(
    sides: Mapping[str, Side], effort: Effort, settle: Callable[[], None] = lambda: None
) -> Rounds:
    """Let every side measure in short turns, one after the other; the first turn of each only warms up.

    Args:
        sides: By name; called in this order, round by round.
        effort: How often, and how long.
        settle: Leaves nothing of one repetition for the next one to clean up, for all sides alike.
    """
    turns: dict[str, list[Turn]] = {name: [] for name in sides}
    length_s = effort.seconds / ROUNDS
    for side in sides.values():
        await side(min(length_s, 0.2))
    for _ in range(effort.reps):
        settle()
        for _ in range(ROUNDS):
            for name, side in sides.items():
                turns[name].append(await side(length_s))
    return Rounds(turns)


def table(figures: list[Figure]) -> str:
    """Return the figures as a Markdown table."""
    head = ("figure", "rate", "ceiling (same run)", "rate", "ratio", "range", "floor", "ok", "")
    rows = [
        (
            figure.name,
            f"{figure.rate:,.0f} {figure.unit}",
            figure.ceiling_name,
            f"{figure.ceiling:,.0f}",
            f"{figure.ratio:.2f}",
            f"{figure.lowest:.2f}-{figure.highest:.2f}",
            "" if figure.floor is None else f"{figure.floor:g}",
            "" if figure.floor is None else "NO" if figure.missed else "yes",
            figure.note,
        )
        for figure in figures
    ]
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in (head, *rows)
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
