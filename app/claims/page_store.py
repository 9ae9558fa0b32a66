"""A page of receipts, written in one statement.

The aggregates of a receipt get their machine's first state here: a cancel, a return, or one after the
other. Whatever Coupang shows beyond that is a transition.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import orjson

from app.engine.db.database import Connection, columns, fetch, fetch_one
from app.engine.evidence import store as evidence_store
from app.engine.history import chain
from app.errors import Stale


@dataclass(frozen=True, slots=True)
class LineContent:
    """What a receipt claims of one option of one box; `count` above zero."""

    shipment_box_id: int
    vendor_item_id: int
    count: int
    release_status: str | None


@dataclass(frozen=True, slots=True)
class ReceiptContent:
    """One row of a page, ready to be stored; `sealed_*` are encrypted."""

    receipt_id: int
    order_id: int
    was: bytes | None
    """The content hash that was compared; None for a new receipt."""
    content_hash: bytes
    receipt_type: str
    market_status: str
    release_stop_status: str
    opened_at: datetime
    modified_at: datetime | None
    count_sum: int
    pickup: str
    pre_refund: bool
    completion: str
    fault_by: str
    return_charge_krw: int | None
    reason_code: str
    reason_text: str
    waybills: tuple[dict[str, str], ...]
    next_read_at: datetime | None
    sealed_requester: bytes | None
    sealed_evidence: bytes
    lines: tuple[LineContent, ...]


@dataclass(frozen=True, slots=True)
class Birth:
    """An aggregate that begins with a receipt of the page; `decide_by` only for a cancel."""

    receipt_id: int
    order_id: int
    evidence: bytes
    decide_by: datetime | None = None


_DIFFERING: LiteralString = """
SELECT k.receipt_id, r.order_id, r.content_hash, r.market_status, r.next_read_at, r.reads, r.first_seen_at,
       c.state AS cancel_state, c.version AS cancel_version,
       t.state AS return_state, t.version AS return_version
