"""The seller cancels (O9): a whole box at ACCEPT, a part at INSTRUCT, with the login that Coupang wants."""

import pytest

from app.claims.cancels import changes as cancel_changes
from app.coupang.claims.types import MiddleCancelCode
from app.engine.caller import US
from app.errors import Conflict, Invalid, Refused
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.shop import HOUR, MINUTE, Shop, assert_promises, set_vendor
from tests.support.stop_requests import ON, SHIRT, SOCKS, cancel_of, packed, receipt_of, state_of, wing_login

STOCK = MiddleCancelCode.STOCK_ERROR


async def accepted(shop: Shop) -> int:
    shop.world.set_rules(**ON)
    await set_vendor(shop, auto_acknowledge=False)
    box_id = shop.order([BoxSpec([LineSpec(SHIRT, 2), LineSpec(SOCKS, 1)])]).box_id
    await shop.until_state("ACCEPT", box_id)
    return box_id


async def test_a_whole_box_at_accept(shop: Shop) -> None:
    box_id = await accepted(shop)
    with pytest.raises(Conflict, match="wing_user_id"):
        await cancel_changes.seller_cancel(shop.context, US, box_id, None, STOCK)
    await wing_login(shop)
    with pytest.raises(Refused) as part:
        await cancel_changes.seller_cancel(shop.context, US, box_id, {SHIRT: 1}, STOCK)
    assert [one["rule"] for one in part.value.members["missing"]] == ["is_whole"]
    with pytest.raises(Invalid, match="unknown item"):
        await cancel_changes.seller_cancel(shop.context, US, box_id, {7: 1}, STOCK)
    effect = await cancel_changes.seller_cancel(shop.context, US, box_id, None, STOCK, intent_key="k:9")
    assert "examplewing" not in str(effect)
    await shop.visit()
    receipt_id = receipt_of(shop, box_id).receipt_id
    cancel = await cancel_of(shop, receipt_id)
    assert (cancel["state"], cancel["count_sum"]) == ("CANCELLED", 3)
    assert [step["event"] for step in cancel["history"]] == ["appear", "seller_cancel_box"]
    assert await shop.state(box_id) == "CANCELLED"
    again = await cancel_changes.seller_cancel(shop.context, US, box_id, None, STOCK, intent_key="k:9")
    assert again["effect_id"] == effect["effect_id"]
    await shop.run_for(HOUR)
    assert await state_of(shop, receipt_id) == "CANCELLED"
    assert shop.mutations(box_id) == [("cancel", 1)]
    await assert_promises(shop)


async def test_a_part_at_instruct(shop: Shop) -> None:
    box_id = await packed(shop, LineSpec(SHIRT, 2), LineSpec(SOCKS, 3))
    await wing_login(shop)
    with pytest.raises(Refused) as more:
        await cancel_changes.seller_cancel(shop.context, US, box_id, {SOCKS: 4}, STOCK)
    assert [one["rule"] for one in more.value.members["missing"]] == ["within_shippable"]
    await cancel_changes.seller_cancel(shop.context, US, box_id, {SOCKS: 2}, STOCK)
    with pytest.raises(Conflict, match="still open"):
        await shop.ship(box_id)
    await shop.visit()
    receipt_id = receipt_of(shop, box_id).receipt_id
    assert await state_of(shop, receipt_id) == "STOPPED"
    box = await shop.find(box_id)
    assert box is not None
    assert {line["vendor_item_id"]: line["shippable"] for line in box["lines"]} == {SHIRT: 2, SOCKS: 1}
    await shop.run_for(30 * MINUTE)
    assert [step["event"] for step in (await cancel_of(shop, receipt_id))["history"]] == [
        "appear",
        "seller_cancel_items",
    ]
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    with pytest.raises(Refused):
        await cancel_changes.seller_cancel(shop.context, US, box_id, {SHIRT: 1}, STOCK)
    assert shop.mutations(box_id) == [("acknowledge", 1), ("cancel", 1), ("invoice", 1)]
    await assert_promises(shop)


@pytest.mark.parametrize("fault", ["504_after", "drop_after", "truncate_after", "504_before"])
@pytest.mark.parametrize("state", ["ACCEPT", "INSTRUCT"])
async def test_a_cancel_that_was_lost_is_read_back(shop: Shop, state: str, fault: str) -> None:
    await wing_login(shop)
    if state == "ACCEPT":
        box_id, counts = await accepted(shop), None
    else:
        box_id, counts = await packed(shop, LineSpec(SHIRT, 2), LineSpec(SOCKS, 3)), {SHIRT: 1}
    shop.world.add_fault(fault, route="O9")
    await cancel_changes.seller_cancel(shop.context, US, box_id, counts, STOCK)

    async def settled() -> bool:
        return (await shop.effects(box_id))[-1]["state"] == "CONFIRMED"

    await shop.until(settled)
    assert [one for one in shop.mutations(box_id) if one[0] == "cancel"] == [("cancel", 1)]
    assert shop.calls("O9") == (1 if fault.endswith("after") else 2)
    await shop.run_for(30 * MINUTE)
    # The answer with the receipt was lost; the lists bring it.
    receipt_id = receipt_of(shop, box_id).receipt_id
    assert await state_of(shop, receipt_id) == ("CANCELLED" if state == "ACCEPT" else "STOPPED")
    await assert_promises(shop)


async def test_what_coupang_refuses_is_told(shop: Shop) -> None:
    box_id = await accepted(shop)
    await wing_login(shop)
    shop.world.vendor(shop.vendor_id).wing_users.add("somebody-else")
    await cancel_changes.seller_cancel(shop.context, US, box_id, None, STOCK)
    await shop.visit()
    effect = (await shop.effects(box_id))[-1]
    assert effect["state"] == "REJECTED"
    assert "유저 ID" in effect["result_message"]
    assert await shop.state(box_id) == "ACCEPT"
    assert shop.calls("O9") == 1
    await assert_promises(shop)


async def test_a_login_that_was_forgotten_sends_nothing(shop: Shop) -> None:
    box_id = await accepted(shop)
    await wing_login(shop)
    await cancel_changes.seller_cancel(shop.context, US, box_id, None, STOCK)
    await set_vendor(shop, wing_user_id=None)
    await shop.visit()
    effect = (await shop.effects(box_id))[-1]
    assert (effect["state"], effect["result_code"]) == ("REJECTED", "NO_WING_USER")
    assert shop.calls("O9") == 0
