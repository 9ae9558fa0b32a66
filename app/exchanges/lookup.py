"""Find an exchange for a caller, or say that there is none; see `app.orders.lookup`."""

from typing import Any

from app.engine.caller import Vendors
from app.engine.db.database import Connection
from app.errors import NotFound
from app.exchanges import store as exchange_store


async def require_exchange(
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
