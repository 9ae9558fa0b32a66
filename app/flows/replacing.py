"""Boxes that are no sale: what becomes of a new box that may be the replacement of an exchange.

Coupang may list the new box of an exchange among the orders, before or after the exchange names it. Nothing
in that row tells it from a sale, so a box that can be a replacement is treated as one until its exchange
was read: it is not acknowledged and gets no waybill of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.flows.house import House
from app.machines.boxes import BoxState
from app.store import boxes, claims, coverage, doors, permits, replacements
from app.store.database import Connection
from app.store.pages import BoxContent

FEED = "exchanges"
SUSPECT = "this order had left already: it may be the replacement of an exchange, which is read first"
NAMED_WITHIN = timedelta(minutes=15)
"""An exchange names its new box within ten minutes."""


async def look_at_births(
    tx: Connection, vendor_id: str, rows: Sequence[BoxContent], replacing: Sequence[int], at: datetime
) -> None:
    """Have the exchanges be read that tell whether new boxes are replacements; hold those in doubt.

    Args:
        tx: The transaction that stored the page.
        vendor_id: Whose page.
        rows: What was stored of it.
        replacing: New boxes that were born as replacements.
        at: The time of the reading.
    """
    if replacing:
        await replacements.ask_exchanges(tx, vendor_id, replacing, at)
    late = [
        row.box.shipment_box_id
        for row in rows
        if row.box.was is None and row.box.market_status == BoxState.INSTRUCT
    ]
    if not late or not (found := await replacements.suspects(tx, vendor_id, late)):
        return
    unread = [(row["content_hash"], row["order_id"], None, SUSPECT, None) for row in found]
    await claims.hold_orders(tx, vendor_id, unread, SUSPECT, at)
    await permits.revoke_orders(tx, vendor_id, [row["order_id"] for row in found], SUSPECT, at)
    await coverage.ensure_feed(tx, vendor_id, FEED, at)
    await coverage.hasten(tx, vendor_id, FEED, at)


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
    changed = await replacements.join(tx, vendor_id, exchange_ids)
    ends = [
        (row["shipment_box_id"], f"the box is the replacement of exchange {row['exchange_id']}")
        for row in changed
        if row["exchange_id"] is not None
    ]
    if ends:
        await permits.revoke(tx, vendor_id, ends, at)
    if behind := await replacements.behind(tx, vendor_id, exchange_ids):
        await boxes.doubt(tx, vendor_id, behind, at)


async def settle(house: House, vendor_id: str, epoch: int, since: datetime) -> int:
    """Decide on the boxes that waited for the exchanges, all of which were read since; return how many.

    Raises:
        Fenced: A newer visit speaks for this vendor.
    """
    at = house.now()
    async with house.db.transaction() as tx:
        await doors.fence(tx, vendor_id, epoch)
        return await replacements.settle(tx, vendor_id, SUSPECT, since, since - NAMED_WITHIN, at)
