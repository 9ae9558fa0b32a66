"""A page of exchanges, written in one statement.

New exchanges and their tracks get the first states of their machines here; whatever Coupang shows beyond
that is a transition.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString

import msgspec

from app.engine.db.database import Connection, fetch, fetch_one
from app.engine.evidence import store as evidence_store
from app.engine.history import chain
from app.errors import Stale


class LineContent(msgspec.Struct, frozen=True, gc=False):
    """One item that is exchanged; `shipment_box_id` is the original box."""

    exchange_id: int
    exchange_item_id: int
    vendor_item_id: int
    shipment_box_id: int | None
    count: int


class NewBoxContent(msgspec.Struct, frozen=True, gc=False):
    """One new box of an exchange; `status` in Coupang's words."""

    exchange_id: int
    shipment_box_id: int
    status: str
    courier_code: str | None
    invoice_number: str | None


class ExchangeColumns(msgspec.Struct, frozen=True, gc=False):
    """The columns of an exchange, as the document of a page carries them."""

    exchange_id: int
    order_id: int
    was: bytes | None
    """The content hash that was compared; None for a new exchange."""
    hash: bytes
    """Of the content that is stored."""
    rejectable: bool
    fault_by: str
    reason_code: str
    reason_text: str
    waybills: tuple[dict[str, str], ...]
    collector_named: bool
    requested_at: datetime
    modified_at: datetime | None
    attention: str | None = None


class ExchangeContent(msgspec.Struct, frozen=True, gc=False):
    """One row of a page, ready to be stored; `sealed_*` are encrypted. Each line and box comes once."""

    exchange: ExchangeColumns
    sealed_contacts: bytes
    sealed_evidence: bytes
    lines: tuple[LineContent, ...]
    boxes: tuple[NewBoxContent, ...]


_DIFFERING: LiteralString = """
WITH k AS (
  SELECT * FROM unnest(%(ids)b::bigint[], %(digests)b::bytea[]) AS k(exchange_id, digest)
), changed AS (
  SELECT e.exchange_id, e.content_hash, e.state, e.version, e.collect_state, e.collect_version,
         e.redelivery_state, e.redelivery_version, e.requested_at, e.modified_at
  FROM k JOIN exchange e ON e.vendor_id = %(vendor_id)s AND e.exchange_id = k.exchange_id
  WHERE e.content_hash <> k.digest
  ORDER BY e.exchange_id FOR UPDATE OF e
)
SELECT k.exchange_id, c.content_hash, c.state, c.version, c.collect_state, c.collect_version,
       c.redelivery_state, c.redelivery_version, c.requested_at, c.modified_at,
       r.state AS reception_state, r.version AS reception_version
FROM k
LEFT JOIN changed c USING (exchange_id)
LEFT JOIN reception r
  ON r.vendor_id = %(vendor_id)s AND r.subject = 'exchange' AND r.subject_id = k.exchange_id
WHERE c.exchange_id IS NOT NULL
   OR NOT EXISTS (SELECT FROM exchange e
                  WHERE e.vendor_id = %(vendor_id)s AND e.exchange_id = k.exchange_id)"""


async def differing(
    connection: Connection, vendor_id: str, digests: Mapping[int, bytes]
) -> dict[int, dict[str, Any] | None]:
    """Lock and return, of these exchanges, those whose content is not the stored one; the server compares.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose exchanges.
        digests: Content hash of what was just read, by exchange id.

    Returns:
        By exchange id: what is stored, with the state and version of its tracks and of the reception of its
        goods (None where there is none); None for a new exchange.
    """
    if not digests:
        return {}
    rows = await fetch(
        connection, _DIFFERING, vendor_id=vendor_id, ids=list(digests), digests=list(digests.values())
    )
    return {row["exchange_id"]: row if row["content_hash"] is not None else None for row in rows}


