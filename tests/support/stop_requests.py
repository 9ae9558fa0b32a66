"""What the stories of stop requests and cancels share."""

from typing import Any

from app.claims import queries as claim_queries
from app.engine.caller import US
from app.engine.vendors import vendors
from app.sandbox.core.claim_entities import Receipt
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.shop import MINUTE, Shop

SHIRT, SOCKS = 85_000_000_001, 85_000_000_002
ON = {"couriers": False, "receipt_lag_max_s": 0.0, "stop_refund_s": 0.0}
"""Nothing happens by itself, and a receipt is listed at once."""


async def packed(shop: Shop, *lines: LineSpec) -> int:
    """One box that may be shipped: in INSTRUCT, its address final."""
    shop.world.set_rules(**ON)
    box_id = shop.order([BoxSpec(list(lines) or [LineSpec(SHIRT, 2)], able_split=len(lines) > 1)]).box_id
    await shop.to_instruct(box_id)
    return box_id


def receipt_of(shop: Shop, box_id: int) -> Receipt:
    """The newest receipt of a box, as Coupang knows it."""
    mine = [one for one in shop.world.receipts.values() if one.box_id == box_id]
    return max(mine, key=lambda one: (one.created_at, one.receipt_id))


async def requested(shop: Shop, box_id: int, pieces: dict[int, int] | None = None) -> int:
    """Let the customer ask for a stop, and let us see it; the receipt's number."""
    shop.world.request_cancel(box_id, pieces)
    receipt_id = receipt_of(shop, box_id).receipt_id
    shop.later(6 * MINUTE)
    await shop.visit()
    assert await state_of(shop, receipt_id) == "REQUESTED"
    return receipt_id


async def state_of(shop: Shop, receipt_id: int, aggregate: str = "cancel") -> str | None:
    table = {"cancel": "cancel", "return": "return_"}[aggregate]
    return await shop.one(f"SELECT state FROM {table} WHERE receipt_id = %(id)s", id=receipt_id)


async def cancel_of(shop: Shop, receipt_id: int) -> dict[str, Any]:
    return await claim_queries.get_cancel(shop.context, None, receipt_id)


async def options(shop: Shop, receipt_id: int) -> dict[str, bool]:
    decision = (await cancel_of(shop, receipt_id))["decision"]
    return {one["action"]: one["allowed"] for one in decision["options"]}


async def wing_login(shop: Shop) -> None:
    await vendors.set_policy(shop.context, US, shop.vendor_id, wing_user_id="examplewing")
