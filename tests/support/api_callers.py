"""The REST app over ASGI, and callers with keys."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from httpx2 import ASGITransport, AsyncClient

from app.engine.access import api_keys
from app.engine.context import Context
from app.main import create_app
from tests.support.box_stock import VENDOR, register
from tests.support.callers import Callers


@pytest.fixture
async def callers(context: Context) -> AsyncIterator[Callers]:
    """Make clients with keys of any scope; one vendor is registered."""
    await register(context)
    async with AsyncExitStack() as stack:
        transport = ASGITransport(create_app(context, wait_most_s=2.0), raise_app_exceptions=False)
        yield Callers(context, transport, stack)


@pytest.fixture
async def reader(callers: Callers) -> AsyncClient:
    return await callers.make(api_keys.READ, vendors=[VENDOR])


@pytest.fixture
async def writer(callers: Callers) -> AsyncClient:
    return await callers.make(api_keys.WRITE, vendors=[VENDOR])


@pytest.fixture
async def admin(callers: Callers) -> AsyncClient:
    return await callers.make(api_keys.ADMIN)


@pytest.fixture
async def nobody(callers: Callers) -> AsyncClient:
    return await callers.without_key()
