"""Replacements: decide whether a new box is a sale or the replacement of an exchange.

Coupang may list the new box of an exchange among the orders, before or after the exchange names it. Nothing
in that row shows that it is no sale, so a box that can be a replacement is treated as one until its exchange
was read: it is not acknowledged and gets no waybill of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.feeds import coverage
from app.engine.feeds.names import EXCHANGES
from app.engine.history import transitions
from app.machines.boxes import BoxState
from app.orders import replacement_store
from app.orders import store as box_store
from app.orders.order_blocks.store import hold_orders
from app.orders.page_store import BoxContent
from app.orders.permits import store as permit_store

SUSPECT = "this order had left already: it may be the replacement of an exchange, which is read first"
NAMED_WITHIN = timedelta(minutes=15)
"""An exchange names its new box within ten minutes."""


async def look_at_births(
    tx: Connection, vendor_id: str, rows: Sequence[BoxContent], replacing: Sequence[int], at: datetime
) -> None:
    """Have the exchanges be read that say whether new boxes are replacements; hold uncertain ones.

    Args:
        tx: The transaction that stored the page.
        vendor_id: Whose page.
        rows: What was stored of it.
        replacing: New boxes that were stored as replacements.
        at: The time of the reading.
    """
    if replacing:
        await replacement_store.ask_exchanges(tx, vendor_id, replacing, at)
    late = [
        row.box.shipment_box_id
        for row in rows
        if row.box.was is None and row.box.market_status == BoxState.INSTRUCT
    ]
    if not late or not (found := await replacement_store.suspects(tx, vendor_id, late)):
        return
    unread = [(row["content_hash"], row["order_id"], None, SUSPECT, None) for row in found]
    await hold_orders(tx, vendor_id, unread, SUSPECT, at)
    await permit_store.revoke_orders(tx, vendor_id, [row["order_id"] for row in found], SUSPECT, at)
    await coverage.ensure_feed(tx, vendor_id, EXCHANGES, at)
    await coverage.hasten(tx, vendor_id, EXCHANGES, at)


async def join(tx: Connection, vendor_id: str, exchange_ids: Sequence[int], at: datetime) -> None:
    """Join the boxes that exchanges name to them; none of them leaves as a sale on an earlier word.

    Args:
        tx: The transaction that stored the exchanges.
        vendor_id: Whose exchanges.
        exchange_ids: Those that name boxes, in the order of their page.
        at: The time of the reading.
    """
    if not exchange_ids:
        return
    changed = await replacement_store.join(tx, vendor_id, exchange_ids)
    ends = [
        (row["shipment_box_id"], f"the box is the replacement of exchange {row['exchange_id']}")
        for row in changed
        if row["exchange_id"] is not None
    ]
    if ends:
        await permit_store.revoke(tx, vendor_id, ends, at)
    if behind := await replacement_store.behind(tx, vendor_id, exchange_ids):
        await box_store.doubt(tx, vendor_id, behind, at)


async def settle(context: Context, vendor_id: str, epoch: int, since: datetime) -> int:
    """Decide on the boxes that waited for the exchanges, all of which were read since; return how many.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        return await replacement_store.settle(tx, vendor_id, SUSPECT, since, since - NAMED_WITHIN, at)
