"""Exchanges as they are read and stored; they are few, so each is written by itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from app.store import journal
from app.store.database import Connection, execute, fetch, fetch_one

SHOWN = """vendor_id, exchange_id, order_id, state, version, state_at, collect_state, collect_version,
           redelivery_state, redelivery_version, rejectable, fault_by, reason_code, reason_text, waybills,
           collector_named, requested_at, modified_at, confirmed_at, attention, first_seen_at"""


@dataclass(frozen=True, slots=True)
class ExchangeContent:
    """One row of a page, ready to be stored; `sealed_contacts` is encrypted."""

    exchange_id: int
    order_id: int
    content_hash: bytes
    rejectable: bool
    fault_by: str
    reason_code: str
    reason_text: str
    waybills: tuple[dict[str, str], ...]
    sealed_contacts: bytes
    requested_at: datetime
    modified_at: datetime | None
    lines: tuple[tuple[int, int, int | None, int], ...]
    """exchange item id, vendor item id, original box, count."""
    boxes: tuple[tuple[int, str, str | None, str | None], ...]
    """New box, its status in Coupang's words, courier code, waybill number."""
    collector_named: bool = False


async def stored(connection: Connection, vendor_id: str, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Lock and return the exchanges we know of these, by id."""
    query = """SELECT * FROM exchange WHERE vendor_id = %(vendor_id)s AND exchange_id = ANY(%(ids)s)
               ORDER BY exchange_id FOR UPDATE"""
    rows = await fetch(connection, query, vendor_id=vendor_id, ids=list(ids))
    return {row["exchange_id"]: row for row in rows}


async def begin(
    connection: Connection,
    vendor_id: str,
    row: ExchangeContent,
    initials: tuple[str, str, str],
    cause: str,
    at: datetime,
) -> None:
    """Let an exchange and its tracks begin in their first states, with their first history rows."""
    query: LiteralString = (
        """
    WITH begun AS (
      INSERT INTO exchange (vendor_id, exchange_id, order_id, state, version, state_at, collect_state,
                            collect_version, redelivery_state, redelivery_version, content_hash, rejectable,
                            fault_by, reason_code, reason_text, waybills, requested_at, first_seen_at)
      VALUES (%(vendor_id)s, %(id)s, %(order_id)s, %(exchange)s, 1, %(at)s, %(collect)s, 1, %(redelivery)s, 1,
              ''::bytea, false, '', '', '', '[]', %(requested_at)s, %(at)s)
      RETURNING exchange_id
    ), """
        + journal.births(
            """SELECT life.aggregate, exchange_id, life.target, 'appear', 'coupang', %(cause)s::text,
                      NULL::text, %(evidence)s::bytea
               FROM begun, (VALUES ('exchange', %(exchange)s::text), ('collect', %(collect)s),
                                   ('redelivery', %(redelivery)s)) AS life(aggregate, target)"""
        )
        + " SELECT count(*) FROM begun"
    )
    exchange, collect, redelivery = initials
    await execute(
        connection,
        query,
        **journal.keyed(connection, vendor_id, at),
        id=row.exchange_id,
        order_id=row.order_id,
        exchange=exchange,
        collect=collect,
        redelivery=redelivery,
        requested_at=row.requested_at,
        cause=cause,
        evidence=row.content_hash,
    )


async def write(connection: Connection, vendor_id: str, row: ExchangeContent, at: datetime) -> None:
    """Store what Coupang says of an exchange that has begun."""
    about: dict[str, Any] = {"vendor_id": vendor_id, "id": row.exchange_id}
    query = """
    WITH observed AS (
      INSERT INTO observation (vendor_id, aggregate, aggregate_id, at, evidence)
      VALUES (%(vendor_id)s, 'exchange', %(id)s, %(at)s, %(content_hash)s)
      ON CONFLICT (vendor_id, aggregate, aggregate_id, at) DO UPDATE SET evidence = excluded.evidence
    )
    UPDATE exchange SET order_id = %(order_id)s, content_hash = %(content_hash)s,
      rejectable = %(rejectable)s, fault_by = %(fault_by)s, reason_code = %(reason_code)s,
      reason_text = %(reason_text)s, waybills = %(waybills)s, collector_named = %(collector_named)s,
      sealed_contacts = %(sealed)s,
      requested_at = %(requested_at)s, modified_at = %(modified_at)s, attention = NULL
    WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s"""
    await execute(
        connection,
        query,
        **about,
        order_id=row.order_id,
        content_hash=row.content_hash,
        rejectable=row.rejectable,
        fault_by=row.fault_by,
        reason_code=row.reason_code,
        reason_text=row.reason_text,
        waybills=Jsonb(list(row.waybills)),
        collector_named=row.collector_named,
        sealed=row.sealed_contacts,
        requested_at=row.requested_at,
        modified_at=row.modified_at,
        at=at,
    )
    query = "DELETE FROM exchange_line WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s"
    await execute(connection, query, **about)
    for item, option, box_id, count in row.lines:
        query = (
            "INSERT INTO exchange_line VALUES (%(vendor_id)s, %(id)s, %(item)s, %(option)s, %(box)s, %(n)s)"
        )
        await execute(connection, query, **about, item=item, option=option, box=box_id, n=count)
    for new_id, status, courier, invoice in row.boxes:
        query = """
        INSERT INTO exchange_box VALUES (%(vendor_id)s, %(id)s, %(box)s, %(status)s, %(courier)s, %(invoice)s)
        ON CONFLICT (vendor_id, exchange_id, shipment_box_id) DO UPDATE
        SET status = excluded.status, courier_code = excluded.courier_code,
            invoice_number = excluded.invoice_number"""
        await execute(connection, query, **about, box=new_id, status=status, courier=courier, invoice=invoice)


async def find(
    connection: Connection, vendor_ids: list[str] | None, exchange_id: int, *, lock: bool = False
) -> dict[str, Any] | None:
    """Return one exchange with its `lines` and new `boxes`; inside a transaction when it is locked."""
    query = f"""SELECT {SHOWN} FROM exchange WHERE exchange_id = %(id)s
                AND (%(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s))"""
    row = await fetch_one(
        connection, f"{query} FOR UPDATE" if lock else query, id=exchange_id, vendor_ids=vendor_ids
    )
    if row is None:
        return None
    about = {"vendor_id": row["vendor_id"], "id": exchange_id}
    lines = """SELECT vendor_item_id, shipment_box_id, count FROM exchange_line
               WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s ORDER BY exchange_item_id"""
    boxes = """SELECT shipment_box_id, status, courier_code, invoice_number FROM exchange_box
               WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s ORDER BY 1"""
    return {
        **row,
        "lines": await fetch(connection, lines, **about),
        "boxes": await fetch(connection, boxes, **about),
    }


async def owner(connection: Connection, vendor_ids: list[str] | None, exchange_id: int) -> str | None:
    """Return whose an exchange is; None: there is none."""
    query = """SELECT vendor_id FROM exchange WHERE exchange_id = %(id)s
               AND (%(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s))"""
    row = await fetch_one(connection, query, id=exchange_id, vendor_ids=vendor_ids)
    return row["vendor_id"] if row else None


async def list_exchanges(
    connection: Connection,
    vendor_ids: list[str] | None,
    *,
    states: Sequence[str] = (),
    order_id: int | None = None,
    after: tuple[datetime, int] | None = None,
    most: int,
) -> list[dict[str, Any]]:
    """Return exchanges, oldest first; `after` is (requested_at, id) of the last row."""
    query = f"""SELECT {SHOWN} FROM exchange
    WHERE (%(vendor_ids)s::text[] IS NULL OR vendor_id = ANY(%(vendor_ids)s))
      AND (cardinality(%(states)s::text[]) = 0 OR state = ANY(%(states)s))
      AND (%(order_id)s::bigint IS NULL OR order_id = %(order_id)s)
      AND (%(after_at)s::timestamptz IS NULL
           OR (requested_at, exchange_id) > (%(after_at)s, %(after_id)s::bigint))
    ORDER BY requested_at, exchange_id LIMIT %(most)s"""
    return await fetch(
        connection,
        query,
        vendor_ids=vendor_ids,
        states=list(states),
        order_id=order_id,
        after_at=after[0] if after else None,
        after_id=after[1] if after else None,
        most=most,
    )


async def oldest_open(connection: Connection, vendor_id: str) -> datetime | None:
    """Return when the oldest exchange that is open was requested."""
    query = """SELECT min(requested_at) AS oldest FROM exchange
               WHERE vendor_id = %(vendor_id)s AND state IN ('RECEIPT', 'PROGRESS')"""
    row = await fetch_one(connection, query, vendor_id=vendor_id)
    return row["oldest"] if row else None


async def to_read(connection: Connection, vendor_id: str, at: datetime) -> list[dict[str, Any]]:
    """Return exchanges that are due to be read by themselves."""
    query = """SELECT exchange_id, order_id, requested_at, confirmed_at FROM exchange
               WHERE vendor_id = %(vendor_id)s AND next_read_at <= %(at)s ORDER BY next_read_at LIMIT 20"""
    return await fetch(connection, query, vendor_id=vendor_id, at=at)


async def schedule(
    connection: Connection, vendor_id: str, exchange_id: int, next_read_at: datetime | None
) -> None:
    """Set when an exchange is read by itself next; None: with the others."""
    query = """UPDATE exchange SET next_read_at = %(at)s
               WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s"""
    await execute(connection, query, vendor_id=vendor_id, id=exchange_id, at=next_read_at)


async def read_again(connection: Connection, vendor_id: str, exchange_id: int, at: datetime) -> None:
    """Have an exchange read by itself, and compared as if nothing of it were known."""
    query = """UPDATE exchange SET next_read_at = %(at)s, content_hash = ''::bytea
               WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s"""
    await execute(connection, query, vendor_id=vendor_id, id=exchange_id, at=at)


async def note_confirmed(connection: Connection, vendor_id: str, exchange_id: int, at: datetime) -> None:
    """Note that our confirmation was taken, from when on the new box is looked for."""
    query = """UPDATE exchange SET confirmed_at = %(at)s
               WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s"""
    await execute(connection, query, vendor_id=vendor_id, id=exchange_id, at=at)


async def call(connection: Connection, vendor_id: str, exchange_id: int, attention: str) -> None:
    """Ask for a person to look at an exchange."""
    query = """UPDATE exchange SET attention = %(attention)s
               WHERE vendor_id = %(vendor_id)s AND exchange_id = %(id)s"""
    await execute(connection, query, vendor_id=vendor_id, id=exchange_id, attention=attention)
