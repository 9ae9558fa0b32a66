"""Lists that come in pages: ask until there is no next page, and never twice for the same one."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sized
from typing import Protocol, TypeVar

from app.coupang.errors import RepeatedToken


class _Paged(Protocol):
    """A page that says where the next one begins."""

    @property
    def next_token(self) -> str | None: ...
    @property
    def unreadable(self) -> Sized: ...
    @property
    def raw(self) -> bytes: ...


_Page = TypeVar("_Page", bound=_Paged)


async def by_token(
    ask: Callable[[str | None], Awaitable[_Page]], rows: Callable[[_Page], Sized], path: str
) -> AsyncIterator[_Page]:
    """Yield pages until a page has no token or no row.

    Args:
        ask: Returns the page of a token, the first page for None.
        rows: Returns a page's readable rows.
        path: Path of the list, for the error.

    Raises:
        RepeatedToken: A page token came twice; nothing says what was left out, so ask again.
        CoupangError: What `ask` raises.
    """
    token: str | None = None
    seen: set[str] = set()
    while True:
        page = await ask(token)
        yield page
        token = page.next_token
        if token is None or not (rows(page) or page.unreadable):
            return
        if token in seen:
            raise RepeatedToken("a page token came twice", method="GET", path=path, body=page.raw)
        seen.add(token)
