"""Exchanges end to end: the goods come back, the replacement leaves on its new box, and it succeeds."""

from typing import Any

import pytest

from app.coupang.claims.types import RejectCode
from app.engine.caller import US
from app.errors import Refused
from app.exchanges import changes as exchange_changes
from app.orders import queries as box_queries
from app.orders.waybills.waybills import Waybill
from app.sandbox.core.claim_entities import BY_HAND
from app.sandbox.exchanges import transitions as exchange_transitions
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.return_steps import delivered, effect_of, events, inspected, settled
from tests.support.shop import DAY, HOUR, MINUTE, Shop, assert_promises, run_sql
from tests.support.stop_requests import ON, SHIRT, SOCKS

CJ = Waybill("CJGLS", "512345678901")
NEW = Waybill("CJGLS", "512345678902")


async def opened(shop: Shop, **more: Any) -> tuple[int, int]:
    """A delivered box and an exchange of it, as we know it."""
    box_id = await delivered(shop, exchange_box_min_s=240.0, exchange_box_max_s=240.0)
    exchange_id = shop.world.request_exchange(box_id, **more).exchange_id
    await shown(shop, exchange_id, "state", "RECEIPT")
    return box_id, exchange_id


async def state_of(shop: Shop, exchange_id: int) -> dict[str, Any]:
    return await exchange_changes.get_exchange(shop.context, None, exchange_id)


async def shown(shop: Shop, exchange_id: int, column: str, value: str) -> None:
    async def reached() -> bool:
        rows = await shop.rows("SELECT * FROM exchange WHERE exchange_id = %(id)s", id=exchange_id)
        return bool(rows) and rows[0][column] == value

    await shop.until(reached, step=15 * MINUTE)


async def with_new_box(shop: Shop, exchange_id: int) -> int:
    """Visit until we know the new box."""

    async def known() -> bool:
        return bool((await state_of(shop, exchange_id))["boxes"])

    await shop.until(known)
    return int((await state_of(shop, exchange_id))["boxes"][0]["shipment_box_id"])


async def confirmed(shop: Shop, exchange_id: int) -> None:
    await inspected(shop, exchange_id, subject="exchange")
    await exchange_changes.confirm(shop.context, US, exchange_id)
    await settled(shop, "CONFIRM_EXCHANGE")


async def test_the_full_road_on_the_new_box(shop: Shop) -> None:
    box_id, exchange_id = await opened(shop)
    with pytest.raises(Refused) as no:
        await exchange_changes.confirm(shop.context, US, exchange_id)
    assert [one["rule"] for one in no.value.members["missing"]] == ["goods_in_hand", "goods_accepted"]
    shop.world.pickup_book(exchange_id)
    shop.world.pickup_scan(exchange_id)
    await shown(shop, exchange_id, "collect_state", "COLLECTING")
    assert await events(shop, exchange_id, "exchange_reception") == ["appear", "see_picked_up"]
    shop.world.pickup_arrive(exchange_id)
    await confirmed(shop, exchange_id)
    since = shop.clock.now()
    new_box = await with_new_box(shop, exchange_id)
    assert shop.clock.now() - since <= 7 * MINUTE
    assert new_box != box_id
    with pytest.raises(Refused) as no:
        await exchange_changes.ship(shop.context, US, exchange_id, box_id, NEW)
    assert [one["rule"] for one in no.value.members["missing"]] == ["is_new_box"]
    await exchange_changes.ship(shop.context, US, exchange_id, new_box, NEW)
    await settled(shop, "SHIP_EXCHANGE")
    shop.world.scan(new_box)
    shop.world.deliver(new_box)
    await shown(shop, exchange_id, "state", "SUCCESS")
    assert (await events(shop, exchange_id, "exchange"))[-1] == "see_success"
    assert "confirm_arrival" in await events(shop, exchange_id, "collect")
    assert "ship_replacement" in await events(shop, exchange_id, "redelivery")
    # The replacement is no sale: it is nowhere among the boxes.
    assert new_box not in await shop.boxes()
    assert (shop.calls("E2"), shop.calls("E4")) == (1, 1)
    await assert_promises(shop)


