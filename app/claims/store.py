"""Receipts, cancels and returns, as they are read, and when a receipt is read again."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString

from app.engine.db.database import Connection, columns, execute, fetch, fetch_one
from app.engine.db.states import among
from app.engine.db.vendor_scope import VENDORS, fetch_page, first_of
from app.machines.boxes import SHIPPED
from app.machines.cancels import KEPT_IN, UNANSWERED
from app.machines.effects import MAYBE_SENT

_SHOWN: LiteralString = """
       r.vendor_id, r.receipt_id, r.order_id, s.state, s.version, s.state_at, r.receipt_type, r.market_status,
       r.release_stop_status, r.market_seen_at, r.opened_at, r.modified_at, r.count_sum, r.fault_by,
       r.reason_code, r.reason_text, r.attention, r.first_seen_at"""
_CANCELS: LiteralString = (
    f"SELECT {_SHOWN}, s.handed_over, s.decide_by FROM cancel s JOIN receipt r USING (vendor_id, receipt_id)"
)
_RETURNS: LiteralString = (
    f"SELECT {_SHOWN}, r.pickup, r.pre_refund, r.completion, r.return_charge_krw, r.waybills "
    "FROM return_ s JOIN receipt r USING (vendor_id, receipt_id)"
)
_TABLES = {"cancel": _CANCELS, "return": _RETURNS}
_LISTED = {
    aggregate: first_of(
        f"""
  {tables}
  WHERE r.vendor_id = v.vendor_id AND s.vendor_id = v.vendor_id
    AND (cardinality(%(states)s::text[]) = 0 OR s.state = ANY(%(states)s))
    AND (%(order_id)s::bigint IS NULL OR r.order_id = %(order_id)s)
    AND (%(after_at)s::timestamptz IS NULL
         OR (r.opened_at, r.receipt_id) > (%(after_at)s, %(after_id)s::bigint))""",
        "opened_at, receipt_id",
    )
    for aggregate, tables in _TABLES.items()
}
_LIVES: dict[str, LiteralString] = {"cancel": "cancel", "return": "return_"}
# A receipt names the original box. Where that box has no such line (any more), every box of the order that
# has one is meant.
_MEANT: LiteralString = """
FROM receipt r
JOIN receipt_line n USING (vendor_id, receipt_id)
JOIN box b ON b.vendor_id = r.vendor_id AND b.order_id = r.order_id
WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = ANY(%(ids)s)
  AND (b.shipment_box_id = n.shipment_box_id
       OR (EXISTS (SELECT FROM line l WHERE l.vendor_id = b.vendor_id
                     AND l.shipment_box_id = b.shipment_box_id AND l.vendor_item_id = n.vendor_item_id)
           AND NOT EXISTS (SELECT FROM line l WHERE l.vendor_id = b.vendor_id
                             AND l.shipment_box_id = n.shipment_box_id
                             AND l.vendor_item_id = n.vendor_item_id)))"""


async def find(
    connection: Connection,
    aggregate: str,
    vendor_ids: list[str] | None,
    receipt_id: int,
    *,
    lock: bool = False,
) -> dict[str, Any] | None:
    """Return one receipt as `cancel` or `return`, with its content; None when it is none.

    Args:
        connection: Inside a transaction when it is to be locked.
        aggregate: `cancel` or `return`.
        vendor_ids: Vendors to look at; None means every vendor.
        receipt_id: Which receipt.
        lock: Keep others from moving it until the transaction ends.
    """
    query = f"""{_TABLES[aggregate]} WHERE s.receipt_id = %(receipt_id)s
      AND s.vendor_id = ANY({VENDORS})"""
    return await fetch_one(
        connection,
        f"{query} FOR UPDATE OF s" if lock else query,
        receipt_id=receipt_id,
        vendor_ids=vendor_ids,
    )


async def owner(
    connection: Connection, aggregate: str, vendor_ids: list[str] | None, receipt_id: int
) -> str | None:
    """Return the owner of a receipt that is a `cancel`, or a `return`; None: there is none."""
    query: LiteralString = f"""SELECT vendor_id FROM {_LIVES[aggregate]} WHERE receipt_id = %(receipt_id)s
      AND vendor_id = ANY({VENDORS})"""
    row = await fetch_one(connection, query, receipt_id=receipt_id, vendor_ids=vendor_ids)
    return row["vendor_id"] if row else None


async def list_receipts(
    connection: Connection,
    aggregate: str,
    vendor_ids: list[str] | None,
    *,
    states: Sequence[str] = (),
    order_id: int | None = None,
    after: tuple[datetime, int] | None = None,
    most: int,
) -> list[dict[str, Any]]:
    """Return receipts as `cancel` or `return`, oldest first; `after` is (opened_at, id) of the last row."""
    return await fetch_page(
        connection,
        _LISTED[aggregate],
        vendor_ids=vendor_ids,
        states=list(states),
        order_id=order_id,
        after_at=after[0] if after else None,
        after_id=after[1] if after else None,
        most=most,
    )


async def lines_of(connection: Connection, vendor_id: str, receipt_id: int) -> list[dict[str, Any]]:
    """Return what a receipt claims, by box and option."""
    query = """SELECT shipment_box_id, vendor_item_id, count, release_status FROM receipt_line
               WHERE vendor_id = %(vendor_id)s AND receipt_id = %(receipt_id)s ORDER BY 1, 2"""
    return await fetch(connection, query, vendor_id=vendor_id, receipt_id=receipt_id)


async def boxes_of(
    connection: Connection, vendor_id: str, receipt_ids: Collection[int]
) -> list[dict[str, Any]]:
    """Return the stored boxes that these receipts are about: receipt_id, shipment_box_id, state."""
    query: LiteralString = f"SELECT DISTINCT r.receipt_id, b.shipment_box_id, b.state {_MEANT} ORDER BY 1, 2"
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(receipt_ids))


async def is_leaving(connection: Connection, vendor_id: str, receipt_id: int) -> bool:
    """Tell whether a box of this receipt has a waybill at Coupang, or one that is on its way there."""
    query: LiteralString = f"""
    SELECT EXISTS (SELECT {_MEANT}
      AND (b.state IN {among(SHIPPED)} OR EXISTS (
        SELECT FROM effect e WHERE e.vendor_id = b.vendor_id AND e.shipment_box_id = b.shipment_box_id
          AND e.kind = 'SHIP' AND e.state IN {among(MAYBE_SENT)}))) AS leaving"""
    row = await fetch_one(connection, query, vendor_id=vendor_id, ids=[receipt_id])
    return bool(row and row["leaving"])


async def say_handed_over(
    connection: Connection, vendor_id: str, receipt_id: int, handed_over: bool | None
) -> None:
    """Keep what the warehouse said about the parcel of a stop request."""
    query = """UPDATE cancel SET handed_over = %(handed_over)s
               WHERE vendor_id = %(vendor_id)s AND receipt_id = %(receipt_id)s"""
    await execute(connection, query, vendor_id=vendor_id, receipt_id=receipt_id, handed_over=handed_over)


async def lives_of(
    connection: Connection, vendor_id: str, receipt_ids: Collection[int]
) -> list[dict[str, Any]]:
    """Lock and return, of the receipts we know, the states and versions of their cancel and return."""
    query = """
    SELECT r.receipt_id, r.order_id, c.state AS cancel_state, c.version AS cancel_version,
           t.state AS return_state, t.version AS return_version
    FROM receipt r
    LEFT JOIN cancel c USING (vendor_id, receipt_id)
    LEFT JOIN return_ t USING (vendor_id, receipt_id)
    WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = ANY(%(ids)s)
    ORDER BY r.receipt_id FOR UPDATE OF r"""
    return await fetch(connection, query, vendor_id=vendor_id, ids=list(receipt_ids))


async def open_receipts(
    connection: Connection, vendor_id: str, cancel_states: Collection[str], return_states: Collection[str]
) -> list[dict[str, Any]]:
    """Return receipts in one of these states, oldest first.

    Each with receipt_id, order_id, opened_at, next_read_at, unlisted.
    """
    query = """
    SELECT r.receipt_id, r.order_id, r.opened_at, r.next_read_at, r.unlisted
    FROM (SELECT receipt_id FROM cancel WHERE vendor_id = %(vendor_id)s AND state = ANY(%(cancel_states)s)
          UNION
          SELECT receipt_id FROM return_ WHERE vendor_id = %(vendor_id)s AND state = ANY(%(return_states)s)) o
    JOIN receipt r ON r.vendor_id = %(vendor_id)s AND r.receipt_id = o.receipt_id
    ORDER BY r.opened_at, r.receipt_id"""
    return await fetch(
        connection,
        query,
        vendor_id=vendor_id,
        cancel_states=[str(state) for state in cancel_states],
        return_states=[str(state) for state in return_states],
    )


async def to_read(connection: Connection, vendor_id: str, at: datetime, most: int) -> list[dict[str, Any]]:
    """Return receipts that are due to be read by themselves, the longest waiting first."""
    query = """
    SELECT r.receipt_id, r.order_id, r.reads, r.next_read_at, c.state AS cancel_state, t.state AS return_state
    FROM receipt r
    LEFT JOIN cancel c USING (vendor_id, receipt_id)
    LEFT JOIN return_ t USING (vendor_id, receipt_id)
    WHERE r.vendor_id = %(vendor_id)s AND r.next_read_at <= %(at)s ORDER BY r.next_read_at LIMIT %(most)s"""
    return await fetch(connection, query, vendor_id=vendor_id, at=at, most=most)


async def read_soon(
    connection: Connection, vendor_id: str, receipt_ids: Collection[int], at: datetime
) -> None:
    """Ask for these receipts to be read by themselves: something contradicted us."""
    query = """UPDATE receipt SET next_read_at = least(next_read_at, %(at)s)
               WHERE vendor_id = %(vendor_id)s AND receipt_id = ANY(%(ids)s)"""
    await execute(connection, query, vendor_id=vendor_id, ids=list(receipt_ids), at=at)


async def put_off(
    connection: Connection,
    vendor_id: str,
    receipt_ids: Collection[int],
    at: datetime,
    within: timedelta,
    pauses: Sequence[timedelta],
) -> None:
    """Let receipts that a list has just shown unchanged count as read, if they would be read soon.

    Args:
        connection: Inside a transaction.
        vendor_id: Whose receipts.
        receipt_ids: Those that were shown as we hold them.
        at: The present time, not that of the page: what is due already was asked for, or no list shows it.
        within: How soon.
        pauses: To the next reading, by how many there were.
    """
    query = """
    UPDATE receipt
    SET reads = reads + 1, next_read_at = %(at)s + (%(pauses)s::interval[])[least(reads + 2, %(most)s)],
        unlisted = false
    WHERE vendor_id = %(vendor_id)s AND receipt_id = ANY(%(ids)s) AND attention IS NULL
      AND next_read_at > %(at)s AND (next_read_at <= %(at)s + %(within)s OR unlisted)"""
    await execute(
        connection,
        query,
        vendor_id=vendor_id,
        ids=list(receipt_ids),
        at=at,
        within=within,
        pauses=list(pauses),
        most=len(pauses),
    )


async def read_unlisted(
    connection: Connection, vendor_id: str, receipt_ids: Collection[int], at: datetime
) -> None:
    """Ask for these receipts to be read by themselves: lists leave them out; once, not at every sweep."""
    query = """UPDATE receipt SET next_read_at = least(next_read_at, %(at)s), unlisted = true
               WHERE vendor_id = %(vendor_id)s AND receipt_id = ANY(%(ids)s)"""
    await execute(connection, query, vendor_id=vendor_id, ids=list(receipt_ids), at=at)


async def schedule_reads(
    connection: Connection, vendor_id: str, reads: Sequence[tuple[int, datetime | None, str | None]]
) -> None:
    """Set when receipts are read next (None: not at all) and why a person should look; count one reading."""
    query = """
    UPDATE receipt r SET next_read_at = n.at, attention = n.attention, reads = r.reads + 1
    FROM unnest(%(ids)s::bigint[], %(ats)s::timestamptz[], %(attentions)s::text[]) AS n(id, at, attention)
    WHERE r.vendor_id = %(vendor_id)s AND r.receipt_id = n.id"""
    ids, ats, attentions = columns(reads, 3)
    await execute(connection, query, vendor_id=vendor_id, ids=ids, ats=ats, attentions=attentions)


async def asked_to_stop(
    connection: Connection, vendor_id: str, shipment_box_id: int, since: datetime
) -> list[dict[str, Any]]:
    """Return what customers asked to stop of a box: `stopped` since then, or still `requested`.

    Units by `vendor_item_id`, as far as we know.
    """
    query: LiteralString = f"""
    SELECT n.vendor_item_id,
           coalesce(sum(n.count) FILTER (WHERE c.state IN {among(KEPT_IN)}), 0)::bigint AS stopped,
           coalesce(sum(n.count) FILTER (WHERE c.state IN {among(UNANSWERED)}), 0)::bigint AS requested
    FROM receipt_line n JOIN cancel c USING (vendor_id, receipt_id)
    WHERE n.vendor_id = %(vendor_id)s AND n.shipment_box_id = %(box)s
      AND (c.state IN {among(UNANSWERED)} OR (c.state IN {among(KEPT_IN)} AND c.state_at >= %(since)s))
      AND EXISTS (SELECT FROM history h WHERE h.vendor_id = c.vendor_id AND h.aggregate = 'cancel'
                    AND h.aggregate_id = c.receipt_id AND h.target IN {among(UNANSWERED)})
    GROUP BY 1"""
    return await fetch(connection, query, vendor_id=vendor_id, box=shipment_box_id, since=since)
