"""Many boxes walk one step at once, beside one transition at a time.

The door is what every flow writes states through. Above it, `take_page` reads a page of 500 rows on which
Coupang shows every box one step further: each is parsed, compared, decided, stored with its evidence and
moved with its history.
"""

import time
from datetime import timedelta
from itertools import cycle

from app.coupang.orders.decode import read_sheet_page
from app.devtools.bench import raw, sheets
from app.devtools.bench.figures import Effort, Figure, Side, Turn, take_turns
from app.devtools.bench.ingest import WINDOW, fill
from app.devtools.bench.pgbench import one_by_one
from app.devtools.bench.stage import VENDOR, Stage
from app.engine.history import transitions
from app.orders.ingest import take_page
from app.orders.transitions import BoxMove, move_boxes

DOOR_FLOOR = 3.0
_ROAD = ("ACCEPT", "INSTRUCT", "DEPARTURE", "DELIVERING", "FINAL_DELIVERY")
_THERE_AND_BACK = ("INSTRUCT", "DEPARTURE", "ACCEPT")


async def measure(stage: Stage, effort: Effort) -> list[Figure]:
    """Measure the door, and the page above it, each with one connection."""
    # Boxes from 0 on belong to the door, those from `rows` on to the pages.
    await fill(stage, 2 * effort.rows)
    with stage.sync() as connection:
        raw.fill(connection, range(effort.rows), stage.context.now())
    door, page = f"door, {WINDOW} at once", f"page of {WINDOW}, each one step on"
    alone, crowd = "pgbench, 1 connection", "pgbench, 16 connections"
    rounds = await take_turns(
        {
            door: _through_the_door(stage, effort.rows),
            alone: one_by_one(stage.url, effort.rows, 1),
            page: _walking(stage, effort.rows),
            crowd: one_by_one(stage.url, effort.rows, 16),
        },
        effort,
        stage.settle,
    )
    return [
        rounds.figure(f"transitions, {door}", "moves/s", door, alone, DOOR_FLOOR, "one connection"),
        rounds.figure(f"transitions, {door}", "moves/s", door, crowd),
        rounds.figure(f"transitions, {page}", "moves/s", page, alone, None, "parsed, sealed, stored, moved"),
    ]


def _through_the_door(stage: Stage, rows: int) -> Side:
    """Move boxes in groups around a ring of states: the door does not judge, the machines above it do."""
    groups = cycle(range(0, rows - WINDOW + 1, WINDOW))
    place = dict.fromkeys(range(0, rows, WINDOW), ("ACCEPT", 1))

    async def lease(seconds: float) -> Turn:
        done, elapsed_s = 0, 0.0
        while elapsed_s < seconds:
            first = next(groups)
            source, version = place[first]
            target = _THERE_AND_BACK[(version - 1) % len(_THERE_AND_BACK)]
            at = stage.context.now()
            start = time.perf_counter()
            step = transitions.Step("see", source, target, "coupang", "feed:orders", b"0123456789abcdef")
            due = at + timedelta(hours=2)
            moves = [
                BoxMove(sheets.box_id(number), version, (step,), due)
                for number in range(first, first + WINDOW)
            ]
            async with stage.context.db.transaction() as tx:
                await move_boxes(tx, VENDOR, moves, at)
            elapsed_s += time.perf_counter() - start
            place[first] = (target, version + 1)
            done += WINDOW
        return Turn(done, elapsed_s)

    return lease


def _walking(stage: Stage, rows: int) -> Side:
    """Show page after page one status further; new boxes when all have arrived, off the clock."""
    pages = [(first, status) for status in _ROAD[1:] for first in range(rows, 2 * rows, WINDOW)]
    left = iter(pages)
    shift = 0

    async def lease(seconds: float) -> Turn:
        nonlocal left, shift
        done, elapsed_s = 0, 0.0
        while elapsed_s < seconds:
            following = next(left, None)
            if following is None:
                left, shift = iter(pages), shift + rows
                await _born(stage, range(rows + shift, 2 * rows + shift))
                continue
            first, status = following
            body = sheets.page(range(first + shift, first + shift + WINDOW), status=status)
            start = time.perf_counter()
            page = read_sheet_page(body)
            taken = await take_page(
                stage.context, VENDOR, page, cause="feed:orders", at=stage.context.now(), epoch=0
            )
            elapsed_s += time.perf_counter() - start
            if taken.moved != WINDOW:
                raise RuntimeError(f"{taken.moved} of {WINDOW} boxes walked: this measures something else")
            done += WINDOW
        return Turn(done, elapsed_s)

    return lease


async def _born(stage: Stage, numbers: range) -> None:
    for first in range(numbers.start, numbers.stop, WINDOW):
        page = read_sheet_page(sheets.page(range(first, first + WINDOW)))
        await take_page(stage.context, VENDOR, page, cause="feed:orders", at=stage.context.now())
