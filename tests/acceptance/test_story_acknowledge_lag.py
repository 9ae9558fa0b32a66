"""An acknowledge that shows late, and an address that changes in the last second."""

import pytest

from app.errors import Refused
from app.sandbox.core.order_entities import Receiver
from tests.support.shop import MINUTE, SECOND, Shop, assert_promises

OLD = Receiver("김예시", "50300000001", "서울특별시 가상구 예시로 1", "101동 101호", "01000")
NEW = Receiver("이보기", "50300000002", "부산광역시 예시구 보기길 2", "202동 202호", "02000")


async def test_an_acknowledge_that_shows_only_25_minutes_later(shop: Shop) -> None:
    box_id = shop.order(receiver=OLD).box_id
    shop.world.fix_acknowledge_lag(box_id, 25 * 60)
    await shop.until_state("INSTRUCT", box_id)
    acknowledged_at = shop.clock.now()

    async def shown() -> bool:
        box = await shop.find(box_id)
        assert box is not None
        assert box["state"] == "INSTRUCT", "no walk back"
        assert box["attention"] is None
        if shop.clock.now() < acknowledged_at + 25 * MINUTE:
            # Until it shows, the address is not final and nothing may be shipped.
            assert not box["address_final"]
            with pytest.raises(Refused) as refused:
                await shop.ship(box_id)
            assert [rule["rule"] for rule in refused.value.members["missing"]] == ["address_is_final"]
            assert "INSTRUCT" in refused.value.members["missing"][0]["unblock"]
        return bool(box["address_final"])

    await shop.until(shown, step=2 * MINUTE)
    assert shop.clock.now() - acknowledged_at < 45 * MINUTE
    assert shop.calls("O6") == 1
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    assert shop.mutations(box_id) == [("acknowledge", 1), ("invoice", 1)]
    await assert_promises(shop)


@pytest.mark.parametrize("lag_s", [0, 1500])
async def test_an_address_changed_one_second_before_the_acknowledge(shop: Shop, lag_s: int) -> None:
    box_id = shop.order(receiver=OLD).box_id
    shop.world.fix_acknowledge_lag(box_id, lag_s)

    async def asked() -> bool:
        return bool(await shop.effects(box_id))

    await shop.until(asked)
    effect = (await shop.effects(box_id))[0]
    assert [one["name"] for one in await shop.receivers(box_id)] == ["김예시"]

    # The acknowledge leaves in a minute; the customer moves a second before.
    shop.clock.set(effect["not_before"] - SECOND)
    shop.world.change_address(box_id, NEW)
    shop.clock.set(effect["not_before"])
    await shop.to_instruct(box_id)
    box = await shop.find(box_id)
    assert box is not None
    assert (box["address_version"], box["address_final"]) == (2, True)
    final, before = await shop.receivers(box_id)
    assert (final["version"], final["name"], final["addr1"], final["post_code"]) == (
        2,
        NEW.name,
        NEW.addr1,
        NEW.post_code,
    )
    assert before["name"] == OLD.name
    assert shop.mutations(box_id) == [("acknowledge", 1)]
    await assert_promises(shop)
