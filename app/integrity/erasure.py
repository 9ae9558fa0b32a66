"""Erase who somebody is when the time for it is over: `Policy.erase_after`.

What the families hold of people goes when their whole order has ended so long ago; answers of Coupang lose
the person so long after they were read, whatever became of the order, for nothing is decided on them any
more. What happened stays: states, times, goods, waybills, and the digest of what the evidence was. Readings
are kept for some weeks: a census explains by them what was missed.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import LiteralString

from app.coupang.redact import without_persons
from app.engine.context import PURPOSE_EVIDENCE, Context
from app.engine.db.database import Connection
from app.integrity import erasure_sql
from app.vault import Sealed

LATE = timedelta(days=1)
BATCH = 500
ROUNDS = 200
"""Batches at a time; what is left waits for the next time."""


def before(context: Context) -> datetime | None:
    """Return up to when what is known of a person is to be erased; None: nothing ever is."""
    return None if context.policy.erase_after is None else context.now() - context.policy.erase_after


async def erase(context: Context, batch: int = BATCH, rounds: int = ROUNDS) -> dict[str, int]:
    """Erase what is over, of all vendors, in transactions of their own; return how much of each kind.

    It may be stopped at any moment and run by several at once.
    """
    statement_of: dict[str, tuple[LiteralString, datetime]] = {
        "readings": (erasure_sql.READINGS, context.now() - context.policy.keep_readings)
    }
    limit = before(context)
    if limit is not None:
        registry = context.registry
        statement_of |= {one.name: (erasure_sql.erasing(registry, one), limit) for one in registry.erasures}
    done = {
        kind: await _rounds(partial(_erase, context, statement, old, batch), batch, rounds)
        for kind, (statement, old) in statement_of.items()
    }
    if limit is not None:
        done["answers"] = await _rounds(partial(_answers, context, limit, batch), batch, rounds)
    return {kind: count for kind, count in done.items() if count}


async def _rounds(once: Callable[[], Awaitable[int]], batch: int, rounds: int) -> int:
    done = 0
    for _ in range(rounds):
        erased = await once()
        done += erased
        if erased < batch:
            break
    return done


async def _erase(context: Context, statement: LiteralString, old: datetime, batch: int) -> int:
    async with context.db.transaction() as tx:
        return await erasure_sql.erase(tx, statement, old, batch)


async def late(context: Context, connection: Connection, vendor_id: str) -> dict[str, int]:
    """Return how much of one vendor should have been erased for a day, by kind."""
    limit = before(context)
    if limit is None:
        return {}
    return await erasure_sql.count_overdue(connection, context.registry, vendor_id, limit - LATE)


async def _answers(context: Context, limit: datetime, batch: int) -> int:
    async with context.db.transaction() as tx:
        rows = await erasure_sql.old_evidence(tx, limit, batch)
        left = [(row["vendor_id"], row["digest"], _left(context, row["sealed"])) for row in rows]
        if left:
            await erasure_sql.replace_evidence(tx, left, context.now())
    return len(rows)


def _left(context: Context, sealed: bytes | None) -> bytes | None:
    """Return what stays of an answer; nothing of one that cannot be opened or is no JSON."""
    if sealed is None:
        return None
    try:
        kept = without_persons(context.vault.open_packed(sealed, PURPOSE_EVIDENCE))
    except Sealed:
        return None
    return None if kept is None else context.vault.seal_packed(kept, PURPOSE_EVIDENCE)
