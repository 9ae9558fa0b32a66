"""Five days without a worker: whatever happened meanwhile is found, and every state is right."""

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random

from app.coupang.limits import MOST_BOXES
from app.sandbox.core.rules import Rules
from app.sandbox.world.population import Shop as People
from tests.support.shop import DAY, HOUR, MINUTE, SECOND, Shop, assert_promises, open_shop


def people_go_on(shop: Shop, orders: int, days: int) -> None:
    """Let customers buy and the seller work in WING for days, without a single visit."""
    start = shop.clock.now()
    shop.world.shop(
        shop.vendor_id,
        People(orders, start, start + days * DAY - HOUR, address_change_share=0.2, cancel_share=0.1),
    )
    luck = Random(5)
    for _ in range(days * 4):
        shop.later(6 * HOUR)
        for box_id, box in shop.truth().items():
            if luck.random() < 0.15 and not box["hold_kind"]:
                if box["status"] == "ACCEPT":
                    shop.world.wing_acknowledge(box_id)
                elif box["status"] == "INSTRUCT":
                    if luck.random() < 0.2:
                        shop.world.wing_cancel(box_id)
                    else:
                        shop.world.wing_ship(box_id, "HANJIN", f"{500_000_000_000 + box_id % 10**9}")


async def test_five_days_of_downtime_lose_nothing(database_url: str) -> None:
    # A tenth of the time scale: the pace and the limit keep their proportion to the real ones.
    async with open_shop(database_url, rules=Rules(limit_per_second=100), pace_per_s=80) as shop:
        known = [box.box_id for order in shop.world.order(shop.vendor_id, count=10) for box in order]
        for box_id in known:
            shop.world.fix_acknowledge_lag(box_id, 0)
        await shop.until_state("INSTRUCT")

        people_go_on(shop, orders=300, days=5)
        happened = Counter(box["status"] for box in shop.truth().values())
        assert min(happened[status] for status in ("ACCEPT", "INSTRUCT", "DELIVERING", "FINAL_DELIVERY")) > 5
        assert happened["CANCELLED"] > 5
        assert len(await shop.holes()) == 1

        async def caught_up() -> bool:
            return not await shop.holes()

        # One stroke of time is enough: no waiting, only reading.
        await shop.until(caught_up, most=3, step=MINUTE)
        ours, truth = await shop.boxes(), shop.truth()
        alive = {box_id for box_id, box in truth.items() if box["status"] != "CANCELLED"}
        assert alive <= ours.keys()
        lists = await shop.rows("SELECT max(pages) AS pages FROM poll_run WHERE feed = 'orders'")
        assert lists[0]["pages"] > 12, "a day list had pages"

        assert "429" not in {status for found in shop.ledger["calls_per_route"].values() for status in found}
        assert shop.ledger["vendors"][shop.vendor_id]["max_in_flight"] == 1

        # The limit is shown; what follows need not be as slow.
        shop.world.set_rules(limit_per_second=0)
        shop.reach = replace(shop.reach, pace_per_s=1000)
        # The warehouse goes on as if nothing had been.
        for _ in range(6):
            await shop.run_for(DAY, least=3 * HOUR)
            await shop.ship_ready()
        await shop.run_for(3 * DAY, least=3 * HOUR)
        states = Counter(box["state"] for box in (await shop.boxes()).values())
        assert states["FINAL_DELIVERING"] > 250, states
        # Left over are only boxes for which a customer's cancel waits for an answer.
        held = {row["shipment_box_id"] for row in await shop.rows("SELECT * FROM line WHERE held > 0")}
        left = {
            box_id
            for box_id, box in (await shop.boxes()).items()
            if box["state"] not in ("FINAL_DELIVERING", "CANCELLED")
        }
        assert left <= held, await shop.summary()
        for box_id, box in (await shop.boxes()).items():
            if box["address_final"]:
                told, real = (await shop.receivers(box_id))[0], shop.truth()[box_id]["receiver"]
                assert (told["name"], told["addr1"]) == (real["name"], real["addr1"])
        await shop.run_for(HOUR)
        assert all(until - start < HOUR for start, until in await shop.holes()), "the next sweep's only"
        await assert_promises(shop)


