"""The REST app of a shop, as its warehouse and its operator see it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response

from app.engine.access import api_keys
from app.engine.context import Context
from app.main import create_app
from tests.support.shop import Shop


@dataclass
class Desk:
    """A caller with a key for everything."""

    client: AsyncClient

    async def get(self, path: str) -> dict[str, Any]:
        """Return what an address shows."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def items(self, path: str) -> list[dict[str, Any]]:
        """Return the rows of a list that fits on one page."""
        told = await self.get(path)
        assert told.get("next_cursor") is None
        return list(told["items"])

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ask for something that is not refused; of a change, its effect."""
        answer = await self.try_to(path, body)
        assert answer.status_code in (200, 202), answer.text
        return dict(answer.json())

    async def try_to(self, path: str, body: Mapping[str, Any] | None = None) -> Response:
        """Ask for something that may be refused."""
        return await self.client.post(path, json=None if body is None else dict(body))

    async def refused(self, path: str, body: Mapping[str, Any] | None = None) -> set[str]:
        """Ask for a change that the machine refuses; the rules that refuse it."""
        answer = await self.try_to(path, body)
        assert answer.status_code == 409, answer.text
        return {one["rule"] for one in answer.json()["missing"]}

    async def effect(self, effect_id: str) -> dict[str, Any]:
        """Return an effect with its history and its tries."""
        return await self.get(f"/v1/effects/{effect_id}")

    async def box(self, box_id: int) -> dict[str, Any]:
        """Return a box with its lines."""
        return await self.get(f"/v1/boxes/{box_id}")


async def new_key(shop: Shop) -> str:
    """Make an API key for everything."""
    return str(
        (await api_keys.create(shop.context, name="desk", scopes=(api_keys.ADMIN,), vendor_ids=None))["key"]
    )


@asynccontextmanager
async def open_desk(shop: Shop, context: Context | None = None, key: str = "") -> AsyncIterator[Desk]:
    """Open the REST app of a shop, on its own house or another, called with this key or one of its own."""
    key = key or await new_key(shop)
    app = create_app(context or shop.context, wait_most_s=2.0)
    transport = ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    async with AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield Desk(client)


@pytest.fixture
async def desk(shop: Shop) -> AsyncIterator[Desk]:
    """The REST app of the shop, called with a key for everything."""
    async with open_desk(shop) as opened:
        yield opened


async def settled(
    shop: Shop, desk: Desk, effect: Mapping[str, Any], state: str = "CONFIRMED"
) -> dict[str, Any]:
    """Visit until an effect is in a state, as the desk sees it."""

    async def reached() -> bool:
        return bool((await desk.effect(effect["effect_id"]))["state"] == state)

    await shop.until(reached)
    return await desk.effect(effect["effect_id"])


def statuses(shop: Shop, route: str) -> dict[str, int]:
    """Return how often Coupang answered a call, by HTTP status."""
    return dict(shop.ledger["calls_per_route"].get(route, {}))
