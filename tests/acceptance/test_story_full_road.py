"""From payment to delivery: every state, every receiver version, and the three ways to the end."""

from datetime import timedelta

import pytest

from app.engine.caller import US
from app.errors import Refused
from app.orders import changes as box_changes
from app.orders.waybills.waybills import Waybill
from app.sandbox.core.order_entities import Receiver
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.shop import DAY, HOUR, Shop, assert_promises

TWO_LINES = [BoxSpec([LineSpec(count=2), LineSpec(count=1, vendor_item_id=85_000_000_777)])]


async def test_a_tracked_order_from_payment_to_delivery(shop: Shop) -> None:
    first = Receiver("김예시", "50300000001", "서울특별시 가상구 예시로 1", "101동 101호", "01000")
    second = Receiver("김예시", "50300000001", "부산광역시 예시구 보기길 2", "102동 202호", "02000")
    box_id = shop.order(TWO_LINES, receiver=first).box_id
    shop.world.fix_acknowledge_lag(box_id, 600)

    async def seen() -> bool:
        return await shop.state(box_id) is not None

    # The lists run ten minutes behind the payment.
    await shop.until(seen)
    assert await shop.state(box_id) == "ACCEPT"
    box = await shop.find(box_id)
    assert box is not None
    assert [line["shippable"] for line in box["lines"]] == [1, 2]
    assert not box["address_final"]
    assert [one["addr1"] for one in await shop.receivers(box_id)] == [first.addr1]

    shop.world.change_address(box_id, second)

    await shop.until_state("INSTRUCT", box_id)
    box = await shop.find(box_id)
    assert box is not None
    assert (box["market_status"], box["address_final"]) == ("ACCEPT", False)

    await shop.to_instruct(box_id)
    box = await shop.find(box_id)
    assert box is not None
    assert (box["market_status"], box["address_version"]) == ("INSTRUCT", 2)
    assert [one["addr1"] for one in await shop.receivers(box_id)] == [second.addr1, first.addr1]

    effect = await shop.ship(box_id, waybill=Waybill("CJGLS", "600000000123"))
    assert effect["state"] == "PENDING"

    await shop.until_state("DEPARTURE", box_id)
    box = await shop.find(box_id)
    assert box is not None
    assert (box["courier_code"], box["invoice_number"]) == ("CJGLS", "600000000123")

    shop.later(HOUR)
    shop.world.scan(box_id)

    await shop.until_state("DELIVERING", box_id)
    shop.later(HOUR)
    shop.world.deliver(box_id)

    await shop.until_state("FINAL_DELIVERING", box_id)
    assert await shop.road(box_id) == [
        ("appear", "ACCEPT"),
        ("acknowledge", "INSTRUCT"),
        ("ship", "DEPARTURE"),
        ("see_delivering", "DELIVERING"),
        ("see_delivered", "FINAL_DELIVERING"),
    ]
    actors = [step["actor"] for step in await shop.history(box_id)]
    assert actors == ["coupang", "us", "us", "coupang", "coupang"]
    assert [effect["state"] for effect in await shop.effects(box_id)] == ["CONFIRMED", "CONFIRMED"]
    assert shop.mutations(box_id) == [("acknowledge", 1), ("invoice", 1)]
    await assert_promises(shop)


async def test_what_the_seller_brings_in_person_ends_untracked(shop: Shop) -> None:
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    await shop.ship(box_id, waybill=Waybill("DIRECT", "1234567890"))

    await shop.until_state("NONE_TRACKING", box_id)
    await shop.run_for(2 * DAY, least=HOUR)
    assert (await shop.road(box_id))[-1] == ("ship_direct", "NONE_TRACKING")
    box = (await shop.boxes())[box_id]
    assert box["next_read_at"] is None
    await assert_promises(shop)


async def test_a_parcel_that_nobody_scans_is_closed_after_thirty_days(shop: Shop) -> None:
    shop.world.set_rules(couriers=False)
    both = [shop.order().box_id, shop.order().box_id]
    for box_id in both:
        await shop.to_instruct(box_id)
        await shop.ship(box_id)

    await shop.until_state("DEPARTURE")
    with pytest.raises(Refused) as refused:
        await box_changes.close_undelivered(shop.context, US, both[0])
    assert refused.value.members["missing"][0]["rule"] == "departed_thirty_days_ago"

    shop.later(timedelta(days=30, minutes=5))
    # The boxes are too old for the sweep by now, but not for what was asked of them.
    for box_id in both:
        await box_changes.close_undelivered(shop.context, US, box_id)

    await shop.until_state("FINAL_DELIVERING")
    for box_id in both:
        assert (await shop.road(box_id))[-1] == ("close_undelivered", "FINAL_DELIVERING")
        assert [effect["attempts"] for effect in await shop.effects(box_id)] == [1, 1, 1]
        assert shop.mutations(box_id) == [("acknowledge", 1), ("invoice", 1), ("complete", 1)]
    await assert_promises(shop)
