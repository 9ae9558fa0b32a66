"""Find one thing for a caller, or say that there is none.

`vendor_ids` is what the caller may know of (None: every vendor); a row of another vendor is reported exactly
like a missing one. A lock needs a transaction.
"""

from collections.abc import Mapping
from typing import Any

from app.claims import store as claim_store
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.errors import NotFound
from app.exchanges import store as exchange_store
from app.orders import store as box_store

Vendors = list[str] | None


async def box(
    connection: Connection, vendor_ids: Vendors, shipment_box_id: int, *, lock: bool = False
) -> dict[str, Any]:
    """Return a box with its `lines`.

    Raises:
        NotFound: No such box for this caller.
    """
    row = await box_store.find(connection, vendor_ids, shipment_box_id, lock=lock)
    if row is None:
        raise NotFound("no such box", shipment_box_id=str(shipment_box_id))
    row["lines"] = row["lines"] or []
    return row


async def receipt(
    connection: Connection, aggregate: str, vendor_ids: Vendors, receipt_id: int, *, lock: bool = False
) -> dict[str, Any]:
    """Return a receipt as `cancel` or `return`.

    Raises:
        NotFound: There is no such claim, or not for this caller.
    """
    row = await claim_store.find(connection, aggregate, vendor_ids, receipt_id, lock=lock)
    if row is None:
        raise NotFound(f"no such {aggregate}", receipt_id=str(receipt_id))
    return row


async def exchange(
    connection: Connection, vendor_ids: Vendors, exchange_id: int, *, lock: bool = False
) -> dict[str, Any]:
    """Return an exchange with its `lines` and new `boxes`.

    Raises:
        NotFound: No such exchange for this caller.
    """
    row = await exchange_store.find(connection, vendor_ids, exchange_id, lock=lock)
    if row is None:
        raise NotFound("no such exchange", exchange_id=str(exchange_id))
    return row


async def effect(connection: Connection, vendor_ids: Vendors, effect_id: int) -> dict[str, Any]:
    """Return an effect.

    Raises:
        NotFound: No such effect for this caller.
    """
    row = await effect_store.find(connection, vendor_ids, effect_id)
    if row is None:
        raise NotFound("no such effect", effect_id=str(effect_id))
    return row


def with_sums(row: Mapping[str, Any]) -> dict[str, Any]:
    """Add to a box with `lines` the sums that the guards ask for."""
    lines = row["lines"] or []
    return {
        **row,
        "lines": lines,
        "held": sum(line["held"] for line in lines),
        "shippable": sum(line["shippable"] for line in lines),
        "kinds": len(lines),
    }
