"""Times that cannot be: one of them stops no vendor, and costs no flood of calls."""

import pytest

from tests.support.shop import DAY, HOUR, MINUTE, Shop
from tests.support.stop_requests import packed


@pytest.mark.parametrize("paid_at", ["9999-12-31T23:00:00+09:00", "0001-01-01T10:00:00+00:00"])
async def test_a_payment_at_the_end_of_time_is_the_payment_of_the_order(shop: Shop, paid_at: str) -> None:
    """A list by days around such a day would be asked for days that no calendar has."""
    shop.world.set_rules(couriers=False, acknowledge_lag_max_s=0.0)
    strange, good = shop.order().box_id, shop.order().box_id
    shop.world.add_fault("unreadable_row", box_id=strange, times=None, set={"paidAt": paid_at})
    await shop.to_instruct(good)
    await shop.ship(good)
    await shop.until_state("DEPARTURE", good, step=MINUTE)
    found = await shop.find(strange)
    assert found is not None
    assert found["state"] == "INSTRUCT"
    assert abs(found["paid_at"] - found["ordered_at"]) < MINUTE


async def test_an_exchange_of_long_ago_does_not_cost_a_call_for_each_week_since(shop: Shop) -> None:
    box_id = await packed(shop)
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    shop.world.deliver(box_id)
    await shop.until_state("FINAL_DELIVERING", box_id)
    shop.world.request_exchange(box_id)
    when = {"createdAt": "2001-01-01T00:00:00"}
    shop.world.add_fault("unreadable_row", route="E1", times=None, set=when)

    async def known() -> bool:
        return bool(await shop.rows("SELECT 1 FROM exchange"))

    await shop.until(known, step=HOUR)
    before = shop.calls("E1")
    await shop.run_for(DAY / 24, least=15 * MINUTE)
    # A window is six days long, and is read every quarter of an hour.
    assert shop.calls("E1") - before <= 5 * (180 / 6 + 2)
