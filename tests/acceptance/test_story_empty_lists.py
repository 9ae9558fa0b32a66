"""Lists that claim to be empty: a lie in perfect form, and how long it may hide something.

What we hold contradicts it at once; the next reading overlaps it; and the count of the night finds the rest.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from app.backoffice.operations import figures
from app.engine.policy import Policy
from app.integrity import census
from app.orders import poll as order_poll
from app.sandbox.core.order_entities import Box
from app.sandbox.world.population import Shop as People
from tests.support.return_steps import delivered
from tests.support.shop import DAY, HOUR, MINUTE, START, Shop, assert_promises, open_shop, run_sql, set_vendor
from tests.support.stop_requests import ON, packed, receipt_of, requested, state_of

HALF_HOUR = 30 * MINUTE


@pytest.fixture
async def night_shop(database_url: str) -> AsyncIterator[Shop]:
    """A shop that is counted at night, on the evening before."""
    async with open_shop(database_url, start=START + 8 * HOUR, policy=Policy(census_hour=3)) as opened:
        yield opened


async def calls(shop: Shop, purpose: str) -> dict[str, int]:
    rows = await shop.rows(
        "SELECT route, sum(calls)::int AS n FROM tally WHERE purpose = %(purpose)s GROUP BY 1",
        purpose=purpose,
    )
    return {row["route"]: row["n"] for row in rows}


async def contradicted(shop: Shop) -> dict[str, int]:
    """What the metrics tell of lies that our own knowledge has seen through."""
    found = (await figures(shop.context)).contradicted
    return {row["feed"]: int(row["lists"]) for row in found}


async def next_sweep(shop: Shop, feed: str = "orders") -> None:
    """Let the time of the feed's next turn come, visited on the way for everything else."""
    due = await shop.one("SELECT due_at FROM feed WHERE feed = %(feed)s", feed=feed)
    await shop.run_for(due - shop.clock.now() - MINUTE, least=9 * MINUTE)
    shop.clock.set(due)


def in_wing(shop: Shop) -> Box:
    """An order that somebody acknowledges in WING before we could see it: only sweeps will show it."""
    box = shop.order()
    shop.world.wing_acknowledge(box.box_id)
    return box


async def known_and_hidden(shop: Shop) -> int:
    """Come to a sweep with one box in INSTRUCT that we know, and one that only this sweep can show."""
    shop.world.set_rules(**ON)
    await shop.visit()
    known = shop.order().box_id
    shop.world.fix_acknowledge_lag(known, 0)
    hidden = in_wing(shop).box_id
    await next_sweep(shop)
    assert (await shop.state(known), await shop.state(hidden)) == ("INSTRUCT", None)
    return hidden


async def hide(shop: Shop, kind: str) -> tuple[str, int]:
    """Let something happen of which nothing that we hold can know; its aggregate and number."""
    if kind == "order":
        return "box", in_wing(shop).box_id
    box_id = await delivered(shop)
    if kind == "receipt":
        shop.world.request_return(box_id)
        return "return", receipt_of(shop, box_id).receipt_id
    return "exchange", shop.world.request_exchange(box_id).exchange_id


async def is_held(shop: Shop, aggregate: str, number: int) -> bool:
    return bool(await shop.history(number, aggregate))


# what no knowledge contradicts: the next reading overlaps it


async def test_a_new_order_whose_first_poll_was_lied_to_shows_three_minutes_later(shop: Shop) -> None:
    await shop.visit()
    box_id = shop.order().box_id
    shop.later(11 * MINUTE)
    lie = shop.world.add_fault("empty_list", route="O2")
    await shop.visit()
    assert (lie.hits, await shop.state(box_id)) == (1, None)
    since = shop.clock.now()
    await shop.until_state("INSTRUCT", box_id)
    assert shop.clock.now() - since <= 4 * MINUTE


async def test_what_only_a_sweep_can_show_is_shown_by_two(shop: Shop) -> None:
    shop.world.set_rules(**ON)
    await shop.visit()
    shop.later(5 * MINUTE)
    box_id = in_wing(shop).box_id
    await next_sweep(shop)
    lie = shop.world.add_fault("empty_list", route="O2", times=6)
    await shop.visit()
    assert (lie.hits, await shop.state(box_id)) == (6, None)
    # All that was asked is claimed, and still the next sweep looks there again, in the same six calls.
    assert await shop.holes() == []
    before = (await calls(shop, "sweep"))["O2"]
    await next_sweep(shop)
    await shop.visit()
    assert (await calls(shop, "sweep"))["O2"] - before == 6
    assert await shop.state(box_id) == "INSTRUCT"
    await assert_promises(shop)


