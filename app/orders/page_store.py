"""A page of order sheets, written in one statement.

New boxes get their machine's first state (the only place besides `transitions` that writes `state`);
whatever Coupang shows beyond that is a transition. Known boxes get the new content only if
their content hash is still the one that was compared: otherwise nothing is written and `Stale` is raised.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString

import msgspec

from app.engine.db.database import Connection, fetch, fetch_one
from app.engine.evidence import store as evidence_store
from app.engine.feeds import coverage
from app.engine.history import chain, transitions
from app.errors import Stale
from app.orders.replacement_store import at_birth


class LineContent(msgspec.Struct, frozen=True, gc=False):
    """One line as it is stored."""

    shipment_box_id: int
    vendor_item_id: int
    ordered: int
    held: int
    cancelled: int
    name: str
    seller_product_name: str
    seller_item_name: str
    sku: str | None
    sales_price_krw: int | None
    planned_shipping_date: date | None


class BoxColumns(msgspec.Struct, frozen=True, gc=False):
    """The columns of a box, as the document of a page carries them."""

    shipment_box_id: int
    order_id: int
    was: bytes | None
    """The content hash that was compared; None for a new box."""
    hash: bytes
    """Of the content that is stored."""
    market_status: str
    ordered_at: datetime | None
    paid_at: datetime
    ship_by: date | None
    address_version: int
    address_final: bool
    courier_code: str | None
    invoice_number: str | None
    split_shipping: bool
    able_split_shipping: bool
    departed_at: datetime | None
    delivered_at: datetime | None
    next_read_at: datetime | None


class BoxContent(msgspec.Struct, frozen=True, gc=False):
    """One row of a page, ready to be stored; `sealed_*` are encrypted."""

    box: BoxColumns
    receiver_digest: bytes
    place_digest: bytes
    """Of name and address alone: boxes that share them may share a waybill."""
    sealed_receiver: bytes | None
    """None when this version of the receiver is stored already."""
    sealed_evidence: bytes
    lines: tuple[LineContent, ...]


# One statement, alone: most pages bring nothing new, and then it is all there is to do.
_COMPARE: LiteralString = """
WITH fenced AS MATERIALIZED ({fence}), different AS MATERIALIZED (
  SELECT k.shipment_box_id, b.order_id, b.state, b.version, b.content_hash, b.market_status, b.market_seen_at,
         b.address_version, b.address_final, b.courier_code, b.invoice_number, b.departed_at, b.doubtful,
         b.next_read_at, b.reads, b.state_at, r.digest AS receiver_digest
  FROM unnest(%(ids)b::bigint[], %(digests)b::bytea[]) AS k(shipment_box_id, digest)
  LEFT JOIN box b ON b.vendor_id = %(vendor_id)s AND b.shipment_box_id = k.shipment_box_id
  LEFT JOIN receiver r
    ON r.vendor_id = b.vendor_id AND r.shipment_box_id = b.shipment_box_id AND r.version = b.address_version
  WHERE b.content_hash IS DISTINCT FROM k.digest
){grown}
SELECT d.* FROM fenced LEFT JOIN different d ON true"""
_GROWN: LiteralString = f""", grown AS (
  {coverage.GROW} AND EXISTS (SELECT FROM fenced) AND NOT EXISTS (SELECT FROM different)
)"""
_ANYBODY: LiteralString = "SELECT 1"


async def differing(
    connection: Connection,
    vendor_id: str,
    digests: Mapping[int, bytes],
    *,
    epoch: int | None = None,
    covered: tuple[str, datetime, datetime] | None = None,
) -> dict[int, dict[str, Any] | None]:
    """Return, of these boxes, those whose content is not the stored one; the server compares.

    Args:
        connection: Any; one statement.
        vendor_id: Whose boxes.
        digests: Content hash of what was just read, by box id.
        epoch: The visit's fencing token; None outside a visit.
        covered: Feed, start and end of a window; it is claimed if nothing differs, and only then.

    Returns:
        By box id: what is stored (state, version, content hash, receiver digest), None for a new box.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
    """
    query = _COMPARE.replace("{fence}", _ANYBODY if epoch is None else transitions.FENCE)
    query = query.replace("{grown}", "" if covered is None else _GROWN)
    feed, start, end = covered or (None, None, None)
    rows = await fetch(
        connection,
        query,
        vendor_id=vendor_id,
        ids=list(digests),
        digests=list(digests.values()),
        epoch=epoch,
        feed=feed,
        start=start,
        end=end,
    )
    if not rows:
        raise transitions.fenced(vendor_id)
    found = (row for row in rows if row["shipment_box_id"] is not None)
    return {row["shipment_box_id"]: row if row["version"] is not None else None for row in found}


# Of a line of which nothing has left, our count is what Coupang says, unless something is claimed of it: such
# orders are settled afterwards, in the same transaction (`quantities.settle_page`). What has left
# is not forgotten, unless the line is not the same any more.
# Sealed bytes go beside the document, in binary: inside they would be base64, parsed and decoded again.
# `changed` names what the join with the document would find anyway: the planner knows how to look up an
# array, but guesses 100 rows for a document, and then reads whole tables.
_EXCHANGE: LiteralString = at_birth("%(vendor_id)s", "d", "items")
_TOLD: LiteralString = chain.births(
    """SELECT 'box', shipment_box_id, %(initial)s::text, 'appear', 'coupang', %(cause)s::text, NULL::text,
              content_hash FROM born"""
)
_KEPT: LiteralString = "line.ordered = excluded.ordered AND line.shipped > 0"
# The clock of the machine that read before may have been ahead of ours: the last word stays the last.
_AFTER: LiteralString = """CASE WHEN b.market_seen_at > %(at)s
      THEN b.market_seen_at + interval '1 microsecond' ELSE %(at)s END"""
_WRITE: LiteralString = f"""
WITH doc AS (
  SELECT d.*, decode(hash, 'base64') AS content_hash, decode(was, 'base64') AS compared
  FROM jsonb_to_recordset(%(doc)s::jsonb) AS d(
    shipment_box_id bigint, order_id bigint, was text, hash text, market_status text,
    ordered_at timestamptz, paid_at timestamptz, ship_by date, address_version bigint, address_final boolean,
    courier_code text, invoice_number text, split_shipping boolean, able_split_shipping boolean,
    departed_at timestamptz, delivered_at timestamptz, next_read_at timestamptz)
), items AS (
  SELECT * FROM jsonb_to_recordset(%(items)s::jsonb) AS l(
    shipment_box_id bigint, vendor_item_id bigint, ordered bigint, held bigint, cancelled bigint, name text,
    seller_product_name text, seller_item_name text, sku text, sales_price_krw bigint,
    planned_shipping_date date)
), born AS (
  INSERT INTO box (vendor_id, shipment_box_id, order_id, state, version, state_at, market_status,
                   market_seen_at, content_hash, ordered_at, paid_at, ship_by, address_version, address_final,
                   courier_code, invoice_number, split_shipping, able_split_shipping, departed_at,
                   delivered_at, next_read_at, first_seen_at, exchange_id)
  SELECT %(vendor_id)s, shipment_box_id, order_id, %(initial)s, 1, %(at)s, market_status, %(at)s,
         content_hash, ordered_at, paid_at, ship_by, address_version, address_final,
         courier_code, invoice_number, split_shipping, able_split_shipping, departed_at, delivered_at,
         next_read_at, %(at)s, {_EXCHANGE}
  FROM doc d WHERE was IS NULL
  ON CONFLICT DO NOTHING
  RETURNING shipment_box_id, content_hash, exchange_id
), {_TOLD}, renewed AS (
  UPDATE box b
  SET market_status = d.market_status, market_seen_at = {_AFTER},
      content_hash = d.content_hash, ordered_at = d.ordered_at, paid_at = d.paid_at,
      ship_by = d.ship_by, address_version = d.address_version, address_final = d.address_final,
      courier_code = coalesce(d.courier_code, b.courier_code),
      invoice_number = coalesce(d.invoice_number, b.invoice_number),
      split_shipping = d.split_shipping, able_split_shipping = d.able_split_shipping,
      departed_at = coalesce(d.departed_at, b.departed_at), delivered_at = d.delivered_at,
      next_read_at = d.next_read_at, doubtful = false, attention = NULL
  FROM doc d
  WHERE b.vendor_id = %(vendor_id)s AND b.shipment_box_id = ANY(%(changed)b::bigint[])
    AND b.shipment_box_id = d.shipment_box_id AND b.content_hash = d.compared
  RETURNING b.shipment_box_id, b.content_hash, b.market_seen_at
), observed AS (
  INSERT INTO observation (vendor_id, aggregate, aggregate_id, at, evidence)
  SELECT %(vendor_id)s, 'box', shipment_box_id, market_seen_at, content_hash FROM renewed
  ON CONFLICT (vendor_id, aggregate, aggregate_id, at) DO UPDATE SET evidence = excluded.evidence
), gone AS (
  DELETE FROM line l
  WHERE l.vendor_id = %(vendor_id)s AND l.shipment_box_id = ANY(%(changed)b::bigint[])
    AND NOT EXISTS (SELECT FROM items i WHERE i.shipment_box_id = l.shipment_box_id
                      AND i.vendor_item_id = l.vendor_item_id)
), lined AS (
  INSERT INTO line (vendor_id, shipment_box_id, vendor_item_id, ordered, held, cancelled, name,
                    seller_product_name, seller_item_name, sku, sales_price_krw, planned_shipping_date,
                    market_held, market_cancelled)
  SELECT %(vendor_id)s, i.*, i.held, i.cancelled
  FROM items i
  ON CONFLICT (vendor_id, shipment_box_id, vendor_item_id) DO UPDATE
  SET ordered = excluded.ordered, market_held = excluded.held, market_cancelled = excluded.cancelled,
      planned_shipping_date = excluded.planned_shipping_date,
      held = CASE WHEN {_KEPT} THEN line.held ELSE excluded.held END,
      cancelled = CASE WHEN {_KEPT} THEN line.cancelled ELSE excluded.cancelled END,
      shipped = CASE WHEN {_KEPT} THEN line.shipped ELSE 0 END,
      returned = CASE WHEN {_KEPT} THEN line.returned ELSE 0 END
  WHERE (line.ordered, line.market_held, line.market_cancelled, line.planned_shipping_date)
    IS DISTINCT FROM (excluded.ordered, excluded.held, excluded.cancelled, excluded.planned_shipping_date)
), addressed AS (
  INSERT INTO receiver (vendor_id, shipment_box_id, version, digest, place, sealed, seen_at)
  SELECT %(vendor_id)s, a.*, %(at)s
  FROM unnest(%(a_box)b::bigint[], %(a_version)b::bigint[], %(a_digest)b::bytea[], %(a_place)b::bytea[],
              %(a_sealed)b::bytea[]) AS a
  ON CONFLICT DO NOTHING
), {evidence_store.proven("sheet")}
SELECT (SELECT count(*) FROM born) AS born, (SELECT count(*) FROM renewed) AS renewed,
  (SELECT array_agg(shipment_box_id) FROM born WHERE exchange_id IS NOT NULL) AS replacing"""


async def write(
    connection: Connection,
    vendor_id: str,
    rows: Sequence[BoxContent],
    *,
    initial: str,
    cause: str,
    at: datetime,
) -> list[int]:
    """Store new and changed boxes of one page, their lines, receivers and evidence.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose boxes.
        rows: Only new or changed ones; at most a few hundred.
        initial: The first state of a box.
        cause: What led to it, for the history, e.g. `feed:accept`.
        at: The time of the reading.

    Returns:
        New boxes that were stored as replacements of exchanges.

    Raises:
        Stale: Another transaction stored one of these boxes in the meantime; nothing is written.
    """
    if not rows:
        return []
    addressed = [row for row in rows if row.sealed_receiver is not None]
    counted = await fetch_one(
        connection,
        _WRITE,
        doc=_json([row.box for row in rows]),
        changed=[row.box.shipment_box_id for row in rows if row.box.was is not None],
        items=_json([line for row in rows for line in row.lines]),
        a_box=[row.box.shipment_box_id for row in addressed],
        a_version=[row.box.address_version for row in addressed],
        a_digest=[row.receiver_digest for row in addressed],
        a_place=[row.place_digest for row in addressed],
        a_sealed=[row.sealed_receiver for row in addressed],
        e_digest=[row.box.hash for row in rows],
        e_sealed=[row.sealed_evidence for row in rows],
        initial=initial,
        cause=cause,
        **chain.keyed(connection, vendor_id, at),
    )
    if counted is None or counted["born"] + counted["renewed"] != len(rows):
        raise Stale("a box of this page has changed since it was compared")
    return counted["replacing"] or []


def _json(rows: Sequence[msgspec.Struct]) -> str:
    """Return a JSON array; bytes are base64 in it."""
    return msgspec.json.encode(rows).decode()
