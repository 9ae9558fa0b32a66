"""Keyset pagination: one row more is read than is returned, and shows whether another page follows."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

P = TypeVar("P")


def split_page(
    rows: list[dict[str, Any]], most: int, place: Callable[[Mapping[str, Any]], P]
) -> tuple[list[dict[str, Any]], P | None]:
    """Return a page and where the next one begins.

    Args:
        rows: In the order of the list; up to `most` + 1 of them.
        most: Rows of one page.
        place: Returns after which row a page begins.

    Returns:
        The first `most` rows, and the place of the last of them; None when no page follows.
    """
    if len(rows) <= most:
        return rows, None
    return rows[:most], place(rows[most - 1])
