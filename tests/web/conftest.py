"""The REST app over ASGI, and callers with keys."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from httpx2 import ASGITransport, AsyncClient

from app.flows import keys
from app.flows.house import House
from app.main import create_app
from tests.web.callers import Callers
from tests.web.stock import VENDOR, register


@pytest.fixture
async def callers(house: House) -> AsyncIterator[Callers]:
    """Make clients with keys of any scope; one vendor is registered."""
    await register(house)
    async with AsyncExitStack() as stack:
        transport = ASGITransport(create_app(house, wait_most_s=2.0), raise_app_exceptions=False)
        yield Callers(house, transport, stack)


@pytest.fixture
async def reader(callers: Callers) -> AsyncClient:
    return await callers.make(keys.READ, vendors=[VENDOR])


@pytest.fixture
async def writer(callers: Callers) -> AsyncClient:
    return await callers.make(keys.WRITE, vendors=[VENDOR])


@pytest.fixture
async def admin(callers: Callers) -> AsyncClient:
    return await callers.make(keys.ADMIN)


@pytest.fixture
async def nobody(callers: Callers) -> AsyncClient:
    return await callers.without_key()
