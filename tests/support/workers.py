"""Real worker processes in front of one sandbox that knows whom it speaks to, and that can be killed."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import clock
from app.devtools.processes import Child, Processes
from app.sandbox.http.server import Running
from tests.support.prepared_shops import Scene, Stages
from tests.support.shop import Shop


@dataclass
class Door:
    """An address of the sandbox that only one process is told of; notes (seconds, vendor) of every call."""

    url: str = ""
    calls: list[tuple[float, str]] = field(default_factory=list)

    def around(self, app: Any) -> Any:
        """Wrap an ASGI app so that its calls are noted as they arrive."""

        async def noted(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                _, found, rest = scope["path"].partition("/vendors/")
                self.calls.append((time.monotonic(), rest.split("/")[0] if found else ""))
            await app(scope, receive, send)

        return noted


@dataclass
class Hand:
    """One worker process and its door."""

    child: Child
    door: Door

    @property
    def pid(self) -> int:
        return self.child.process.pid

    def signal(self, number: int) -> None:
        self.child.process.send_signal(number)

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.child.process.wait()

    def log(self) -> str:
        return self.child.log.read_text()


@dataclass
class Crew:
    """Processes that share a shop's database and sandbox."""

    shop: Shop
    fleet: Processes
    env: Mapping[str, str]
    stack: AsyncExitStack
    hands: list[Hand] = field(default_factory=list)

    async def hire(self, name: str, **env: str) -> Hand:
        """Start a worker and wait until it works."""
        door = Door()
        running = Running(self.shop.world)
        running._server.config.app = door.around(running._server.config.app)
        await self.stack.enter_async_context(running)
        door.url = running.url
        before = await self.newest()
        child = await self.fleet.start(
            name, "worker", env={**self.env, "COUPANG__BASE_URL": running.url, **env}
        )
        hand = Hand(child, door)
        self.hands.append(hand)

        async def works() -> bool:
            self.fleet.check()
            return await self.newest() > before

        await until(works, 60)
        return hand

    async def newest(self) -> int:
        return int(await self.shop.one("SELECT coalesce(max(id), 0) FROM procrastinate_workers"))


async def until(
    predicate: Callable[[], Awaitable[object]], timeout_s: float = 30.0, every_s: float = 0.02
) -> float:
    """Poll until something is so; return the seconds that took."""
    began_s = time.monotonic()
    while not await predicate():
        assert time.monotonic() - began_s < timeout_s, "it did not happen in time"
        await asyncio.sleep(every_s)
    return time.monotonic() - began_s


@asynccontextmanager
async def open_crew(stages: Stages, scene: Scene, run_dir: Path, **env: str) -> AsyncIterator[Crew]:
    """Begin from a moment in real time; whatever was started is dead afterwards."""
    time_told = clock.fast(scene.at, 1.0)
    async with stages.open(scene, clock.parse(time_told)) as shop, AsyncExitStack() as stack:
        fleet = Processes(run_dir)
        base = {
            "DATABASE_URL": shop.context.db.url,
            "SECRETS__MASTER_KEY": stages.master_key,
            "CLOCK": time_told,
            "COUPANG__TIMEOUT_S": "40",
            "JOBS__SHIP_LINGER_S": "0",
        }
        crew = Crew(shop, fleet, {**base, **env}, stack)
        try:
            yield crew
        finally:
            for hand in crew.hands:
                if not hand.child.ended:
                    hand.child.process.kill()
            await fleet.stop()
