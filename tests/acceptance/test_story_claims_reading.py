"""Receipts as they come: twice, for orders nobody knows, unreadable, stale, and again after downtime."""

from typing import Any

import pytest

from app.claims import queries as claim_queries
from app.claims import reviews as claim_reviews
from app.engine.caller import US
from app.errors import NotFound, Refused
from tests.support.shop import DAY, HOUR, MINUTE, Shop, assert_paths, assert_promises
from tests.support.stop_requests import ON, packed, receipt_of, requested, state_of


async def events(shop: Shop, receipt_id: int, aggregate: str = "cancel") -> list[str]:
    return [step["event"] for step in await shop.history(receipt_id, aggregate)]


@pytest.mark.parametrize("shown", ["RELEASE_STOP_UNCHECKED", "RETURNS_UNCHECKED"])
async def test_a_stop_request_in_two_lists_is_one(shop: Shop, shown: str) -> None:
    shop.world.set_rules(stop_request_in_uc=shown)
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    await shop.run_for(2 * HOUR)
    assert await events(shop, receipt_id) == ["appear", "see_stop_request"]
    assert await state_of(shop, receipt_id, "return") is None
    assert [row["count"] for row in await shop.rows("SELECT count FROM receipt_line")] == [2]
    await assert_promises(shop)


async def test_a_cancel_of_an_order_nobody_has_seen_is_kept(shop: Shop) -> None:
    shop.world.set_rules(**ON)
    box_id = shop.order().box_id
    shop.world.cancel(box_id)
    await shop.run_for(HOUR)
    receipt_id = receipt_of(shop, box_id).receipt_id
    assert await shop.find(box_id) is None
    cancel = await claim_queries.get_cancel(shop.context, None, receipt_id)
    assert (cancel["state"], cancel["boxes"], cancel["decision"]) == ("CANCELLED", [], None)
    assert [line["shipment_box_id"] for line in cancel["lines"]] == [box_id]
    listed, _ = await claim_queries.list_cancels(shop.context, None, states=["CANCELLED"], most=5)
    assert [row["receipt_id"] for row in listed] == [receipt_id]
    await assert_promises(shop)


async def test_a_stop_request_is_joined_when_its_order_is_found(shop: Shop) -> None:
    shop.world.set_rules(**ON, list_lag_s=1200.0)
    box_id = shop.order().box_id
    shop.world.wing_acknowledge(box_id)
    shop.world.request_cancel(box_id)
    receipt_id = receipt_of(shop, box_id).receipt_id
    await shop.visit()
    assert await state_of(shop, receipt_id) == "REQUESTED"
    assert await shop.find(box_id) is None
    await shop.until_state("INSTRUCT", box_id)
    box = await shop.find(box_id)
    assert box is not None
    assert box["stop_open"]
    cancel = await claim_queries.get_cancel(shop.context, None, receipt_id)
    assert [one["shipment_box_id"] for one in cancel["boxes"]] == [box_id]
    await assert_promises(shop)


async def test_a_claim_that_cannot_be_read_holds_its_order(shop: Shop) -> None:
    box_id = await packed(shop)
    other = await packed(shop)
    fault = shop.world.add_fault("unreadable_row", route="R1", times=None, set={"receiptStatus": "NEW_WORD"})
    shop.world.request_cancel(box_id)
    shop.later(6 * MINUTE)
    await shop.visit()
    assert fault.hits
    box = await shop.find(box_id)
    assert box is not None
    assert (box["claim_unread"], box["stop_open"]) == (True, False)
    with pytest.raises(Refused) as refused:
        await shop.ship(box_id)
    assert "claims_are_read" in {one["rule"] for one in refused.value.members["missing"]}
    await shop.ship(other)
    await shop.until_state("DEPARTURE", other)
    assert await shop.one("SELECT count(*) FROM quarantine") == 1
    shop.world.faults.clear()
    await shop.run_for(10 * MINUTE)
    receipt_id = receipt_of(shop, box_id).receipt_id
    assert await state_of(shop, receipt_id) == "REQUESTED"
    box = await shop.find(box_id)
    assert box is not None
    assert (box["claim_unread"], box["stop_open"]) == (False, True)
    await assert_promises(shop)


