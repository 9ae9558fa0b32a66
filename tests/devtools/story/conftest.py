"""A shop with a real warehouse in front of it, on a clock that the story moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from app.clock import Frozen
from app.devtools.packer import Packer, SandboxDock
from app.devtools.story.population import CLAIM_WITHIN, Mix, place
from app.devtools.story.report import read_end, read_sides, report
from app.devtools.story.verdict import Verdict
from app.engine.access import api_keys
from app.engine.policy import Policy
from app.main import create_app, listen
from tests.support.shop import Shop, open_shop

HOURS = timedelta(hours=1)
WIDE = Policy(
    accept_every=1 * HOURS,
    sweep_every=6 * HOURS,
    claims_every=2 * HOURS,
    returns_every=6 * HOURS,
    acknowledge_linger=2 * HOURS,
    ship_linger=1 * HOURS,
    receiver_first=0.5 * HOURS,
    track_first=8 * HOURS,
    track_most=12 * HOURS,
    permit_lasts=12 * HOURS,
)
"""Virtual intervals as in the demo: as few visits as the story needs."""


@dataclass
class Tale:
    """A story between its beginning and its end."""

    shop: Shop
    sandbox_url: str
    packer: Packer
    boxes: int = 0
    complete: bool = False
    visits: int = field(default=0)

    async def tell(self, boxes: int, mix: Mix, most: int = 400) -> Verdict:
        """Let customers shop and everybody work until nothing can happen any more; judge it then."""
        clock: Frozen = self.shop.clock
        self.boxes = await place(self.sandbox_url, [self.shop.vendor_id], boxes, mix, clock.now(), 8 * HOURS)
        worked_at = looked_at = clock.now()
        for self.visits in range(1, most + 1):
            await self.shop.visit()
            now = clock.now()
            if now - worked_at >= 5 * HOURS:
                worked_at = now
                await self._work()
            if now - looked_at >= 12 * HOURS:
                looked_at = now
                end = await read_end(self.shop.context, self.sandbox_url, self.boxes, CLAIM_WITHIN)
                self.complete = end is not None
                if self.complete:
                    break
            clock.set(max(now + HOURS, min(await self.shop.due_at(), now + 3 * HOURS)))
        return await self.judge()

    async def judge(self) -> Verdict:
        """Compare both sides as they are."""
        context = self.shop.context
        sides = await read_sides(context, self.sandbox_url)
        return await report(context, sides, [self.shop.vendor_id], self.boxes, self.complete)

    async def _work(self) -> None:
        """Let the warehouse do a round; visits go on meanwhile, for permits are waited for."""
        working = asyncio.create_task(self.packer.work())
        while not working.done():
            await self.shop.visit()
            await asyncio.sleep(0.01)
        await working


@asynccontextmanager
async def open_tale(database_url: str, seed: int, mix: Mix) -> AsyncIterator[Tale]:
    """Open a shop, its REST API and a warehouse that works as the mix asks for."""
    async with open_shop(database_url, seed=seed, policy=WIDE) as shop:
        sandbox_url = shop.reach.base_url
        made = await api_keys.create(
            shop.context, name="dock", scopes=[api_keys.WRITE], vendor_ids=[shop.vendor_id]
        )
        stop, bound = asyncio.Event(), asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(
            listen(create_app(shop.context), "127.0.0.1", 0, stop, finish_s=1, bound=bound)
        )
        web, dock = f"http://127.0.0.1:{await bound}", SandboxDock(sandbox_url)
        habits = replace(mix.habits(), handed_over_share=0.5, sold_out_share=0.5)
        packer = Packer(web, made["key"], seed, habits, clock=shop.clock, dock=dock)
        try:
            yield Tale(shop, sandbox_url, packer)
        finally:
            await packer.close()
            await dock.close()
            stop.set()
            await serving


MANY = Mix(cancels=0.4, withdrawn=0.1, returns=0.3, exchanges=0.2, splits=0.2)
"""So many claims that few boxes meet every case."""


@pytest.fixture
async def tale(database_url: str) -> AsyncIterator[Tale]:
    async with open_tale(database_url, 5, MANY) as opened:
        yield opened
