"""Stored evidence, opened and compared with its name, many rows at a time."""

from collections.abc import AsyncIterator
from typing import Any, LiteralString

from app.engine.context import PURPOSE_EVIDENCE, Context
from app.engine.db.database import Connection, fetch
from app.engine.family import Row
from app.vault import Sealed

BATCH = 1000
"""Rows that are held in memory at once."""


def opened(context: Context, row: Row) -> bytes | None:
    """Return evidence that is what its name says, or what we left of it; None when it is not.

    Args:
        context: What every use case is given.
        row: `digest`, `sealed` and `erased_at`, as they are stored.
    """
    try:
        raw = context.vault.open_packed(row["sealed"], PURPOSE_EVIDENCE)
    except Sealed:
        return None
    whole = row["erased_at"] is None
    return raw if not whole or context.vault.digest(raw) == row["digest"] else None


async def in_batches(
    connection: Connection, question: LiteralString, vendor_id: str
) -> AsyncIterator[dict[str, Any]]:
    """Yield all rows of a question about one vendor, in the order of their `id`.

    Args:
        connection: Where to ask.
        question: Selects up to %(most)s rows with an `id` above %(after)s, the lowest first.
        vendor_id: Whose.
    """
    after = 0
    while rows := await fetch(connection, question, vendor_id=vendor_id, after=after, most=BATCH):
        for row in rows:
            yield row
        if len(rows) < BATCH:
            return
        after = rows[-1]["id"]
