"""The oddities of Coupang's calls for returns and exchanges, as a user of this service meets them."""

import pytest

from app.sandbox.core.claim_entities import BY_HAND
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.rest_app import Desk, settled, statuses
from tests.support.return_steps import DEAR, delivered, inspected, returned
from tests.support.shop import DAY, HOUR, MINUTE, Shop, set_vendor
from tests.support.stop_requests import ON, SHIRT, packed, receipt_of, requested

CJ = {"courier_code": "CJGLS", "invoice_number": "512345678901"}
NEW = {"courier_code": "CJGLS", "invoice_number": "512345678902"}


async def claims(desk: Desk, which: str) -> dict[int, str]:
    """Return the claims that the desk sees, with their states."""
    name = "exchange_id" if which == "exchanges" else "receipt_id"
    return {int(row[name]): row["state"] for row in await desk.items(f"/v1/{which}?limit=200")}


async def test_oddity_29_every_kind_of_receipt_is_found_and_no_list_is_asked_wrongly(
    shop: Shop, desk: Desk
) -> None:
    """v6 wants a status for returns (RU, UC, CC, PR) and none for cancels; otherwise 400."""
    box_id = await delivered(shop)
    # Each by one shirt, so that one box has a return in every list.
    returns = [shop.world.request_return(box_id, {SHIRT: 1}).receipt_id for _ in range(2)]
    shop.world.wing_receive(returns[0])
    disputed = shop.world.request_return(await delivered(shop)).receipt_id
    shop.world.wing_dispute(disputed)
    stopped = await packed(shop)
    shop.world.request_cancel(stopped)
    await set_vendor(shop, auto_acknowledge=False)
    gone = shop.order().box_id
    shop.world.cancel(gone)
    await shop.run_for(HOUR, least=20 * MINUTE)
    assert await claims(desk, "returns") == {
        returns[0]: "VENDOR_WAREHOUSE_CONFIRM",
        returns[1]: "RETURNS_UNCHECKED",
        disputed: "REQUEST_COUPANG_CHECK",
    }
    assert await claims(desk, "cancels") == {
        receipt_of(shop, stopped).receipt_id: "REQUESTED",
        receipt_of(shop, gone).receipt_id: "CANCELLED",
    }
    assert set(statuses(shop, "R1")) == {"200"}


@pytest.mark.parametrize("shown", ["RELEASE_STOP_UNCHECKED", "RETURNS_UNCHECKED"])
async def test_oddity_30_a_stop_in_two_lists_is_one_and_its_withdrawal_is_found_late(
    shop: Shop, desk: Desk, shown: str
) -> None:
    """A stop request is in RU and UC; a withdrawn one is in no list, only in seven days of history."""
    shop.world.set_rules(stop_request_in_uc=shown)
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    await shop.run_for(HOUR, least=20 * MINUTE)
    assert await claims(desk, "cancels") == {receipt_id: "REQUESTED"}
    assert await claims(desk, "returns") == {}
    assert "no_stop_requested" in await desk.refused(f"/v1/boxes/{box_id}/ship", CJ)
    shop.world.withdraw_cancel(box_id)
    # Nobody looks for longer than one question about withdrawals may span.
    shop.later(10 * DAY)

    async def withdrawn() -> bool:
        return await claims(desk, "cancels") == {receipt_id: "WITHDRAWN"}

    await shop.until(withdrawn)
    assert set(statuses(shop, "R5")) | set(statuses(shop, "R6")) == {"200"}

    async def ships() -> bool:
        return (await desk.try_to(f"/v1/boxes/{box_id}/ship", CJ)).status_code == 202

    await shop.until(ships)
    await shop.until_state("DEPARTURE", box_id)


async def test_oddity_31_exchanges_are_asked_week_by_week_and_page_by_page(shop: Shop, desk: Desk) -> None:
    """The list takes at most seven days, ten rows a page by default, and no status means all."""
    box_id = await delivered(shop)
    shop.world.set_rules(**ON, exchange_page_size=2)
    big = shop.order([BoxSpec([LineSpec(SHIRT, 6, price_krw=DEAR)])]).box_id
    await shop.to_instruct(big)
    await shop.ship(big)
    await shop.until_state("DEPARTURE", big)
    shop.world.deliver(big)
    made = [shop.world.request_exchange(big, {SHIRT: 1}).exchange_id for _ in range(5)]
    shop.later(9 * DAY)
    made.append(shop.world.request_exchange(box_id, {SHIRT: 1}).exchange_id)
    shop.world.wing_reject(made[0], "SOLDOUT")
    # Nobody looked for more than three windows.
    shop.later(14 * DAY)

    async def found() -> bool:
        return set(await claims(desk, "exchanges")) == set(made)

    await shop.until(found, most=10, least=15 * MINUTE)
    states = await claims(desk, "exchanges")
    assert states[made[0]] == "REJECT"
    assert {states[one] for one in made[1:]} == {"RECEIPT"}
    assert set(statuses(shop, "E1")) == {"200"}


