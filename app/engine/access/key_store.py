"""Callers' API keys, stored as digests."""

from datetime import datetime
from typing import Any

from app.engine.db.database import Connection, execute, fetch, fetch_one


async def find(connection: Connection, key_id: str) -> dict[str, Any] | None:
    """Return one key that is not revoked, or None."""
    query = """SELECT key_id, name, digest, scopes, vendor_ids FROM api_key
               WHERE key_id = %(key_id)s AND revoked_at IS NULL"""
    return await fetch_one(connection, query, key_id=key_id)


async def add(
    connection: Connection,
    *,
    key_id: str,
    name: str,
    digest: bytes,
    scopes: list[str],
    vendor_ids: list[str] | None,
    at: datetime,
) -> None:
    """Store a key's digest."""
    query = """INSERT INTO api_key (key_id, name, digest, scopes, vendor_ids, created_at)
               VALUES (%(key_id)s, %(name)s, %(digest)s, %(scopes)s, %(vendor_ids)s, %(at)s)"""
    await execute(
        connection,
        query,
        key_id=key_id,
        name=name,
        digest=digest,
        scopes=scopes,
        vendor_ids=vendor_ids,
        at=at,
    )


async def revoke(connection: Connection, key_id: str, at: datetime) -> bool:
    """End a key; False when there is none to end."""
    query = "UPDATE api_key SET revoked_at = %(at)s WHERE key_id = %(key_id)s AND revoked_at IS NULL"
    return await execute(connection, query, key_id=key_id, at=at) == 1


async def list_keys(connection: Connection) -> list[dict[str, Any]]:
    """Return all keys without their digests."""
    query = "SELECT key_id, name, scopes, vendor_ids, created_at, revoked_at FROM api_key ORDER BY created_at"
    return await fetch(connection, query)
