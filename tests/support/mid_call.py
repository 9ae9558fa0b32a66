"""Something that happens while a call is under way: after Coupang has answered, before we have read it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import httpx

from app.coupang.client import _single_sending_transport
from tests.support.shop import Shop

Act = Callable[[httpx.Response], Awaitable[None] | None]


class Meanwhile(httpx.AsyncBaseTransport):
    """Our own transport, and something that happens when the first matching answer is there."""

    def __init__(self, pattern: str, act: Act, struck: list[str]) -> None:
        self.pattern, self.act, self.struck = pattern, act, struck
        self.inner = _single_sending_transport(None)

    async def __aenter__(self) -> "Meanwhile":
        await self.inner.__aenter__()
        return self

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        called = f"{request.method} {request.url.path}"
        if not self.struck and re.search(self.pattern, called):
            await answer.aread()
            self.struck.append(called)
            if (waiting := self.act(answer)) is not None:
                await waiting
        return answer


def meanwhile(shop: Shop, pattern: str, act: Act) -> list[str]:
    """Let something happen during the next call that matches; return what was struck, empty until then."""
    struck: list[str] = []
    shop.reach = replace(shop.reach, transport=lambda: Meanwhile(pattern, act, struck))
    return struck
