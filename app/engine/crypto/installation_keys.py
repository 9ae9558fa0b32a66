"""The keys of an installation, made on the first start and sealed in its database."""

import os

from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.evidence import store as evidence_store
from app.vault import ChainKey, Vault

_DIGEST_KEY, _CHAIN_KEY = "digest-key", "chain-key"
_KEY_BYTES = 32


async def with_keys(context: Context) -> Vault:
    """Return the vault with the installation's own keys: of the digests, and of the chain of the history.

    Removing the second does not make forged rows valid: a new key fits no row of the old one.
    """
    async with context.db.transaction() as tx:
        digest_key = await _kept(tx, context, _DIGEST_KEY)
        chain_key = await _kept(tx, context, _CHAIN_KEY)
    return context.vault.with_keys(digest_key, ChainKey(chain_key))


async def _kept(tx: Connection, context: Context, name: str) -> bytes:
    purpose = name.encode()
    sealed = await evidence_store.find_secret(tx, name)
    if sealed is None:
        await evidence_store.add_secret(tx, name, context.vault.seal(os.urandom(_KEY_BYTES), purpose))
        sealed = await evidence_store.find_secret(tx, name)
    if sealed is None:
        raise RuntimeError(f"the {name} could not be stored")
    return context.vault.open(sealed, purpose)
