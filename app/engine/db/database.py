"""The pool, transactions, and how SQLAlchemy statements reach psycopg.

SQLAlchemy describes the tables and builds the ordinary queries; psycopg carries every statement, on one
pool and in one transaction model (decision 0004: 3 to 6 times the throughput of a session).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from psycopg import AsyncConnection, errors
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import psycopg as dialect

from app.engine.db.reconnect import RECONNECT_S, keep_trying
from app.vault import ChainKey

Query = str | ClauseElement
_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]

set_json_dumps(orjson.dumps)
set_json_loads(orjson.loads)


class Connection(AsyncConnection[DictRow]):
    """A connection that knows the key with which the history is chained (`app.engine.history.chain`)."""

    chain_key = ChainKey()


async def _configure(connection: Connection) -> None:
    connection.prepare_threshold = 3


class Database:
    """A pool of connections to one PostgreSQL database.

    Args:
        url: `postgresql://…`.
        most: Largest number of connections of this process.
        patience_s: How long a caller waits for a connection.
    """

    def __init__(self, url: str, most: int = 10, patience_s: float = 15.0) -> None:
        self.url = url
        self.chain_key = ChainKey()
        """Every connection is lent with it."""
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=most,
            open=False,
            timeout=patience_s,
            configure=_configure,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "options": "-c timezone=UTC",
                # Hashes of the history are made of texts as they are sent to the client.
                "client_encoding": "utf8",
            },
            connection_class=Connection,
            reconnect_timeout=RECONNECT_S,
            reconnect_failed=keep_trying,
        )

    async def open(self) -> None:
        """Connect; waits until one connection stands."""
        await self._pool.open(wait=True, timeout=30.0)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def discard_dead(self) -> None:
        """Replace the idle connections that the server has cut; what was lent goes by itself."""
        await self._pool.check()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection on which each statement stands alone."""
        async with self._pool.connection() as connection:
            connection.chain_key = self.chain_key
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside one transaction; an exception rolls it back."""
        async with self._pool.connection() as connection, connection.transaction():
            connection.chain_key = self.chain_key
            yield connection


def compiled(query: Query, params: Mapping[str, Any] | None = None) -> tuple[str, Mapping[str, Any]]:
    """Turn a SQLAlchemy statement into psycopg's text and parameters; plain text passes through."""
    if isinstance(query, str):
        return query, params or {}
    built = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return str(built), {**built.params, **(params or {})}


async def fetch(connection: Connection, query: Query, **params: Any) -> list[DictRow]:
    """Run a query and return all rows as dictionaries."""
    text, bound = compiled(query, params)
    cursor = await connection.execute(text, bound)
    return await cursor.fetchall()


async def fetch_one(connection: Connection, query: Query, **params: Any) -> DictRow | None:
    """Run a query and return the first row, if any."""
    text, bound = compiled(query, params)
    cursor = await connection.execute(text, bound)
    return await cursor.fetchone()


async def execute(connection: Connection, query: Query, **params: Any) -> int:
    """Run a statement and return the number of rows it touched."""
    text, bound = compiled(query, params)
    return (await connection.execute(text, bound)).rowcount


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Turn rows into columns, for `unnest`; `width` keeps the shape when there are no rows."""
    return [[row[place] for row in rows] for place in range(width)]


async def revision(connection: Connection) -> str | None:
    """Return the migration the database is at; None when it was never migrated."""
    try:
        row = await fetch_one(connection, "SELECT version_num FROM alembic_version")
    except errors.UndefinedTable:
        return None
    return row["version_num"] if row else None
