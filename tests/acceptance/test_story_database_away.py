"""A database that goes away and comes back: nobody is restarted, and everything goes on."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest
from httpx2 import AsyncClient, HTTPError

from app.clock import Real
from app.devtools.embedded_postgres import Embedded
from app.devtools.processes import Processes
from app.engine.access import api_keys
from app.engine.caller import US
from app.engine.context import Context
from app.engine.crypto.installation_keys import with_keys
from app.engine.db import migrate
from app.engine.db.database import Database
from app.engine.vendors import vendors
from app.families import REGISTRY
from app.main import PATIENCE_S
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from app.vault import Vault, new_key, parse_ring
from tests.support.shop import ACCESS_KEY, SECRET_KEY, VENDOR
from tests.support.workers import until

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def introduce(url: str, master_key: str) -> str:
    """Register the vendor and make an API key."""
    database = Database(url, 2)
    await database.open()
    try:
        context = Context(database, Real(), Vault(parse_ring(master_key)), REGISTRY)
        object.__setattr__(context, "vault", await with_keys(context))
        await vendors.register(
            context, US, VENDOR, name="Example shop", access_key=ACCESS_KEY, secret_key=SECRET_KEY
        )
        return str(
            (await api_keys.create(context, name="k", scopes=(api_keys.ADMIN,), vendor_ids=None))["key"]
        )
    finally:
        await database.close()


async def test_web_and_worker_outlive_their_database(tmp_path: Path) -> None:
    world = World(Real(), rules=Rules(limit_per_second=0, list_lag_s=0.0, couriers=False))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    server, fleet = Embedded(tmp_path / "postgres", durable=False), Processes(tmp_path)
    await asyncio.to_thread(server.start)
    try:
        url = await asyncio.to_thread(server.create_database, "shop")
        await asyncio.to_thread(migrate.upgrade, url)
        master_key, port = new_key(), free_port()
        key = await introduce(url, master_key)
        async with (
            Running(world) as sandbox,
            AsyncClient(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {key}"},
                timeout=PATIENCE_S + 5,
            ) as client,
        ):
            every = {f"JOBS__{name}_EVERY_S": "1" for name in ("ACCEPT", "CLAIMS")}
            env = {
                "DATABASE_URL": url,
                "SECRETS__MASTER_KEY": master_key,
                "COUPANG__BASE_URL": sandbox.url,
                "COUPANG__PACE_PER_S": "50",
                "WEB__PORT": str(port),
                **every,
            }
            web = await fleet.start("web", "web", env=env)
            worker = await fleet.start("worker", "worker", env=env)
            pids = (web.process.pid, worker.process.pid)

            async def shows(box_id: int) -> bool:
                fleet.check()
                try:
                    return (await client.get(f"/v1/boxes/{box_id}")).status_code == 200
                except HTTPError:
                    return False

            first = world.order(VENDOR)[0][0].box_id
            await until(lambda: shows(first), 60, 0.1)

            os.kill(server.pid, signal.SIGKILL)

            async def refused() -> bool:
                answer = await client.get(f"/v1/boxes/{first}")
                if answer.status_code == 200:
                    return False
                assert answer.status_code == 503, answer.text
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["type"] == "/problems/unavailable"
                return True

            await until(refused, 30, 0.1)
            for method, path in (("GET", "/v1/boxes"), ("POST", f"/v1/boxes/{first}/acknowledge")):
                assert (await client.request(method, path)).status_code == 503
            assert (await client.get("/ready")).status_code == 503
            # What a customer buys meanwhile must be found afterwards.
            second = world.order(VENDOR)[0][0].box_id
            await asyncio.sleep(3.0)
            fleet.check()

            await asyncio.to_thread(server.start, again=True)
            took_s = await until(lambda: shows(second), 60, 0.1)
            print(f"a new order shows {took_s:.1f} s after the database was back")  # noqa: T201
            assert (await client.get("/ready")).status_code == 200
            assert (await client.post(f"/v1/boxes/{second}/acknowledge")).status_code in (202, 409)
            fleet.check()
            assert (web.process.pid, worker.process.pid) == pids
            figures = world.report()
            assert figures["vendors"][VENDOR]["max_in_flight"] == 1
            assert figures["applied_twice"] == 0
    finally:
        await fleet.stop()
        await asyncio.to_thread(server.stop)
