"""Make a house ready: the keys of the installation, made on the first start and sealed in its database."""

import os
from datetime import datetime

from app.flows.house import House
from app.store import evidence, journal
from app.store.database import Connection
from app.vault import ChainKey, Vault

_DIGEST_KEY, _CHAIN_KEY = "digest-key", "chain-key"
_KEY_BYTES = 32


async def with_keys(house: House) -> Vault:
    """Return the vault with the installation's own keys: of the digests, and of the chain of the history.

    The second says in its sealed value since when it has been in use. Whoever removes it does not get
    rows without a key accepted: a new key fits no row of the old one.
    """
    async with house.db.transaction() as tx:
        digest_key = await _kept(tx, house, _DIGEST_KEY, os.urandom(_KEY_BYTES))
        since = house.now().isoformat() if await journal.has_rows(tx) else ""
        chained = await _kept(tx, house, _CHAIN_KEY, os.urandom(_KEY_BYTES) + since.encode())
    key, told = chained[:_KEY_BYTES], chained[_KEY_BYTES:].decode()
    return house.vault.with_keys(digest_key, ChainKey(key, datetime.fromisoformat(told) if told else None))


async def _kept(tx: Connection, house: House, name: str, fresh: bytes) -> bytes:
    purpose = name.encode()
    sealed = await evidence.find_secret(tx, name)
    if sealed is None:
        await evidence.add_secret(tx, name, house.vault.seal(fresh, purpose))
        sealed = await evidence.find_secret(tx, name)
    if sealed is None:
        raise RuntimeError(f"the {name} could not be stored")
    return house.vault.open(sealed, purpose)
