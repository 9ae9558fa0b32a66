"""Open claims are watched by the lists that are read anyway; one by one only those that lists do not show."""

from datetime import timedelta

import pytest

from app.claims import list_plan
from app.engine.caller import US
from app.engine.visits import resync
from tests.support.return_steps import return_state, seen
from tests.support.shop import DAY, HOUR, MINUTE, Shop, assert_paths, run_sql
from tests.support.stop_requests import packed, requested, state_of

SLOW = {"pickup_book_min_s": 9e9, "pickup_book_max_s": 9e9, "auto_approval_s": 0.0, "couriers": False}
"""An open return stays as it is until somebody acts."""


async def opened(shop: Shop, *pauses: timedelta) -> list[int]:
    """Let customers return delivered boxes, each so long before the next, and let us see them."""
    await shop.visit()
    shop.world.set_rules(**SLOW, receipt_lag_max_s=0.0)
    receipt_ids = []
    for number, pause in enumerate(pauses):
        box_id = shop.order().box_id
        shop.world.wing_acknowledge(box_id)
        shop.world.wing_ship(box_id, "CJGLS", str(710_000_000_000 + number))
        shop.world.deliver(box_id)
        receipt_ids.append(shop.world.request_return(box_id).receipt_id)
        shop.later(pause)
    for receipt_id in receipt_ids:
        await seen(shop, receipt_id, "RETURNS_UNCHECKED")
    return receipt_ids


async def calls(shop: Shop, purpose: str) -> dict[str, int]:
    """The calls of one purpose so far, by route."""
    query = "SELECT route, sum(calls)::int AS n FROM tally WHERE purpose = %(purpose)s GROUP BY 1"
    return {row["route"]: row["n"] for row in await shop.rows(query, purpose=purpose)}


async def test_open_returns_cost_no_call_of_their_own_until_they_change(shop: Shop) -> None:
    first, second, third = await opened(shop, 2 * DAY, DAY, HOUR)
    before = shop.calls("R1"), await calls(shop, "receipt")
    await shop.run_for(6 * HOUR, least=30 * MINUTE)
    # Four statuses at every sweep, one look for stop requests and one for cancels beside it.
    assert shop.calls("R1") - before[0] <= 6 * 13
    assert await calls(shop, "receipt") == before[1]
    # What a list shows of them is known at the next sweep.
    shop.world.pickup_book(second)
    shop.later(16 * MINUTE)
    await shop.visit()
    assert await shop.one("SELECT waybills <> '[]' FROM receipt WHERE receipt_id = %(id)s", id=second)
    # One that is over is in none of the lists: it is read, once.
    shop.world.decide(first)
    shop.later(16 * MINUTE)
    await shop.visit()
    assert await return_state(shop, first) == "RETURNS_COMPLETED"
    assert await calls(shop, "receipt") == {"R2": before[1].get("R2", 0) + 1}
    # One that is disputed is in another list, and one that was taken back is asked for with the others.
    shop.world.wing_dispute(second)
    shop.world.withdraw(third)
    shop.later(16 * MINUTE)
    await shop.visit()
    assert await return_state(shop, second) == "REQUEST_COUPANG_CHECK"
    assert await return_state(shop, third) == "WITHDRAWN"
    assert await calls(shop, "receipt") == {"R2": before[1].get("R2", 0) + 1}
    await assert_paths(shop)


async def test_a_stop_request_that_stays_open_is_not_read_by_itself(shop: Shop) -> None:
    shop.world.set_rules(stop_refund_s=0.0)
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    await shop.run_for(6 * HOUR, least=25 * MINUTE)
    assert await state_of(shop, receipt_id) == "REQUESTED"
    assert shop.calls("R2") == 0


async def test_a_return_that_a_list_leaves_out_is_read_by_itself(shop: Shop) -> None:
    first, _ = await opened(shop, 2 * DAY, HOUR)
    before = shop.calls("R2")
    receipt = shop.world.receipts[first]
    receipt.shown_from = shop.clock.now() + HOUR
    shop.later(16 * MINUTE)
    await shop.visit()
    # Absence proves nothing.
    assert shop.calls("R2") == before + 1
    assert await return_state(shop, first) == "RETURNS_UNCHECKED"
    # It is not asked for again at every sweep, for lists may never show a return like it.
    shop.later(16 * MINUTE)
    await shop.visit()
    assert shop.calls("R2") == before + 1
    # Once a list shows it, it is watched again.
    shop.later(HOUR)
    await shop.visit()
    reads = shop.calls("R2")
    shop.world.decide(first)
    shop.later(16 * MINUTE)
    await shop.visit()
    assert await return_state(shop, first) == "RETURNS_COMPLETED"
    assert shop.calls("R2") == reads + 1
    await assert_paths(shop)


