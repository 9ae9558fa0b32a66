"""How often a page speaks to the database: a statement that a page need not run is time of every page."""

from collections.abc import AsyncIterator

import pytest

from app.devtools.bench import ingest, sheets
from app.devtools.bench.stage import Stage, at
from tests.support.statements import listen

COMPARE = "WITH fenced"
NEW = (COMPARE, "SELECT 1 FROM vendor", "WITH doc", "SELECT DISTINCT order_id FROM receipt", "UPDATE feed")
CHANGED = (*NEW[:4], "UPDATE permit", NEW[4])


@pytest.fixture
async def stage(database_url: str) -> AsyncIterator[Stage]:
    async with at(database_url) as ready:
        yield ready


async def test_a_page_runs_no_statement_that_it_does_not_need(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = listen(monkeypatch)
    for revision, changes, expected in (
        (0, 20, NEW),
        (0, 0, (COMPARE,)),
        (1, 20, CHANGED),
        (1, 0, (COMPARE,)),
    ):
        said.clear()
        assert await ingest.take(stage, sheets.page(range(20), revision=revision)) == changes
        assert len(said) == len(expected)
        assert all(told.startswith(start) for told, start in zip(said, expected, strict=True))
