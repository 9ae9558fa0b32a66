"""A sandbox on a frozen clock, and a seller who signs."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from app.clock import Frozen
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from tests.support.loopback_client import client_of
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR, Seller


@pytest.fixture
def clock() -> Frozen:
    """12:00 in Seoul."""
    return Frozen(datetime(2026, 11, 21, 3, 0, tzinfo=UTC))


@pytest.fixture
def rules() -> Rules:
    """No limits and no lags, so that each test brings in the one it is about."""
    return Rules(
        limit_per_second=0,
        list_lag_s=0,
        acknowledge_lag_max_s=0,
        receipt_lag_max_s=0,
        couriers=False,
        key_life_days=0,
    )


@pytest.fixture
def world(clock: Frozen, rules: Rules) -> World:
    made = World(clock, seed=7, rules=rules)
    made.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    return made


@pytest.fixture
async def running(world: World) -> AsyncIterator[Running]:
    async with Running(world) as sandbox:
        yield sandbox


@pytest.fixture
async def seller(running: Running, clock: Frozen) -> AsyncIterator[Seller]:
    async with client_of(running.url) as client:
        yield Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY)
