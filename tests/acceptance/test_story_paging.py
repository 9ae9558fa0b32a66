"""Lists that shift, repeat and break off while they are read."""

import pytest

from app.sandbox.world.population import Shop as People
from tests.support.shop import DAY, HOUR, MINUTE, Shop, assert_promises

FAULTS = {
    "a row slips off between two pages": ("shift_page", {"direction": "skip"}),
    "a row shows on two pages": ("shift_page", {"direction": "repeat"}),
    "a page comes twice with its token": ("duplicate_page", {}),
    "a first page without rows names a next one": ("empty_page", {}),
    "a later page without rows names a next one": ("empty_page", {"skip": 1}),
    "the gateway gives up on a later page": ("504_before", {"skip": 2}),
    "a later page is cut in half": ("truncate_before", {"skip": 2}),
}


@pytest.mark.parametrize("story", FAULTS)
async def test_a_list_that_breaks_while_it_is_read_loses_nothing(shop: Shop, story: str) -> None:
    kind, options = FAULTS[story]
    await shop.visit()
    begins = shop.clock.now()
    shop.world.shop(shop.vendor_id, People(120, begins, begins + 20 * HOUR, cancel_share=0, two_box_share=0))
    shop.later(2 * DAY)
    fault = shop.world.add_fault(kind, route="O1", **options)
    await shop.visit()
    assert fault.hits == 1
    if await shop.holes():
        # Nothing was claimed that was not read to its end; the next sweep asks again.
        failed = await shop.rows("SELECT * FROM poll_run WHERE outcome = 'failed'")
        assert len(failed) == 1
        assert (await shop.rows("SELECT failures FROM feed WHERE feed = 'orders'"))[0]["failures"] == 1
        shop.later(2 * MINUTE)
        await shop.visit()
    assert await shop.holes() == []
    assert len(await shop.boxes()) == 120
    await assert_promises(shop)


async def test_a_list_that_never_settles_claims_nothing(shop: Shop) -> None:
    await shop.visit()
    begins = shop.clock.now()
    shop.world.shop(shop.vendor_id, People(120, begins, begins + 20 * HOUR, cancel_share=0, two_box_share=0))
    shop.later(2 * DAY)
    covered = await shop.one("SELECT covered FROM feed WHERE feed = 'orders'")
    shop.world.add_fault("duplicate_page", route="O1", times=None)
    await shop.visit()
    assert await shop.one("SELECT covered FROM feed WHERE feed = 'orders'") == covered
    shop.world.faults.clear()
    shop.later(2 * MINUTE)
    await shop.visit()
    assert await shop.holes() == []
    assert len(await shop.boxes()) == 120
    await assert_promises(shop)
