"""What operators state, kept as evidence: they, not Coupang, say so."""

from collections.abc import Mapping
from datetime import datetime

import orjson

from app.engine.caller import Caller
from app.engine.context import PURPOSE_EVIDENCE, Context
from app.engine.db.database import Connection
from app.engine.evidence import store as evidence_store


async def keep_statement(
    context: Context,
    tx: Connection,
    vendor_id: str,
    caller: Caller,
    about: Mapping[str, str],
    reason: str,
    at: datetime,
) -> bytes:
    """Keep what an operator stated, as evidence; return its digest."""
    said = orjson.dumps({"operator": caller.actor, "at": at, "about": about, "reason": reason})
    digest = context.vault.digest(said)
    sealed = context.vault.seal_packed(said, PURPOSE_EVIDENCE)
    await evidence_store.keep(tx, vendor_id, [(digest, "operator", sealed)], at)
    return digest