async def test_rejected_as_sold_out(shop: Shop) -> None:
    _, exchange_id = await opened(shop)
    await exchange_changes.reject(shop.context, US, exchange_id, RejectCode.SOLDOUT)
    await settled(shop, "REJECT_EXCHANGE")
    assert (await state_of(shop, exchange_id))["state"] == "REJECT"
    await shop.run_for(HOUR)
    assert await events(shop, exchange_id, "exchange_reception") == ["appear", "call_off"]
    await assert_promises(shop)


async def test_not_rejectable_once_it_is_picked_up(shop: Shop) -> None:
    _, exchange_id = await opened(shop)
    shop.world.pickup_scan(exchange_id)
    await shown(shop, exchange_id, "state", "PROGRESS")
    with pytest.raises(Refused) as no:
        await exchange_changes.reject(shop.context, US, exchange_id, RejectCode.WITHDRAW)
    assert [one["rule"] for one in no.value.members["missing"]] == ["is_rejectable"]
    assert shop.calls("E3") == 0


async def waits(shop: Shop) -> None:
    """Let a change that was asked wait for ten minutes, in which the exchange itself is read."""
    at = shop.clock.now() + 10 * MINUTE
    await run_sql(shop, "UPDATE effect SET not_before = %(at)s WHERE state = 'PENDING'", at=at)
    await run_sql(shop, "UPDATE feed SET due_at = %(at)s WHERE feed = 'exchanges'", at=shop.clock.now())
    await shop.visit()


async def test_a_change_is_decided_again_when_the_exchange_moves_first(shop: Shop) -> None:
    _, exchange_id = await opened(shop)
    await inspected(shop, exchange_id, subject="exchange")
    await exchange_changes.confirm(shop.context, US, exchange_id)
    shop.world.pickup_scan(exchange_id)
    await waits(shop)
    assert (await state_of(shop, exchange_id))["state"] == "PROGRESS"
    # It was asked for in RECEIPT; what it needs still holds, so it need not be asked for again.
    assert (await effect_of(shop, "CONFIRM_EXCHANGE"))["state"] == "PENDING"
    await settled(shop, "CONFIRM_EXCHANGE")
    assert shop.calls("E2") == 1
    await assert_promises(shop)


async def test_a_change_that_has_become_impossible_ends_with_the_rule_that_refused_it(shop: Shop) -> None:
    _, exchange_id = await opened(shop)
    await exchange_changes.reject(shop.context, US, exchange_id, RejectCode.SOLDOUT)
    shop.world.pickup_scan(exchange_id)
    await waits(shop)
    effect = await settled(shop, "REJECT_EXCHANGE", "REJECTED")
    assert (effect["result_code"], shop.calls("E3")) == ("REFUSED_HERE", 0)
    assert "is_rejectable" in effect["result_message"]
    await assert_promises(shop)


async def test_an_automatic_pick_up_is_not_ours_before_it_is_booked(shop: Shop) -> None:
    _, exchange_id = await opened(shop)
    assert not (await state_of(shop, exchange_id))["waybills"]
    with pytest.raises(Refused) as no:
        await exchange_changes.register_pickup(shop.context, US, exchange_id, CJ)
    assert [one["rule"] for one in no.value.members["missing"]] == ["is_ours_to_collect"]


async def test_an_unreadable_exchange_holds_the_other_box_of_its_order(shop: Shop) -> None:
    shop.world.set_rules(**ON)
    pair = [BoxSpec([LineSpec(SHIRT, 2)]), BoxSpec([LineSpec(SOCKS, 1)])]
    first, second = (box.box_id for box in shop.world.order(shop.vendor_id, pair)[0])
    await shop.to_instruct(first)
    await shop.to_instruct(second)
    await shop.ship(first)
    await shop.until_state("DEPARTURE", first)
    shop.world.deliver(first)
    exchange_id = shop.world.request_exchange(first).exchange_id
    shop.world.add_fault("unreadable_row", route="E1", claim_id=exchange_id, times=None)

    async def held(value: bool) -> None:
        async def reached() -> bool:
            return bool((await box_queries.get_box(shop.context, None, second))["claim_unread"]) is value

        await shop.until(reached, step=15 * MINUTE)

    await held(True)
    with pytest.raises(Refused) as no:
        await shop.ship(second)
    assert [one["rule"] for one in no.value.members["missing"]] == ["claims_are_read"]
    shop.world.faults.clear()
    await held(False)
    await shop.ship(second)
    await shop.until_state("DEPARTURE", second)
    await shop.until_state("FINAL_DELIVERING", first)
    await assert_promises(shop)


