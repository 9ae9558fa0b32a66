"""The oddities of Coupang's order calls that integrators report, as a user of this service meets them."""

from datetime import timedelta
from typing import Any

from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.rest_app import Desk, settled, statuses
from tests.support.shop import MINUTE, Shop, set_vendor
from tests.support.stop_requests import ON, SHIRT, SOCKS, packed, requested, wing_login

NUMBER = "512345678901"
CJ = {"courier_code": "CJGLS", "invoice_number": NUMBER}
NEW = {"courier_code": "CJGLS", "invoice_number": "512345678902"}
CANCEL = {"reason": "CCTTER", "confirm_score_loss": True}


def shippable(box: dict[str, Any]) -> dict[int, int]:
    return {int(line["vendor_item_id"]): line["shippable"] for line in box["lines"]}


async def test_oddity_20_one_refusal_says_both_done_already_and_refund_running(
    shop: Shop, desk: Desk
) -> None:
    """HTTP 200, responseCode 99, one text: for a refund that runs and for a box that is INSTRUCT already."""
    shop.world.set_rules(**ON)
    await set_vendor(shop, auto_acknowledge=False)
    specs = [BoxSpec([LineSpec(SHIRT, 2), LineSpec(SOCKS, 1)])]
    refunding, done = shop.order(specs).box_id, shop.order(specs).box_id
    await shop.until_state("ACCEPT", refunding, done)
    shop.world.cancel(refunding, {SOCKS: 1})
    shop.world.wing_acknowledge(done)
    asked = {box_id: await desk.post(f"/v1/boxes/{box_id}/acknowledge") for box_id in (refunding, done)}
    await shop.visit()
    told = {box_id: await desk.effect(effect["effect_id"]) for box_id, effect in asked.items()}
    text = "배송상태를 변경할 수 없습니다. 주문내역을 확인해주세요."
    assert all(text in effect["trail"][0]["detail"] for effect in told.values())
    assert {effect["trail"][0]["outcome"] for effect in told.values()} == {"doubt"}

    assert (await settled(shop, desk, asked[done]))["result_code"] == "SHOWN"
    no = await settled(shop, desk, asked[refunding], "REJECTED")
    assert no["result_message"] == "a cancel is pending"
    assert (await desk.box(done))["state"] == "INSTRUCT"
    assert (await desk.box(refunding))["state"] == "ACCEPT"
    assert shop.calls("O6") == 1

    shop.later(15 * MINUTE)

    async def refunded() -> bool:
        return shippable(await desk.box(refunding)) == {SHIRT: 2, SOCKS: 0}

    await shop.until(refunded)
    await settled(shop, desk, await desk.post(f"/v1/boxes/{refunding}/acknowledge"))
    assert (await desk.box(refunding))["state"] == "INSTRUCT"


async def test_oddity_21_acknowledged_and_still_accept_for_half_an_hour(shop: Shop, desk: Desk) -> None:
    """An acknowledge answers success while Coupang goes on showing ACCEPT, up to 30 minutes."""
    shop.world.set_rules(**ON)
    box_id = shop.order().box_id
    shop.world.fix_acknowledge_lag(box_id, 1500)
    await shop.until_state("INSTRUCT", box_id)
    box = await desk.box(box_id)
    assert (box["market_status"], box["address_final"]) == ("ACCEPT", False)
    assert await desk.refused(f"/v1/boxes/{box_id}/ship", CJ) == {"address_is_final"}
    since = shop.clock.now()
    await shop.to_instruct(box_id)
    assert shop.clock.now() - since >= 20 * MINUTE
    box = await desk.box(box_id)
    assert (box["market_status"], box["address_final"]) == ("INSTRUCT", True)
    await settled(shop, desk, await desk.post(f"/v1/boxes/{box_id}/ship", CJ))
    assert shop.mutations(box_id) == [("acknowledge", 1), ("invoice", 1)]
    assert shop.calls("O6") == 1


async def test_oddity_22_fifty_one_boxes_are_two_calls(shop: Shop, desk: Desk) -> None:
    """A call takes at most 50 boxes; a batch of 51 is refused as a whole."""
    shop.world.set_rules(**ON)
    shop.world.order(shop.vendor_id, count=51)
    await shop.until_state("INSTRUCT")
    boxes = await desk.items("/v1/boxes?limit=200")
    assert [box["state"] for box in boxes] == ["INSTRUCT"] * 51
    effects = await desk.items("/v1/effects?limit=200&kind=ACKNOWLEDGE")
    assert [effect["state"] for effect in effects] == ["CONFIRMED"] * 51
    assert statuses(shop, "O6") == {"200": 2}


