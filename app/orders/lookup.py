"""Find a box for a caller, or say that there is none.

`vendor_ids` is what the caller may know of (None: every vendor); a row of another vendor is reported exactly
like a missing one. A lock needs a transaction.
"""

from collections.abc import Mapping
from typing import Any

from app.engine.caller import Vendors
from app.engine.db.database import Connection
from app.errors import NotFound
from app.orders import store as box_store


async def require_box(
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