async def test_ten_days_of_downtime_are_caught_up_within_the_limits(
    database_url: str, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """Coupang's own limit of ten calls a second is on.

    A busier shop at our default pace: `DOWNTIME_ORDERS=5000 DOWNTIME_PACE=4`.
    """
    orders = int(os.environ.get("DOWNTIME_ORDERS", "400"))
    pace = float(os.environ.get("DOWNTIME_PACE", "8"))
    # Twice our default pace, and still below the limit.
    async with open_shop(database_url, rules=Rules(limit_per_second=10), pace_per_s=pace) as shop:
        await shop.visit()
        people_go_on(shop, orders=orders, days=10)
        # Somebody must answer these within 48 hours, counted from the asking.
        asking = [box for box, one in shop.truth().items() if one["status"] == "INSTRUCT"][:3]
        for pause, box_id in zip((0, 5, 9), asking, strict=True):
            shop.later(pause * HOUR)
            shop.world.request_cancel(box_id)
        shop.later(HOUR)
        alive = {box_id for box_id, box in shop.truth().items() if box["status"] != "CANCELLED"}
        calls, began_s = len(shop.world.ledger.calls), time.monotonic()
        visits = 0
        while any(until - start > HOUR for start, until in await shop.holes()):
            await shop.visit()
            visits += 1
            assert visits < 40
            # The frozen clock stands for the seconds that a visit really takes.
            shop.later(30 * SECOND)
        took_s = time.monotonic() - began_s
        assert alive <= (await shop.boxes()).keys()
        made = shop.world.ledger.calls[calls:]
        assert all(call.status == 200 for call in made), Counter(call.status for call in made)
        figures = shop.ledger["vendors"][shop.vendor_id]
        assert (figures["max_in_flight"], figures["calls_while_banned"]) == (1, 0)
        assert figures["max_calls_in_a_second"] <= pace

        # What has a deadline first: the stop requests are read before any order list, oldest first.
        routes = [call.route for call in made]
        assert routes.index("R1") < routes.index("O1")
        known = {row["receipt_id"] for row in await shop.rows("SELECT receipt_id FROM cancel")}
        assert known >= {one.receipt_id for one in shop.world.receipts.values() if one.box_id in asking}
        # Among orders the oldest hole first, and the oldest waiting order is acknowledged first.
        starts = [
            row["start"]
            for row in await shop.rows(
                """SELECT lower(w.window) AS start FROM poll_run w
                   WHERE feed = 'orders' AND outcome = 'ok' ORDER BY run_id"""
            )
        ]
        assert starts == sorted(starts)
        paid = [
            row["paid_at"]
            for row in await shop.rows(
                """SELECT box.paid_at FROM effect JOIN box USING (vendor_id, shipment_box_id)
                   JOIN attempt USING (effect_id)
                   WHERE effect.kind = 'ACKNOWLEDGE' AND purpose = 'write' ORDER BY attempt_id"""
            )
        ]
        batches = [paid[place : place + MOST_BOXES] for place in range(0, len(paid), MOST_BOXES)]
        assert len(batches) > 1
        assert all(max(one) <= min(later) for one, later in pairwise(batches))
        told = f"10 days, {len(alive)} boxes: {took_s:.0f} s, {len(made)} calls, {visits} visits, no 429"
        record_testsuite_property("downtime", told)
        print(told)  # noqa: T201
        shop.world.set_rules(limit_per_second=0)
        shop.reach = replace(shop.reach, pace_per_s=1000)
        await shop.run_for(DAY, least=3 * HOUR)
        await assert_promises(shop, settled=False)


async def test_a_day_with_many_orders_is_read_page_by_page(shop: Shop) -> None:
    await shop.visit()
    begins = shop.clock.now()
    shop.world.shop(shop.vendor_id, People(130, begins, begins + 20 * HOUR, cancel_share=0, two_box_share=0))
    shop.later(2 * DAY)
    await shop.visit()
    assert len(await shop.boxes()) == 130
    assert await shop.holes() == []
    paged = await shop.rows("SELECT pages FROM poll_run WHERE feed = 'orders' ORDER BY run_id DESC LIMIT 1")
    # Three pages of ACCEPT, read twice because boxes move between pages; one page of each other status.
    assert paged[0]["pages"] == 2 * 3 + 5
    await assert_promises(shop)
