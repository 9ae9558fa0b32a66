"""How a pool of connections comes back to a database that was away."""

from contextlib import suppress
from typing import Any

from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

RECONNECT_S = 1.0
"""Between two attempts to connect again, for as long as it takes."""


async def keep_trying(pool: AsyncConnectionPool[Any]) -> None:
    """Have a pool that has given up connecting begin again; for `reconnect_failed`.

    Left alone, a pool doubles its pauses, so after a long absence of the database everybody waits for a long
    pause to end; and once it gives up, those who wait in its queue wait in vain. To ask for a connection
    is the way to make it begin anew.
    """
    with suppress(PoolTimeout, PoolClosed):
        async with pool.connection(timeout=0.01):
            pass