async def test_oddity_32_the_replacement_has_a_box_of_its_own_minutes_later(shop: Shop, desk: Desk) -> None:
    """The box of an exchange exists up to ten minutes after the confirmation; the original one never fits."""
    box_id = await delivered(shop, exchange_box_min_s=540.0, exchange_box_max_s=540.0)
    exchange_id = shop.world.request_exchange(box_id, collect=BY_HAND).exchange_id
    place = f"/v1/exchanges/{exchange_id}"

    async def seen() -> bool:
        return exchange_id in await claims(desk, "exchanges")

    await shop.until(seen, least=5 * MINUTE)
    assert (await desk.get(place))["boxes"] == []
    original = {**NEW, "shipment_box_id": str(box_id)}
    assert "is_new_box" in await desk.refused(f"{place}/ship", original)
    await inspected(shop, exchange_id, subject="exchange")
    await settled(shop, desk, await desk.post(f"{place}/confirm"))
    since = shop.clock.now()

    async def boxed() -> bool:
        return bool((await desk.get(place))["boxes"])

    await shop.until(boxed)
    assert 8 * MINUTE <= shop.clock.now() - since <= 20 * MINUTE
    assert await desk.refused(f"{place}/ship", original) == {"is_new_box"}
    new_box = (await desk.get(place))["boxes"][0]["shipment_box_id"]
    assert new_box != str(box_id)
    # It is no sale: nobody can ship it as one.
    assert (await desk.try_to(f"/v1/boxes/{new_box}/ship", NEW)).status_code == 404
    await settled(shop, desk, await desk.post(f"{place}/ship", {**NEW, "shipment_box_id": new_box}))
    (box,) = (await desk.get(place))["boxes"]
    assert (box["shipment_box_id"], box["invoice_number"]) == (new_box, NEW["invoice_number"])
    assert statuses(shop, "E4") == {"200": 1}


async def test_oddity_33_a_return_is_read_alone_from_an_array_and_a_cancel_never(
    shop: Shop, desk: Desk
) -> None:
    """A single return comes as an array, may speak Korean, and the number of a cancel is an error."""
    shop.world.set_rules(korean_receipt_type=True)
    receipt_id = await returned(shop, await delivered(shop, korean_receipt_type=True), collect=BY_HAND)
    await inspected(shop, receipt_id)
    await settled(shop, desk, await desk.post(f"/v1/returns/{receipt_id}/confirm"))
    await set_vendor(shop, auto_acknowledge=False)
    gone = shop.order().box_id
    await shop.until_state("ACCEPT", gone)
    shop.world.cancel(gone)
    await shop.until_state("CANCELLED", gone, least=5 * MINUTE)
    await shop.run_for(DAY, least=6 * HOUR)
    assert (await desk.box(gone))["state"] == "CANCELLED"
    assert await claims(desk, "cancels") == {receipt_of(shop, gone).receipt_id: "CANCELLED"}
    assert await claims(desk, "returns") == {receipt_id: "VENDOR_WAREHOUSE_CONFIRM"}
    told = await desk.get(f"/v1/returns/{receipt_id}")
    assert (told["receipt_type"], told["attention"]) == ("RETURN", None)
    assert set(statuses(shop, "R2")) == {"200"}


async def test_oddity_34_an_error_number_under_200_is_no_success(shop: Shop, desk: Desk) -> None:
    """Some calls answer HTTP 200 with an error number in `code`."""
    # A list that says so is not an empty list: the order is found when it is asked again.
    shop.world.set_rules(**ON)
    lists = shop.world.add_fault("200_error", route="O2", times=2)
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    assert lists.hits == 2
    receipt_id = await requested(shop, box_id)
    shop.world.add_fault("200_error", route="O10")
    effect = await settled(shop, desk, await desk.post(f"/v1/cancels/{receipt_id}/stop"))
    tried = [(one["purpose"], one["outcome"]) for one in effect["trail"] if one["outcome"] != "wait"]
    assert tried == [("write", "doubt"), ("readback", "disprove"), ("write", "confirm")]
    await shop.until_state("CANCELLED", box_id)
    assert (await desk.get(f"/v1/cancels/{receipt_id}"))["state"] == "STOPPED"
    assert statuses(shop, "O10") == {"200": 2}
    assert shop.mutations(box_id) == [("acknowledge", 1), ("stop_shipment", 1)]

    async def covered() -> bool:
        return await shop.holes() == []

    await shop.until(covered, most=10, least=10 * MINUTE)
