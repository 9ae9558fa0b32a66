"""A freshly migrated database per test: one throw-away server per run, one template, clones of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app.postgres import Embedded
from app.store import migrate

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Embedded]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with Embedded(CHECKOUT / ".cache" / "tests" / f"acceptance-{worker}", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: Embedded) -> str:
    name = "acceptance_template"
    _drop(postgres, name)
    migrate.upgrade(postgres.create_database(name))
    return name


@pytest.fixture
def database_url(postgres: Embedded, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    name = "acceptance_test"
    _drop(postgres, name)
    yield postgres.create_database(name, template)
    _drop(postgres, name)


def _drop(server: Embedded, name: str) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
