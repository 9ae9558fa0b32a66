"""A box that leaves in two parts: the first under a new id, the rest later under the old one."""

from datetime import timedelta

import pytest

from app.errors import Refused
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.shop import DAY, HOUR, Shop, assert_promises

TWO_KINDS = [
    BoxSpec([LineSpec(vendor_item_id=85_000_000_001, count=1), LineSpec(vendor_item_id=85_000_000_002)])
]


@pytest.mark.parametrize("answer", ["in time", "504_after", "drop_after", "truncate_after", "504_before"])
async def test_part_leaves_now_and_the_rest_later(shop: Shop, answer: str) -> None:
    shop.world.set_rules(couriers=False)
    box_id = shop.order(TWO_KINDS).box_id
    await shop.to_instruct(box_id)
    if answer != "in time":
        shop.world.add_fault(answer, route="O7")
    later = (shop.clock.now() + 3 * DAY).date()
    await shop.ship(box_id, later=[85_000_000_002], later_date=later)

    async def parted() -> bool:
        return len(await shop.boxes()) == 2

    await shop.until(parted)
    part_id = next(one for one in await shop.boxes() if one != box_id)
    # What left is a box of its own; what stays waits where it was.
    await shop.until_state("DEPARTURE", part_id)
    rest, part = await shop.find(box_id), await shop.find(part_id)
    assert rest is not None
    assert part is not None
    assert rest["order_id"] == part["order_id"]
    assert [line["vendor_item_id"] for line in part["lines"]] == [85_000_000_001]

    async def known() -> bool:
        box = await shop.find(box_id)
        assert box is not None
        return box["split_shipping"] and [line["vendor_item_id"] for line in box["lines"]] == [85_000_000_002]

    await shop.until(known)
    first = [effect for effect in await shop.effects(box_id) if effect["kind"] == "SHIP"]
    assert [effect["state"] for effect in first] == ["CONFIRMED"]

    shop.later(timedelta(days=1))
    await shop.ship(box_id)
    second = (await shop.effects(box_id))[-1]
    assert (second["payload"]["split_shipping"], second["payload"]["pre_split_shipped"]) == (True, True)
    await shop.until_state("DEPARTURE", box_id)
    shop.world.deliver(box_id)
    shop.world.deliver(part_id)
    await shop.until_state("FINAL_DELIVERING", box_id, part_id, least=HOUR)
    assert ("ship_part", "INSTRUCT") in await shop.road(box_id)
    assert [times for kind, times in shop.mutations(box_id) if kind == "invoice"] == [1, 1]
    await assert_promises(shop)


async def test_a_box_of_one_kind_is_not_split(shop: Shop) -> None:
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    shop.order(TWO_KINDS)
    only = shop.world.box(box_id).lines[0].vendor_item_id
    with pytest.raises(Exception, match="nothing to ship now"):
        await shop.ship(box_id, later=[only], later_date=(shop.clock.now() + DAY).date())
    whole = shop.order([BoxSpec(TWO_KINDS[0].lines, able_split=False)]).box_id
    await shop.to_instruct(whole)
    with pytest.raises(Refused) as refused:
        await shop.ship(whole, later=[85_000_000_001], later_date=(shop.clock.now() + DAY).date())
    assert [rule["rule"] for rule in refused.value.members["missing"]] == ["can_be_split"]
    assert shop.calls("O7") == 0
    await assert_promises(shop)
