"""Make a house ready: the keys of the installation, made on the first start and sealed in its database."""

import os
from datetime import datetime

from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.evidence import store as evidence_store
from app.engine.history import chain
from app.vault import ChainKey, Vault

_DIGEST_KEY, _CHAIN_KEY = "digest-key", "chain-key"
_KEY_BYTES = 32


async def with_keys(context: Context) -> Vault:
    """Return the vault with the installation's own keys: of the digests, and of the chain of the history.

    The second says in its sealed value since when it has been in use. Whoever removes it does not get
    rows without a key accepted: a new key fits no row of the old one.
    """
    async with context.db.transaction() as tx:
        digest_key = await _kept(tx, context, _DIGEST_KEY, os.urandom(_KEY_BYTES))
        since = context.now().isoformat() if await chain.has_rows(tx) else ""
        chained = await _kept(tx, context, _CHAIN_KEY, os.urandom(_KEY_BYTES) + since.encode())
    key, told = chained[:_KEY_BYTES], chained[_KEY_BYTES:].decode()
    return context.vault.with_keys(digest_key, ChainKey(key, datetime.fromisoformat(told) if told else None))


async def _kept(tx: Connection, context: Context, name: str, fresh: bytes) -> bytes:
    purpose = name.encode()
    sealed = await evidence_store.find_secret(tx, name)
    if sealed is None:
        await evidence_store.add_secret(tx, name, context.vault.seal(fresh, purpose))
        sealed = await evidence_store.find_secret(tx, name)
    if sealed is None:
        raise RuntimeError(f"the {name} could not be stored")
    return context.vault.open(sealed, purpose)
