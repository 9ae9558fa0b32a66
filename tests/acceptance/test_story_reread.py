"""A person has a receipt read now: by the vendor's next visit, and is told what it changed."""

from app.engine.caller import US
from app.engine.visits import resync
from tests.support.shop import MINUTE, Shop
from tests.support.stop_requests import packed, requested


async def test_a_receipt_is_read_live_and_told(shop: Shop) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    shop.later(MINUTE)
    asked = await resync.ask(shop.context, US, "receipt", receipt_id)
    assert not (await resync.look(shop.context, asked))["read"]
    shop.world.withdraw(receipt_id)
    await shop.visit()
    told = await resync.look(shop.context, asked)
    assert told["read"]
    assert told["states"] == {"cancel": "WITHDRAWN"}
    assert [one["event"] for one in told["changes"]] == ["see_withdrawn"]
