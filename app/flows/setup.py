"""Make a house ready: open its database, and the digest key of the installation."""

import os

from app.flows.house import House
from app.store import evidence
from app.vault import Vault

_DIGEST_KEY = "digest-key"


async def with_digest_key(house: House) -> Vault:
    """Return the vault with the installation's digest key, made on the first start."""
    purpose = _DIGEST_KEY.encode()
    async with house.db.transaction() as tx:
        sealed = await evidence.find_secret(tx, _DIGEST_KEY)
        if sealed is None:
            await evidence.add_secret(tx, _DIGEST_KEY, house.vault.seal(os.urandom(32), purpose))
            sealed = await evidence.find_secret(tx, _DIGEST_KEY)
    if sealed is None:
        raise RuntimeError("the digest key could not be stored")
    return house.vault.with_digest_key(house.vault.open(sealed, purpose))
