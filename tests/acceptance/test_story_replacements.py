"""The new box of an exchange in the order lists: never a sale, whoever of the two is listed first."""

from typing import Any

import pytest

from app.backoffice.operations import figures
from app.engine.caller import US
from app.errors import Refused
from app.exchanges import changes as exchange_changes
from app.orders import changes as box_changes
from app.orders import queries as box_queries
from app.orders.permits import permits
from app.orders.waybills.waybills import Waybill
from tests.support.return_steps import delivered, inspected, settled
from tests.support.shop import MINUTE, Shop, assert_promises, run_sql

NEW = Waybill("CJGLS", "512345678902")
LISTED = {"exchange_box_in_lists": True, "exchange_box_min_s": 0.0, "exchange_box_max_s": 0.0}


async def opened(shop: Shop) -> int:
    """An exchange of a delivered box, as we know it."""
    box_id = await delivered(shop, **LISTED)
    exchange_id = shop.world.request_exchange(box_id).exchange_id

    async def known() -> bool:
        return bool(await shop.rows("SELECT FROM exchange WHERE exchange_id = %(id)s", id=exchange_id))

    await shop.until(known, step=15 * MINUTE)
    return exchange_id


async def names_its_box(shop: Shop, exchange_id: int) -> None:
    """Visit until the exchange, as we know it, names its new box."""

    async def named() -> bool:
        return bool((await exchange_changes.get_exchange(shop.context, None, exchange_id))["boxes"])

    await shop.until(named, step=MINUTE)


async def lists_again(shop: Shop, *, exchanges: bool) -> None:
    """Read every list of boxes from the beginning, as after a loss of coverage, and the exchanges or not."""
    now = shop.clock.now()
    await run_sql(shop, "UPDATE feed SET covered = '{}', due_at = %(at)s WHERE feed = 'orders'", at=now)
    if not exchanges:
        shop.world.add_fault("500", route="E1", times=None)
    await shop.visit()
    shop.world.faults.clear()


async def refused(shop: Shop, box_id: int, rule: str = "is_a_sale") -> None:
    """Nobody gets a waybill onto this box by the road of a sale."""
    with pytest.raises(Refused) as no:
        await box_changes.ship(shop.context, US, box_id, NEW)
    assert [one["rule"] for one in no.value.members["missing"]] == [rule]
    told = {one["action"]: one for one in await box_queries.actions(shop.context, None, box_id)}
    assert rule in [one["rule"] for one in told["ship"]["refused_by"]]
    permit = await permits.ask(shop.context, US, box_id)
    await shop.visit()
    assert (await permits.get(shop.context, None, permit["permit_id"]))["state"] == "REFUSED"


async def is_shipped_through_its_exchange(shop: Shop, exchange_id: int, box_id: int) -> None:
    """The rest of the road: E4 on the new box, which then departs and arrives in the lists too."""
    await refused(shop, box_id)
    await exchange_changes.ship(shop.context, US, exchange_id, box_id, NEW)
    await settled(shop, "SHIP_EXCHANGE")
    await shop.until_state("DEPARTURE", box_id)
    shop.world.scan(box_id)
    shop.world.deliver(box_id)
    await shop.until_state("FINAL_DELIVERING", box_id)
    assert (await shop.find(box_id) or {})["exchange_id"] == exchange_id
    assert {kind for kind, _ in shop.mutations(box_id)} - {"receive_exchange"} == {"ship_exchange"}
    counted = (await figures(shop.context)).states["boxes"]
    assert {row["state"]: row["boxes"] for row in counted} == {"FINAL_DELIVERING": 1}
    await assert_promises(shop)


async def row_of(shop: Shop, box_id: int) -> dict[str, Any]:
    return (await shop.rows("SELECT * FROM box WHERE shipment_box_id = %(id)s", id=box_id))[0]


async def test_the_exchange_names_its_box_first(shop: Shop) -> None:
    exchange_id = await opened(shop)
    await inspected(shop, exchange_id, subject="exchange")
    await exchange_changes.confirm(shop.context, US, exchange_id)
    await settled(shop, "CONFIRM_EXCHANGE")

    await names_its_box(shop, exchange_id)
    new_box = shop.world.exchange(exchange_id).new_box_id
    assert new_box is not None
    assert new_box not in await shop.boxes()
    await lists_again(shop, exchanges=True)
    assert (await row_of(shop, new_box))["exchange_id"] == exchange_id
    await is_shipped_through_its_exchange(shop, exchange_id, new_box)


async def test_the_lists_show_the_box_of_a_known_exchange_first(shop: Shop) -> None:
    exchange_id = await opened(shop)
    new_box = shop.world.wing_receive(exchange_id).new_box_id
    await lists_again(shop, exchanges=False)
    assert not (await exchange_changes.get_exchange(shop.context, None, exchange_id))["boxes"]
    assert (await row_of(shop, new_box))["exchange_id"] == exchange_id
    await refused(shop, new_box)
    await names_its_box(shop, exchange_id)
    await is_shipped_through_its_exchange(shop, exchange_id, new_box)


async def test_the_lists_show_the_box_before_we_know_of_any_exchange(shop: Shop) -> None:
    box_id = await delivered(shop, **LISTED)
    exchange_id = shop.world.request_exchange(box_id).exchange_id
    new_box = shop.world.wing_receive(exchange_id).new_box_id
    await lists_again(shop, exchanges=False)
    assert not await shop.rows("SELECT FROM exchange")
    row = await row_of(shop, new_box)
    assert row["exchange_id"] is None
    assert "may be the replacement" in row["attention"]
    await refused(shop, new_box, "claims_are_read")

    async def joined() -> bool:
        return (await row_of(shop, new_box))["exchange_id"] == exchange_id

    await shop.until(joined, step=MINUTE)
    assert (await row_of(shop, new_box))["attention"] is None
    assert not await shop.rows("SELECT FROM unread_claim WHERE released_at IS NULL")
    await is_shipped_through_its_exchange(shop, exchange_id, new_box)


async def test_a_box_taken_for_a_replacement_is_a_sale_after_all(shop: Shop) -> None:
    """The exchange names another box, so the one that was only taken for it ships as any other."""
    exchange_id = await opened(shop)
    new_box = shop.world.wing_receive(exchange_id).new_box_id
    late = shop.order().box_id
    await shop.to_instruct(late)
    await run_sql(
        shop, "UPDATE box SET exchange_id = %(e)s WHERE shipment_box_id = %(id)s", e=exchange_id, id=late
    )
    await run_sql(shop, "UPDATE exchange SET content_hash = '', next_read_at = %(at)s", at=shop.clock.now())
    await shop.visit()
    assert (await row_of(shop, late))["exchange_id"] is None
    await shop.ship(late)
    await shop.until_state("DEPARTURE", late)
    await lists_again(shop, exchanges=True)
    assert (await row_of(shop, new_box))["exchange_id"] == exchange_id
