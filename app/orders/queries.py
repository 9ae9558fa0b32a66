"""What everybody reads of orders: boxes, histories, receivers, and what is allowed now and why not.

Nothing here changes anything. `vendor_ids` is what the caller may know of (None: every vendor); a box of
another vendor is reported exactly like one that does not exist.
"""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import orjson

from app.engine.caller import Vendors
from app.engine.context import PURPOSE_RECEIVER, Context
from app.engine.effects import store as effect_store
from app.engine.history.actions import judge, while_open
from app.engine.history.lists import history_of
from app.engine.pagination import split_page
from app.engine.vendors import store as vendor_store
from app.errors import NotFound
from app.machines.boxes import BOX, OBSERVED
from app.orders import lists, lookup
from app.orders import store as box_store
from app.orders.decide import box_facts
from app.orders.lookup import with_sums
from app.orders.seller_cancels import SCORE, explain_cancel

ASKED: tuple[str, ...] = tuple(event for event in BOX.events if event not in OBSERVED)
"""Events that we ask of Coupang."""
_DIRECTLY = frozenset({"ship_direct", "change_invoice_direct"})
_RECEIVER_FIELDS = ("name", "phone", "addr1", "addr2", "post_code", "message")


async def get_box(context: Context, vendor_ids: Vendors, shipment_box_id: int) -> dict[str, Any]:
    """Return one box with its lines.

    Raises:
        NotFound: No such box for this caller.
    """
    async with context.db.connection() as connection:
        return await lookup.require_box(connection, vendor_ids, shipment_box_id)


async def list_boxes(
    context: Context,
    vendor_ids: Vendors,
    *,
    states: Sequence[str] = (),
    paid_from: datetime | None = None,
    paid_until: datetime | None = None,
    attention: bool | None = None,
    after: tuple[datetime, int] | None = None,
    most: int,
) -> tuple[list[dict[str, Any]], tuple[datetime, int] | None]:
    """Return boxes, oldest payment first, and where the next page begins (None: there is none)."""
    async with context.db.connection() as connection:
        rows = await lists.list_boxes(
            connection,
            vendor_ids,
            states=states,
            paid_from=paid_from,
            paid_until=paid_until,
            attention=attention,
            after=after,
            most=most + 1,
        )
    return split_page(rows, most, itemgetter("paid_at", "shipment_box_id"))


async def get_order(context: Context, vendor_ids: Vendors, order_id: int) -> list[dict[str, Any]]:
    """Return all boxes of an order with their lines.

    Raises:
        NotFound: No such order for this caller.
    """
    async with context.db.connection() as connection:
        found = await box_store.of_order(connection, vendor_ids, order_id)
    if not found:
        raise NotFound("no such order", order_id=str(order_id))
    for box in found:
        box["lines"] = box["lines"] or []
    return found


async def box_history(context: Context, vendor_ids: Vendors, shipment_box_id: int) -> list[dict[str, Any]]:
    """Return every step a box took, oldest first.

    Raises:
        NotFound: No such box for this caller.
    """
    async with context.db.connection() as connection:
        box = await lookup.require_box(connection, vendor_ids, shipment_box_id)
        return await history_of(connection, box["vendor_id"], "box", shipment_box_id)


async def receiver(context: Context, vendor_ids: Vendors, shipment_box_id: int) -> dict[str, Any]:
    """Return who gets a box, with every version seen; an erased receiver is all None. Never log this.

    Raises:
        NotFound: No such box for this caller.
    """
    async with context.db.connection() as connection:
        box = await lookup.require_box(connection, vendor_ids, shipment_box_id)
        versions = await box_store.receiver_of(connection, box["vendor_id"], shipment_box_id)
    newest = versions[0]["sealed"] if versions else None
    plain = orjson.loads(context.vault.open(newest, PURPOSE_RECEIVER)) if newest is not None else {}
    return {
        "shipment_box_id": shipment_box_id,
        "address_version": box["address_version"],
        "address_final": box["address_final"],
        "receiver": {name: plain.get(name) for name in _RECEIVER_FIELDS},
        "versions": [
            {"version": row["version"], "seen_at": row["seen_at"], "erased": row["sealed"] is None}
            for row in versions
        ],
    }


async def actions(context: Context, vendor_ids: Vendors, shipment_box_id: int) -> list[dict[str, Any]]:
    """Judge every change that may be asked for a box: allowed, or refused by which rules and why.

    A waybill is taken for granted where one is asked for. This and the change itself decide alike.

    Raises:
        NotFound: No such box for this caller.
    """
    async with context.db.connection() as connection:
        box = with_sums(await lookup.require_box(connection, vendor_ids, shipment_box_id))
        vendor = await vendor_store.find(connection, box["vendor_id"])
        busy = await effect_store.find_open(connection, box["vendor_id"], shipment_box_id)
    at = context.now()
    judged: list[dict[str, Any]] = []
    for event in ASKED:
        facts = box_facts(box, at, waybill=True, direct=event in _DIRECTLY)
        target, refused = judge(BOX, box["state"], event, facts)
        if target is not None and event == "close_undelivered" and not box["invoice_number"]:
            refused.append({"rule": "has_waybill", "unblock": "only a box with a waybill can be closed"})
        judged.append({"action": event, "target": target, "refused_by": refused, "costs": None})
    cancel = explain_cancel(box, vendor["wing_user_id"] if vendor else None)
    judged.append({**cancel, "costs": SCORE})
    for one in judged:
        one["refused_by"] += while_open(busy)
        one["allowed"] = not one["refused_by"]
    return judged