async def test_withdrawn_by_the_customer(shop: Shop) -> None:
    _, exchange_id = await opened(shop)
    shop.world.withdraw(exchange_id)
    await shown(shop, exchange_id, "state", "CANCEL")
    assert await events(shop, exchange_id, "exchange_reception") == ["appear", "call_off"]
    with pytest.raises(Refused):
        await exchange_changes.reject(shop.context, US, exchange_id, RejectCode.SOLDOUT)
    await assert_promises(shop)


async def test_an_open_exchange_is_read_however_old_it_is(shop: Shop) -> None:
    _, exchange_id = await opened(shop)
    await shop.run_for(40 * DAY, step=DAY, least=DAY)
    shop.world.withdraw(exchange_id)
    await shop.run_for(HOUR)
    assert (await state_of(shop, exchange_id))["state"] == "CANCEL"


@pytest.mark.parametrize("fault", ["504_after", "504_before"])
@pytest.mark.parametrize("kind", ["PICKUP_WAYBILL", "REJECT_EXCHANGE", "CONFIRM_EXCHANGE", "SHIP_EXCHANGE"])
async def test_a_change_whose_answer_is_lost_is_applied_once(shop: Shop, kind: str, fault: str) -> None:
    _, exchange_id = await opened(shop, collect=BY_HAND)
    route, change = {
        "PICKUP_WAYBILL": ("R7", "register_pickup"),
        "REJECT_EXCHANGE": ("E3", "reject_exchange"),
        "CONFIRM_EXCHANGE": ("E2", "receive_exchange"),
        "SHIP_EXCHANGE": ("E4", "ship_exchange"),
    }[kind]
    if kind == "SHIP_EXCHANGE":
        await confirmed(shop, exchange_id)
        new_box = await with_new_box(shop, exchange_id)
    shop.world.add_fault(fault, route=route)
    if kind == "PICKUP_WAYBILL":
        await exchange_changes.register_pickup(shop.context, US, exchange_id, CJ)
    elif kind == "REJECT_EXCHANGE":
        await exchange_changes.reject(shop.context, US, exchange_id, RejectCode.WITHDRAW)
    elif kind == "CONFIRM_EXCHANGE":
        await inspected(shop, exchange_id, subject="exchange")
        await exchange_changes.confirm(shop.context, US, exchange_id)
    else:
        await exchange_changes.ship(shop.context, US, exchange_id, new_box, NEW)
    await settled(shop, kind)
    assert [one["times_applied"] for one in shop.ledger["mutations"] if one["kind"] == change] == [1]
    assert shop.calls(route) == (1 if fault.endswith("after") else 2)
    assert (await effect_of(shop, kind))["subject_id"] == exchange_id


async def test_a_withdrawal_is_seen_though_the_collect_track_contradicts_us(shop: Shop) -> None:
    """A replacement must not leave for an exchange that is over, whatever became of its pick-up."""
    _, exchange_id = await opened(shop)
    await confirmed(shop, exchange_id)
    exchange = shop.world.exchange(exchange_id)
    shop.later(HOUR)
    exchange_transitions.fail_pickup(exchange, shop.clock.now())
    await shop.run_for(HOUR, least=15 * MINUTE)
    held = (await shop.rows("SELECT state, collect_state, attention FROM exchange"))[0]
    assert (held["state"], held["collect_state"]) == ("PROGRESS", "COMPLETE_COLLECT")
    assert "does not follow" in held["attention"]
    shop.world.withdraw(exchange_id, by="support")
    await shown(shop, exchange_id, "state", "CANCEL")
    assert "does not follow" in await shop.one("SELECT attention FROM exchange")
    await assert_promises(shop)