FROM unnest(%(ids)b::bigint[], %(digests)b::bytea[]) AS k(receipt_id, digest)
LEFT JOIN receipt r ON r.vendor_id = %(vendor_id)s AND r.receipt_id = k.receipt_id
LEFT JOIN cancel c ON c.vendor_id = r.vendor_id AND c.receipt_id = r.receipt_id
LEFT JOIN return_ t ON t.vendor_id = r.vendor_id AND t.receipt_id = r.receipt_id
WHERE r.content_hash IS DISTINCT FROM k.digest OR k.receipt_id = ANY(%(proven)b::bigint[])"""


async def differing(
    connection: Connection, vendor_id: str, digests: Mapping[int, bytes], proven: Collection[int] = ()
) -> dict[int, dict[str, Any] | None]:
    """Return, of these receipts, those whose content is not the stored one; the server compares.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose receipts.
        digests: Content hash of what was just read, by receipt id.
        proven: Receipts that were read by themselves; they are returned in any case.

    Returns:
        By receipt id: what is stored, with the state and version of its cancel and its return (None where
        there is none); None for a new receipt.
    """
    if not digests:
        return {}
    rows = await fetch(
        connection,
        _DIFFERING,
        vendor_id=vendor_id,
        ids=list(digests),
        digests=list(digests.values()),
        proven=list(proven),
    )
    return {row["receipt_id"]: row if row["content_hash"] is not None else None for row in rows}


_WRITE: LiteralString = f"""
WITH doc AS (
  SELECT * FROM jsonb_to_recordset(%(doc)s::jsonb) AS d(
    receipt_id bigint, order_id bigint, was bytea, content_hash bytea, receipt_type text, market_status text,
    release_stop_status text, opened_at timestamptz, modified_at timestamptz, count_sum bigint, pickup text,
    pre_refund boolean, completion text, fault_by text, return_charge_krw bigint, reason_code text,
    reason_text text, waybills jsonb, next_read_at timestamptz)
  JOIN unnest(%(p_receipt)b::bigint[], %(p_requester)b::bytea[]) AS p(receipt_id, requester)
    USING (receipt_id)
), items AS (
  SELECT * FROM jsonb_to_recordset(%(items)s::jsonb) AS i(
    receipt_id bigint, shipment_box_id bigint, vendor_item_id bigint, count bigint, release_status text)
), born AS (
  INSERT INTO receipt (vendor_id, receipt_id, order_id, receipt_type, market_status, release_stop_status,
                       market_seen_at, content_hash, opened_at, modified_at, count_sum, pickup, pre_refund,
                       completion, fault_by, return_charge_krw, reason_code, reason_text, sealed_requester,
                       waybills, next_read_at, first_seen_at)
  SELECT %(vendor_id)s, receipt_id, order_id, receipt_type, market_status, release_stop_status, %(at)s,
         content_hash, opened_at, modified_at, count_sum, pickup, pre_refund, completion, fault_by,
         return_charge_krw, reason_code, reason_text, requester, waybills, next_read_at, %(at)s
  FROM doc WHERE was IS NULL
  ON CONFLICT DO NOTHING
  RETURNING receipt_id
), renewed AS (
  UPDATE receipt r
  SET order_id = d.order_id, receipt_type = d.receipt_type, market_status = d.market_status,
      release_stop_status = d.release_stop_status, content_hash = d.content_hash,
      -- The clock of the machine that read before may have been ahead of ours: the last word stays the last.
      market_seen_at = CASE WHEN r.market_seen_at > %(at)s THEN r.market_seen_at + interval '1 microsecond'
                            ELSE %(at)s END,
      opened_at = d.opened_at, modified_at = d.modified_at, count_sum = d.count_sum, pickup = d.pickup,
      pre_refund = d.pre_refund, completion = d.completion, fault_by = d.fault_by,
      return_charge_krw = d.return_charge_krw, reason_code = d.reason_code, reason_text = d.reason_text,
      sealed_requester = d.requester, waybills = d.waybills, next_read_at = d.next_read_at, reads = 0,
      unlisted = false, attention = NULL
  FROM doc d
  WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = ANY(%(changed)b::bigint[])
    AND r.receipt_id = d.receipt_id AND r.content_hash = d.was
  RETURNING r.receipt_id, r.market_seen_at
), unshared AS (
  -- What is claimed otherwise now is matched anew; a share never outlives the claim it was made for.
  DELETE FROM share s USING doc d
  WHERE s.vendor_id = %(vendor_id)s AND s.receipt_id = ANY(%(changed)b::bigint[])
    AND s.receipt_id = d.receipt_id
    AND (s.order_id <> d.order_id
         OR NOT EXISTS (SELECT FROM items i WHERE i.receipt_id = s.receipt_id
                          AND i.shipment_box_id = s.named_box_id AND i.vendor_item_id = s.vendor_item_id
                          AND i.count = s.claimed))
), observed AS (
  INSERT INTO observation (vendor_id, aggregate, aggregate_id, at, evidence)
  SELECT %(vendor_id)s, 'receipt', d.receipt_id, coalesce(r.market_seen_at, %(at)s), d.content_hash
  FROM doc d LEFT JOIN renewed r USING (receipt_id)
  ON CONFLICT (vendor_id, aggregate, aggregate_id, at) DO UPDATE SET evidence = excluded.evidence
), gone AS (
  DELETE FROM receipt_line n
  WHERE n.vendor_id = %(vendor_id)s AND n.receipt_id = ANY(%(changed)b::bigint[])
    AND NOT EXISTS (SELECT FROM items i WHERE i.receipt_id = n.receipt_id
                      AND i.shipment_box_id = n.shipment_box_id AND i.vendor_item_id = n.vendor_item_id)
), lined AS (
  INSERT INTO receipt_line (vendor_id, receipt_id, shipment_box_id, vendor_item_id, count, release_status)
  SELECT %(vendor_id)s, i.* FROM items i
  ON CONFLICT (vendor_id, receipt_id, shipment_box_id, vendor_item_id) DO UPDATE
  SET count = excluded.count, release_status = excluded.release_status
  WHERE (receipt_line.count, receipt_line.release_status)
    IS DISTINCT FROM (excluded.count, excluded.release_status)
), {evidence_store.proven("receipt")}
SELECT (SELECT count(*) FROM born) AS born, (SELECT count(*) FROM renewed) AS renewed"""

_BEGIN: LiteralString = (
    """
  FROM unnest(%(id)b::bigint[], %(order_id)b::bigint[], %(evidence)b::bytea[], %(decide_by)b::timestamptz[])
    AS b(id, order_id, evidence, decide_by)
  ON CONFLICT DO NOTHING
  RETURNING receipt_id
), """
    + chain.births(
        """SELECT %(aggregate)s::text, b.id, %(initial)s::text, 'appear', %(actor)s::text, %(cause)s::text,
                  NULL::text, b.evidence
           FROM unnest(%(id)b::bigint[], %(evidence)b::bytea[]) AS b(id, evidence)
           JOIN begun ON begun.receipt_id = b.id"""
    )
    + """
