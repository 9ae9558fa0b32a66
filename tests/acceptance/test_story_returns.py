"""Returns end to end: picked up, inspected, confirmed and approved; disputed, refunded, withdrawn, lost."""

from typing import Any

import pytest

from app.claims.receptions import receptions
from app.claims.receptions.receptions import Found
from app.claims.returns import changes as return_changes
from app.engine.caller import US
from app.errors import Conflict, Invalid, Refused
from app.machines.receptions import Verdict
from app.orders.waybills.waybills import Waybill
from app.sandbox.core.claim_entities import BY_HAND
from tests.support.return_steps import (
    delivered,
    effect_of,
    events,
    inspected,
    return_state,
    returned,
    seen,
    settled,
)
from tests.support.shop import HOUR, MINUTE, Shop, assert_promises
from tests.support.stop_requests import SHIRT, SOCKS

CJ = Waybill("CJGLS", "512345678901")


def refused(no: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [one["rule"] for one in no.value.members["missing"]]


async def allowed(shop: Shop, receipt_id: int) -> dict[str, bool]:
    told = await return_changes.return_actions(shop.context, None, receipt_id)
    return {one["action"]: one["allowed"] for one in told}


async def test_an_automatic_pick_up_is_inspected_confirmed_and_approved(shop: Shop) -> None:
    box_id = await delivered(shop)
    receipt_id = await returned(shop, box_id)
    with pytest.raises(Refused) as no:
        await return_changes.register_pickup(shop.context, US, receipt_id, CJ)
    assert refused(no) == ["is_ours_to_collect"]
    with pytest.raises(Refused) as no:
        await return_changes.confirm_return(shop.context, US, receipt_id)
    assert refused(no) == ["goods_arrived", "goods_inspected", "inspection_passed"]
    assert await allowed(shop, receipt_id) == {
        "arrive": True,
        "inspect": False,
        "pickup": False,
        "confirm": False,
        "approve": False,
    }
    shop.world.pickup_book(receipt_id)
    shop.world.pickup_scan(receipt_id)
    shop.world.pickup_arrive(receipt_id)
    await inspected(shop, receipt_id)
    with pytest.raises(Refused, match="approve"):
        await return_changes.approve_return(shop.context, US, receipt_id)
    asked = await return_changes.confirm_return(shop.context, US, receipt_id, intent_key="k:1")
    again = await return_changes.confirm_return(shop.context, US, receipt_id, intent_key="k:1")
    assert again["effect_id"] == asked["effect_id"]
    with pytest.raises(Conflict):
        await return_changes.confirm_return(shop.context, US, receipt_id)
    await settled(shop, "CONFIRM_RETURN")
    assert await return_state(shop, receipt_id) == "VENDOR_WAREHOUSE_CONFIRM"
    assert (await allowed(shop, receipt_id))["approve"]
    await return_changes.approve_return(shop.context, US, receipt_id)
    await settled(shop, "APPROVE_RETURN")
    assert await return_state(shop, receipt_id) == "RETURNS_COMPLETED"
    await shop.run_for(HOUR)
    assert await events(shop, receipt_id) == ["appear", "confirm_arrival", "approve"]
    assert await events(shop, receipt_id, "return_reception") == ["appear", "arrive", "pass_inspection"]
    assert (shop.calls("R3"), shop.calls("R4")) == (1, 1)
    await assert_promises(shop)


async def test_the_seller_arranges_the_pick_up(shop: Shop) -> None:
    box_id = await delivered(shop)
    receipt_id = await returned(shop, box_id, collect=BY_HAND)
    with pytest.raises(Invalid, match="malformed"):
        await return_changes.register_pickup(shop.context, US, receipt_id, Waybill("CJGLS", "1"))
    await return_changes.register_pickup(shop.context, US, receipt_id, CJ)
    await settled(shop, "PICKUP_WAYBILL")
    assert shop.world.receipt(receipt_id).pickup.rows == [("CJGLS", CJ.invoice_number)]
    assert await events(shop, receipt_id) == ["appear", "register_pickup"]
    await shop.run_for(30 * MINUTE)
    waybills = await shop.one("SELECT waybills FROM receipt WHERE receipt_id = %(id)s", id=receipt_id)
    assert waybills == [{"courier_code": "CJGLS", "invoice_number": CJ.invoice_number}]
    await assert_promises(shop)


async def test_damaged_goods_are_kept_from_approval_and_disputed_in_wing(shop: Shop) -> None:
    box_id = await delivered(shop)
    receipt_id = await returned(shop, box_id)
    await receptions.arrive(shop.context, US, receptions.RETURN_GOODS, receipt_id)
    with pytest.raises(Refused):
        await receptions.arrive(shop.context, US, receptions.RETURN_GOODS, receipt_id)
    with pytest.raises(Invalid, match="unknown item"):
        await receptions.inspect(
            shop.context, US, receptions.RETURN_GOODS, receipt_id, [Found(SOCKS, Verdict.GOOD)]
        )
    found = [Found(SHIRT, Verdict.DAMAGED, "한쪽 소매")]
    told = await receptions.inspect(shop.context, US, receptions.RETURN_GOODS, receipt_id, found)
    assert told["state"] == "DISPUTED"
    assert told["inspection"] == [{"vendor_item_id": SHIRT, "verdict": "DAMAGED", "note": "한쪽 소매"}]
    with pytest.raises(Refused) as no:
        await return_changes.confirm_return(shop.context, US, receipt_id)
    assert refused(no) == ["inspection_passed"]
    shop.world.wing_dispute(receipt_id)
    await seen(shop, receipt_id, "REQUEST_COUPANG_CHECK")
    shop.world.decide(receipt_id)
    await seen(shop, receipt_id, "RETURNS_COMPLETED")
    assert await events(shop, receipt_id) == ["appear", "see_check", "see_completed"]
    assert shop.calls("R3") + shop.calls("R4") == 0
    await assert_promises(shop)


async def test_an_operator_accepts_a_finding(shop: Shop) -> None:
    box_id = await delivered(shop)
    receipt_id = await returned(shop, box_id)
    await inspected(shop, receipt_id, Verdict.MISSING)
    with pytest.raises(Refused):
        await receptions.accept(shop.context, US, receptions.RETURN_GOODS, receipt_id, "")
    await receptions.accept(
        shop.context, US, receptions.RETURN_GOODS, receipt_id, "the customer showed a photo"
    )
    await return_changes.confirm_return(shop.context, US, receipt_id)
    # Somebody looks again before it is sent: nothing is confirmed on the old verdict.
    found = [Found(SHIRT, Verdict.WRONG_ITEM)]
    await receptions.inspect(
        shop.context, US, receptions.RETURN_GOODS, receipt_id, found, reason="another parcel"
    )
    await shop.visit()
    effect = await effect_of(shop, "CONFIRM_RETURN")
    assert (effect["state"], effect["result_code"]) == ("REJECTED", "REFUSED_HERE")
    assert shop.calls("R3") == 0
    await assert_promises(shop)


async def test_a_quick_refund_is_known_by_its_outcome(shop: Shop) -> None:
    box_id = await delivered(shop, price_krw=20_000)
    receipt_id = await returned(shop, box_id, collect=BY_HAND)
    await inspected(shop, receipt_id)
    await return_changes.confirm_return(shop.context, US, receipt_id)
    effect = await settled(shop, "CONFIRM_RETURN")
    assert effect["result_code"] == "REFUNDED"
    assert await events(shop, receipt_id) == ["appear", "confirm_arrival_refunded"]
    assert await return_state(shop, receipt_id) == "RETURNS_COMPLETED"
    with pytest.raises(Refused):
        await return_changes.approve_return(shop.context, US, receipt_id)
    await shop.run_for(HOUR)
    await assert_promises(shop)


async def test_withdrawn_before_the_pick_up(shop: Shop) -> None:
    box_id = await delivered(shop)
    receipt_id = await returned(shop, box_id)
    shop.world.withdraw(receipt_id)
    await seen(shop, receipt_id, "WITHDRAWN")
    await shop.visit()
    assert await events(shop, receipt_id, "return_reception") == ["appear", "call_off"]
    # The parcel may come nevertheless, and is recorded; nothing of it is confirmed.
    await inspected(shop, receipt_id)
    with pytest.raises(Refused):
        await return_changes.confirm_return(shop.context, US, receipt_id)
    await assert_promises(shop)


async def test_what_coupang_did_itself_is_as_good_as_done(shop: Shop) -> None:
    box_id = await delivered(shop)
    receipt_id = await returned(shop, box_id)
    await inspected(shop, receipt_id)
    await return_changes.confirm_return(shop.context, US, receipt_id)
    await settled(shop, "CONFIRM_RETURN")
    await return_changes.approve_return(shop.context, US, receipt_id)
    shop.world.decide(receipt_id)
    effect = await settled(shop, "APPROVE_RETURN")
    assert effect["result_code"] == "SHOWN"
    assert await return_state(shop, receipt_id) == "RETURNS_COMPLETED"
    assert shop.mutations(box_id)[-1] == ("receive_return", 1)


@pytest.mark.parametrize("fault", ["504_after", "drop_after", "504_before"])
@pytest.mark.parametrize("kind", ["PICKUP_WAYBILL", "CONFIRM_RETURN", "APPROVE_RETURN"])
async def test_a_change_whose_answer_is_lost_is_applied_once(shop: Shop, kind: str, fault: str) -> None:
    box_id = await delivered(shop)
    collect: dict[str, Any] = {"collect": BY_HAND}
    receipt_id = await returned(shop, box_id, **collect)
    route, change = {
        "PICKUP_WAYBILL": ("R7", "register_pickup"),
        "CONFIRM_RETURN": ("R3", "receive_return"),
        "APPROVE_RETURN": ("R4", "approve_return"),
    }[kind]
    if kind == "APPROVE_RETURN":
        await inspected(shop, receipt_id)
        await return_changes.confirm_return(shop.context, US, receipt_id)
        await settled(shop, "CONFIRM_RETURN")
    shop.world.add_fault(fault, route=route)
    if kind == "PICKUP_WAYBILL":
        await return_changes.register_pickup(shop.context, US, receipt_id, CJ)
    elif kind == "CONFIRM_RETURN":
        await inspected(shop, receipt_id)
        await return_changes.confirm_return(shop.context, US, receipt_id)
    else:
        await return_changes.approve_return(shop.context, US, receipt_id)
    await shop.visit()
    assert (await effect_of(shop, kind))["state"] in ("UNKNOWN", "CONFIRMED")
    await settled(shop, kind)
    assert [one for one in shop.mutations(box_id) if one[0] == change] == [(change, 1)]
    assert shop.calls(route) == (1 if fault.endswith("after") else 2)
    await shop.run_for(HOUR)
    await assert_promises(shop)
