"""Find a claim for a caller, or say that there is none; see `app.orders.lookup`."""

from typing import Any

from app.claims import store as claim_store
from app.engine.caller import Vendors
from app.engine.db.database import Connection
from app.errors import NotFound


async def require_receipt(
    connection: Connection, aggregate: str, vendor_ids: Vendors, receipt_id: int, *, lock: bool = False
) -> dict[str, Any]:
    """Return a receipt as `cancel` or `return`.

    Raises:
        NotFound: It leads no such life, or not for this caller.
    """
    row = await claim_store.find(connection, aggregate, vendor_ids, receipt_id, lock=lock)
    if row is None:
        raise NotFound(f"no such {aggregate}", receipt_id=str(receipt_id))
    return row
