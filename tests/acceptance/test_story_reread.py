"""A person has a receipt read now: by the vendor's next visit, and is told what it changed."""

from app.flows import rereading
from app.flows.asking import US
from tests.acceptance.shops import MINUTE, Shop
from tests.acceptance.stops import packed, requested


async def test_a_receipt_is_read_live_and_told(shop: Shop) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    shop.later(MINUTE)
    asked = await rereading.ask(shop.house, US, "receipt", receipt_id)
    assert not (await rereading.look(shop.house, asked))["read"]
    shop.world.withdraw(receipt_id)
    await shop.visit()
    told = await rereading.look(shop.house, asked)
    assert told["read"]
    assert told["states"] == {"cancel": "WITHDRAWN"}
    assert [one["event"] for one in told["changes"]] == ["see_withdrawn"]
