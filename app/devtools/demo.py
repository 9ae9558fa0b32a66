"""`python -m app demo`: a bounded story on a fast clock, checked at its end.

Vendors sell; customers change addresses, cancel, withdraw, return and exchange; the service acknowledges; a
warehouse packs, splits, answers and inspects by REST; couriers deliver and fetch. Everything runs as it
would: its own PostgreSQL, sandbox, web and worker processes. When all is final, or waits for a decision of a
person that has a name, the sandbox's truth and ledger and our database are compared unit by unit and change
by change. Any difference and any broken promise makes the exit code 1. `--plain` leaves the claims out.
"""

import argparse
import asyncio
import secrets
import shutil
import signal
import socket
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

import httpx

from app import clock
from app.devtools.embedded_postgres import Embedded
from app.devtools.packer import Packer, SandboxDock
from app.devtools.processes import ChildFailed, Processes
from app.devtools.story.population import CLAIM_WITHIN, PLAIN, Mix, place
from app.devtools.story.report import Sides, read_end, read_sides, report
from app.devtools.story.verdict import Verdict
from app.devtools.up import answers, ensure_database
from app.engine.access import api_keys
from app.engine.context import Context
from app.engine.db import migrate
from app.engine.feeds.names import ORDERS
from app.engine.vendors import vendors
from app.integrity.invariants import covered, live
from app.settings import Settings
from app.vault import new_key
from app.worker import open_house

START = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
"""09:00 on a Monday in Seoul."""
PLANNING_S = 2.0
"""Real seconds for planning all purchases before the first of them."""
ROUND_EVERY = timedelta(hours=6)
"""Between two rounds of the warehouse."""

# Virtual intervals, wide enough for a clock on which an hour lasts less than a second: a look that would
# come due sixteen times within one visit is one look.
PACE = {
    "JOBS__TICK_S": "0.2",
    "JOBS__ACCEPT_EVERY_S": "1800",
    "JOBS__SWEEP_EVERY_S": "10800",
    "JOBS__CLAIMS_EVERY_S": "3600",
    "JOBS__RETURNS_EVERY_S": "10800",
    "JOBS__ACKNOWLEDGE_LINGER_S": "10800",
    "JOBS__SHIP_LINGER_S": "10800",
    "JOBS__RECEIVER_FIRST_S": "1800",
    "JOBS__TRACK_FIRST_S": "28800",
    "JOBS__TRACK_MOST_S": "43200",
    "JOBS__PERMIT_S": "43200",
    "COUPANG__PACE_PER_S": "200",
}


SHARES = {name: getattr(Mix(), name) for name in ("cancels", "withdrawn", "returns", "exchanges", "splits")}


@dataclass(slots=True)
class Story:
    """A running demo."""

    context: Context
    fleet: Processes
    web: str
    sandbox: str
    vendor_ids: list[str]
    boxes: int
    packer: Packer
    started_s: float
    patience_s: float
    out: TextIO
    mix: Mix


def arguments(argv: list[str]) -> argparse.Namespace:
    """Read the command line of `demo`."""
    parser = argparse.ArgumentParser(prog="python -m app demo", description=__doc__)
    parser.add_argument("--boxes", type=int, default=500, help="default 500")
    parser.add_argument("--vendors", type=int, default=3, help="default 3")
    parser.add_argument("--seed", type=int, default=1, help="default 1")
    parser.add_argument("--speed", type=float, default=6000.0, help="virtual seconds per second")
    for name, share in SHARES.items():
        parser.add_argument(f"--{name}", type=float, default=share, help=f"share of boxes (default {share})")
    parser.add_argument("--plain", action="store_true", help="the road without claims and splits")
    parser.add_argument("--patience", type=float, default=180.0, help="real seconds before it gives up")
    told = parser.parse_args(argv)
    if not 1 <= told.vendors <= 100 or told.boxes < told.vendors:
        parser.error("1 to 100 vendors, and at least one box for each")
    if any(not 0 <= getattr(told, name) <= 0.5 for name in SHARES) or told.returns + told.exchanges > 0.5:
        parser.error("shares are between 0 and 0.5, those of returns and exchanges together too")
    return told


def mix_of(told: argparse.Namespace) -> Mix:
    """Return the population that the command line asks for."""
    return PLAIN if told.plain else Mix(**{name: getattr(told, name) for name in SHARES})


async def demo(argv: list[str]) -> int:
    """Tell the story; return 0 when every promise held."""
    told = arguments(argv)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    directory = Settings().data_dir / f"demo-{secrets.token_hex(4)}"
    out = sys.stdout
    try:
        async with AsyncExitStack() as stack:
            story = await _begin(told, directory, stack, out)
            end = await _tell(story, stop)
            sides = end or await read_sides(story.context, story.sandbox)
            verdict = await report(story.context, sides, story.vendor_ids, story.boxes, end is not None)
            verdict.lines.append(f"warehouse   {_counted(story.packer.counts)}")
    except ChildFailed as failed:
        sys.stderr.write(f"{failed}\n")
        return 1
    finally:
        if directory.exists():
            _show_errors(directory, out)
            await asyncio.to_thread(shutil.rmtree, directory, True)
    return _conclude(verdict, time.monotonic() - story.started_s, out)


