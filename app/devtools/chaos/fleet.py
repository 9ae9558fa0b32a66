"""The whole fleet on loopback, built anew in a directory of its own, and the init system over it."""

import asyncio
import secrets
import socket
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from app import clock
from app.devtools.embedded_postgres import Embedded
from app.devtools.packer import Packer, SandboxDock
from app.devtools.processes import Child, Processes
from app.devtools.story.population import Mix
from app.devtools.up import answers, ensure_database
from app.engine.access import api_keys
from app.engine.context import Context
from app.engine.db import migrate
from app.engine.vendors import vendors
from app.settings import Settings
from app.vault import new_key
from app.worker import open_house

START = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
"""09:00 on a Monday in Seoul."""
DATABASE = "fulfilment"
RESTART_S = 0.5
"""The init system's pause before it starts again what has ended."""
STORED_TOGETHER = 4
"""Vendors whose goods are in one warehouse."""
VISIT_S = 8.0
SHOWS_WITHIN_S = 15.0
"""Longer than any visit and its last call: a change that does not show after it was never applied."""


@dataclass(slots=True)
class FleetUnderTest:
    """A running fleet.

    Attributes:
        paused: Names of workers under SIGSTOP.
        database_down: The server was killed and is not started again yet.
        newest_key: The last access key that the sandbox issued, by vendor.
        ended_alone: Children that ended without our doing, by name.
    """

    server: Embedded
    database: str
    fleet: Processes
    context: Context
    speed: float
    vendor_ids: list[str]
    workers: list[Child]
    web_process: Child
    sandbox_url: str
    sandbox_client: httpx.AsyncClient
    operator: httpx.AsyncClient
    packers: list[Packer]
    directory: Path
    mix: Mix
    paused: set[str] = field(default_factory=set)
    database_down: bool = False
    newest_key: dict[str, str] = field(default_factory=dict)
    ended_alone: Counter[str] = field(default_factory=Counter)

    def living(self) -> set[int]:
        """Return the pids of workers that run."""
        return {
            child.process.pid for child in self.workers if not child.ended and child.name not in self.paused
        }

    async def supervise(self, stop: asyncio.Event) -> None:
        """Start web and workers again when they have ended, as an init system would, until `stop` is set."""
        ended_s: dict[str, float] = {}
        while not stop.is_set():
            for child in (*self.workers, self.web_process):
                if not child.ended:
                    ended_s.pop(child.name, None)
                    continue
                now_s = time.monotonic()
                if child.name not in ended_s and child.process.returncode != -9:
                    self.ended_alone[f"{child.name} ({child.process.returncode})"] += 1
                if now_s - ended_s.setdefault(child.name, now_s) >= RESTART_S:
                    ended_s.pop(child.name)
                    await self.fleet.revive(child)
            await asyncio.sleep(0.1)


QUICK: dict[str, float] = {
    "scan_min_s": 1_800.0,
    "scan_max_s": 7_200.0,
    "deliver_min_s": 3_600.0,
    "deliver_max_s": 10_800.0,
    "pickup_book_min_s": 1_800.0,
    "pickup_book_max_s": 3_600.0,
    "pickup_scan_min_s": 1_800.0,
    "pickup_scan_max_s": 7_200.0,
    "pickup_arrive_min_s": 1_800.0,
    "pickup_arrive_max_s": 7_200.0,
    "auto_approval_s": 14_400.0,
    "stop_refund_s": 28_800.0,
    "dispute_decision_s": 14_400.0,
    "exchange_direct_success_s": 28_800.0,
}
"""Rules of the sandbox for a short run: what takes days takes hours."""


def pace(speed: float, quick: bool = False) -> dict[str, str]:
    """Return the settings of the fleet on a fast clock; virtual intervals in proportion to real ones."""

    def virtual(real_s: float) -> str:
        return f"{real_s * speed:g}"

    return {
        "JOBS__TICK_S": "0.5",
        "JOBS__VISIT_S": f"{VISIT_S:g}",
        "JOBS__ACCEPT_EVERY_S": virtual(1.0),
        "JOBS__SWEEP_EVERY_S": virtual(6.0),
        "JOBS__CLAIMS_EVERY_S": virtual(2.0),
        "JOBS__RETURNS_EVERY_S": virtual(6.0),
        "JOBS__ACKNOWLEDGE_LINGER_S": virtual(3.0),
        "JOBS__SHIP_LINGER_S": virtual(3.0),
        "JOBS__PERMIT_S": virtual(20.0),
        "JOBS__RECEIVER_FIRST_S": virtual(1.0),
        "JOBS__TRACK_FIRST_S": virtual(3.0 if quick else 8.0),
        "JOBS__TRACK_MOST_S": virtual(6.0 if quick else 20.0),
        "JOBS__WRITE_SHOWS_WITHIN_S": virtual(SHOWS_WITHIN_S),
        # Real seconds: bans of the sandbox last two.
        "CIRCUIT__THROTTLED_S": "2.5",
        "CIRCUIT__BLOCKED_S": "2.5",
        "CIRCUIT__DENIED_S": "2.5",
        "CIRCUIT__ERRORS_S": "1",
        "COUPANG__PACE_PER_S": "200",
        "LOG_LEVEL": "WARNING",
    }


