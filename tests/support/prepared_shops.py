"""Shops that were prepared once and begin many times: what a database holds and a world to copy."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from app.clock import Clock, Frozen
from app.engine.context import Context
from app.engine.db.database import Database
from app.engine.visits.session import Reach
from app.families import REGISTRY
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from app.vault import Vault, new_key
from tests.support.crash_points import copied
from tests.support.database_pool import NOTHING, Contents, Pool
from tests.support.rest_app import Desk, open_desk
from tests.support.shop import Shop, open_shop

Prepare = Callable[[Shop, Desk], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Scene:
    """A moment to begin from.

    Attributes:
        contents: What the database holds.
        world: Coupang at that moment; copied, never used.
        at: The time.
        vault: What opens the database's secrets.
        told: What the preparation has returned.
    """

    contents: Contents
    world: World
    at: datetime
    vault: Vault
    told: Any


@dataclass
class Stages:
    """Scenes by name, each prepared when it is first wanted."""

    pool: Pool
    master_key: str = field(default_factory=new_key)
    scenes: dict[str, Scene] = field(default_factory=dict)

    async def scene(self, name: str, prepare: Prepare, after: Scene | None = None) -> Scene:
        """Return the moment after `prepare`, which begins with a new shop or `after` another moment."""
        if name not in self.scenes:
            with self.pool.database(after.contents if after else NOTHING) as database:
                url = database.url
                begun = self._begin(url, after) if after else open_shop(url, master_key=self.master_key)
                async with begun as shop, open_desk(shop) as desk:
                    told = await prepare(shop, desk)
                    at = shop.clock.now()
                    world = copied(shop.world, Frozen(at))
                self.scenes[name] = Scene(database.contents(), world, at, shop.context.vault, told)
        return self.scenes[name]

    @asynccontextmanager
    async def open(self, scene: Scene, clock: Clock | None = None) -> AsyncIterator[Shop]:
        """Begin from a moment, as if for the first time; with another clock only processes can go on."""
        with self.pool.database(scene.contents) as database:
            async with self._begin(database.url, scene, clock) as shop:
                yield shop

    @asynccontextmanager
    async def _begin(self, url: str, scene: Scene, clock: Any = None) -> AsyncIterator[Shop]:
        clock = clock or Frozen(scene.at)
        world = copied(scene.world, clock)
        database = Database(url, most=6)
        await database.open()
        try:
            context = Context(database, clock, scene.vault, REGISTRY, worker="survivor")
            async with Running(world) as sandbox:
                yield Shop(clock, world, context, Reach(sandbox.url, pace_per_s=1000.0))
        finally:
            await database.close()


@pytest.fixture(scope="module")
def stages(database_pool: Pool) -> Stages:
    """Scenes that the tests of a module share; a conftest that wants it imports it."""
    return Stages(database_pool)
