"""Callers' API keys: made, ended, recognised.

A key reads `cf_<key id>_<secret>`; only the SHA-256 of the secret is stored. The secret has 256 random
bits, so a slow password hash would add cost and no safety. What a key may do is its scopes within its
vendors; a key that was found is remembered for a few seconds, so ending one takes effect within `KNOWN_S`.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.engine.access import audit_log_store, key_store
from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.db.database import Connection
from app.errors import Forbidden, Invalid, NotFound, Unauthorized

READ = "warehouse:read"
WRITE = "warehouse:write"
ADMIN = "admin"
IMPLIED: Mapping[str, frozenset[str]] = {
    READ: frozenset({READ}),
    WRITE: frozenset({READ, WRITE}),
    ADMIN: frozenset({READ, WRITE, ADMIN}),
}
"""Scope → what it includes."""
KNOWN_S = 5.0
"""Real seconds for which a key that was found is not looked up again."""
_KNOWN_MOST = 10_000
_BEARER = re.compile(r"bearer +cf_(?P<key_id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43,128})", re.IGNORECASE)
_NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Key:
    """A recognised key."""

    key_id: str
    name: str
    scopes: frozenset[str]
    """Everything it may do, implied scopes included."""
    vendor_ids: list[str] | None
    """Vendors it may know of; None means every vendor."""

    @property
    def warehouse(self) -> Caller:
        """Who asks when a warehouse asks."""
        return Caller(f"key:{self.key_id}", self.vendor_ids)

    @property
    def operator(self) -> Caller:
        """Who acts when an operator acts by hand."""
        return Caller(f"operator:{self.key_id}", self.vendor_ids)

    def sees(self, vendor_id: str) -> bool:
        """Tell whether this key may know of the vendor."""
        return self.vendor_ids is None or vendor_id in self.vendor_ids

    def within(self, vendor_id: str | None) -> list[str] | None:
        """Return the vendors a question is about; a vendor out of sight is like one that is not there."""
        if vendor_id is None:
            return self.vendor_ids
        return [vendor_id] if self.sees(vendor_id) else []


class Keyring:
    """Recognises callers.

    Args:
        context: What every use case is given.
        known_s: How long a key that was found is remembered.
        monotonic: Real seconds; the service's clock has no say in it.
    """

    def __init__(
        self, context: Context, *, known_s: float = KNOWN_S, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._context = context
        self._known_s = known_s
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, bytes, Key]] = {}

    async def authenticate(self, authorization: str | None) -> Key:
        """Return the key that an `Authorization` header carries.

        Raises:
            Unauthorized: No key, an unknown or ended one, or a wrong secret; the answer does not say which.
        """
        bearer = _BEARER.fullmatch(authorization or "")
        if bearer is None:
            raise Unauthorized("send `Authorization: Bearer cf_<key id>_<secret>`")
        digest, key = await self._find(bearer["key_id"])
        same = hmac.compare_digest(_digest(bearer["secret"]), digest)
        if key is None or not same:
            raise Unauthorized("this key is not valid")
        return key

    def forget(self, key_id: str) -> None:
        """Look this key up again next time."""
        self._known.pop(key_id, None)

    async def _find(self, key_id: str) -> tuple[bytes, Key | None]:
        now = self._monotonic()
        known = self._known.get(key_id)
        if known is not None and known[0] > now:
            return known[1], known[2]
        async with self._context.db.connection() as connection:
            row = await key_store.find(connection, key_id)
        if row is None:
            self.forget(key_id)
            return _NO_DIGEST, None
        scopes = frozenset[str]().union(*(IMPLIED.get(scope, frozenset()) for scope in row["scopes"]))
        key = Key(key_id, row["name"], scopes, row["vendor_ids"])
        if len(self._known) >= _KNOWN_MOST:
            self._known.clear()
        self._known[key_id] = (now + self._known_s, row["digest"], key)
        return row["digest"], key


async def create(
    context: Context,
    *,
    name: str,
    scopes: Sequence[str],
    vendor_ids: Sequence[str] | None,
    by: Key | None = None,
) -> dict[str, Any]:
    """Make a key and return it with its plain `key`, which is returned this once only.

    Args:
        context: What every use case is given.
        name: For people.
        scopes: One or more of `IMPLIED`.
        vendor_ids: Vendors it may know of; None means every vendor.
        by: Who makes it; None is the installation itself.

    Raises:
        Invalid: No scope or no vendor.
        Forbidden: A key cannot make one that sees more than it does itself.
    """
    if not scopes or any(scope not in IMPLIED for scope in scopes):
        raise Invalid("a key needs scopes", ("/scopes", f"one or more of {', '.join(IMPLIED)}"))
    if vendor_ids is not None and not vendor_ids:
        raise Invalid("a key needs vendors", ("/vendor_ids", "one or more vendors, or null for every vendor"))
    if by is not None and by.vendor_ids is not None and not set(vendor_ids or [""]) <= set(by.vendor_ids):
        raise Forbidden("this key is restricted to its vendors and cannot make keys for others")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    stored: dict[str, Any] = {
        "key_id": key_id,
        "name": name,
        "scopes": sorted(set(scopes)),
        "vendor_ids": sorted(set(vendor_ids)) if vendor_ids is not None else None,
    }
    at = context.now()
    async with context.db.transaction() as tx:
        await key_store.add(tx, digest=_digest(secret), at=at, **stored)
        await _note(tx, by, "key.create", stored, at)
    return {**stored, "created_at": at, "revoked_at": None, "key": f"cf_{key_id}_{secret}"}


async def list_keys(context: Context, by: Key) -> list[dict[str, Any]]:
    """Return all keys that see no more than `by` does, ended ones included, without their secrets."""
    async with context.db.connection() as connection:
        rows = await key_store.list_keys(connection)
    if by.vendor_ids is None:
        return rows
    mine = set(by.vendor_ids)
    return [row for row in rows if row["vendor_ids"] is not None and set(row["vendor_ids"]) <= mine]


async def get_key(context: Context, key_id: str, by: Key) -> dict[str, Any]:
    """Return one key without its secret.

    Raises:
        NotFound: No such key that `by` may know of.
    """
    for row in await list_keys(context, by):
        if row["key_id"] == key_id:
            return row
    raise NotFound("no such key", key_id=key_id)


async def revoke(context: Context, key_id: str, by: Key) -> None:
    """End a key; ending it twice is fine.

    Raises:
        NotFound: No such key that `by` may know of.
    """
    key, at = await get_key(context, key_id, by), context.now()
    async with context.db.transaction() as tx:
        if await key_store.revoke(tx, key_id, at):
            await _note(tx, by, "key.revoke", key, at)


async def _note(tx: Connection, by: Key | None, action: str, key: Mapping[str, Any], at: datetime) -> None:
    await audit_log_store.add_entry(
        tx,
        actor=by.operator.actor if by is not None else "us",
        action=action,
        subject=f"key:{key['key_id']}",
        vendor_ids=key["vendor_ids"],
        detail={"name": key["name"], "scopes": key["scopes"]},
        at=at,
    )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
