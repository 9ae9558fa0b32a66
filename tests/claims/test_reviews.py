"""An order that a claim holds, which could not be read, goes on an operator's word."""

from typing import Any

import pytest

from app.claims import reviews as claim_reviews
from app.claims.box_blocks import keep_unreadable
from app.coupang.claims.types import UnreadableClaim
from app.engine.context import Context
from app.errors import NotFound
from app.machines.boxes import BoxState
from app.orders import store as box_store
from app.orders.changes import Caller
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register

OPERATOR, STRANGER = Caller("operator:kim", None), Caller("operator:lee", [OTHER])
STOP = 7


async def look(context: Context, box_id: int = BOX) -> dict[str, Any]:
    async with context.db.connection() as connection:
        row = await box_store.find(connection, None, box_id)
        facts = (await box_store.with_quantities(connection, VENDOR, [box_id]))[0]
    assert row is not None
    return facts | row


async def test_order_held_by_an_unread_claim_is_released_on_an_operators_word(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    unread = UnreadableClaim(b"{}", "receiptStatus is unknown", STOP, ORDER)
    async with context.db.transaction() as tx:
        await keep_unreadable(context, tx, VENDOR, [unread], "feed:receipts", context.now())
    assert (await look(context))["claim_unread"]
    with pytest.raises(NotFound):
        await claim_reviews.release(context, STRANGER, ORDER, "mine")
    told = await claim_reviews.release(context, OPERATOR, ORDER, "it is no stop request")
    assert [(one["claim_id"], one["why_unread"]) for one in told] == [(str(STOP), "receiptStatus is unknown")]
    box = await look(context)
    assert (box["claim_unread"], box["attention"]) == (False, None)
    with pytest.raises(NotFound):
        await claim_reviews.release(context, OPERATOR, ORDER, "again")
