"""The verb `bench`: measure, print one table, and fail when a floor is missed."""

import argparse
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson

from app.devtools.bench import ingest, rest, transitions
from app.devtools.bench.figures import Effort, Figure, table
from app.devtools.bench.machine import machine
from app.devtools.bench.stage import Stage, stage

MEASUREMENTS: dict[str, Callable[[Stage, Effort], Awaitable[list[Figure]]]] = {
    "ingest": ingest.measure,
    "transitions": transitions.measure,
    "rest": rest.measure,
}
DIRECTORY = Path(".data") / "bench"
"""Of the server that is measured; removed at the end."""


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(MEASUREMENTS)}")
    return names


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app bench", description=__doc__)
    parser.add_argument(
        "--only", type=_names, default=list(MEASUREMENTS), help=f"of {','.join(MEASUREMENTS)}"
    )
    parser.add_argument("--reps", type=int, default=3, help="repetitions of everything")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each side in one repetition")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, unrounded")
    return parser


async def run(argv: list[str]) -> int:
    """Measure on a durable PostgreSQL of our own; return 1 when a floor is missed, otherwise 0.

    Raises:
        SystemExit: The options cannot be read.
        app.devtools.embedded_postgres.Unusable: The server cannot be started.
    """
    told = _parser().parse_args(argv)
    effort = Effort(reps=told.reps, seconds=told.seconds)
    figures: list[Figure] = []
    where = ""
    for name in told.only:
        sys.stderr.write(f"measuring {name} …\n")
        # A fresh server each: what one measurement leaves behind must not slow the next one down.
        async with stage(DIRECTORY) as ready:
            where = machine(ready.url)
            figures += await MEASUREMENTS[name](ready, effort)
    sys.stdout.write(f"{where}\n{told.reps} x {told.seconds:g} s a side; ratios are medians over rounds\n\n")
    sys.stdout.write(f"{table(figures)}\n")
    if told.json:
        document = {"machine": where, "figures": [figure.as_json() for figure in figures]}
        told.json.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    missed = [figure.name for figure in figures if figure.missed]
    for name in missed:
        sys.stderr.write(f"below its floor: {name}\n")
    return 1 if missed else 0
