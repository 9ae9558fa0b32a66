"""Stored answers of Coupang by digest, with every text erased that may hold personal data."""

from collections.abc import Mapping
from typing import Any

import orjson

from app.coupang.redact import without_persons
from app.engine.caller import Vendors
from app.engine.context import PURPOSE_EVIDENCE, PURPOSE_QUARANTINE, Context
from app.engine.evidence import store as evidence_store
from app.errors import NotFound
from app.vault import Sealed

_SAFE = 2**53
"""Larger integers are returned as text: readers of JSON round them."""


async def get_evidence(context: Context, vendor_ids: Vendors, digest: bytes) -> list[dict[str, Any]]:
    """Return what is stored under a digest, one entry a vendor: the same words may have been said to several.

    Raises:
        NotFound: Nothing is, for this caller.
    """
    async with context.db.connection() as connection:
        rows = await evidence_store.find(connection, vendor_ids, digest)
    if not rows:
        raise NotFound("no such evidence", digest=digest.hex())
    return [_told(context, row, digest) for row in rows]


def _told(context: Context, row: Mapping[str, Any], digest: bytes) -> dict[str, Any]:
    told = {name: row[name] for name in ("vendor_id", "kind", "seen_at", "erased_at")}
    purpose = PURPOSE_QUARANTINE if row["kind"] == "quarantine" else PURPOSE_EVIDENCE
    told |= {"digest": digest.hex(), "size_bytes": None, "intact": None, "answer": None}
    if row["sealed"] is None:
        return told
    try:
        raw = context.vault.open_packed(row["sealed"], purpose)
    except Sealed:
        return {**told, "intact": False}
    # What is erased is another text by design; then that it opens under our key is what is left to say.
    intact = context.vault.digest(raw) == digest if row["erased_at"] is None else None
    # An operator's own words were asked for, and name no customer.
    kept = raw if row["kind"] == "operator" and intact else without_persons(raw)
    answer = None if kept is None else _readable(orjson.loads(kept))
    return {**told, "size_bytes": len(raw), "intact": intact, "answer": answer}


def _readable(told: Any) -> Any:
    match told:
        case dict():
            return {name: _readable(value) for name, value in told.items()}
        case list():
            return [_readable(value) for value in told]
        case int() if abs(told) > _SAFE:
            return str(told)
        case _:
            return told
