"""A claim that comes and goes before any list shows it leaves a hold behind: the box is read again."""

from datetime import timedelta
from typing import Any

from app.orders import store as box_store
from tests.support.return_steps import delivered
from tests.support.shop import HOUR, MINUTE, Shop, assert_promises
from tests.support.stop_requests import receipt_of


async def held(shop: Shop) -> list[Any]:
    return [row["held"] for row in await shop.rows("SELECT held FROM line")]


async def test_a_return_that_was_withdrawn_unseen_holds_nothing(shop: Shop) -> None:
    box_id = await delivered(shop)
    day_s = timedelta(days=1).total_seconds()
    shop.world.set_rules(receipt_lag_min_s=day_s, receipt_lag_max_s=day_s)
    shop.world.request_return(box_id)
    async with shop.context.db.transaction() as tx:
        await box_store.doubt(tx, shop.vendor_id, [box_id], shop.clock.now())
    await shop.visit()
    assert await held(shop) == [2]
    # Still there: it is looked at again, once an hour and no more.
    singles = shop.calls("O3")
    await shop.run_for(3 * HOUR, least=15 * MINUTE)
    assert await held(shop) == [2]
    assert 2 <= shop.calls("O3") - singles <= 4
    shop.world.withdraw(receipt_of(shop, box_id).receipt_id)
    await shop.run_for(2 * HOUR, least=15 * MINUTE)
    assert await held(shop) == [0]
    assert await shop.rows("SELECT * FROM receipt") == []
    assert (await shop.boxes())[box_id]["next_read_at"] is None
    await assert_promises(shop)
