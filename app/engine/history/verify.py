"""Verify the history: every row against the row before it, every aggregate against its last row.

Rows are read in the order of their index, a batch at a time, and hashed here: the key never leaves the
process. Reading takes no lock and needs no transaction; rows that are added meanwhile do no harm.
"""

import hashlib
import struct
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from app.engine.db.database import Connection, fetch
from app.vault import ChainKey

BATCH = 5000
"""Rows that are held in memory at once."""
HASH, GAP, SOURCE, HEAD, ORPHAN = "hash", "gap", "source", "head", "orphan"
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_HEAD, _INT8 = struct.Struct(">ii"), struct.Struct(">iiq")
_OID_BYTEA, _OID_INT8, _OID_TEXT, _OID_TIME = 17, 20, 25, 1184


@dataclass(frozen=True, slots=True)
class Fault:
    """The first row of an aggregate at which its history does not hold.

    Attributes:
        kind: `hash`: the row, or the one before it, is not the one that was written; `gap`: versions are
            missing; `source`: it does not begin where the row before ended; `head`: the aggregate is not
            where its last row left it; `orphan`: rows of something that is not there.
    """

    vendor_id: str
    aggregate: str
    aggregate_id: int
    version: int
    kind: str
    told: str


def content(row: Mapping[str, Any]) -> bytes:
    """Return the bytes of a row as they are hashed: what `record_send` makes of it."""
    return b"".join(
        (
            struct.pack(">i", 12),
            _text(row["vendor_id"]),
            _text(row["aggregate"]),
            _INT8.pack(_OID_INT8, 8, row["aggregate_id"]),
            _INT8.pack(_OID_INT8, 8, row["version"]),
            _text(row["source"]),
            _text(row["target"]),
            _text(row["event"]),
            _text(row["actor"]),
            _text(row["cause"]),
            _text(row["reason"]),
            _sized(_OID_BYTEA, row["evidence"]),
            _INT8.pack(_OID_TIME, 8, (row["at"] - _EPOCH) // _MICROSECOND),
        )
    )


def genesis(vendor_id: str, aggregate: str, aggregate_id: int) -> bytes:
    """Return what the first row of an aggregate follows."""
    named = _text(vendor_id) + _text(aggregate) + _INT8.pack(_OID_INT8, 8, aggregate_id)
    return hashlib.sha256(struct.pack(">i", 3) + named).digest()


def _text(value: str | None) -> bytes:
    return _sized(_OID_TEXT, None if value is None else value.encode())


def _sized(oid: int, value: bytes | None) -> bytes:
    return _HEAD.pack(oid, -1) if value is None else _HEAD.pack(oid, len(value)) + value


_NEXT: LiteralString = """
SELECT vendor_id, aggregate, aggregate_id, version, source, target, event, actor, cause, reason, evidence, at,
       hash
FROM history
WHERE (%(vendor_id)s::text IS NULL OR vendor_id = %(vendor_id)s)
  AND (vendor_id, aggregate, aggregate_id, version) > (%(v)s::text, %(a)s::text, %(i)s::bigint, %(n)s::bigint)
ORDER BY vendor_id, aggregate, aggregate_id, version LIMIT %(most)s"""

_HEADS: LiteralString = """
WITH present AS ({present}), ends AS (
  SELECT vendor_id, aggregate, aggregate_id, max(version) AS version FROM history
  WHERE %(vendor_id)s::text IS NULL OR vendor_id = %(vendor_id)s GROUP BY 1, 2, 3
)
SELECT coalesce(p.vendor_id, e.vendor_id) AS vendor_id, coalesce(p.aggregate, e.aggregate) AS aggregate,
       coalesce(p.aggregate_id, e.aggregate_id) AS aggregate_id, p.state, p.version AS known,
       e.version AS told, h.target
FROM (SELECT * FROM present WHERE %(vendor_id)s::text IS NULL OR vendor_id = %(vendor_id)s) p
FULL JOIN ends e USING (vendor_id, aggregate, aggregate_id)
LEFT JOIN history h ON h.vendor_id = e.vendor_id AND h.aggregate = e.aggregate
  AND h.aggregate_id = e.aggregate_id AND h.version = e.version
WHERE p.version IS DISTINCT FROM e.version OR p.state IS DISTINCT FROM h.target
ORDER BY 1, 2, 3 LIMIT %(most)s"""


async def chain_faults(
    connection: Connection,
    present: LiteralString,
    vendor_id: str | None = None,
    *,
    most: int = 1000,
    batch: int = BATCH,
) -> AsyncIterator[Fault]:
    """Yield the first broken row of each aggregate, in the order of their keys; then heads and orphans.

    Args:
        connection: With the chain key of the installation, as `Database` lends it.
        present: What there is now, as `Registry.present` selects it.
        vendor_id: Whose history; None: everybody's.
        most: End after so many faults.
        batch: Rows read at once.
    """
    broken: set[tuple[str, str, int]] = set()
    place = {"v": "", "a": "", "i": 0, "n": 0}
    walk = _Walk(connection.chain_key)
    while rows := await fetch(connection, _NEXT, vendor_id=vendor_id, most=batch, **place):
        for row in rows:
            fault = walk.judge(row)
            if fault is None:
                continue
            broken.add((fault.vendor_id, fault.aggregate, fault.aggregate_id))
            yield fault
            if len(broken) >= most:
                return
        last = rows[-1]
        if len(rows) < batch:
            break
        place = {
            "v": last["vendor_id"],
            "a": last["aggregate"],
            "i": last["aggregate_id"],
            "n": last["version"],
        }
    # As many again as are broken already may come first.
    for row in await fetch(
        connection, _HEADS.replace("{present}", present), vendor_id=vendor_id, most=most + len(broken)
    ):
        key = (row["vendor_id"], row["aggregate"], row["aggregate_id"])
        if key not in broken:
            broken.add(key)
            yield _end(row)
            if len(broken) >= most:
                return


def _end(row: Mapping[str, Any]) -> Fault:
    key = row["vendor_id"], row["aggregate"], row["aggregate_id"]
    if row["known"] is None:
        return Fault(*key, row["told"], ORPHAN, "there is a history, but no such thing")
    known = f"it is in {row['state']} v{row['known']}"
    if row["told"] is None:
        return Fault(*key, 1, HEAD, f"{known}, and has no history")
    return Fault(*key, row["told"], HEAD, f"{known}, its history ends in {row['target']} v{row['told']}")


class _Walk:
    """Goes over rows in order and remembers the one before."""

    def __init__(self, key: ChainKey) -> None:
        self._key = key
        self._about: tuple[str, str, int] | None = None
        self._hash = b""
        self._version = 0
        self._target: str | None = None
        self._lost = False

    def judge(self, row: Mapping[str, Any]) -> Fault | None:
        """Return what is wrong with this row, unless an earlier one of its aggregate was wrong already."""
        about = (row["vendor_id"], row["aggregate"], row["aggregate_id"])
        if about != self._about:
            self._about, self._hash = about, genesis(*about)
            self._version, self._target, self._lost = 0, None, False
        if self._lost:
            return None
        told = self._wrong(row)
        self._hash, self._version, self._target = row["hash"], row["version"], row["target"]
        if told is None:
            return None
        self._lost = True
        return Fault(*about, row["version"], *told)

    def _wrong(self, row: Mapping[str, Any]) -> tuple[str, str] | None:
        if row["version"] != self._version + 1:
            return GAP, f"version {row['version']} follows version {self._version}"
        if row["source"] != self._target:
            return SOURCE, f"it begins in {row['source']}, the row before ended in {self._target}"
        if row["hash"] != self._key.link(row["vendor_id"], row["at"], self._hash + content(row)):
            return HASH, "it is not the row that was written, or the row before it is not"
        return None
