"""Build the worker process: wiring only."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app import clock
from app.engine.context import Context
from app.engine.crypto.installation_keys import with_keys
from app.engine.db.database import Database
from app.engine.policy import Circuit, Policy
from app.engine.visits.engine import Engine
from app.engine.visits.scheduler import build_scheduler
from app.engine.visits.session import Reach
from app.engine.visits.visit import visit
from app.families import REGISTRY
from app.settings import Circuit as CircuitSettings
from app.settings import Jobs, Settings
from app.vault import Vault, new_key, parse_ring

log = logging.getLogger(__name__)


def policy(jobs: Jobs, circuit: CircuitSettings, call_lasts_s: float) -> Policy:
    """Build the policy of the use cases from the settings."""
    return Policy(
        accept_every=timedelta(seconds=jobs.accept_every_s),
        sweep_every=timedelta(seconds=jobs.sweep_every_s),
        claims_every=timedelta(seconds=jobs.claims_every_s),
        returns_every=timedelta(seconds=jobs.returns_every_s),
        lag=timedelta(seconds=jobs.lag_s),
        overlap=timedelta(seconds=jobs.overlap_s),
        catch_up=timedelta(days=jobs.catch_up_days),
        acknowledge_linger=timedelta(seconds=jobs.acknowledge_linger_s),
        ship_linger=timedelta(seconds=jobs.ship_linger_s),
        permit_lasts=timedelta(seconds=jobs.permit_s),
        receiver_first=timedelta(seconds=jobs.receiver_first_s),
        track_first=timedelta(seconds=jobs.track_first_s),
        track_most=timedelta(seconds=jobs.track_most_s),
        census_hour=None if jobs.census_hour < 0 else jobs.census_hour,
        keep_readings=timedelta(days=jobs.readings_days),
        erase_after=None if jobs.erase_after_days < 0 else timedelta(days=jobs.erase_after_days),
        write_shows_within=timedelta(seconds=jobs.write_shows_within_s),
        call_lasts=timedelta(seconds=call_lasts_s),
        circuit=Circuit(
            throttled=timedelta(seconds=circuit.throttled_s),
            blocked=timedelta(seconds=circuit.blocked_s),
            denied=timedelta(seconds=circuit.denied_s),
            errors=timedelta(seconds=circuit.errors_s),
            errors_most=circuit.errors_most,
        ),
    )


def master_key(settings: Settings) -> str:
    """Return the master key ring; in development one is made and kept in the data directory.

    Raises:
        ValueError: Production without a key (refused by the settings already).
    """
    if given := settings.secrets.master_key.get_secret_value():
        return given
    path: Path = settings.data_dir / "master.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(f"dev:{new_key()}")
    return path.read_text().strip()


@asynccontextmanager
async def open_house(settings: Settings, most: int = 10, patience_s: float = 15.0) -> AsyncIterator[Context]:
    """Open the database and yield a house that is ready; close it afterwards."""
    database = Database(settings.database_url.get_secret_value(), most, patience_s)
    await database.open()
    try:
        context = Context(
            database,
            clock.parse(settings.clock),
            Vault(parse_ring(master_key(settings))),
            REGISTRY,
            policy(settings.jobs, settings.circuit, settings.coupang.extended_timeout_s),
            f"{socket.gethostname()}:{os.getpid()}",
        )
        yield replace(context, vault=await with_keys(context))
    finally:
        await database.close()


def reach(settings: Settings) -> Reach:
    """Turn settings into how Coupang is reached."""
    coupang = settings.coupang
    return Reach(
        coupang.base_url,
        coupang.pace_per_s,
        coupang.timeout_s,
        coupang.extended_timeout_s,
        settings.jobs.visit_s,
        answer_most_bytes=coupang.answer_most_bytes,
    )


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Tick, visit and sweep until `stop` is set; then wait until the visits under way have handed back."""
    concurrency = settings.jobs.concurrency
    async with open_house(settings, concurrency + 4) as context:
        now = context.now if isinstance(context.clock, clock.Real) else None
        engine = Engine(context.db.url, lambda *which: visit(context, how, *which), concurrency, now=now)
        how = replace(reach(settings), speaks=engine.speaks)
        async with engine.app.open_async():
            scheduler = build_scheduler(context, engine, settings.jobs.tick_s, settings.jobs.erase_every_s)
            scheduler.start()
            sweeping = asyncio.create_task(engine.keep_sweeping())
            working = asyncio.create_task(engine.work())
            stopped = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                scheduler.shutdown(wait=False)
                for task in (sweeping, stopped, working):
                    task.cancel()
                results = await asyncio.gather(sweeping, stopped, working, return_exceptions=True)
            for result in results:
                if isinstance(result, Exception):
                    raise result
