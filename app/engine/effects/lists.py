"""Effects and their tries in lists, a page at a time."""

from typing import Any

from app.engine.db.database import Connection, fetch
from app.engine.db.vendor_scope import fetch_page, first_of


async def list_attempts(connection: Connection, vendor_id: str, effect_id: int) -> list[dict[str, Any]]:
    """Return all tries of one effect, oldest first."""
    query = """SELECT attempt_id, purpose, epoch, worker, sent_at, answered_at, outcome, detail FROM attempt
               WHERE vendor_id = %(vendor_id)s AND effect_id = %(effect_id)s ORDER BY attempt_id"""
    return await fetch(connection, query, vendor_id=vendor_id, effect_id=effect_id)


_LISTED = first_of(
    """
  SELECT x.* FROM effect x
  WHERE x.vendor_id = v.vendor_id
    AND (%(state)s::text IS NULL OR x.state = %(state)s)
    AND (%(kind)s::text IS NULL OR x.kind = %(kind)s)
    AND (%(shipment_box_id)s::bigint IS NULL OR x.shipment_box_id = %(shipment_box_id)s)
    AND (%(before)s::bigint IS NULL OR x.effect_id < %(before)s)""",
    "effect_id DESC",
)


async def list_effects(
    connection: Connection,
    vendor_ids: list[str] | None,
    *,
    state: str | None,
    kind: str | None,
    shipment_box_id: int | None,
    before: int | None,
    most: int,
) -> list[dict[str, Any]]:
    """Return effects, newest first; `before` is the last effect id of the page before."""
    return await fetch_page(
        connection,
        _LISTED,
        vendor_ids=vendor_ids,
        state=state,
        kind=kind,
        shipment_box_id=shipment_box_id,
        before=before,
        most=most,
    )
