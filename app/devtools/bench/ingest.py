"""A page of order sheets, from the bytes of the answer to the commit, beside the plain upsert of its boxes.

The candidate is the whole thing: parsing, content digests, comparison, encryption, evidence, lines,
receivers, history and the coverage of the window. Half of each page is new, half is changed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from app.coupang.orders.decode import read_sheet_page
from app.devtools.bench import raw, sheets
from app.devtools.bench.figures import Effort, Figure, Side, Turn, take_turns
from app.devtools.bench.stage import VENDOR, Stage
from app.engine.feeds.windows import Window
from app.orders.ingest import take_page

WRITE_FLOOR = 0.5
UNCHANGED_FLOOR = 5.0
PAGE, WINDOW = 50, 500
"""Rows of a page of the day list, and of a minute window, which comes in one piece."""


@dataclass(slots=True)
class _Deck:
    """Deals pages: the next half new, and the next half of those that are stored, changed."""

    stored: int
    """So many boxes are there, numbered from 0."""
    turned: int = 0
    revision: int = 1
    revisions: dict[int, int] = field(default_factory=dict)

    def deal(self, size: int) -> list[tuple[int, int]]:
        """Return number and revision of each row of the next page."""
        half = size // 2
        if self.turned + half > self.stored:
            self.turned, self.revision = 0, self.revision + 1
        changed = range(self.turned, self.turned + half)
        self.turned += half
        fresh = range(self.stored, self.stored + size - half)
        self.stored += size - half
        self.revisions.update(dict.fromkeys(changed, self.revision))
        return [(number, self.revision) for number in changed] + [(number, 0) for number in fresh]


async def fill(stage: Stage, rows: int) -> None:
    """Take `rows` boxes in ACCEPT, numbered from 0, through the front door."""
    for first in range(0, rows, WINDOW):
        body = sheets.page(range(first, min(first + WINDOW, rows)))
        await take(stage, body)


async def measure(stage: Stage, effort: Effort) -> list[Figure]:
    """Measure pages of 50 and of 500 rows, and the same pages again, unchanged."""
    await fill(stage, effort.rows)
    with stage.sync() as connection:
        raw.fill(connection, range(effort.rows), stage.context.now())
        ours, theirs = _Deck(effort.rows), _Deck(effort.rows)
        figures = []
        for size in (PAGE, WINDOW):
            page, upsert, same = f"page of {size}", f"plain upsert of {size}", f"unchanged page of {size}"
            rounds = await take_turns(
                {
                    page: _ingesting(stage, ours, size),
                    upsert: _upserting(stage, connection, theirs, size),
                    same: _repeating(stage, ours, size),
                },
                effort,
                stage.settle,
            )
            # Minute windows come in one piece, and most boxes come with them: their size is the one judged.
            judged = size == WINDOW
            write, unchanged = (WRITE_FLOOR, UNCHANGED_FLOOR) if judged else (None, None)
            figures += [
                rounds.figure(f"ingest, {page}", "boxes/s", page, upsert, write, "half new, half changed"),
                rounds.figure(f"ingest, {same}", "boxes/s", same, upsert, unchanged),
            ]
    return figures


def _ingesting(stage: Stage, deck: _Deck, size: int) -> Side:
    async def lease(seconds: float) -> Turn:
        return await _until(seconds, size, lambda: _body(deck.deal(size)), stage)

    return lease


def _repeating(stage: Stage, deck: _Deck, size: int) -> Side:
    place = 0

    def known() -> bytes:
        nonlocal place
        place = place + size if place + 2 * size <= deck.stored else 0
        return _body([(number, deck.revisions.get(number, 0)) for number in range(place, place + size)])

    async def lease(seconds: float) -> Turn:
        return await _until(seconds, size, known, stage, expect_changes=False)

    return lease


def _upserting(stage: Stage, connection: raw.Plain, deck: _Deck, size: int) -> Side:
    async def lease(seconds: float) -> Turn:
        done, elapsed_s, at = 0, 0.0, stage.context.now()
        while elapsed_s < seconds:
            orders = [raw.order(number, revision, at) for number, revision in deck.deal(size)]
            elapsed_s += raw.upsert(connection, orders)
            done += size
        return Turn(done, elapsed_s)

    return lease


async def _until(
    seconds: float, size: int, deal: Callable[[], bytes], stage: Stage, expect_changes: bool = True
) -> Turn:
    done, elapsed_s = 0, 0.0
    while elapsed_s < seconds:
        body = deal()
        start = time.perf_counter()
        changed = await take(stage, body)
        elapsed_s += time.perf_counter() - start
        done += size
        if changed != (size if expect_changes else 0):
            raise RuntimeError(f"{changed} of {size} rows were changes: this measures something else")
    return Turn(done, elapsed_s)


async def take(stage: Stage, body: bytes) -> int:
    """Take one page from the bytes of its answer; return how many rows were new or changed."""
    at = stage.context.now()
    window = Window("orders", at - timedelta(minutes=10), at)
    page = read_sheet_page(body)
    taken = await take_page(stage.context, VENDOR, page, cause="feed:orders", at=at, epoch=0, covered=window)
    return taken.changed


def _body(rows: list[tuple[int, int]]) -> bytes:
    return sheets.body(sheets.row(number, revision=revision) for number, revision in rows)
