"""The story: the fleet comes up, customers shop, chaos reigns, calm, verdict."""

import asyncio
import secrets
import shutil
import signal
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import psycopg
from psycopg_pool import PoolTimeout

from app.devtools.chaos import plan
from app.devtools.chaos.command import Told, again, arguments
from app.devtools.chaos.faults import Lies
from app.devtools.chaos.fleet import QUICK, FleetUnderTest, build
from app.devtools.chaos.killers import Wreckers
from app.devtools.chaos.monitor import Watch
from app.devtools.chaos.plan import Deed
from app.devtools.chaos.verdict import Verdict, judge, still_open
from app.devtools.packer import Packer
from app.devtools.processes import ChildFailed
from app.devtools.story.population import place
from app.devtools.story.report import Sides, read_sides
from app.integrity.invariants import live
from app.settings import Settings

SHOPPING_SHARE = 0.6
"""Of the chaos: customers shop this long, so that claims and pick-ups meet the chaos as well."""


class Chaos:
    """One run.

    Args:
        told: The command line.
        arena: The fleet.
        out: Where progress goes.
    """

    def __init__(self, told: Told, arena: FleetUnderTest, out: TextIO) -> None:
        self.told = told
        self.arena = arena
        self.out = out
        self.watch = Watch(arena.context, arena.living)
        self.wreckers = Wreckers(arena, self.watch)
        self.lies = Lies(arena)
        self.done: list[Deed] = []
        self.failed: list[str] = []
        self._began_s = time.monotonic()

    def deeds(self) -> list[Deed]:
        """Return what is to be done."""
        if self.told.replay:
            return plan.read(self.told.replay)
        return plan.draw(self.told.seed, self.told.minutes * 60, self.told.workers, self.arena.vendor_ids)

    async def reign(self) -> None:
        """Do all deeds at their times, and wait for those that last."""
        self._began_s = time.monotonic()
        under_way: set[asyncio.Task[None]] = set()
        shown_s = 0.0
        for deed in self.deeds():
            while (wait_s := deed.at_s - self.passed_s) > 0:
                await asyncio.sleep(min(wait_s, 1.0))
                if self.passed_s - shown_s >= 10:
                    shown_s = self.passed_s
                    await self.show()
            task = asyncio.create_task(self._do(deed))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        if under_way:
            await asyncio.wait(under_way)

    @property
    def passed_s(self) -> float:
        """Return real seconds since the chaos began."""
        return time.monotonic() - self._began_s

    async def _do(self, deed: Deed) -> None:
        act = {
            "kill_worker": self.wreckers.kill_worker,
            "kill_web": self.wreckers.kill_web,
            "kill_postgres": self.wreckers.kill_postgres,
            "pause_worker": self.wreckers.pause,
            "stall_tick": self.wreckers.pause,
            "cut_connections": self.wreckers.cut_connections,
            "fault": self.lies.fault,
            "outage": self.lies.outage,
            "expire_key": self.lies.expire_key,
            "rotate_key": self.lies.rotate_key,
        }[deed.kind]
        at_s = round(self.passed_s, 3)
        if deed.kind != "fault":
            self.watch.done(f"{deed.kind} {deed.target}")
        try:
            target = await act(deed)
        except Exception as error:
            self.failed.append(f"{deed}: {type(error).__name__}: {error}")
            return
        if target is not None:
            self.done.append(replace(deed, at_s=at_s, target=target))

    async def calm(self) -> tuple[float | None, Sides]:
        """Take all faults back and wait until everything is final.

        Returns:
            How long that took, None when it did not happen in time; and both sides as they were then.
        """
        await self.lies.stop_lying()
        began_s, shown_s = time.monotonic(), 0.0
        while (passed_s := time.monotonic() - began_s) < self.told.calm_s:
            found = ["the database is away"]
            with suppress(psycopg.Error, PoolTimeout):
                sides = await read_sides(self.arena.context, self.arena.sandbox_url)
                found = await still_open(self.arena, sides)
                if not found:
                    return passed_s, sides
            if passed_s - shown_s >= 10:
                shown_s = passed_s
                await self.show()
                self.out.write(f"         {len(found)} open, such as: {'; '.join(found[:3])}\n")
            # Comparing everything costs; the fleet needs the processor more.
            await asyncio.sleep(max(1.0, 3 * (time.monotonic() - began_s - passed_s)))
        return None, await read_sides(self.arena.context, self.arena.sandbox_url)

    async def show(self) -> None:
        """Write one line of progress."""
        try:
            async with asyncio.timeout(3.0):
                figures = await live(self.arena.context)
        except (psycopg.Error, PoolTimeout, TimeoutError):
            self.out.write(f"{self.passed_s:5.0f} s  the database is away\n")
            return
        states = " ".join(f"{state} {n}" for state, n in sorted((figures["boxes"] or {}).items()))
        kills = sum(self.wreckers.kills.values())
        now = self.arena.context.now()
        self.out.write(f"{self.passed_s:5.0f} s  {now:%m-%d %H:%M}  kills {kills}  {states}\n")
        self.out.flush()

    def side_ended(self, task: asyncio.Task[None], stop: asyncio.Event) -> None:
        """Say at once when a warehouse, the watch or the init system has failed: the run proves less then."""
        if not stop.is_set() and not task.cancelled() and (error := task.exception()):
            self.out.write(f"{self.passed_s:5.0f} s  FAILED: {type(error).__name__}: {error}\n")

    def tally(self) -> Counter[str]:
        """Return kills and other deeds by name."""
        counted: Counter[str] = Counter()
        for name, n in self.wreckers.kills.items():
            counted[f"kill {name}"] = n
        for name, n in (self.wreckers.others + self.lies.others).items():
            counted[f"other {name}"] = n
        return counted


