"""Customers who change their mind: before and after the acknowledge, and right before the waybill."""

from typing import Any

import pytest

from app.coupang.orders import calls as order_calls
from app.errors import Conflict, Refused
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.shop import HOUR, MINUTE, SECOND, Shop, assert_promises


async def test_a_cancel_before_we_asked_to_acknowledge(shop: Shop) -> None:
    box_id = shop.order().box_id
    shop.world.set_rules(list_lag_s=0)

    async def asked() -> bool:
        return bool(await shop.effects(box_id))

    await shop.until(asked)
    shop.world.cancel(box_id)
    await shop.until_state("CANCELLED", box_id)
    await shop.visit()
    effect = (await shop.effects(box_id))[0]
    assert (effect["state"], effect["result_code"]) == ("REJECTED", "GONE")
    assert shop.mutations(box_id) == []
    assert (await shop.road(box_id))[-1] == ("see_cancelled", "CANCELLED")
    with pytest.raises(Refused):
        await shop.ship(box_id)
    await assert_promises(shop)


async def test_a_part_cancelled_at_accept_waits_for_its_refund(shop: Shop) -> None:
    box_id = shop.order([BoxSpec([LineSpec(vendor_item_id=85_000_000_001, count=3)])]).box_id
    await shop.until_state("ACCEPT", box_id)
    shop.world.cancel(box_id, {85_000_000_001: 1})
    await shop.to_instruct(box_id)
    box = await shop.find(box_id)
    assert box is not None
    line = box["lines"][0]
    assert (line["ordered"], line["cancelled"], line["held"], line["shippable"]) == (3, 1, 0, 2)
    assert [times for kind, times in shop.mutations(box_id) if kind == "acknowledge"] == [1]
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    await assert_promises(shop)


async def test_a_cancel_asked_after_the_acknowledge_holds_the_box(shop: Shop) -> None:
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    shop.world.fix_acknowledge_lag(box_id, 20 * 60)
    await shop.until_state("INSTRUCT", box_id)
    shop.world.request_cancel(box_id)
    await shop.to_instruct(box_id)
    with pytest.raises(Refused) as refused:
        await shop.ship(box_id)
    missing = {rule["rule"]: rule["unblock"] for rule in refused.value.members["missing"]}
    assert set(missing) == {"something_to_ship", "nothing_held", "no_stop_requested"}
    assert "withdrawn" in missing["nothing_held"]
    await assert_promises(shop)


async def test_a_cancel_asked_before_a_lost_acknowledge_shows_does_not_disprove_it(shop: Shop) -> None:
    box_id = shop.order().box_id
    shop.world.fix_acknowledge_lag(box_id, 20 * 60)
    fault = shop.world.add_fault("504_after", route="O6")

    async def sent() -> bool:
        return bool(fault.hits)

    await shop.until(sent)
    # Applied, unanswered, not shown yet, and now held: it looks like a refund before the acknowledge.
    shop.world.request_cancel(box_id)
    await shop.to_instruct(box_id)
    await shop.run_for(HOUR)
    assert [(one["kind"], one["state"]) for one in await shop.effects(box_id)] == [
        ("ACKNOWLEDGE", "CONFIRMED")
    ]
    assert shop.calls("O6") == 1
    await assert_promises(shop)


async def test_a_cancel_asked_right_before_the_waybill_stops_it(shop: Shop) -> None:
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    await shop.ship(box_id)
    with pytest.raises(Conflict, match="still open"):
        await shop.ship(box_id)
    # Asked, decided, not yet sent: now the customer changes his mind.
    shop.world.request_cancel(box_id)
    shop.later(5 * SECOND)
    await shop.visit()
    effect = (await shop.effects(box_id))[-1]
    assert (effect["state"], effect["attempts"]) == ("REJECTED", 0)
    last = (await shop.history(effect["effect_id"], "effect"))[-1]
    assert (last["event"], last["target"]) == ("drop", "REJECTED")
    assert "nothing_held" in last["reason"]
    assert shop.calls("O7") == 0
    assert shop.mutations(box_id) == [("acknowledge", 1)]
    assert await shop.state(box_id) == "INSTRUCT"
    await assert_promises(shop)

    shop.world.withdraw_cancel(box_id)

    async def ships_again() -> bool:
        return bool(await shop.ship_ready())

    await shop.until(ships_again, least=10 * MINUTE)
    await shop.until_state("DEPARTURE", box_id)
    assert shop.mutations(box_id) == [("acknowledge", 1), ("invoice", 1)]
    await assert_promises(shop)


async def test_a_cancel_that_arrives_between_the_check_and_the_call_is_refused_by_coupang(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    await shop.ship(box_id)
    real = order_calls.upload_invoices

    async def a_blink_too_late(*args: Any, **options: Any) -> Any:
        shop.world.request_cancel(box_id)
        return await real(*args, **options)

    monkeypatch.setattr(order_calls, "upload_invoices", a_blink_too_late)
    shop.later(5 * SECOND)
    await shop.visit()
    effect = (await shop.effects(box_id))[-1]
    assert (effect["state"], effect["result_code"]) == ("REJECTED", "ORDER_DELIVERY_CANCELED")
    assert shop.mutations(box_id) == [("acknowledge", 1)]
    # The answer contradicted our picture of the box, so it was read by itself at once.
    box = await shop.find(box_id)
    assert box is not None
    assert sum(line["held"] for line in box["lines"]) > 0
    await shop.run_for(HOUR)
    await assert_promises(shop)


async def test_a_held_box_does_not_keep_the_others_from_leaving(shop: Shop) -> None:
    shop.world.set_rules(couriers=False)
    ids = [box.box_id for order in shop.world.order(shop.vendor_id, count=8) for box in order]

    async def ready() -> bool:
        return all(box["address_final"] for box in (await shop.boxes()).values()) and bool(await shop.boxes())

    await shop.until(ready)
    for box_id in ids:
        await shop.ship(box_id)
    shop.world.request_cancel(ids[3])
    await shop.until_state("DEPARTURE", *(one for one in ids if one != ids[3]))
    assert await shop.state(ids[3]) == "INSTRUCT"
    assert shop.calls("O7") == 1, "one call for all that may leave"
    await assert_promises(shop)
