"""Callers of the REST app, each with a key of its own."""

from contextlib import AsyncExitStack
from typing import Any

from httpx2 import ASGITransport, AsyncClient, Response

from app.engine.access import api_keys
from app.engine.context import Context


class Callers:
    """Makes clients that share one app."""

    def __init__(self, context: Context, transport: ASGITransport, stack: AsyncExitStack) -> None:
        self._context, self._transport, self._stack = context, transport, stack

    async def make(self, *scopes: str, vendors: list[str] | None = None) -> AsyncClient:
        made = await api_keys.create(self._context, name="test", scopes=scopes, vendor_ids=vendors)
        client = await self.without_key()
        client.headers["Authorization"] = f"Bearer {made['key']}"
        return client

    async def without_key(self) -> AsyncClient:
        client = AsyncClient(transport=self._transport, base_url="http://test")
        return await self._stack.enter_async_context(client)


def problem(answer: Response, status: int, slug: str) -> dict[str, Any]:
    """Return the problem an answer is, after checking its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{slug}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body