async def test_an_operator_releases_an_order(shop: Shop) -> None:
    box_id = await packed(shop)
    order_id = shop.world.box(box_id).order_id
    shop.world.add_fault("unreadable_row", route="R1", times=None, set={"receiptStatus": "NEW_WORD"})
    shop.world.request_cancel(box_id)
    shop.later(6 * MINUTE)
    await shop.visit()
    (held,) = await claim_reviews.release(shop.context, US, order_id, "looked at it in WING")
    assert held["claim_id"] == str(receipt_of(shop, box_id).receipt_id)
    assert "receiptStatus" in held["why_unread"]
    await shop.run_for(20 * MINUTE)
    box = await shop.find(box_id)
    assert box is not None
    # The same row holds it no more; what it holds at Coupang still does.
    assert not box["claim_unread"]
    with pytest.raises(NotFound):
        await claim_reviews.release(shop.context, US, order_id, "again")


async def test_a_return_opens_and_ends(shop: Shop) -> None:
    box_id = await packed(shop)
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    shop.world.scan(box_id)
    shop.world.deliver(box_id)
    await shop.until_state("FINAL_DELIVERING", box_id, least=10 * MINUTE)
    shop.world.set_rules(pickup_book_min_s=9e9, pickup_book_max_s=9e9)
    receipt = shop.world.request_return(box_id)
    await shop.run_for(40 * MINUTE)
    assert await state_of(shop, receipt.receipt_id, "return") == "RETURNS_UNCHECKED"
    assert await state_of(shop, receipt.receipt_id) is None
    with pytest.raises(NotFound):
        await claim_queries.get_cancel(shop.context, None, receipt.receipt_id)
    told = await claim_queries.get_return(shop.context, None, receipt.receipt_id)
    assert (told["pickup"], told["count_sum"]) == ("CONTRACT_COURIER", 2)
    shop.world.wing_dispute(receipt.receipt_id)
    await shop.run_for(14 * HOUR, least=20 * MINUTE)
    assert await state_of(shop, receipt.receipt_id, "return") == "REQUEST_COUPANG_CHECK"
    shop.world.decide(receipt.receipt_id)
    await shop.run_for(14 * HOUR, least=20 * MINUTE)
    assert await state_of(shop, receipt.receipt_id, "return") == "RETURNS_COMPLETED"
    await assert_paths(shop)


async def test_a_withdrawn_return_is_proven_by_the_withdrawals(shop: Shop) -> None:
    box_id = await packed(shop)
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    receipt = shop.world.request_return(box_id)
    await shop.run_for(30 * MINUTE)
    shop.world.withdraw(receipt.receipt_id)
    await shop.run_for(30 * MINUTE)
    assert await state_of(shop, receipt.receipt_id, "return") == "WITHDRAWN"
    assert await events(shop, receipt.receipt_id, "return") == ["appear", "see_withdrawn"]
    await assert_paths(shop)


async def test_five_days_of_downtime_lose_no_claim(shop: Shop) -> None:
    shop.world.set_rules(**ON)
    await shop.visit()
    boxes = [shop.order() for _ in range(6)]
    for box in boxes:
        shop.later(13 * HOUR)
        shop.world.cancel(box.box_id)
    stopped = await packed(shop)
    shop.world.request_cancel(stopped)
    shop.later(3 * DAY)
    await shop.run_for(HOUR)
    known = {row["receipt_id"] for row in await shop.rows("SELECT receipt_id FROM receipt")}
    assert known == set(shop.world.receipts)
    holes: list[Any] = await shop.rows(
        """SELECT feed FROM feed WHERE feed IN ('cancels', 'receipts')
           AND NOT covered @> tstzrange(%(start)s, %(end)s)""",
        start=shop.clock.now() - 29 * DAY,
        end=shop.clock.now() - HOUR,
    )
    assert holes == []


async def test_a_stale_row_never_walks_backwards(shop: Shop) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    shop.world.withdraw_cancel(box_id)
    await shop.run_for(20 * MINUTE)
    assert await state_of(shop, receipt_id) == "WITHDRAWN"
    # Coupang shows it again, open: to us it is over, so nobody ships before somebody looks.
    receipt = shop.world.receipts[receipt_id]
    receipt.status = "RELEASE_STOP_UNCHECKED"
    await shop.run_for(20 * MINUTE)
    assert await state_of(shop, receipt_id) == "WITHDRAWN"
    assert await events(shop, receipt_id) == ["appear", "see_stop_request", "see_withdrawn"]
    box = await shop.find(box_id)
    assert box is not None
    assert box["claim_unread"]
    assert "does not follow" in str(await shop.one("SELECT attention FROM receipt"))
