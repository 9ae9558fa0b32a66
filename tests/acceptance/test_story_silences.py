"""Silence that ends: keys that change during a visit, answers that ask for a pause of years."""

import httpx
import pytest

from app.engine.caller import US
from app.engine.vendors import vendors
from tests.support.mid_call import meanwhile
from tests.support.shop import DAY, HOUR, SECOND, VENDOR, Shop, assert_promises

NEW = {"access_key": "00000000-acce-5500-0000-00000000beef", "secret_key": "feed" * 10}


async def test_the_old_key_of_a_visit_under_way_does_not_silence_the_new_one(shop: Shop) -> None:
    """Coupang refuses the old key from the moment of its replacement, and a visit still speaks with it."""
    await shop.visit()
    shop.order()
    shop.later(HOUR)

    async def replaced(_: object) -> None:
        shop.world.add_vendor(VENDOR, NEW["access_key"], NEW["secret_key"])
        await vendors.rotate(shop.context, US, VENDOR, **NEW)

    struck = meanwhile(shop, "GET", replaced)
    await shop.visit()
    assert struck
    vendor = await shop.vendor()
    assert (vendor["stopped_kind"], vendor["stopped_until"]) == (None, None)
    assert await shop.due_at() <= shop.clock.now()
    # It has ended with the refusal: one call, not the whole visit.
    assert (
        sum(shop.ledger["calls_per_route"][route].get("401", 0) for route in shop.ledger["calls_per_route"])
        == 1
    )
    assert await shop.visit()
    await shop.run_for(HOUR)
    await assert_promises(shop)


@pytest.mark.parametrize("asked", ["31536000000", "9" * 400])
async def test_nobody_is_silent_for_years_because_an_answer_says_so(shop: Shop, asked: str) -> None:
    shop.world.add_fault("429", ban_real_s=1.0)

    def years(answer: httpx.Response) -> None:
        answer.headers["Retry-After"] = asked

    struck = meanwhile(shop, "GET", years)
    await shop.visit()
    assert struck
    vendor = await shop.vendor()
    assert vendor["stopped_kind"] == "throttled"
    assert HOUR <= vendor["stopped_until"] - shop.clock.now() <= DAY
    shop.world.pardon(VENDOR)
    shop.clock.set(vendor["stopped_until"] + SECOND)
    assert await shop.visit()
    assert (await shop.vendor())["stopped_until"] is None