async def chaos(argv: list[str]) -> int:
    """Run; return 0 when every promise held."""
    told = arguments(argv)
    stop = asyncio.Event()
    loop, me = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        if me is not None:
            loop.add_signal_handler(number, me.cancel)
    data = Settings().data_dir
    directory = data / f"chaos-{secrets.token_hex(4)}"
    sequence = told.out or data / "chaos" / f"seed-{told.seed}.jsonl"
    sequence.parent.mkdir(parents=True, exist_ok=True)
    started_s = time.monotonic()
    try:
        async with AsyncExitStack() as stack:
            arena = await build(
                directory,
                stack,
                seed=told.seed,
                speed=told.speed,
                workers=told.workers,
                vendors_wanted=told.vendors,
                quick=told.quick,
            )
            verdict, run = await _run(told, arena, stop)
            plan.write(sequence, sorted(run.done, key=lambda deed: deed.at_s))
    except ChildFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    finally:
        if directory.exists() and not told.keep:
            await asyncio.to_thread(shutil.rmtree, directory, True)
    return _conclude(told, verdict, sequence, time.monotonic() - started_s)


async def _run(told: Told, arena: FleetUnderTest, stop: asyncio.Event) -> tuple[Verdict, Chaos]:
    run = Chaos(told, arena, sys.stdout)
    shopping = told.minutes * 60 * told.speed * SHOPPING_SHARE
    boxes = await place(
        arena.sandbox_url,
        arena.vendor_ids,
        told.boxes,
        arena.mix,
        arena.context.now(),
        timedelta(seconds=shopping),
    )
    if told.quick:
        (await arena.sandbox_client.post("/_sandbox/rules", json=QUICK)).raise_for_status()
    sys.stdout.write(
        f"{boxes} boxes of {told.vendors} vendors, {told.workers} workers, seed {told.seed}, clock "
        f"x{told.speed:g}: {told.minutes * 60 * told.speed / 86400:.1f} virtual days of chaos\n"
    )
    side = [
        asyncio.create_task(arena.supervise(stop)),
        asyncio.create_task(run.watch.look(stop)),
        *(asyncio.create_task(_warehouse(packer, stop)) for packer in arena.packers),
    ]
    for task in side:
        task.add_done_callback(lambda ended: run.side_ended(ended, stop))
    try:
        await run.reign()
        settled_s, sides = await run.calm()
        verdict = await judge(arena, sides, run.watch, boxes, settled_s, run.tally(), told.recovery_s)
    finally:
        stop.set()
        results = await asyncio.gather(*side, return_exceptions=True)
    verdict.broken += [f"{type(one).__name__}: {one}" for one in results if isinstance(one, Exception)]
    verdict.broken += [f"could not be done: {one}" for one in run.failed]
    if arena.ended_alone:
        verdict.rows.append(
            ("ended without our doing", ", ".join(f"{k} {n}" for k, n in arena.ended_alone.items()))
        )
    if told.keep:
        verdict.notes.append(f"kept: {arena.directory}")
    return verdict, run


async def _warehouse(packer: Packer, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await packer.work()
        await asyncio.sleep(1.0)


def _conclude(told: Told, verdict: Verdict, sequence: Path, seconds: float) -> int:
    out = sys.stdout
    out.write("\n| | |\n|---|---|\n")
    out.write("".join(f"| {name} | {value} |\n" for name, value in verdict.rows))
    out.write("\n" + ", ".join(verdict.notes) + f"\ntook {seconds:.0f} s; sequence: {sequence}\n")
    if verdict.broken:
        out.write(f"\nBROKEN ({len(verdict.broken)}):\n")
        out.write("\n".join(f"  {line}" for line in verdict.broken[:200]) + "\n")
        out.write(f"replay with: {again(told, sequence)}\n")
        return 1
    out.write("every promise held\n")
    return 0
