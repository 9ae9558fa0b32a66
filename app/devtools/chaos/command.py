"""The command line of `chaos`."""

import argparse
from dataclasses import dataclass
from pathlib import Path

ABOUT = "The whole fleet on loopback, a Coupang that lies, and everything that can be killed."


@dataclass(frozen=True, slots=True)
class Told:
    """What the command line asks for."""

    minutes: float
    workers: int
    vendors: int
    boxes: int
    seed: int
    speed: float
    calm_s: float
    recovery_s: float
    keep: bool
    quick: bool
    replay: Path | None
    out: Path | None


def arguments(argv: list[str]) -> Told:
    """Read the command line of `chaos`."""
    parser = argparse.ArgumentParser(prog="python -m app chaos", description=ABOUT)
    parser.add_argument("--minutes", type=float, default=10.0, help="of chaos, before the calm (default 10)")
    parser.add_argument("--workers", type=int, default=4, help="default 4")
    parser.add_argument("--vendors", type=int, default=20, help="default 20")
    parser.add_argument("--boxes", type=int, help="default 510 a minute")
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--speed", type=float, default=2000.0, help="virtual seconds per second")
    parser.add_argument("--calm", type=float, default=420.0, help="longest calm, in real seconds")
    parser.add_argument(
        "--recovery",
        type=float,
        default=10.0,
        help="longest recovery after a worker's death, in real seconds",
    )
    parser.add_argument("--replay", type=Path, help="do what this sequence says instead of drawing one")
    parser.add_argument("--out", type=Path, help="write the sequence of what was done here")
    parser.add_argument("--quick", action="store_true", help="what takes Coupang days takes hours")
    parser.add_argument("--keep", action="store_true", help="keep database and logs")
    told = parser.parse_args(argv)
    if not (0 < told.minutes <= 600 and 1 <= told.workers <= 16 and 1 <= told.vendors <= 100):
        parser.error("up to 600 minutes, 1 to 16 workers, 1 to 100 vendors")
    boxes = told.boxes or max(told.vendors, round(510 * told.minutes))
    return Told(
        told.minutes,
        told.workers,
        told.vendors,
        boxes,
        told.seed,
        told.speed,
        told.calm,
        told.recovery,
        told.keep,
        told.quick,
        told.replay,
        told.out,
    )


def again(told: Told, sequence: Path) -> str:
    """Return the command that does the same again."""
    return (
        f"python -m app chaos --minutes {told.minutes:g} --workers {told.workers} --vendors {told.vendors} "
        f"--boxes {told.boxes} --seed {told.seed} --speed {told.speed:g}{' --quick' * told.quick} "
        f"--replay {sequence}"
    )