# Sealed bytes go beside the document, and `changed` names what is joined with it: see `pages`.
_BORN: LiteralString = chain.births(
    """SELECT life.aggregate, exchange_id, life.target, 'appear', 'coupang', %(cause)s::text, NULL::text,
              content_hash
       FROM born, (VALUES ('exchange', %(exchange)s::text), ('collect', %(collect)s),
                          ('redelivery', %(redelivery)s)) AS life(aggregate, target)"""
)
_WRITE: LiteralString = f"""
WITH doc AS (
  SELECT d.*, decode(hash, 'base64') AS content_hash, decode(was, 'base64') AS compared, p.contacts
  FROM jsonb_to_recordset(%(doc)s::jsonb) AS d(
    exchange_id bigint, order_id bigint, was text, hash text, rejectable boolean, fault_by text,
    reason_code text, reason_text text, waybills jsonb, collector_named boolean, requested_at timestamptz,
    modified_at timestamptz, attention text)
  JOIN unnest(%(p_exchange)b::bigint[], %(p_contacts)b::bytea[]) AS p(exchange_id, contacts)
    USING (exchange_id)
), items AS (
  SELECT * FROM jsonb_to_recordset(%(items)s::jsonb) AS i(
    exchange_id bigint, exchange_item_id bigint, vendor_item_id bigint, shipment_box_id bigint, count bigint)
), born AS (
  INSERT INTO exchange (vendor_id, exchange_id, order_id, state, version, state_at, collect_state,
                        collect_version, redelivery_state, redelivery_version, content_hash, rejectable,
                        fault_by, reason_code, reason_text, waybills, collector_named, sealed_contacts,
                        requested_at, modified_at, attention, first_seen_at)
  SELECT %(vendor_id)s, exchange_id, order_id, %(exchange)s, 1, %(at)s, %(collect)s, 1, %(redelivery)s, 1,
         content_hash, rejectable, fault_by, reason_code, reason_text, waybills, collector_named, contacts,
         requested_at, modified_at, attention, %(at)s
  FROM doc WHERE was IS NULL
  ON CONFLICT DO NOTHING
  RETURNING exchange_id, content_hash
), {_BORN}, renewed AS (
  UPDATE exchange e
  SET order_id = d.order_id, content_hash = d.content_hash, rejectable = d.rejectable,
      fault_by = d.fault_by, reason_code = d.reason_code, reason_text = d.reason_text,
      waybills = d.waybills, collector_named = d.collector_named, sealed_contacts = d.contacts,
      requested_at = d.requested_at, modified_at = d.modified_at, attention = d.attention
  FROM doc d
  WHERE e.vendor_id = %(vendor_id)s AND e.exchange_id = ANY(%(changed)b::bigint[])
    AND e.exchange_id = d.exchange_id AND e.content_hash = d.compared
  RETURNING e.exchange_id
), observed AS (
  INSERT INTO observation (vendor_id, aggregate, aggregate_id, at, evidence)
  SELECT %(vendor_id)s, 'exchange', exchange_id, %(at)s, content_hash FROM doc
  ON CONFLICT (vendor_id, aggregate, aggregate_id, at) DO UPDATE SET evidence = excluded.evidence
), gone AS (
  DELETE FROM exchange_line n
  WHERE n.vendor_id = %(vendor_id)s AND n.exchange_id = ANY(%(changed)b::bigint[])
    AND NOT EXISTS (SELECT FROM items i WHERE i.exchange_id = n.exchange_id
                      AND i.exchange_item_id = n.exchange_item_id)
), lined AS (
  INSERT INTO exchange_line (vendor_id, exchange_id, exchange_item_id, vendor_item_id, shipment_box_id, count)
  SELECT %(vendor_id)s, i.* FROM items i
  ON CONFLICT (vendor_id, exchange_id, exchange_item_id) DO UPDATE
  SET vendor_item_id = excluded.vendor_item_id, shipment_box_id = excluded.shipment_box_id,
      count = excluded.count
  WHERE (exchange_line.vendor_item_id, exchange_line.shipment_box_id, exchange_line.count)
    IS DISTINCT FROM (excluded.vendor_item_id, excluded.shipment_box_id, excluded.count)
), boxed AS (
  INSERT INTO exchange_box (vendor_id, exchange_id, shipment_box_id, status, courier_code, invoice_number)
  SELECT %(vendor_id)s, b.* FROM jsonb_to_recordset(%(boxes)s::jsonb) AS b(
    exchange_id bigint, shipment_box_id bigint, status text, courier_code text, invoice_number text)
  ON CONFLICT (vendor_id, exchange_id, shipment_box_id) DO UPDATE
  SET status = excluded.status, courier_code = excluded.courier_code, invoice_number = excluded.invoice_number
  WHERE (exchange_box.status, exchange_box.courier_code, exchange_box.invoice_number)
    IS DISTINCT FROM (excluded.status, excluded.courier_code, excluded.invoice_number)
), {evidence_store.proven("exchange")}
SELECT (SELECT count(*) FROM born) AS born, (SELECT count(*) FROM renewed) AS renewed"""


async def write(
    connection: Connection,
    vendor_id: str,
    rows: Sequence[ExchangeContent],
    initials: tuple[str, str, str],
    *,
    cause: str,
    at: datetime,
) -> None:
    """Store new and changed exchanges of one page, their lines, new boxes and evidence.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose exchanges.
        rows: Only new or changed ones; at most a few hundred.
        initials: The states in which an exchange, its collect and its redelivery track begin.
        cause: What led to it, for the history, e.g. `feed:exchanges`.
        at: The time of the reading.

    Raises:
        Stale: Another transaction stored one of these exchanges in the meantime; nothing is written.
    """
    if not rows:
        return
    exchange, collect, redelivery = initials
    counted = await fetch_one(
        connection,
        _WRITE,
        doc=_json([row.exchange for row in rows]),
        changed=[row.exchange.exchange_id for row in rows if row.exchange.was is not None],
        items=_json([line for row in rows for line in row.lines]),
        boxes=_json([box for row in rows for box in row.boxes]),
        p_exchange=[row.exchange.exchange_id for row in rows],
        p_contacts=[row.sealed_contacts for row in rows],
        e_digest=[row.exchange.hash for row in rows],
        e_sealed=[row.sealed_evidence for row in rows],
        exchange=exchange,
        collect=collect,
        redelivery=redelivery,
        cause=cause,
        **chain.keyed(connection, vendor_id, at),
    )
    if counted is None or counted["born"] + counted["renewed"] != len(rows):
        raise Stale("an exchange of this page has changed since it was compared")


def _json(rows: Sequence[msgspec.Struct]) -> str:
    """Return a JSON array; bytes are base64 in it."""
    return msgspec.json.encode(rows).decode()
