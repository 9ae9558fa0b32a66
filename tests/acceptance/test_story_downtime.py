"""Five days without a worker: whatever happened meanwhile is found, and every state is right."""

from collections import Counter
from dataclasses import replace
from random import Random

from app.sandbox.people import Shop as People
from app.sandbox.rules import Rules
from tests.acceptance.shops import DAY, HOUR, MINUTE, Shop, assert_promises, open_shop


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
