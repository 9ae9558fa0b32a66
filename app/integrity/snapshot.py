"""Everything that the families hold, at one moment, for a comparison with the other side."""

from collections.abc import Mapping
from typing import Any

from app.engine.context import Context
from app.engine.db.database import execute, fetch

Row = dict[str, Any]


async def read(context: Context) -> Mapping[str, list[Row]]:
    """Read all that is held, as of one moment; by the words that the families give it (`Family.snapshot`)."""
    async with context.db.transaction() as tx:
        await execute(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return {word: await fetch(tx, statement) for word, statement in context.registry.snapshot.items()}