async def test_oddity_23_a_second_waybill_is_an_update_not_an_upload(shop: Shop, desk: Desk) -> None:
    """INVALID_STATUS comes inside a 200; from DEPARTURE on a waybill is changed by another call."""
    box_id = await packed(shop)
    shop.world.add_fault("row_error", route="O7", result_code="INVALID_STATUS")
    shipped = await settled(shop, desk, await desk.post(f"/v1/boxes/{box_id}/ship", CJ))
    # The row was no success and no final no: it was read back, and sent once more.
    assert [one["outcome"] for one in shipped["trail"] if one["purpose"] == "write"] == ["doubt", "confirm"]
    assert statuses(shop, "O7") == {"200": 2}
    refused = await desk.try_to(f"/v1/boxes/{box_id}/ship", NEW)
    assert (refused.status_code, refused.json()["instead"]["href"]) == (409, f"/v1/boxes/{box_id}/invoice")
    await settled(shop, desk, await desk.post(f"/v1/boxes/{box_id}/invoice", NEW))
    box = await desk.box(box_id)
    assert (box["state"], box["invoice_number"]) == ("DEPARTURE", NEW["invoice_number"])
    assert shop.mutations(box_id) == [("acknowledge", 1), ("invoice", 1), ("update_invoice", 1)]
    other = await packed(shop)
    early = await desk.try_to(f"/v1/boxes/{other}/invoice", NEW)
    assert early.json()["instead"]["href"] == f"/v1/boxes/{other}/ship"


async def test_oddity_24_a_used_number_is_refused_here_and_direct_is_the_way_round(
    shop: Shop, desk: Desk
) -> None:
    """A number used within six months is a duplicate for any other receiver; DIRECT is never checked."""
    first, second, third = await packed(shop), await packed(shop), await packed(shop)
    await settled(shop, desk, await desk.post(f"/v1/boxes/{first}/ship", CJ))
    refused = await desk.try_to(f"/v1/boxes/{second}/ship", CJ)
    assert refused.status_code == 409
    assert (refused.json()["rule"], refused.json()["carried_by"]) == ("waybill_is_free", str(first))
    direct = {**CJ, "courier_code": "DIRECT"}
    await settled(shop, desk, await desk.post(f"/v1/boxes/{second}/ship", direct))
    assert (await desk.box(second))["state"] == "NONE_TRACKING"
    assert shop.calls("O7") == 2

    # Another seller's number is known to Coupang only; its no is told, and the box stays to be shipped.
    shop.world.add_vendor("A00099999", "another", "another")
    ((theirs,),) = shop.world.order("A00099999")
    shop.world.wing_acknowledge(theirs.box_id)
    shop.world.wing_ship(theirs.box_id, NEW["courier_code"], NEW["invoice_number"])
    no = await settled(shop, desk, await desk.post(f"/v1/boxes/{third}/ship", NEW), "REJECTED")
    assert no["result_code"] in ("NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD", "DUPLICATE_INVOICE_NUMBER")
    assert (await desk.box(third))["state"] == "INSTRUCT"
    assert shop.calls("O7") == 3


async def test_oddity_25_an_unknown_courier_never_reaches_coupang(shop: Shop, desk: Desk) -> None:
    """An unknown courier code makes Coupang fail with a 500 "internal exception" for the whole call."""
    box_id = await packed(shop)
    stopped = await packed(shop)
    receipt_id = await requested(shop, stopped)
    assert "LOTTE" not in {one["code"] for one in await desk.items("/v1/couriers")}
    for path in (f"/v1/boxes/{box_id}/ship", f"/v1/cancels/{receipt_id}/shipped"):
        answer = await desk.try_to(path, {**CJ, "courier_code": "LOTTE"})
        assert answer.status_code == 422
        assert "/courier_code" in answer.text
    assert await desk.items("/v1/effects?state=PENDING") == []
    assert shop.calls("O7") + shop.calls("O11") == 0
    # Were a code taken off Coupang's list, its 500 would be a doubt that is read back, not a loss.
    shop.world.add_fault("500", route="O7")
    await settled(shop, desk, await desk.post(f"/v1/boxes/{box_id}/ship", CJ))
    assert shop.mutations(box_id) == [("acknowledge", 1), ("invoice", 1)]


