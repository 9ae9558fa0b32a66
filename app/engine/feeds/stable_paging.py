"""Read a paged list until it holds still: rows move between its pages while it is read."""

from collections.abc import AsyncIterator, Callable, Set
from typing import Protocol, TypeVar

from app.coupang.errors import CoupangError

PASSES = 4
"""Readings of a paged list before we give up on two that agree."""


class UnstablePaging(CoupangError):
    """A paged list kept changing under our hands."""

    retryable = True


class TooFull(Exception):
    """A list has more pages than may be read at once: it must be asked for in narrower windows."""


class Page(Protocol):
    """A page of any list."""

    @property
    def next_token(self) -> str | None:
        """Where the next page begins; None on the last one."""


P = TypeVar("P", bound=Page)


async def read_until_stable(
    ask: Callable[[], AsyncIterator[P]],
    ids: Callable[[P], Set[int]],
    name: str,
    most_pages: int | None = None,
) -> AsyncIterator[P]:
    """Yield pages of a list until it was read twice with nothing new the second time.

    Boxes move between the pages of a list while it is read, so one pass may skip a row. A single page is
    one answer and needs no second pass.

    Args:
        ask: Reads the list from its start.
        ids: What a page shows.
        name: Of the list, for the error.
        most_pages: Of one reading; None is any number.

    Raises:
        TooFull: There are more than `most_pages`.
        Unsettled: It kept changing.
    """
    known: Set[int] | None = None
    for _ in range(PASSES):
        seen: set[int] = set()
        pages, broken_off = 0, False
        async for page in ask():
            pages += 1
            seen.update(ids(page))
            # A page without rows ends the list, but one that names a next page may have ended it early.
            broken_off = page.next_token is not None
            yield page
            if broken_off and pages == most_pages:
                raise TooFull(f"{name} has more than {most_pages} pages")
        if (pages <= 1 and not broken_off) or (known is not None and seen <= known):
            return
        known = seen | (known or set())
    raise UnstablePaging(f"{name} did not settle", method="GET")
