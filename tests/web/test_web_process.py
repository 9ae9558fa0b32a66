"""The web process as it runs: settings in, a listening server that asks for visits."""

import asyncio
import socket
from pathlib import Path

from httpx2 import AsyncClient, ConnectError
from pydantic import SecretStr

from app.engine.access import api_keys
from app.engine.context import Context
from app.main import serve
from app.settings import Settings, Web
from tests.support.box_stock import BOX, VENDOR, put, register


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_process_serves_wakes_and_stops(context: Context, database_url: str, tmp_path: Path) -> None:
    await register(context)
    await put(context)
    made = await api_keys.create(context, name="k", scopes=[api_keys.WRITE], vendor_ids=[VENDOR])
    settings = Settings(
        database_url=SecretStr(database_url), data_dir=tmp_path, web=Web(port=free_port(), wait_most_s=0.5)
    )
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(settings, stop))
    base = f"http://127.0.0.1:{settings.web.port}"
    headers = {"Authorization": f"Bearer {made['key']}"}
    async with AsyncClient(base_url=base, headers=headers) as client:
        async with asyncio.timeout(20):
            while True:
                try:
                    assert (await client.get("/ready")).status_code == 200
                    break
                except ConnectError:
                    assert not serving.done()
                    await asyncio.sleep(0.02)
        answer = await client.post(f"/v1/boxes/{BOX}/acknowledge")
        assert answer.status_code == 202
        assert "server" not in answer.headers
    # The wake-up goes out after the answer; it is there within a moment.
    jobs: list[dict[str, object]] = []
    async with asyncio.timeout(10), context.db.connection() as connection:
        while not jobs:
            found = await connection.execute("SELECT lock, priority FROM procrastinate_jobs")
            jobs = [dict(row) for row in await found.fetchall()]
            await asyncio.sleep(0.02)
    assert [job["lock"] for job in jobs] == [VENDOR]
    assert int(str(jobs[0]["priority"])) > 0
    stop.set()
    await asyncio.wait_for(serving, 10)