@pytest.mark.parametrize("kind", ["receipt", "exchange"])
async def test_a_claim_that_one_sweep_hid_is_shown_by_the_next(shop: Shop, kind: str) -> None:
    aggregate, number = await hide(shop, kind)
    shop.later(11 * MINUTE)
    due = await shop.one("SELECT due_at FROM feed WHERE feed = %(feed)s", feed=f"{kind}s")
    shop.clock.set(max(due, shop.clock.now()))
    lie = shop.world.add_fault("empty_list", route={"receipt": "R1", "exchange": "E1"}[kind], times=None)
    await shop.visit()
    assert lie.hits
    shop.world.faults.clear()
    assert not await is_held(shop, aggregate, number)
    since = shop.clock.now()

    async def held() -> bool:
        return await is_held(shop, aggregate, number)

    await shop.until(held)
    assert shop.clock.now() - since <= 31 * MINUTE
    assert await contradicted(shop) == {}


async def test_orders_of_an_outage_that_were_hidden_show_within_half_an_hour(shop: Shop) -> None:
    """Days are read once. What waits to be acknowledged is looked for in the days of a week all the same."""
    await shop.visit()
    begins = shop.clock.now()
    shop.world.shop(shop.vendor_id, People(60, begins, begins + DAY, cancel_share=0, two_box_share=0))
    shop.later(3 * DAY)
    # The look for new orders and the sweep are both told that nothing waits.
    lie = shop.world.add_fault("empty_list", route="O1", times=2)
    await shop.visit()
    assert lie.hits == 2
    assert await shop.boxes() == {}
    assert await shop.holes() == []
    since = shop.clock.now()

    async def known() -> bool:
        return len(await shop.boxes()) == 60

    await shop.until(known)
    assert shop.clock.now() - since <= HALF_HOUR + 3 * MINUTE
    await assert_promises(shop, settled=False)


async def test_many_that_wait_and_are_known_cost_the_look_of_a_week_one_call(shop: Shop) -> None:
    await set_vendor(shop, auto_acknowledge=False)
    shop.world.order(shop.vendor_id, count=120)
    shop.later(11 * MINUTE)
    await shop.visit()
    shop.later(HALF_HOUR)
    before = await calls(shop, "poll")
    await shop.visit()
    after = await calls(shop, "poll")
    assert sum(after.values()) - sum(before.values()) == 1
    assert after["O1"] - before.get("O1", 0) == 1
    # A list by days that fails is not tried again before new orders were looked for by minutes.
    shop.later(HALF_HOUR)
    shop.world.add_fault("500", route="O1", times=None)
    await shop.visit()
    box_id = shop.order().box_id
    await shop.run_for(20 * MINUTE)
    assert await shop.state(box_id) == "ACCEPT"


# what we hold contradicts it: a witness is asked, and the list once more


