"""The server: uvicorn inside the running event loop, without signal handlers, closed cleanly."""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Iterable
from types import TracebackType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.clock import Clock, Real
from app.sandbox.app import HANG_UP, create_app
from app.sandbox.rules import Rules
from app.sandbox.world import World, add_vendors

Credentials = tuple[str, str, str]
"""(vendor id, access key, secret key)"""


class _Protocol(HttpToolsProtocol):
    """Lets the app close its socket: a dropped connection is an answer of this Coupang too."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {HANG_UP: {"close": self.transport.close}}


class _Server(uvicorn.Server):
    """Leaves the process' signals to whoever owns the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture nothing."""
        yield


class Running:
    """A sandbox that runs inside the caller's event loop for the length of a `with` block.

    Args:
        world: The world to serve.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
    """

    def __init__(self, world: World, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.world = world
        self.host, self.port = host, port
        config = uvicorn.Config(
            create_app(world),
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens; the port is known once it runs."""
        return f"http://{self.host}:{self.port}"

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
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.005)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task


async def serve(
    host: str = "127.0.0.1",
    port: int = 8400,
    *,
    seed: int = 0,
    clock: Clock | None = None,
    rules: Rules | None = None,
    vendors: Iterable[Credentials] = (),
    stop: asyncio.Event | None = None,
) -> None:
    """Serve a sandbox until `stop` is set or this task is cancelled; closes cleanly either way."""
    world = World(clock or Real(), seed=seed, rules=rules)
    add_vendors(world, vendors)
    async with Running(world, host=host, port=port):
        await (stop or asyncio.Event()).wait()