async def _begin(told: argparse.Namespace, directory: Path, stack: AsyncExitStack, out: TextIO) -> Story:
    started_s = time.monotonic()
    server = Embedded(directory / "postgres")
    await asyncio.to_thread(server.start)
    stack.push_async_callback(asyncio.to_thread, server.stop)
    url = await asyncio.to_thread(ensure_database, server)
    await asyncio.to_thread(migrate.upgrade, url)
    web_port, sandbox_port = _free_port(), _free_port()
    sandbox = f"http://127.0.0.1:{sandbox_port}"
    env = PACE | {
        "DATABASE_URL": url,
        "CLOCK": clock.fast(START, told.speed),
        "SECRETS__MASTER_KEY": f"demo:{new_key()}",
        "COUPANG__BASE_URL": sandbox,
        "WEB__PORT": str(web_port),
        "ENVIRONMENT": "development",
    }
    settings = Settings.model_validate(
        {
            "database_url": url,
            "clock": env["CLOCK"],
            "secrets": {"master_key": env["SECRETS__MASTER_KEY"]},
            "coupang": {"base_url": sandbox},
        }
    )
    context = await stack.enter_async_context(open_house(settings, 4))
    fleet = Processes(directory / "run")
    stack.push_async_callback(fleet.stop)
    # Paced 200 a second on the fast clock, so the sandbox's limit of 10 is raised with it.
    await fleet.start(
        "sandbox", "sandbox", "--port", str(sandbox_port), "--seed", str(told.seed), "--limit", "0", env=env
    )
    await answers(f"{sandbox}/_sandbox/", fleet, asyncio.Event())
    vendor_ids = [f"A{told.seed % 1000:03d}{number:05d}" for number in range(1, told.vendors + 1)]
    for vendor_id in vendor_ids:
        access, secret = secrets.token_hex(16), secrets.token_hex(20)
        async with httpx.AsyncClient(base_url=sandbox, timeout=30.0) as client:
            key = {"vendor_id": vendor_id, "access_key": access, "secret_key": secret}
            (await client.post("/_sandbox/vendors", json=key)).raise_for_status()
        await vendors.register_or_rotate(context, vendor_id, access, secret)
    await fleet.start("web", "web", env=env)
    await fleet.start("worker", "worker", env=env)
    web = f"http://127.0.0.1:{web_port}"
    await answers(f"{web}/ready", fleet, asyncio.Event())
    made = await api_keys.create(
        context, name="demo warehouse", scopes=["warehouse:write"], vendor_ids=vendor_ids
    )
    mix, dock = mix_of(told), SandboxDock(sandbox, vendor_ids)
    stack.push_async_callback(dock.close)
    packer = Packer(web, made["key"], told.seed, mix.habits(), clock=context.clock, dock=dock)
    stack.push_async_callback(packer.close)
    out.write(
        f"{told.boxes} boxes of {told.vendors} vendors, seed {told.seed}, "
        f"clock x{told.speed:g} (a virtual day lasts {86400 / told.speed:.1f} s)\n"
    )
    return Story(
        context=context,
        fleet=fleet,
        web=web,
        sandbox=sandbox,
        vendor_ids=vendor_ids,
        boxes=told.boxes,
        packer=packer,
        started_s=started_s,
        patience_s=told.patience,
        out=out,
        mix=mix,
    )


async def _tell(story: Story, stop: asyncio.Event) -> Sides | None:
    """Let customers shop, the warehouse work and couriers drive; return how it ended, None if not in time."""
    begins = story.context.now() + timedelta(seconds=PLANNING_S * story.context.clock.factor)
    story.boxes = await place(story.sandbox, story.vendor_ids, story.boxes, story.mix, begins)
    claim_within = CLAIM_WITHIN if story.mix.claims else timedelta(0)
    worked_at, shown_s, looked_s, settled = story.context.now(), 0.0, 0.0, False
    while not stop.is_set():
        story.fleet.check()
        now = story.context.now()
        if now - worked_at >= ROUND_EVERY:
            worked_at = now
            await story.packer.work()
        passed_s = time.monotonic() - story.started_s
        if passed_s - shown_s >= 5:
            shown_s = passed_s
            await _show(story, now, passed_s)
        if passed_s - looked_s >= 1:
            looked_s = passed_s
            end = await read_end(story.context, story.sandbox, story.boxes, claim_within)
            if end is not None and settled:
                return end
            if end is not None:
                # Let the last sweep cover what the demo took.
                await _settle(story, now)
                settled, looked_s = True, 0.0
        if passed_s > story.patience_s:
            return None
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await stop.wait()
    return None


async def _show(story: Story, now: datetime, passed_s: float) -> None:
    figures = await live(story.context)
    states = " ".join(f"{state} {n}" for state, n in sorted((figures["boxes"] or {}).items()))
    story.out.write(f"{passed_s:5.0f} s  {now:%a %H:%M}  {states}\n")
    story.out.flush()


async def _settle(story: Story, since: datetime) -> None:
    """Wait until coverage has reached the end of the story, so that it can be checked without holes."""
    lag = story.context.policy.lag
    for _ in range(100):
        if await covered(story.context, ORDERS, START - timedelta(days=1), since - lag):
            return
        await asyncio.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _show_errors(directory: Path, out: TextIO) -> None:
    for log in sorted((directory / "run").glob("*.log")):
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        if lines:
            out.write(f"--- {log.name} (last lines of {len(lines)})\n" + "\n".join(lines[-15:]) + "\n")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{what} {n}" for what, n in sorted(counts.items()))


def _conclude(verdict: Verdict, seconds: float, out: TextIO) -> int:
    out.write("\n" + "\n".join(verdict.lines) + "\n")
    out.write(f"took {seconds:.0f} s\n")
    if verdict.broken:
        out.write("\nBROKEN:\n" + "\n".join(f"  {line}" for line in verdict.broken[:40]) + "\n")
        return 1
    out.write("every promise held\n")
    return 0
