"""The server: uvicorn inside the running event loop, without signal handlers, closed cleanly."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator, Iterable
from pathlib import Path
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp

from app.clock import Clock, Real
from app.sandbox.control.api import performer
from app.sandbox.core.rules import Rules
from app.sandbox.http.app import create_app
from app.sandbox.http.protocol import Protocol
from app.sandbox.http.tls import Identity
from app.sandbox.world.replay_log import Journal
from app.sandbox.world.script import read_text
from app.sandbox.world.world import World, add_vendors

log = logging.getLogger(__name__)

Credentials = tuple[str, str, str]
"""(vendor id, access key, secret key)"""


class _Server(uvicorn.Server):
    """Leaves signals to whoever owns the process, and stops when told instead of at the next tick.

    A test suite starts hundreds of these; uvicorn's own pauses would cost it 0.2 s each.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def stop(self) -> None:
        """Let `serve` come to its end."""
        self.should_exit = True
        self._told.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing."""
        yield

    async def main_loop(self) -> None:
        """Tick once a second (uvicorn keeps its Date header there) until told to stop."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 1.0)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close listeners and idle connections; give running calls a second, then cancel them."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(0.002)
        running = list(self.server_state.tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class Running:
    """A sandbox that runs inside the caller's event loop for the length of a `with` block.

    Args:
        world: The world to serve.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        journal: Where to remember what changes the world; replayed at the start.
        tls: Serve HTTPS with this certificate; None serves plain HTTP.
    """

    def __init__(
        self,
        world: World,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        journal: Path | None = None,
        tls: Identity | None = None,
    ) -> None:
        self.world = world
        app: ASGIApp = create_app(world)
        self._journal = Journal(app, world, journal) if journal else None
        self.host, self.port, self._scheme = host, port, "https" if tls else "http"
        config = uvicorn.Config(
            self._journal or app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # Its own clock goes into every answer, not the machine's.
            date_header=False,
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens; the port is known once it runs."""
        return f"{self._scheme}://{self.host}:{self.port}"

    async def __aenter__(self) -> "Running":
        # The protocol is named: asyncio switches Nagle's delay (40 ms an answer) off only for known TCP.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.host, self.port))
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        if self._journal is not None:
            await self._journal.replay()
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        try:
            while not self._server.started:
                if self._task.done():
                    await self._task
                await asyncio.sleep(0.001)
        except BaseException:
            # Cancelled while starting: nobody will call __aexit__.
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        self._server.stop()
        if self._task is not None:
            await self._task
        if self._journal is not None:
            self._journal.close()


async def serve(
    host: str = "127.0.0.1",
    port: int = 8400,
    *,
    seed: int = 0,
    clock: Clock | None = None,
    rules: Rules | None = None,
    vendors: Iterable[Credentials] = (),
    stop: asyncio.Event | None = None,
    journal: Path | None = None,
    script: Path | None = None,
    tls: Identity | None = None,
) -> None:
    """Serve a sandbox until `stop` is set or this task is cancelled; closes cleanly either way.

    A script is played up to its first line of somebody else; `POST /_sandbox/script/play` goes on.

    Raises:
        Invalid: The script is none.
    """
    world = World(clock or Real(), seed=seed, rules=rules)
    add_vendors(world, vendors)
    if script is not None:
        world.script = read_text(script.read_bytes())
        for one in world.script.play(performer(world)):
            log.info("script line %(line)s: %(call)s answered %(status)s", one)
        log.info("the script waits after %s of %s lines", world.script.played, len(world.script.lines))
    async with Running(world, host=host, port=port, journal=journal, tls=tls):
        await (stop or asyncio.Event()).wait()
