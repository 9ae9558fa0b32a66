"""What many tests need: a migrated database of their own, and a house on a frozen clock.

One PostgreSQL serves the whole run (one per xdist worker); each test gets a database that is as a clone
of a migrated template is (`tests.support.database_pool`).
`DATABASE_URL_TEST` names a server to use instead of the embedded one.
"""

import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.clock import Frozen
from app.devtools.embedded_postgres import Embedded
from app.engine.context import Context
from app.engine.db import migrate
from app.engine.db.database import Database
from app.families import REGISTRY
from app.vault import Vault, new_key, parse_ring
from tests.support.api_callers import admin, callers, nobody, reader, writer
from tests.support.database_pool import Pool
from tests.support.databases import WORKER, drop, make
from tests.support.prepared_shops import stages
from tests.support.rest_app import desk
from tests.support.shop import shop

__all__ = ["admin", "callers", "desk", "nobody", "reader", "shop", "stages", "writer"]

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
"""12:00 in Seoul."""
_SERVERS = Path(__file__).parents[1] / ".cache" / "tests"


_STORY = {"shop", "stages", "tale"}
"""Whoever asks for one of these tells a story."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the stories, for `make quick`."""
    for item in items:
        if _STORY & set(getattr(item, "fixturenames", ())):
            item.add_marker("story")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Collect, and let the garbage collector forget what stays until the end: all modules and tests."""
    gc.collect()
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server that may be littered."""
    if given := os.environ.get("DATABASE_URL_TEST"):
        yield given
        return
    directory = _SERVERS / f"server-{WORKER}-{os.getpid()}"
    try:
        with Embedded(directory, durable=False) as server:
            yield server.url
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def template_database(server_url: str) -> Iterator[str]:
    """The name of a migrated, empty database to clone."""
    name = f"template_{WORKER}"
    migrate.upgrade(make(server_url, name))
    yield name
    drop(server_url, name)


@pytest.fixture(scope="session")
def database_pool(server_url: str, template_database: str) -> Iterator[Pool]:
    """Where the databases of this process come from."""
    pool = Pool(server_url, template_database)
    yield pool
    pool.close()


@pytest.fixture
def database_url(database_pool: Pool) -> Iterator[str]:
    """A migrated, empty database of this test's own."""
    with database_pool.database() as database:
        yield database.url


@pytest.fixture
def clock() -> Frozen:
    """Noon in Seoul; moves only when told to."""
    return Frozen(START)


@pytest.fixture
async def context(database_url: str, clock: Frozen) -> AsyncIterator[Context]:
    """An open house without vendors."""
    database = Database(database_url, 5)
    await database.open()
    try:
        yield Context(database, clock, Vault(parse_ring(new_key()), b"d" * 32), REGISTRY, worker="test")
    finally:
        await database.close()