SELECT count(*) AS begun FROM begun"""
)

_BEGIN_CANCELS: LiteralString = (
    """
WITH begun AS (
  INSERT INTO cancel (vendor_id, receipt_id, order_id, state, version, state_at, decide_by)
  SELECT %(vendor_id)s, b.id, b.order_id, %(initial)s, 1, %(at)s, b.decide_by"""
    + _BEGIN
)
_BEGIN_RETURNS: LiteralString = (
    """
WITH begun AS (
  INSERT INTO return_ (vendor_id, receipt_id, order_id, state, version, state_at)
  SELECT %(vendor_id)s, b.id, b.order_id, %(initial)s, 1, %(at)s"""
    + _BEGIN
)

_BESIDE = ("sealed_requester", "sealed_evidence", "lines")
_SCALARS = tuple(name for name in ReceiptContent.__dataclass_fields__ if name not in _BESIDE)
_LINE = tuple(LineContent.__dataclass_fields__)


async def write(connection: Connection, vendor_id: str, rows: Sequence[ReceiptContent], at: datetime) -> None:
    """Store new and changed receipts of one page, their lines and their evidence.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose receipts.
        rows: Only new or changed ones; at most a few hundred.
        at: The time of the reading.

    Raises:
        Stale: Another transaction stored one of these receipts in the meantime; nothing is written.
    """
    if not rows:
        return
    counted = await fetch_one(
        connection,
        _WRITE,
        vendor_id=vendor_id,
        doc=orjson.dumps([_document(row) for row in rows]).decode(),
        changed=[row.receipt_id for row in rows if row.was is not None],
        items=orjson.dumps([_item(row.receipt_id, line) for row in rows for line in row.lines]).decode(),
        p_receipt=[row.receipt_id for row in rows],
        p_requester=[row.sealed_requester for row in rows],
        e_digest=[row.content_hash for row in rows],
        e_sealed=[row.sealed_evidence for row in rows],
        at=at,
    )
    if counted is None or counted["born"] + counted["renewed"] != len(rows):
        raise Stale("a receipt of this page has changed since it was compared")


async def begin_cancels(
    connection: Connection, vendor_id: str, births: Sequence[Birth], *, initial: str, cause: str, at: datetime
) -> None:
    """Let cancels begin in their first state, with their first history row.

    Raises:
        Stale: One has begun in the meantime; nothing is written.
    """
    await _begin(connection, _BEGIN_CANCELS, "cancel", vendor_id, births, initial, cause, at)


async def begin_returns(
    connection: Connection, vendor_id: str, births: Sequence[Birth], *, initial: str, cause: str, at: datetime
) -> None:
    """Let returns begin in their first state, with their first history row.

    Raises:
        Stale: One has begun in the meantime; nothing is written.
    """
    await _begin(connection, _BEGIN_RETURNS, "return", vendor_id, births, initial, cause, at)


async def _begin(
    connection: Connection,
    query: LiteralString,
    aggregate: str,
    vendor_id: str,
    births: Sequence[Birth],
    initial: str,
    cause: str,
    at: datetime,
) -> None:
    if not births:
        return
    ids, orders, evidences, deadlines = columns(
        [(birth.receipt_id, birth.order_id, birth.evidence, birth.decide_by) for birth in births], 4
    )
    row = await fetch_one(
        connection,
        query,
        **chain.keyed(connection, vendor_id, at),
        aggregate=aggregate,
        initial=initial,
        actor="coupang",
        cause=cause,
        id=ids,
        order_id=orders,
        evidence=evidences,
        decide_by=deadlines,
    )
    if row is None or row["begun"] != len(births):
        raise Stale(f"a {aggregate} has begun since it was looked for")


def _document(row: ReceiptContent) -> dict[str, Any]:
    document = {name: getattr(row, name) for name in _SCALARS}
    document["content_hash"] = rf"\x{row.content_hash.hex()}"
    if row.was is not None:
        document["was"] = rf"\x{row.was.hex()}"
    return document


def _item(receipt_id: int, line: LineContent) -> dict[str, Any]:
    return {"receipt_id": receipt_id} | {name: getattr(line, name) for name in _LINE}
