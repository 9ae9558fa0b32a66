"""The audit log, and the keys of requests that were heard."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from app.engine.db.database import Connection, execute, fetch, fetch_one


async def add_entry(
    connection: Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    vendor_ids: Sequence[str] | None,
    detail: Mapping[str, Any],
    at: datetime,
) -> None:
    """Write one line of the audit log, in the transaction of what it records."""
    query = """INSERT INTO audit_entry (at, actor, action, subject, vendor_ids, detail)
               VALUES (%(at)s, %(actor)s, %(action)s, %(subject)s, %(vendor_ids)s, %(detail)s)"""
    await execute(
        connection,
        query,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        vendor_ids=None if vendor_ids is None else list(vendor_ids),
        detail=Jsonb(dict(detail)),
    )


async def list_entries(
    connection: Connection,
    vendor_ids: list[str] | None,
    *,
    subject: str | None = None,
    before: int | None = None,
    most: int,
) -> list[dict[str, Any]]:
    """Return the audit log, newest first; a restricted caller sees what is about its vendors alone."""
    query = """
    SELECT entry_id, at, actor, action, subject, vendor_ids, detail FROM audit_entry
    WHERE (%(vendor_ids)s::text[] IS NULL OR vendor_ids <@ %(vendor_ids)s)
      AND (%(subject)s::text IS NULL OR subject = %(subject)s)
      AND (%(before)s::bigint IS NULL OR entry_id < %(before)s)
    ORDER BY entry_id DESC LIMIT %(most)s"""
    return await fetch(connection, query, vendor_ids=vendor_ids, subject=subject, before=before, most=most)


async def use_key(
    connection: Connection, vendor_id: str, intent_key: str, request: str, at: datetime
) -> str | None:
    """Remember an idempotency key; return None, or the request it was used for before.

    Another use of the same key waits here until this transaction has ended.
    """
    query = """INSERT INTO used_key (vendor_id, intent_key, request, at)
               VALUES (%(vendor_id)s, %(intent_key)s, %(request)s, %(at)s) ON CONFLICT DO NOTHING"""
    about = {"vendor_id": vendor_id, "intent_key": intent_key}
    if await execute(connection, query, **about, request=request, at=at):
        return None
    query = "SELECT request FROM used_key WHERE vendor_id = %(vendor_id)s AND intent_key = %(intent_key)s"
    row = await fetch_one(connection, query, **about)
    return row["request"] if row else None
