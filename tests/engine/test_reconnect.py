"""A pool whose database was away for long connects soon after its return, for those who wait already."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest
from psycopg import OperationalError

from app.engine.db.database import Database, fetch_one
from app.engine.db.reconnect import RECONNECT_S
from tests.support.workers import until


class Road:
    """A port that leads to the database while the road is open, and to nobody while it is closed."""

    def __init__(self, database_url: str) -> None:
        parts = urlsplit(database_url)
        self._to = parts.hostname or "127.0.0.1", parts.port or 5432
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = parts._replace(netloc=parts.netloc.rpartition("@")[0] + f"@127.0.0.1:{self.port}").geturl()
        self._writers: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        try:
            yield
        finally:
            server.close()
            for writer in self._writers:
                writer.close()
            self._writers.clear()
            await server.wait_closed()

    async def _pass_on(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, on = await asyncio.open_connection(*self._to)
        self._writers += back, on
        await asyncio.gather(_pump(here, on), _pump(there, back))


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


async def test_who_waits_is_served_soon_after_a_long_absence(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    road = Road(database_url)
    database = Database(road.url, most=2, patience_s=30.0)

    async def ask() -> object:
        async with database.connection() as connection:
            return await fetch_one(connection, "SELECT 1 AS one")

    async def given_up() -> bool:
        return sum("reconnection attempt" in record.message for record in caplog.records) >= 2

    try:
        async with road.open():
            await database.open()
            assert await ask() == {"one": 1}
        with pytest.raises(OperationalError):
            await ask()
        waiting = asyncio.ensure_future(ask())
        await until(given_up, 30)
        assert not waiting.done()
        async with road.open():
            # Nobody else asks meanwhile. Left alone, the pool would try no more.
            assert await asyncio.wait_for(waiting, 5 * RECONNECT_S) == {"one": 1}
            await database.close()
    finally:
        await database.close()
