"""`python -m app up`: the whole service on this machine, with one command.

Embedded PostgreSQL (or DATABASE_URL), migrations, the sandbox with customers and couriers, web, worker, and
a packing warehouse. With a seller's own key in the environment (SELLER__…) it runs against Coupang instead.
"""

import argparse
import asyncio
import json
import os
import secrets
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import httpx
import psycopg

from app import clock
from app.devtools.embedded_postgres import Embedded
from app.devtools.packer import Packer
from app.devtools.processes import ChildFailed, Processes
from app.engine.access import api_keys
from app.engine.context import Context
from app.engine.db import migrate
from app.engine.vendors import vendors
from app.integrity.invariants import live
from app.machines.boxes import BoxState
from app.machines.effects import SETTLED
from app.settings import Settings
from app.worker import master_key, open_house

BESIDE = "beside.json"
"""In the run directory: address of the database and clock, for verbs started beside `up`."""

SANDBOX_VENDOR = "A00012345"


@dataclass(slots=True)
class Memory:
    """What `up` remembers between two starts, in one private file."""

    path: Path
    values: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> "Memory":
        """Read the file, if there is one."""
        return cls(path, json.loads(path.read_text()) if path.exists() else {})

    def keep(self, **values: Any) -> None:
        """Set values and write the file, replacing it whole."""
        self.values |= values
        new = self.path.with_suffix(".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(self.values, file)
        new.replace(self.path)


def arguments(argv: list[str]) -> argparse.Namespace:
    """Read the command line of `up`."""
    parser = argparse.ArgumentParser(prog="python -m app up", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="of the REST API (default 8000)")
    parser.add_argument("--sandbox-port", type=int, default=8100, help="default 8100")
    parser.add_argument(
        "--speed", type=float, default=60.0, help="virtual seconds per second with the sandbox (default 60)"
    )
    parser.add_argument("--orders-per-hour", type=float, default=20.0, help="virtual hours (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="of the sandbox (default 1)")
    parser.add_argument("--no-warehouse", action="store_true", help="ship nothing; do it by REST yourself")
    return parser.parse_args(argv)


async def up(argv: list[str]) -> int:
    """Run everything until SIGINT or SIGTERM; return the exit code."""
    told = arguments(argv)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with AsyncExitStack() as stack:
            await _run(told, stop, stack, sys.stdout)
    except ChildFailed as failed:
        sys.stderr.write(f"\n{failed}\n")
        return 1
    sys.stdout.write("\nstopped; `make run` goes on with the data\n")
    return 0


async def _run(told: argparse.Namespace, stop: asyncio.Event, stack: AsyncExitStack, out: TextIO) -> None:
    settings = Settings()
    run_dir = settings.data_dir / "run"
    run_dir.mkdir(parents=True, exist_ok=True)
    # It holds the API key, the sandbox's keys and what its customers are called.
    run_dir.chmod(0o700)
    memory = Memory.open(run_dir / "memory.json")
    sandbox = not settings.seller.vendor_id
    url = settings.database_url.get_secret_value()
    if not url:
        server = Embedded(settings.data_dir / "postgres")
        await asyncio.to_thread(server.start)
        stack.push_async_callback(asyncio.to_thread, server.stop)
        url = await asyncio.to_thread(ensure_database, server)
    await asyncio.to_thread(migrate.upgrade, url)

    base_url = f"http://127.0.0.1:{told.sandbox_port}" if sandbox else settings.coupang.base_url
    time = settings.clock
    if sandbox and time == "real" and told.speed != 1:
        # The virtual clock goes on where it stopped, however long we were down.
        start = memory.values.get("virtual_now")
        time = clock.fast(datetime.fromisoformat(start) if start else clock.Real().now(), told.speed)
    env = {
        "DATABASE_URL": url,
        "CLOCK": time,
        "SECRETS__MASTER_KEY": master_key(settings),
        "COUPANG__BASE_URL": base_url,
        "WEB__PORT": str(told.port),
    }
    settings = Settings.model_validate(
        settings.model_copy(
            update={
                "database_url": type(settings.database_url)(url),
                "clock": time,
                "coupang": settings.coupang.model_copy(update={"base_url": base_url}),
            }
        ).model_dump()
    )
    (run_dir / BESIDE).write_text(json.dumps({"database_url": url, "clock": time}))
    (run_dir / BESIDE).chmod(0o600)
    context = await stack.enter_async_context(open_house(settings, 4))
    fleet = Processes(run_dir)
    stack.push_async_callback(fleet.stop)
    if sandbox:
        journal = str(run_dir / "sandbox.journal")
        seed = str(memory.values.setdefault("seed", told.seed))
        await fleet.start(
            "sandbox",
            "sandbox",
            "--port",
            str(told.sandbox_port),
            "--seed",
            seed,
            "--journal",
            journal,
            env=env,
        )
        await answers(f"{base_url}/_sandbox/", fleet, stop)
    api_key = await _introduce(context, settings, memory, base_url if sandbox else None)
    await fleet.start("web", "web", env=env)
    await fleet.start("worker", "worker", env=env)
    web = f"http://127.0.0.1:{told.port}"
    await answers(f"{web}/ready", fleet, stop)
    if stop.is_set():
        return
    out.write(_welcome(web, base_url if sandbox else None, api_key, run_dir))
    if sandbox:
        out.write(_about_the_sandbox(told))
    packer = None
    if sandbox and not told.no_warehouse:
        packer = Packer(web, api_key, told.seed)
        stack.push_async_callback(packer.close)
    await _watch(context, fleet, stop, memory, told, base_url if sandbox else None, packer, out)


def ensure_database(server: Embedded, name: str = "fulfilment") -> str:
    """Return the address of our database on an embedded server, making it on the first start."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    return server.dsn(name) if row else server.create_database(name)


def beside(settings: Settings) -> Settings:
    """Return the settings under which `up` runs in this checkout, for a verb started beside it.

    Raises:
        FileNotFoundError: `up` has never run here with its own database.
    """
    told = json.loads((settings.data_dir / "run" / BESIDE).read_text())
    return settings.model_copy(
        update={"database_url": type(settings.database_url)(told["database_url"]), "clock": told["clock"]}
    )


async def answers(url: str, fleet: Processes, stop: asyncio.Event, patience_s: float = 60.0) -> None:
    """Wait until an address answers with success, or a child has failed."""
    deadline = asyncio.get_running_loop().time() + patience_s
    async with httpx.AsyncClient(timeout=5.0) as client:
        while not stop.is_set():
            fleet.check()
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.TransportError:
                pass
            if asyncio.get_running_loop().time() > deadline:
                raise ChildFailed(f"{url} did not answer within {patience_s:g} s")
            await asyncio.sleep(0.1)


async def _introduce(context: Context, settings: Settings, memory: Memory, sandbox_url: str | None) -> str:
    """Register the vendor on both sides and make an API key, once; return the key."""
    if sandbox_url is None:
        seller = settings.seller
        await vendors.register_or_rotate(
            context,
            seller.vendor_id,
            seller.access_key.get_secret_value(),
            seller.secret_key.get_secret_value(),
        )
    else:
        known = memory.values.get("sandbox_keys")
        access, secret = known or (secrets.token_hex(16), secrets.token_hex(20))
        memory.keep(sandbox_keys=[access, secret])
        async with httpx.AsyncClient(base_url=sandbox_url, timeout=10.0) as client:
            overview = (await client.get("/_sandbox/")).json()
            if SANDBOX_VENDOR not in overview["vendors"]:
                keys_told = {"vendor_id": SANDBOX_VENDOR, "access_key": access, "secret_key": secret}
                (await client.post("/_sandbox/vendors", json=keys_told)).raise_for_status()
        await vendors.register_or_rotate(context, SANDBOX_VENDOR, access, secret)
    if "api_key" not in memory.values:
        made = await api_keys.create(context, name="up", scopes=["admin"], vendor_ids=None)
        memory.keep(api_key=made["key"])
    return str(memory.values["api_key"])


def _welcome(web: str, sandbox: str | None, api_key: str, run_dir: Path) -> str:
    lines = [
        "",
        f"  REST API   {web}/docs",
        f"  sandbox    {sandbox}/_sandbox/" if sandbox else "  Coupang    the real one, with your key",
        f"  API key    {api_key}",
        f"  logs       {run_dir}/*.log",
        "",
        f'  curl -H "Authorization: Bearer {api_key}" "{web}/v1/boxes?limit=3"',
        "",
    ]
    return "\n".join(lines) + "\n"


def _about_the_sandbox(told: argparse.Namespace) -> str:
    packing = (
        "ships nothing by itself; do it by REST"
        if told.no_warehouse
        else ("packs what is ready every few seconds; with --no-warehouse it leaves that to you")
    )
    return (
        f"  The clock runs x{told.speed:g}: a virtual hour lasts {3600 / told.speed:g} s; "
        f"all times shown are virtual (--speed 1 for real time).\n  The warehouse {packing}.\n\n"
    )


async def _watch(
    context: Context,
    fleet: Processes,
    stop: asyncio.Event,
    memory: Memory,
    told: argparse.Namespace,
    sandbox_url: str | None,
    packer: Packer | None,
    out: TextIO,
) -> None:
    """Show the live status each second, let customers shop and the warehouse pack, until stopped."""
    before: tuple[float, int] | None = None
    loop = asyncio.get_running_loop()
    seconds = 0
    while not stop.is_set():
        fleet.check()
        now = context.now()
        if sandbox_url is not None:
            await _shop_on(sandbox_url, memory, told.orders_per_hour, now)
            memory.keep(virtual_now=now.isoformat())
        if packer is not None and seconds % 5 == 0:
            try:
                await packer.pack()
            except httpx.HTTPError as error:
                out.write(f"\nthe warehouse could not pack: {type(error).__name__}\n")
        figures = await live(context)
        moment, calls = loop.time(), figures["calls"] or 0
        rate = (calls - before[1]) / (moment - before[0]) if before else 0.0
        if seconds % 5 == 0:
            before = (moment, calls)
        if out.isatty():
            out.write("\r\x1b[2K" + status_line(figures, now, rate))
        elif seconds % 5 == 0:
            out.write(status_line(figures, now, rate) + "\n")
        out.flush()
        seconds += 1
        try:
            async with asyncio.timeout(1.0):
                await stop.wait()
        except TimeoutError:
            continue


async def _shop_on(sandbox_url: str, memory: Memory, orders_per_hour: float, now: datetime) -> None:
    """Keep customers coming: plan the next twelve hours whenever six or fewer are planned."""
    planned = datetime.fromisoformat(memory.values.get("shop_until", now.isoformat()))
    if planned - now > timedelta(hours=6):
        return
    until = max(planned, now) + timedelta(hours=12)
    plan = {
        "vendor_id": SANDBOX_VENDOR,
        "from": max(planned, now).isoformat(),
        "until": until.isoformat(),
        "orders_per_hour": orders_per_hour,
        "cancel_share": 0.02,
        "withdraw_share": 1.0,
    }
    async with httpx.AsyncClient(base_url=sandbox_url, timeout=30.0) as client:
        (await client.post("/_sandbox/shop", json=plan)).raise_for_status()
    memory.keep(shop_until=until.isoformat())


def status_line(figures: dict[str, Any], now: datetime, rate: float) -> str:
    """Return the live status in one line: where boxes are, what is open, who is silent."""
    boxes = figures["boxes"] or {}
    effects = figures["effects"] or {}
    opened = {state: n for state, n in effects.items() if state not in SETTLED}
    looked = figures["last_look_at"]
    places = " ".join(f"{state} {boxes[state]}" for state in BoxState if state in boxes)
    parts = [
        now.strftime("%m-%d %H:%M"),
        f"boxes {places or 'none yet'}",
        "effects open " + (" ".join(f"{state} {n}" for state, n in sorted(opened.items())) or "0"),
        f"calls/s {rate:.1f}",
        f"last look {int((now - looked).total_seconds())} s ago" if looked else "no look yet",
    ]
    if figures["stopped_until"]:
        who = "everybody" if figures["all_stopped"] else " ".join(figures["stopped_vendors"])
        trying = "" if figures["stopped_until"] > now else ", trying"
        parts.append(f"SILENT {who} until {figures['stopped_until']:%H:%M}{trying}")
    if figures["attention"]:
        parts.append(f"attention {figures['attention']}")
    return " | ".join(parts)
