"""Exchanges, as they are read, and when one is read by itself; `page_store` writes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.engine.db.database import Connection, execute, fetch, fetch_one
from app.engine.db.states import among
from app.engine.db.vendor_scope import VENDORS, fetch_page, first_of
from app.machines.exchanges import OPEN

SHOWN = """vendor_id, exchange_id, order_id, state, version, state_at, collect_state, collect_version,
           redelivery_state, redelivery_version, rejectable, fault_by, reason_code, reason_text, waybills,
           collector_named, requested_at, modified_at, confirmed_at, attention, first_seen_at"""


_LISTED = first_of(
    f"""
  SELECT {SHOWN} FROM exchange x
  WHERE x.vendor_id = v.vendor_id
    AND (cardinality(%(states)s::text[]) = 0 OR x.state = ANY(%(states)s))
    AND (%(order_id)s::bigint IS NULL OR x.order_id = %(order_id)s)
    AND (%(after_at)s::timestamptz IS NULL
         OR (x.requested_at, x.exchange_id) > (%(after_at)s, %(after_id)s::bigint))""",
    "requested_at, exchange_id",
)


async def find(
    connection: Connection, vendor_ids: list[str] | None, exchange_id: int, *, lock: bool = False
) -> dict[str, Any] | None:
    """Return one exchange with its `lines` and new `boxes`; inside a transaction when it is locked."""
    query = f"""SELECT {SHOWN} FROM exchange WHERE exchange_id = %(id)s
                AND vendor_id = ANY({VENDORS})"""
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
    query = f"""SELECT vendor_id FROM exchange WHERE exchange_id = %(id)s
               AND vendor_id = ANY({VENDORS})"""
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
    return await fetch_page(
        connection,
        _LISTED,
        vendor_ids=vendor_ids,
        states=list(states),
        order_id=order_id,
        after_at=after[0] if after else None,
        after_id=after[1] if after else None,
        most=most,
    )


async def oldest_open(connection: Connection, vendor_id: str) -> datetime | None:
    """Return when the oldest exchange that is open was requested."""
    query = f"""SELECT min(requested_at) AS oldest FROM exchange
               WHERE vendor_id = %(vendor_id)s AND state IN {among(OPEN)}"""
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


async def call(connection: Connection, vendor_id: str, exchange_ids: Sequence[int], attention: str) -> None:
    """Ask for a person to look at exchanges."""
    query = """UPDATE exchange SET attention = %(attention)s
               WHERE vendor_id = %(vendor_id)s AND exchange_id = ANY(%(ids)s)"""
    await execute(connection, query, vendor_id=vendor_id, ids=list(exchange_ids), attention=attention)