async def test_an_empty_list_is_read_again_before_all_are_read_one_by_one(shop: Shop) -> None:
    await opened(shop, *[MINUTE] * 5, 2 * DAY, HOUR)
    before = shop.calls("R2")
    shop.later(16 * MINUTE)
    fault = shop.world.add_fault("empty_list", route="R1", skip=3)
    await shop.visit()
    assert fault.hits == 1
    # One is a witness that the list errs.
    assert shop.calls("R2") <= before + 1
    assert await shop.one("SELECT count(*) FROM receipt WHERE unlisted") == 0


async def test_what_is_new_does_not_wait_for_a_long_list_that_fails(shop: Shop) -> None:
    await opened(shop, 2 * DAY, HOUR)
    new = shop.order().box_id
    shop.world.wing_acknowledge(new)
    shop.world.wing_ship(new, "CJGLS", "720000000001")
    receipt_id = shop.world.request_return(new).receipt_id
    shop.later(16 * MINUTE)
    # Stop requests and cancels are looked for first, then the stop requests of the sweep.
    fault = shop.world.add_fault("504_before", route="R1", skip=3)
    before = shop.calls("R2")
    await shop.visit()
    assert fault.hits == 1
    assert await return_state(shop, receipt_id) == "RETURNS_UNCHECKED"
    assert await shop.one("SELECT failures FROM feed WHERE feed = 'receipts'") == 0
    # A list that was not read leaves nobody out.
    assert shop.calls("R2") == before


async def test_a_list_does_not_answer_for_a_reading_that_somebody_asked_for(shop: Shop) -> None:
    first, _ = await opened(shop, 2 * DAY, HOUR)
    shop.later(16 * MINUTE)
    asked = await resync.ask(shop.context, US, "receipt", first)
    before = shop.calls("R2")
    # The sweep of the same visit shows it unchanged, before it is read.
    await shop.visit()
    assert shop.calls("R2") == before + 1
    assert (await resync.look(shop.context, asked))["read"]


async def test_of_too_many_the_young_are_watched_and_the_others_listed_by_their_days(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_plan, "WATCHED_MOST", 5)
    close = [MINUTE] * 11
    old = await opened(shop, *close, HOUR)
    # As if they had been read all the time.
    shop.later(20 * HOUR)
    now = shop.clock.now()
    await run_sql(shop, "UPDATE receipt SET next_read_at = %(at)s", at=now + 10 * MINUTE)
    young = await opened(shop, *[MINUTE] * 3, HOUR)
    assert len(await shop.rows("TABLE receipt")) == len(old) + len(young)
    before = await calls(shop, "receipt")
    await shop.run_for(10 * HOUR, least=30 * MINUTE)
    spent = await calls(shop, "receipt")
    # The twelve of the first day are shown by one call each time.
    assert spent.get("R2", 0) == before.get("R2", 0)
    assert 1 <= spent["R1"] - before.get("R1", 0) <= 6
    shop.world.decide(old[0])
    await shop.run_for(13 * HOUR, least=HOUR)
    assert await return_state(shop, old[0]) == "RETURNS_COMPLETED"
    await assert_paths(shop)


async def test_a_page_that_turns_out_too_small_is_read_by_minutes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far more are open than we know: nothing is claimed that was not read whole."""
    monkeypatch.setattr("app.coupang.claims.return_calls.PAGE_ROWS", 3)
    receipt_ids = await opened(shop, *[MINUTE] * 4, 2 * DAY, HOUR)
    shop.later(2 * HOUR)
    newest = await opened(shop, MINUTE)
    assert await shop.one("SELECT count(*) FROM receipt") == len(receipt_ids) + len(newest)
    covered = "SELECT covered @> tstzrange(%(start)s, %(end)s) FROM feed WHERE feed = 'receipts'"
    now = shop.clock.now()
    assert await shop.one(covered, start=now - 20 * DAY, end=now - HOUR) is True
    await assert_paths(shop)
