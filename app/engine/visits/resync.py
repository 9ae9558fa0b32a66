"""Have something read at Coupang on demand, and tell what that changed.

The reading is done by the vendor's next visit, at its pace and within its turn, like every other: it is only
made due here. `look` compares with what was known when it was asked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.engine.caller import Caller, Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.evidence.statements import keep_statement
from app.engine.family import Resync
from app.engine.visits import leases, resync_store
from app.errors import NotFound


@dataclass(frozen=True, slots=True)
class Asked:
    """A reading that was asked for, and what was known then."""

    subject: str
    row_id: int
    vendor_id: str
    at: datetime
    content_hash: bytes
    versions: dict[str, int]


async def ask(context: Context, caller: Caller, subject: str, row_id: int) -> Asked:
    """Make one due to be read by itself, now.

    Args:
        context: What every use case is given.
        caller: Who asks; kept as evidence.
        subject: A word of `Registry.resyncs`: `receipt`, `exchange` …
        row_id: Which one.

    Raises:
        NotFound: No such one for this caller.
    """
    at, way = context.now(), context.registry.resyncs[subject]
    async with context.db.transaction() as tx:
        row = await _find(tx, caller.vendor_ids, way, row_id)
        vendor_id = row["vendor_id"]
        about = {subject: str(row_id), "asks": "resync"}
        await keep_statement(context, tx, vendor_id, caller, about, "read again on demand", at)
        await way.make_due(tx, vendor_id, row_id, at)
    await leases.wake(context, vendor_id)
    versions = {life: row[f"{life}_version"] for life in way.aggregates if row[f"{life}_version"]}
    return Asked(subject, row_id, vendor_id, at, row["content_hash"], versions)


async def look(context: Context, asked: Asked) -> dict[str, Any]:
    """Tell whether it was read since, and what changed."""
    way = context.registry.resyncs[asked.subject]
    async with context.db.transaction() as tx:
        row = await _find(tx, [asked.vendor_id], way, asked.row_id)
        steps = await resync_store.steps_since(
            tx,
            asked.vendor_id,
            asked.row_id,
            {life: asked.versions.get(life, 0) for life in way.aggregates},
        )
    # Nobody but the reader moves the time of the next reading beyond the one that was asked for.
    due = row["next_read_at"]
    states = {life: row[f"{life}_state"] for life in way.aggregates if row[f"{life}_state"]}
    read = due is None or due > asked.at
    return {
        "subject": asked.subject,
        "id": asked.row_id,
        "vendor_id": asked.vendor_id,
        "asked_at": asked.at,
        "read": read,
        "content_changed": read and row["content_hash"] != asked.content_hash,
        "states": states,
        "changes": steps,
        "attention": row["attention"],
    }


async def _find(tx: Connection, vendor_ids: Vendors, way: Resync, row_id: int) -> dict[str, Any]:
    row = await resync_store.find(tx, way.found, vendor_ids, row_id)
    if row is None:
        raise NotFound(f"no such {way.subject}", **{f"{way.subject}_id": str(row_id)})
    return row