async def build(
    directory: Path,
    stack: AsyncExitStack,
    *,
    seed: int,
    speed: float,
    workers: int,
    vendors_wanted: int,
    quick: bool = False,
) -> FleetUnderTest:
    """Start PostgreSQL, sandbox, web and workers, and introduce vendors and warehouse."""
    server = Embedded(directory / "postgres")
    await asyncio.to_thread(server.start)
    stack.push_async_callback(asyncio.to_thread, server.stop)
    url = await asyncio.to_thread(ensure_database, server, DATABASE)
    await asyncio.to_thread(migrate.upgrade, url)
    web_port, sandbox_port = free_port(), free_port()
    sandbox_url, web_url = f"http://127.0.0.1:{sandbox_port}", f"http://127.0.0.1:{web_port}"
    env = pace(speed, quick) | {
        "DATABASE_URL": url,
        "CLOCK": clock.fast(START, speed),
        "SECRETS__MASTER_KEY": f"chaos:{new_key()}",
        "COUPANG__BASE_URL": sandbox_url,
        "WEB__PORT": str(web_port),
        "ENVIRONMENT": "development",
    }
    settings = Settings.model_validate(
        {
            "database_url": url,
            "clock": env["CLOCK"],
            "secrets": {"master_key": env["SECRETS__MASTER_KEY"]},
            "coupang": {"base_url": sandbox_url},
        }
    )
    context = await stack.enter_async_context(open_house(settings, 6))
    fleet = Processes(directory / "run")
    stack.push_async_callback(fleet.stop)
    # The workers are paced by a clock that runs fast, so the sandbox's limit of ten a second is off; bans
    # come by schedule.
    await fleet.start(
        "sandbox", "sandbox", "--port", str(sandbox_port), "--seed", str(seed), "--limit", "0", env=env
    )
    never = asyncio.Event()
    await answers(f"{sandbox_url}/_sandbox/", fleet, never)
    sandbox_client = await stack.enter_async_context(httpx.AsyncClient(base_url=sandbox_url, timeout=60.0))
    vendor_ids = [f"A{seed % 1000:03d}{number:05d}" for number in range(1, vendors_wanted + 1)]
    for vendor_id in vendor_ids:
        access, secret = secrets.token_hex(16), secrets.token_hex(20)
        key = {"vendor_id": vendor_id, "access_key": access, "secret_key": secret}
        (await sandbox_client.post("/_sandbox/vendors", json=key)).raise_for_status()
        await vendors.register_or_rotate(context, vendor_id, access, secret)
    web = await fleet.start("web", "web", env=env)
    started = [await fleet.start(f"worker-{number}", "worker", env=env) for number in range(1, workers + 1)]
    await answers(f"{web_url}/ready", fleet, never)
    admin = await api_keys.create(context, name="chaos operator", scopes=["admin"], vendor_ids=None)
    operator = await stack.enter_async_context(
        httpx.AsyncClient(base_url=web_url, headers={"Authorization": f"Bearer {admin['key']}"}, timeout=10.0)
    )
    mix = Mix()
    packers = [
        await _warehouse(
            context, stack, web_url, sandbox_url, vendor_ids[first : first + STORED_TOGETHER], seed
        )
        for first in range(0, len(vendor_ids), STORED_TOGETHER)
    ]
    return FleetUnderTest(
        server=server,
        database=DATABASE,
        fleet=fleet,
        context=context,
        speed=speed,
        vendor_ids=vendor_ids,
        workers=started,
        web_process=web,
        sandbox_url=sandbox_url,
        sandbox_client=sandbox_client,
        operator=operator,
        packers=packers,
        directory=directory,
        mix=mix,
    )


async def _warehouse(
    context: Context, stack: AsyncExitStack, web_url: str, sandbox_url: str, vendor_ids: list[str], seed: int
) -> Packer:
    key = await api_keys.create(
        context, name=f"warehouse of {vendor_ids[0]}", scopes=["warehouse:write"], vendor_ids=vendor_ids
    )
    dock = SandboxDock(sandbox_url, vendor_ids)
    stack.push_async_callback(dock.close)
    # Each has a roll of labels of its own: a number that another receiver got is refused.
    roll = seed * 1000 + int(vendor_ids[0][-5:])
    packer = Packer(web_url, key["key"], roll, Mix().habits(), clock=context.clock, dock=dock)
    stack.push_async_callback(packer.close)
    return packer


def free_port() -> int:
    """Return a port that is free right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
