"""The stage: a durable PostgreSQL that is thrown away, migrated, with one vendor and a context."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from app.clock import Real
from app.devtools.embedded_postgres import Embedded
from app.engine.context import Context
from app.engine.crypto.installation_keys import with_keys
from app.engine.db import migrate
from app.engine.db.database import Database
from app.engine.feeds import coverage
from app.engine.vendors import store as vendor_store
from app.families import REGISTRY
from app.vault import Vault, new_key, parse_ring

VENDOR = "A00012345"


@dataclass(frozen=True, slots=True)
class Stage:
    """What every measurement is given."""

    context: Context
    master_key: str
    """The ring that a server process of its own needs to read what this one sealed."""

    @property
    def url(self) -> str:
        """The address of the database, password included."""
        return self.context.db.url

    def sync(self) -> psycopg.Connection[tuple[object, ...]]:
        """Return a plain connection: the least that stands between a client and the server."""
        return psycopg.connect(self.url, autocommit=True)

    def settle(self) -> None:
        """Leave nothing for later: statistics, dead rows, dirty pages."""
        with self.sync() as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


@asynccontextmanager
async def stage(directory: Path) -> AsyncIterator[Stage]:
    """Start a durable server in `directory`, migrate it, and remove it all at the end."""
    shutil.rmtree(directory, ignore_errors=True)
    try:
        with Embedded(directory) as server:
            async with at(server.create_database("bench")) as ready:
                yield ready
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@asynccontextmanager
async def at(url: str) -> AsyncIterator[Stage]:
    """Migrate an empty database and yield it with one vendor in it."""
    migrate.upgrade(url)
    key = f"bench:{new_key()}"
    database = Database(url)
    await database.open()
    try:
        context = Context(database, Real(), Vault(parse_ring(key)), REGISTRY)
        async with database.transaction() as tx:
            await vendor_store.add(
                tx,
                vendor_id=VENDOR,
                name="bench",
                sealed_access_key=b"",
                sealed_secret_key=b"",
                key_issued_at=context.now(),
                auto_acknowledge=False,
                at=context.now(),
            )
            await coverage.ensure_feed(tx, VENDOR, "orders", context.now())
        yield Stage(replace(context, vault=await with_keys(context)), key)
    finally:
        await database.close()