async def test_oddity_26_what_ships_first_gets_the_new_box_id(shop: Shop, desk: Desk) -> None:
    """Of a split the part that leaves first lives under a new shipmentBoxId; the rest keeps the old one."""
    box_id = await packed(shop, LineSpec(SHIRT, 2), LineSpec(SOCKS, 3))
    day = (shop.clock.now() + timedelta(days=3)).date().isoformat()
    ship = f"/v1/boxes/{box_id}/ship"
    for body in (
        {**CJ, "later": [str(SOCKS)]},
        {**CJ, "later_date": day},
        {"later": [SOCKS], "later_date": day},
    ):
        assert (await desk.try_to(ship, body)).status_code == 422
    await settled(shop, desk, await desk.post(ship, {**CJ, "later": [str(SOCKS)], "later_date": day}))
    order_id = (await desk.box(box_id))["order_id"]

    async def boxes() -> dict[int, dict[str, Any]]:
        order = await desk.get(f"/v1/orders/{order_id}")
        return {int(box["shipment_box_id"]): box for box in order["boxes"]}

    async def parted() -> bool:
        held = await boxes()
        return len(held) == 2 and set(shippable(held[box_id])) == {SOCKS}

    await shop.until(parted)
    held = await boxes()
    (part,) = set(held) - {box_id}
    assert (held[part]["state"], held[part]["invoice_number"]) == ("DEPARTURE", NUMBER)
    assert shippable(held[part]) == {SHIRT: 2}
    assert (held[box_id]["state"], shippable(held[box_id])) == ("INSTRUCT", {SOCKS: 3})
    await settled(shop, desk, await desk.post(ship, NEW))
    assert {box["state"] for box in (await boxes()).values()} == {"DEPARTURE"}
    assert statuses(shop, "O7") == {"200": 2}


async def test_oddity_27_the_count_of_a_stop_is_that_of_the_whole_receipt(shop: Shop, desk: Desk) -> None:
    """cancelCount is the sum over all items of the receipt; a count per item is a 500."""
    box_id = await packed(shop, LineSpec(SHIRT, 4), LineSpec(SOCKS, 3))
    receipt_id = await requested(shop, box_id, {SHIRT: 2, SOCKS: 3})
    cancel = await desk.get(f"/v1/cancels/{receipt_id}")
    assert sorted(line["count"] for line in cancel["lines"]) == [2, 3]
    assert cancel["count_sum"] == 5
    effect = await settled(shop, desk, await desk.post(f"/v1/cancels/{receipt_id}/stop"))
    assert effect["payload"]["cancel_count"] == 5
    assert statuses(shop, "O10") == {"200": 1}

    async def freed() -> bool:
        return shippable(await desk.box(box_id)) == {SHIRT: 2, SOCKS: 0}

    await shop.until(freed)
    assert (await desk.get(f"/v1/cancels/{receipt_id}"))["state"] == "STOPPED"


async def test_oddity_28_a_cancel_at_instruct_is_a_stop_and_may_be_taken_in_part(
    shop: Shop, desk: Desk
) -> None:
    """A seller's cancel is per box, may answer PARTIAL, and is a shipment stop from INSTRUCT on."""
    shop.world.set_rules(cancel_answer="flat")
    await wing_login(shop)
    box_id = await packed(shop, LineSpec(SHIRT, 2), LineSpec(SOCKS, 3))
    shop.world.add_fault("row_error", route="O9", vendor_item_id=SOCKS, message="취소할 수 없습니다.")
    items = [{"vendor_item_id": str(SHIRT), "count": 1}, {"vendor_item_id": str(SOCKS), "count": 2}]
    effect = await settled(
        shop, desk, await desk.post(f"/v1/boxes/{box_id}/cancel", {**CANCEL, "items": items})
    )
    assert effect["result_code"] == "PARTIAL"
    assert str(SOCKS) in effect["result_message"]
    (cancel,) = await desk.items("/v1/cancels")
    assert (cancel["state"], cancel["count_sum"]) == ("STOPPED", 1)

    async def read() -> bool:
        return shippable(await desk.box(box_id)) == {SHIRT: 1, SOCKS: 3}

    await shop.until(read)
    assert (await desk.box(box_id))["state"] == "INSTRUCT"

    # At ACCEPT it is over at once, and the other box of the same order stays.
    await set_vendor(shop, auto_acknowledge=False)
    ((one, other),) = shop.world.order(
        shop.vendor_id, [BoxSpec([LineSpec(SHIRT, 1)]), BoxSpec([LineSpec(SOCKS, 1)])]
    )
    await shop.until_state("ACCEPT", one.box_id, other.box_id)
    await settled(shop, desk, await desk.post(f"/v1/boxes/{one.box_id}/cancel", CANCEL))
    await shop.until_state("CANCELLED", one.box_id)
    assert (await desk.box(other.box_id))["state"] == "ACCEPT"
    assert {row["state"] for row in await desk.items("/v1/cancels")} == {"STOPPED", "CANCELLED"}