async def test_an_empty_list_in_which_a_known_box_stands_is_read_again_at_once(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    hidden = await known_and_hidden(shop)
    before = await calls(shop, "sweep")
    lie = shop.world.add_fault("empty_list", route="O2", skip=1)
    await shop.visit()
    assert lie.hits == 1
    assert await shop.state(hidden) == "INSTRUCT"
    # One call for the witness, one for the list.
    after = await calls(shop, "sweep")
    assert (after["O2"] - before.get("O2", 0), after["O3"]) == (7, 1)
    assert await contradicted(shop) == {"orders": 1}
    run = (await shop.rows("SELECT * FROM poll_run WHERE contradicted > 0"))[0]
    assert (run["feed"], run["outcome"], run["pages"]) == ("orders", "ok", 7)
    assert "an empty INSTRUCT list" in caplog.text
    await assert_promises(shop, settled=False)


async def test_a_second_lie_is_believed_until_the_next_sweep(shop: Shop) -> None:
    hidden = await known_and_hidden(shop)
    shop.world.add_fault("empty_list", route="O2", skip=1)
    shop.world.add_fault("empty_list", route="O2", skip=5)
    before = await calls(shop, "sweep")
    await shop.visit()
    after = await calls(shop, "sweep")
    assert (after["O2"] - before.get("O2", 0), after["O3"]) == (7, 1), "it ends, whatever Coupang says"
    assert await shop.state(hidden) is None
    assert await shop.holes() == []
    await next_sweep(shop)
    await shop.visit()
    assert await shop.state(hidden) == "INSTRUCT"


async def test_a_witness_that_cannot_be_read_leaves_the_window_unclaimed(shop: Shop) -> None:
    hidden = await known_and_hidden(shop)
    shop.world.add_fault("empty_list", route="O2", skip=1)
    shop.world.add_fault("500", route="O3")
    await shop.visit()
    assert len(await shop.holes()) == 1
    shop.later(2 * MINUTE)
    await shop.visit()
    assert await shop.holes() == []
    assert await shop.state(hidden) == "INSTRUCT"


async def test_a_box_that_was_cancelled_costs_one_call_once(shop: Shop) -> None:
    """It leaves the lists for good; its receipt comes much later."""
    shop.world.set_rules(receipt_lag_min_s=864_000.0, receipt_lag_max_s=864_000.0)
    await set_vendor(shop, auto_acknowledge=False)
    await shop.visit()
    boxes = [shop.order().box_id for _ in range(2)]
    await shop.until_state("ACCEPT", *boxes)
    await next_sweep(shop)
    shop.world.cancel(boxes[0])
    before = await calls(shop, "sweep")
    await shop.visit()
    assert await shop.state(boxes[0]) == "CANCELLED"
    after = await calls(shop, "sweep")
    assert (after["O2"] - before.get("O2", 0), after["O3"]) == (6, 1), "no list is asked again"
    for _ in range(3):
        await next_sweep(shop)
        await shop.visit()
    assert (await calls(shop, "sweep"))["O3"] == 1
    assert await contradicted(shop) == {}


@pytest.mark.parametrize("orders", [0, 6])
async def test_truth_costs_no_call_more_whether_the_shop_is_quiet_or_not(shop: Shop, orders: int) -> None:
    await shop.visit()
    begins = shop.clock.now()
    before = await calls(shop, "sweep"), await calls(shop, "claims"), await calls(shop, "exchanges")
    if orders:
        shop.world.shop(shop.vendor_id, People(orders, begins, begins + 2 * HOUR, cancel_share=0))
    await shop.run_for(3 * HOUR, least=15 * MINUTE)
    runs = await shop.rows("SELECT feed FROM poll_run WHERE started_at > %(begins)s", begins=begins)
    sweeps = sum(run["feed"] == "orders" for run in runs)
    assert sweeps >= 6
    after = await calls(shop, "sweep"), await calls(shop, "claims"), await calls(shop, "exchanges")
    assert after[0]["O2"] - before[0].get("O2", 0) == 6 * sweeps
    assert "O3" not in after[0]
    assert after[2]["E1"] - before[2]["E1"] == sum(run["feed"] == "exchanges" for run in runs)
    assert await contradicted(shop) == {}


async def test_an_empty_list_in_which_a_known_stop_request_stands_is_read_again(shop: Shop) -> None:
    first, second = await packed(shop), await delivered(shop)
    await requested(shop, first)
    shop.world.request_return(second)
    hidden = receipt_of(shop, second).receipt_id
    # Both are older than the lag when their window is read.
    later = shop.clock.now() + 12 * MINUTE
    await run_sql(shop, "UPDATE feed SET due_at = %(later)s WHERE feed = 'receipts'", later=later)
    await next_sweep(shop, "receipts")
    looks = await shop.one(
        "SELECT count(*) FROM feed WHERE feed IN ('stops', 'cancels') AND due_at <= %(at)s", at=later
    )
    # Of the sweep's lists the first two: both would show the stop request, the second the return as well.
    lie = shop.world.add_fault("empty_list", route="R1", skip=looks, times=2)
    await shop.visit()
    assert lie.hits == 2
    assert await state_of(shop, hidden, "return") == "RETURNS_UNCHECKED"
    assert (await contradicted(shop))["receipts"] == 2


async def test_an_empty_list_of_exchanges_is_read_again_when_one_is_known(shop: Shop) -> None:
    first, second = await delivered(shop), await delivered(shop)
    known = shop.world.request_exchange(first).exchange_id

    async def held() -> bool:
        return await is_held(shop, "exchange", known)

    await shop.until(held)
    hidden = shop.world.request_exchange(second).exchange_id
    await next_sweep(shop, "exchanges")
    shop.world.add_fault("empty_list", route="E1")
    await shop.visit()
    assert await is_held(shop, "exchange", hidden)
    assert await contradicted(shop) == {"exchanges": 1}


@pytest.mark.parametrize("route", ["R1", None])
async def test_no_waybill_leaves_on_the_word_of_an_empty_list(shop: Shop, route: str | None) -> None:
    """The list of stop requests lies right before a waybill, alone or with all others: the box tells."""
    box_id = await packed(shop)
    shop.world.request_cancel(box_id)
    lie = shop.world.add_fault("empty_list", route=route, times=None)
    await shop.ship(box_id)
    await shop.run_for(HALF_HOUR, least=5 * MINUTE)
    assert lie.hits
    assert shop.calls("O7") == 0
    assert shop.ledger["shipped_cancelled"] == []
    shop.world.faults.clear()
    await shop.run_for(HALF_HOUR, least=5 * MINUTE)
    assert await state_of(shop, receipt_of(shop, box_id).receipt_id) == "REQUESTED"
    assert shop.calls("O7") == 0
    await assert_promises(shop)


# what is still hidden is found at night


@pytest.mark.parametrize(
    ("kind", "route", "feed"),
    [("order", "O2", "orders"), ("receipt", "R1", "receipts"), ("exchange", "E1", "exchanges")],
)
async def test_what_hours_of_lies_have_hidden_is_found_and_explained_at_night(
    night_shop: Shop, kind: str, route: str, feed: str
) -> None:
    shop = night_shop
    shop.world.set_rules(**ON)
    await shop.visit()
    shop.later(5 * MINUTE)
    aggregate, number = await hide(shop, kind)
    shop.world.add_fault("empty_list", route=route, times=None)
    await shop.run_for(80 * MINUTE, least=10 * MINUTE)
    shop.world.faults.clear()
    # Every list tells the truth again, and nobody asks for that time.
    await shop.run_for(35 * MINUTE, least=10 * MINUTE)
    assert not await is_held(shop, aggregate, number)

    async def counted() -> bool:
        return bool(await shop.one("SELECT count(*) FROM census WHERE finished_at IS NOT NULL"))

    await shop.until(counted, least=HOUR)
    (found, *_), _ = await census.list_census(shop.context, None, before=None, most=1)
    assert (found["missing"], found["vanished"]) == (1, 0)
    finding = next(one for one in found["findings"] if one["kind"] == "missing")
    assert (finding["aggregate"], finding["aggregate_id"]) == (aggregate, str(number))
    run = await shop.one(
        """SELECT run_id FROM poll_run WHERE feed = %(feed)s AND outcome = 'ok' AND "window" @> %(at)s
           ORDER BY run_id DESC LIMIT 1""",
        feed=feed,
        at=datetime.fromisoformat(finding["begun_at"]),
    )
    assert finding["explanation"].startswith(f"reading {run} of feed {feed}, finished ")
    assert await is_held(shop, aggregate, number)
    await assert_promises(shop, settled=False)


async def test_a_count_that_is_lied_to_asks_once_more_before_it_says_vanished(night_shop: Shop) -> None:
    shop = night_shop
    shop.world.set_rules(**ON)
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    due = await shop.one("SELECT due_at FROM feed WHERE feed = 'census'")
    await shop.run_for(due - shop.clock.now() - timedelta(seconds=1), least=20 * MINUTE)
    shop.clock.set(due)
    lie = shop.world.add_fault("empty_list", route="O1", skip=await _lists_before(shop))
    await shop.visit()
    (found, *_), _ = await census.list_census(shop.context, None, before=None, most=1)
    assert lie.hits == 1
    assert (found["missing"], found["vanished"], found["boxes"]) == (0, 0, 1)
    assert (await contradicted(shop)) == {"census_orders": 1}


async def _lists_before(shop: Shop) -> int:
    """How many O1 calls the visit of a census makes before it reads INSTRUCT in the piece of today."""
    looks = 0
    due = await shop.rows("SELECT due_at, last_ok_at FROM feed WHERE feed = 'accept'")
    if due[0]["due_at"] <= shop.clock.now():
        looks = int(shop.clock.now().timestamp() // 1800 != due[0]["last_ok_at"].timestamp() // 1800)
    return looks + 4 * 6 + 1


async def test_a_count_of_a_window_too_full_for_it_still_knows_what_it_saw(
    night_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = night_shop
    await set_vendor(shop, auto_acknowledge=False)
    shop.world.order(shop.vendor_id, count=120)
    monkeypatch.setattr(order_poll, "MOST_PAGES", 2)

    async def counted() -> bool:
        return bool(await shop.one("SELECT count(*) FROM census WHERE finished_at IS NOT NULL"))

    await shop.until(counted, least=HOUR)
    (found, *_), _ = await census.list_census(shop.context, None, before=None, most=1)
    assert (found["boxes"], found["missing"], found["vanished"]) == (120, 0, 0)
    assert (await calls(shop, "census"))["O2"] > 0, "it was cut"
