"""Receptions: where goods that come back are, and what their inspection found."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from app.engine.db.database import Connection, columns, execute, fetch, fetch_one
from app.engine.db.states import among
from app.engine.history import chain
from app.engine.history import lists as history_lists
from app.errors import Stale
from app.machines.receptions import AWAITED


async def find(
    connection: Connection, vendor_id: str, subject: str, subject_id: int, *, lock: bool = False
) -> dict[str, Any] | None:
    """Return the reception of a return or an exchange, or None; inside a transaction when it is locked."""
    query = """SELECT * FROM reception WHERE vendor_id = %(vendor_id)s AND subject = %(subject)s
               AND subject_id = %(subject_id)s"""
    return await fetch_one(
        connection,
        f"{query} FOR UPDATE" if lock else query,
        vendor_id=vendor_id,
        subject=subject,
        subject_id=subject_id,
    )


async def begin(
    connection: Connection,
    vendor_id: str,
    subject: str,
    births: Sequence[tuple[int, int]],
    *,
    initial: str,
    actor: str,
    cause: str,
    at: datetime,
) -> None:
    """Let receptions begin, (subject id, order id) each, with their first history row.

    Raises:
        Stale: One has begun in the meantime; nothing is written.
    """
    if not births:
        return
    query: LiteralString = (
        """
    WITH begun AS (
      INSERT INTO reception (vendor_id, subject, subject_id, order_id, state, version, state_at)
      SELECT %(vendor_id)s, %(subject)s, b.id, b.order_id, %(initial)s, 1, %(at)s
      FROM unnest(%(ids)s::bigint[], %(orders)s::bigint[]) AS b(id, order_id)
      ON CONFLICT DO NOTHING
      RETURNING subject_id
    ), marked AS (
      UPDATE return_ t SET reception_begun = true FROM begun
      WHERE %(subject)s = 'return' AND t.vendor_id = %(vendor_id)s AND t.receipt_id = begun.subject_id
    ), """
        + chain.births(
            """SELECT %(aggregate)s::text, subject_id, %(initial)s::text, 'appear', %(actor)s::text,
                      %(cause)s::text, NULL::text, NULL::bytea
               FROM begun"""
        )
        + """
    SELECT count(*) AS begun FROM begun"""
    )
    ids, orders = columns(births, 2)
    row = await fetch_one(
        connection,
        query,
        **chain.keyed(connection, vendor_id, at),
        subject=subject,
        aggregate=f"{subject}_reception",
        ids=ids,
        orders=orders,
        initial=initial,
        actor=actor,
        cause=cause,
    )
    if row is None or row["begun"] != len(births):
        raise Stale("a reception has begun since it was looked for")


async def of_returns(connection: Connection, vendor_id: str) -> list[dict[str, Any]]:
    """Return the returns that lack a reception, and those whose goods are still awaited.

    Returns:
        receipt_id, order_id, return_state, pickup, completion, pre_refund, state and version of the
        reception (None where there is none).
    """
    # Two partial indexes find them; the returns that are over are never looked at.
    query: LiteralString = f"""
    WITH awaited AS (
      SELECT receipt_id, NULL AS state, NULL::bigint AS version FROM return_
      WHERE vendor_id = %(vendor_id)s AND NOT reception_begun
      UNION ALL
      SELECT subject_id, state, version FROM reception
      WHERE vendor_id = %(vendor_id)s AND subject = 'return' AND state IN {among(AWAITED)}
    )
    SELECT t.receipt_id, t.order_id, t.state AS return_state, r.pickup, r.completion, r.pre_refund,
           a.state, a.version
    FROM awaited a
    JOIN return_ t ON t.vendor_id = %(vendor_id)s AND t.receipt_id = a.receipt_id
    JOIN receipt r ON r.vendor_id = t.vendor_id AND r.receipt_id = t.receipt_id
    ORDER BY t.receipt_id"""
    return await fetch(connection, query, vendor_id=vendor_id)


async def keep_inspection(
    connection: Connection,
    vendor_id: str,
    subject: str,
    subject_id: int,
    inspection: Sequence[dict[str, Any]],
) -> None:
    """Keep what the inspection found: vendor_item_id, verdict, note each."""
    query = """UPDATE reception SET inspection = %(inspection)s
               WHERE vendor_id = %(vendor_id)s AND subject = %(subject)s AND subject_id = %(subject_id)s"""
    await execute(
        connection,
        query,
        vendor_id=vendor_id,
        subject=subject,
        subject_id=subject_id,
        inspection=Jsonb(list(inspection)),
    )


async def history_of(
    connection: Connection, vendor_id: str, subject: str, subject_id: int
) -> list[dict[str, Any]]:
    """Return all steps of a reception, oldest first."""
    return await history_lists.history_of(connection, vendor_id, f"{subject}_reception", subject_id)
