"""A shop with everything behind it: sandbox, database, clock."""

from collections.abc import AsyncIterator

import pytest

from tests.acceptance.databases import database_url, postgres, template
from tests.acceptance.shops import Shop, open_shop

__all__ = ["database_url", "postgres", "shop", "template"]


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as opened:
        yield opened
