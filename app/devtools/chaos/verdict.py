"""Sandbox, ledger and database compared: what was promised, in figures, and every broken promise."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from app.devtools.chaos.fleet import FleetUnderTest
from app.devtools.chaos.monitor import Watch
from app.devtools.story.changes import OURS, shipped_cancelled
from app.devtools.story.ending import unfinished
from app.devtools.story.population import CLAIM_WITHIN
from app.devtools.story.report import Sides
from app.integrity import invariants, stored_content
from app.machines.effects import EffectState

UNCOVERED_YET = timedelta(hours=30)
"""What sweeps may still lack at the end: the newest hours, and a day of withdrawals."""
INSTANT_S = 1.5
"""Real seconds between our last reading and Coupang's taking of a waybill, at the most."""


@dataclass(slots=True)
class Verdict:
    """What a run has shown; `rows` are the lines of the table, `broken` every broken promise."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def still_open(arena: FleetUnderTest, sides: Sides) -> list[str]:
    """Return what keeps the calm from ending: what moves, what differs, what is not covered."""
    found = [str(one) for one in unfinished(sides.held) if not one.why]
    if not sides.truth.quiet(CLAIM_WITHIN):
        found.append("customers may still claim")
    holes = (await invariants.audit(arena.context, slack=UNCOVERED_YET)).holes
    return found + sides.differences() + [f"hole: {one}" for one in holes]


async def judge(
    arena: FleetUnderTest,
    sides: Sides,
    watch: Watch,
    boxes: int,
    settled_s: float | None,
    done: Counter[str],
    recovery_most_s: float,
) -> Verdict:
    """Compare everything.

    Args:
        arena: The fleet, all faults taken back.
        sides: Both sides as they were at the end of the calm.
        watch: What was seen on the way.
        boxes: How many were placed.
        settled_s: Real seconds of the calm until everything was final; None when it never was.
        done: Kills and other deeds by name.
        recovery_most_s: Longest recovery after a worker's death, real seconds.
    """
    verdict = Verdict()
    truth, held, unseen = sides.truth, sides.held, sides.held.unseen
    found = await invariants.audit(arena.context, slack=UNCOVERED_YET)
    different = sides.differences()
    lost = [line for line in different if line.startswith("lost")]
    twice = sum(counted["applied_twice"] for counted in truth.ledger["kinds"].values())
    late = shipped_cancelled(
        truth.ledger, timedelta(seconds=INSTANT_S * max(1.0, arena.context.clock.factor))
    )
    decisions = unfinished(held)
    moving = [str(one) for one in decisions if not one.why]
    states = Counter(row["state"] for row in held.effects)
    applied = len([one for one in truth.ledger["mutations"] if one["kind"] in OURS])
    faults = truth.ledger["faults"]

    def row(name: str, value: object) -> None:
        verdict.rows.append((name, str(value)))

    orders = len({box["order_id"] for box in truth.sales})
    parts = len(truth.sales) - boxes
    row("orders placed", f"{orders} with {boxes} boxes, and {parts} boxes split off on the way")
    row(
        "boxes stored / lost",
        f"{len(truth.sales) - len(lost)} / {len(lost)}"
        + (f" ({len(unseen)} known by their cancel only: no list ever showed them)" if unseen else ""),
    )
    row(
        "changes intended", f"{len(held.effects)}, of which {states[EffectState.REJECTED]} refused or dropped"
    )
    row("changes applied / confirmed", f"{applied} / {states[EffectState.CONFIRMED]}")
    row("applied twice", twice)
    row("repeated attempts that changed nothing", truth.ledger["repeated"])
    row("confirmed without evidence", len(found.unproven))
    row("illegal histories", f"{len(found.illegal)} of {found.counted.total()}")
    row("shipped cancels", len(truth.ledger["shipped_cancelled"]))
    row("differences to the sandbox's truth", len(different))
    row("not final at the end", len(moving))
    row("holes left", len(found.holes))
    row("decisions left to a person", len(decisions) - len(moving))
    row("calls", f"{truth.ledger['calls']}")
    row("faults met", f"{sum(faults.values())} of {len(faults)} kinds")
    row("kills (SIGKILL)", _counted(done, "kill "))
    row("other violence", _counted(done, "other "))
    row("recovery after a worker's death", _spread([one.took_s for one in watch.recoveries]))
    row("the same, the database killed meanwhile", _spread([one.took_s for one in watch.disturbed]))
    row("workers killed while nobody could say for whom they spoke", watch.unknown_kills)
    row("longest wait of a due vendor", f"{watch.longest_wait_s:.1f} s")
    row("silences towards Coupang", watch.silences)
    row("calm until all was final", "never" if settled_s is None else f"{settled_s:.0f} s")
    most = max((one["max_in_flight"] for one in truth.ledger["vendors"].values()), default=0)
    row("calls of one vendor at the same time", most)

    altered = await stored_content.all_faults(arena.context)
    row("stored, and not what it was", len(altered))
    verdict.broken += different + late + found.broken + altered + moving
    verdict.broken += [f"hole: {one}" for one in found.holes]
    if settled_s is None:
        verdict.broken.append("it did not settle in time")
    if most > 1:
        verdict.broken.append(f"{most} calls of one vendor at the same time")
        verdict.broken += [
            f"{vendor_id}: {beside}"
            for vendor_id, figures in truth.ledger["vendors"].items()
            for beside in figures["overlaps"]
        ]
    if parts < 0:
        verdict.broken.append(f"the sandbox holds {len(truth.sales)} boxes, {boxes} were placed")
    verdict.broken += [f"nobody speaks for {one} since its worker was killed" for one in watch.orphans]
    verdict.broken += [str(one) for one in watch.recoveries if one.took_s > recovery_most_s]
    verdict.notes = [f"{kind} {n}" for kind, n in sorted(faults.items())]
    return verdict


def _counted(done: Counter[str], prefix: str) -> str:
    mine = {name.removeprefix(prefix): n for name, n in done.items() if name.startswith(prefix)}
    listed = ", ".join(f"{name} {n}" for name, n in sorted(mine.items()))
    return f"{sum(mine.values())} ({listed})" if mine else "0"


def _spread(seconds: list[float]) -> str:
    if not seconds:
        return "n = 0"
    ordered = sorted(seconds)
    return f"n = {len(ordered)}, median {ordered[len(ordered) // 2]:.1f} s, max {ordered[-1]:.1f} s"
