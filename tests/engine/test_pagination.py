"""Pages cut out of a list: walked from cursor to cursor they are the list, whatever its length."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.engine.pagination import split_page


def test_page_cursor_is_the_place_of_its_last_row() -> None:
    rows: list[dict[str, Any]] = [{"id": number} for number in (3, 5, 8)]
    assert split_page(rows, 2, lambda row: row["id"]) == ([{"id": 3}, {"id": 5}], 5)
    assert split_page(rows, 3, lambda row: row["id"]) == (rows, None)
    assert split_page([], 2, lambda row: row["id"]) == ([], None)


@given(st.sets(st.integers(0, 200)), st.integers(1, 7))
def test_pages_by_cursor_lose_and_repeat_nothing(ids: set[int], most: int) -> None:
    listed = sorted(ids)
    shown: list[int] = []
    after: int | None = -1
    pages = 0
    while after is not None:
        read = [{"id": one} for one in listed if one > after][: most + 1]
        page, after = split_page(read, most, lambda row: int(row["id"]))
        assert len(page) <= most
        assert after is None or len(page) == most
        shown += [row["id"] for row in page]
        pages += 1
    assert shown == listed
    assert pages == max(1, -(-len(listed) // most))
