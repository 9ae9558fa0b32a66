"""Cancels that are asked for: one answer to a stop request, and the seller's own within what is shippable."""

from typing import Any

import pytest

from app.claims import store as claim_store
from app.claims.cancels import changes as cancel_changes
from app.coupang.claims.types import MiddleCancelCode
from app.engine.context import Context
from app.engine.vendors import store as vendor_store
from app.errors import Conflict, Invalid, NotFound, Refused
from app.machines.boxes import BoxState
from app.orders.changes import US, Caller, Waybill
from app.orders.seller_cancels import explain_cancel
from tests.support.box_stock import BOX, ORDER, OTHER, SHIRT, SOCKS, VENDOR, Item, put, register
from tests.support.receipt_stock import receipt, tell

STOP, LEFT = 7, 8
WAYBILL = Waybill("CJGLS", "600000000001")
REASON = next(iter(MiddleCancelCode))
STRANGER = Caller("key:2", [OTHER])


async def answers(context: Context) -> None:
    """Store two open stop requests: of a box in the house, and of one whose waybill is out."""
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    await put(context, BoxState.DEPARTURE, BOX + 1, order_id=ORDER + 1)
    await tell(context, receipt(STOP), receipt(LEFT, box_id=BOX + 1, order_id=ORDER + 1))


async def test_stop_request_gets_one_answer_per_key(context: Context) -> None:
    await answers(context)
    effect = await cancel_changes.answer_stop(context, US, STOP, intent_key="k1")
    told = ("kind", "event", "subject", "subject_id", "shipment_box_id", "payload")
    assert tuple(effect[name] for name in told) == (
        "STOP_SHIPMENT",
        "stop_shipment",
        "cancel",
        STOP,
        BOX,
        {"cancel_count": 1},
    )
    assert (await cancel_changes.answer_stop(context, US, STOP, intent_key="k1"))["effect_id"] == effect[
        "effect_id"
    ]
    async with context.db.connection() as connection:
        row = await claim_store.find(connection, "cancel", None, STOP)
    assert row is not None
    assert row["handed_over"] is False
    for other in (
        cancel_changes.answer_shipped(context, US, STOP, WAYBILL, intent_key="k1"),
        cancel_changes.answer_stop(context, US, LEFT, intent_key="k1"),
    ):
        with pytest.raises(Conflict, match="Idempotency-Key"):
            await other
    with pytest.raises(Conflict, match="another change of this cancel is still open"):
        await cancel_changes.answer_shipped(context, US, STOP, WAYBILL)
    with pytest.raises(NotFound):
        await cancel_changes.answer_stop(context, STRANGER, STOP)


async def test_stop_request_of_a_box_that_is_leaving_is_only_declared_shipped(context: Context) -> None:
    await answers(context)
    with pytest.raises(Refused) as no:
        await cancel_changes.answer_stop(context, US, LEFT)
    assert [one["rule"] for one in no.value.members["missing"]] == ["no_waybill_sent"]
    with pytest.raises(Invalid):
        await cancel_changes.answer_shipped(context, US, LEFT, Waybill("CJGLS", "6-0"))
    effect = await cancel_changes.answer_shipped(context, US, LEFT, WAYBILL)
    assert (effect["kind"], effect["payload"]) == ("DECLARE_SHIPPED", WAYBILL.payload())


async def shop(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    items = (Item(SHIRT, 3, cancelled=1), Item(SOCKS, 1))
    await put(context, BoxState.INSTRUCT, items=items)
    await put(context, BoxState.ACCEPT, BOX + 1, order_id=ORDER + 1, items=items)


async def wing_login(context: Context) -> None:
    async with context.db.transaction() as tx:
        await vendor_store.change(tx, VENDOR, wing_user_id="wing")


async def cancel(
    context: Context, counts: dict[int, int] | None, box_id: int = BOX, **more: Any
) -> dict[str, Any]:
    return await cancel_changes.seller_cancel(context, more.pop("caller", US), box_id, counts, REASON, **more)


async def test_seller_cancel_needs_a_wing_login_and_units_that_are_there(context: Context) -> None:
    await shop(context)
    with pytest.raises(Conflict) as no:
        await cancel(context, None)
    assert no.value.members == {"setting": "wing_user_id"}
    await wing_login(context)
    with pytest.raises(Invalid) as odd:
        await cancel(context, {99: 1})
    assert odd.value.members["errors"][0]["pointer"] == "/items"
    for counts, box_id, rule in (
        ({SHIRT: 3}, BOX, "within_shippable"),
        ({SHIRT: 2}, BOX + 1, "is_whole"),
    ):
        with pytest.raises(Refused) as refused:
            await cancel(context, counts, box_id)
        assert [one["rule"] for one in refused.value.members["missing"]] == [rule]
    with pytest.raises(NotFound):
        await cancel(context, None, caller=STRANGER)


async def test_seller_cancel_is_asked_once_per_key_and_counts_from_what_was_cancelled(
    context: Context,
) -> None:
    await shop(context)
    await wing_login(context)
    part = await cancel(context, {SHIRT: 1}, intent_key="k1")
    assert (part["event"], part["payload"]["items"]) == (
        "seller_cancel_items",
        [{"vendor_item_id": SHIRT, "count": 1, "cancelled_before": 1}],
    )
    assert (await cancel(context, {SHIRT: 1}, intent_key="k1"))["effect_id"] == part["effect_id"]
    for counts, box_id in (({SHIRT: 2}, BOX), ({SHIRT: 1}, BOX + 1)):
        with pytest.raises(Conflict, match="Idempotency-Key"):
            await cancel(context, counts, box_id, intent_key="k1")
    # It cannot be taken back, so "everything" and another reason are other requests, and never silently done.
    with pytest.raises(Conflict, match="Idempotency-Key"):
        await cancel(context, None, intent_key="k1")
    with pytest.raises(Conflict, match="Idempotency-Key"):
        await cancel_changes.seller_cancel(
            context,
            US,
            BOX,
            {SHIRT: 1},
            next(one for one in MiddleCancelCode if one != REASON),
            intent_key="k1",
        )
    whole = await cancel(context, None, BOX + 1, intent_key="k2")
    assert (await cancel(context, None, BOX + 1, intent_key="k2"))["effect_id"] == whole["effect_id"]
    assert whole["event"] == "seller_cancel_box"
    assert {one["vendor_item_id"]: one["count"] for one in whole["payload"]["items"]} == {SHIRT: 2, SOCKS: 1}


def test_seller_cancel_is_explained_by_what_refuses_it() -> None:
    lines = [{"vendor_item_id": SHIRT, "shippable": 2}, {"vendor_item_id": SOCKS, "shippable": 0}]
    box = {"vendor_id": VENDOR, "state": "INSTRUCT", "exchange_id": None, "lines": lines}

    def rules(row: dict[str, Any], login: str | None = "wing") -> list[str]:
        return [one["rule"] for one in explain_cancel(row, login)["refused_by"]]

    assert rules(box) == []
    assert rules(box | {"state": "ACCEPT"}) == []
    assert rules(box, None) == ["has_wing_login"]
    assert rules(box | {"exchange_id": 7}) == ["is_a_sale"]
    assert rules(box | {"state": "DEPARTURE"}) == ["box_is_instruct"]
    assert rules(box | {"lines": lines[1:]}) == ["within_shippable"]
