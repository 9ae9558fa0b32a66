"""What left the warehouse against what was still to be sent: the ledger knows units, not only waybills."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.clock import Frozen
from app.errors import Conflict, Invalid
from app.sandbox.core.order_entities import Box
from app.sandbox.core.rules import Rules
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from tests.support.sandbox_claims import SHIRT, SOCKS, delivered, exchanged, instructed, stop
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR, Seller, dtos

LABEL = "000000000012"


async def hand_over(seller: Seller, box_id: int, units: dict[int, int], label: str = LABEL) -> dict[str, Any]:
    """Tell the sandbox over HTTP what the courier took."""
    told = {
        "shipment_box_id": box_id,
        "delivery_company_code": "CJGLS",
        "invoice_number": label,
        "lines": [{"vendor_item_id": item, "units": count} for item, count in units.items()],
    }
    answer = await seller.client.post("/_sandbox/handovers", json=told)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def wrong(world: World) -> list[tuple[int, str, int | None]]:
    return [
        (one["vendor_item_id"], one["why"], one.get("units")) for one in world.report()["shipped_cancelled"]
    ]


async def test_a_packed_unit_that_was_cancelled_is_counted(
    seller: Seller, world: World, clock: Frozen
) -> None:
    """A box of three, all packed; the customer stops one, staff say so in WING, and the waybill goes."""
    box = instructed(world, shirts=3)
    receipt = stop(world, box, {SHIRT: 1})
    clock.advance(seconds=30)
    world.wing_stop(receipt.receipt_id)
    taken = await seller.invoices(*dtos(box))
    assert taken.json()["data"]["responseList"][0]["resultCode"] == "OK"
    # The waybill names no quantities: paper alone shows nothing wrong.
    assert world.report()["shipped_cancelled"] == []
    told = await hand_over(seller, box.box_id, {SHIRT: 3})
    report = world.report()
    (seen,) = report["shipped_cancelled"]
    assert told["shipped_cancelled"] == [seen]
    assert seen == {
        "vendor_id": VENDOR,
        "shipment_box_id": box.box_id,
        "vendor_item_id": SHIRT,
        "kind": "hand_over",
        "invoice": LABEL,
        "why": "cancelled_line",
        "since": receipt.created_at.isoformat(),
        "at": clock.now().isoformat(),
        "call": -1,
        "units": 1,
    }
    assert report["units_shipped_cancelled"] == 1
    listed = (await seller.client.get("/_sandbox/handovers")).json()
    assert listed == report["handed_over"]
    assert listed[0]["lines"] == [{"vendor_item_id": SHIRT, "units": 3}]


async def test_what_was_packed_for_what_is_left_is_honest(seller: Seller, world: World) -> None:
    box = instructed(world, shirts=3, socks=2)
    world.wing_stop(stop(world, box, {SHIRT: 1}).receipt_id)
    await seller.invoices(*dtos(box))
    told = await hand_over(seller, box.box_id, {SHIRT: 2, SOCKS: 2})
    assert (told["shipped_cancelled"], wrong(world)) == ([], [])


async def test_every_road_on_which_units_fall_is_counted(seller: Seller, world: World, clock: Frozen) -> None:
    """By whom and when: an open stop, a refund under way, a cancel at ACCEPT, a whole box, Coupang itself."""
    asked = instructed(world, shirts=3)
    stop(world, asked, {SHIRT: 2})
    refunding = instructed(world, shirts=3)
    world.cancel(refunding.box_id, {SHIRT: 1}, by="support")
    seller_cancelled = instructed(world, shirts=3)
    await seller.cancel(seller_cancelled, {SHIRT: 1})
    whole = instructed(world, shirts=3)
    world.wing_cancel(whole.box_id)
    silent = instructed(world, shirts=3)
    stop(world, silent, {SHIRT: 1})
    clock.advance(days=2)
    boxes = (asked, refunding, seller_cancelled, whole, silent)
    for place, box in enumerate(boxes):
        world.advance()
        await hand_over(seller, box.box_id, {SHIRT: 3}, f"{place:012d}")
    assert wrong(world) == [
        # Coupang has refunded what nobody answered in two days.
        (SHIRT, "cancelled_line", 2),
        (SHIRT, "cancelled_line", 1),
        (SHIRT, "cancelled_line", 1),
        (SHIRT, "cancelled", 3),
        (SHIRT, "cancelled_line", 1),
    ]
    assert world.report()["units_shipped_cancelled"] == 8


async def test_an_open_stop_and_a_running_refund_count_as_well(seller: Seller, world: World) -> None:
    asked, refunding = instructed(world, shirts=3), instructed(world, shirts=3)
    stop(world, asked, {SHIRT: 2})
    world.cancel(refunding.box_id, {SHIRT: 1}, by="support")
    await hand_over(seller, asked.box_id, {SHIRT: 3})
    await hand_over(seller, refunding.box_id, {SHIRT: 3})
    assert wrong(world) == [(SHIRT, "stop_requested", 2), (SHIRT, "refund_running", 1)]


async def test_what_left_before_the_customer_asked_is_no_fault(
    seller: Seller, world: World, clock: Frozen
) -> None:
    """Returns after the waybill, withdrawn stops, and stops that O11 answers."""
    late, withdrawn, answered = (instructed(world, shirts=2) for _ in range(3))
    await seller.invoices(*dtos(late))
    world.request_cancel(late.box_id)
    world.withdraw(stop(world, withdrawn).receipt_id)
    receipt = stop(world, answered)
    number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000023"}
    await seller.receipt(receipt.receipt_id, "completedShipment", **number)
    for place, box in enumerate((late, withdrawn, answered)):
        await hand_over(seller, box.box_id, {SHIRT: 2}, f"{place:012d}")
    # It had left, and was told late: the time of leaving counts.
    told_late = instructed(world, shirts=2)
    left_at = clock.now()
    clock.advance(minutes=5)
    stop(world, told_late)
    world.hand_over(told_late.box_id, "CJGLS", "000000000034", {SHIRT: 2}, at=left_at)
    assert wrong(world) == []


async def test_parts_of_a_split_are_counted_by_the_box_that_was_parted(seller: Seller, world: World) -> None:
    box = instructed(world, shirts=2, socks=2)
    rows = dtos(box, splitShipping=True)
    rows[1].update(invoiceNumber="", estimatedShippingDate="2026-11-28")
    await seller.invoices(*rows)
    await hand_over(seller, box.box_id, {SHIRT: 2})
    world.wing_stop(stop(world, box, {SOCKS: 1}).receipt_id)
    await hand_over(seller, box.box_id, {SOCKS: 2}, "000000000023")
    assert wrong(world) == [(SOCKS, "cancelled_line", 1)]


async def test_two_parcels_of_one_option_are_added_up(seller: Seller, world: World) -> None:
    box = instructed(world, shirts=3)
    world.wing_stop(stop(world, box, {SHIRT: 1}).receipt_id)
    await hand_over(seller, box.box_id, {SHIRT: 2})
    assert wrong(world) == []
    await hand_over(seller, box.box_id, {SHIRT: 1}, "000000000023")
    assert wrong(world) == [(SHIRT, "cancelled_line", 1)]


async def test_replacements_of_ended_exchanges_are_counted(
    seller: Seller, world: World, clock: Frozen
) -> None:
    exchange = exchanged(world, delivered(world))
    await seller.exchange(exchange.exchange_id, "receiveConfirmation")
    clock.advance(minutes=10)
    world.advance()
    box_id = exchange.new_box_id or 0
    good = await hand_over(seller, box_id, {SHIRT: 1}, "000000000023")
    assert good["shipped_cancelled"] == []
    world.withdraw(exchange.exchange_id, by="support")
    await hand_over(seller, box_id, {SHIRT: 1}, "000000000034")
    assert wrong(world) == [(SHIRT, "exchange_ended", 1)]


async def test_telling_a_parcel_again_changes_nothing(seller: Seller, world: World) -> None:
    box = instructed(world, shirts=3)
    stop(world, box, {SHIRT: 1})
    first = await hand_over(seller, box.box_id, {SHIRT: 3})
    assert await hand_over(seller, box.box_id, {SHIRT: 3}) == first
    assert world.report()["units_shipped_cancelled"] == 1
    with pytest.raises(Conflict):
        world.hand_over(box.box_id, "CJGLS", LABEL, {SHIRT: 2})


@pytest.mark.parametrize("units", [{}, {SHIRT: 0}, {SHIRT: 4}, {SOCKS: 1}])
def test_impossible_parcels_are_refused(world: World, clock: Frozen, units: dict[int, int]) -> None:
    box: Box = instructed(world, shirts=3)
    with pytest.raises(Invalid):
        world.hand_over(box.box_id, "CJGLS", LABEL, units)
    with pytest.raises(Invalid):
        world.hand_over(box.box_id, "CJGLS", LABEL, {SHIRT: 1}, at=clock.now() + timedelta(seconds=1))
    assert world.report()["handed_over"] == []


async def test_what_left_is_known_after_a_restart(clock: Frozen, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    rules = Rules(limit_per_second=0, list_lag_s=0, acknowledge_lag_max_s=0)
    world = World(clock, seed=5, rules=rules)
    async with Running(world, journal=journal) as sandbox, httpx.AsyncClient(base_url=sandbox.url) as client:
        keys = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        await client.post("/_sandbox/vendors", json=keys)
        lines = [{"vendor_item_id": SHIRT, "count": 3}]
        await client.post("/_sandbox/orders", json={"vendor_id": VENDOR, "boxes": [{"lines": lines}]})
        (box_id,) = world.boxes
        await client.post(f"/_sandbox/boxes/{box_id}/wing", json={"act": "acknowledge"})
        cancel = {"act": "request_cancel", "lines": [{"vendor_item_id": SHIRT, "count": 1}]}
        await client.post(f"/_sandbox/boxes/{box_id}/customer", json=cancel)
        await hand_over(Seller(client, clock, VENDOR, ACCESS_KEY, SECRET_KEY), box_id, {SHIRT: 3})
    again = World(clock, seed=5, rules=rules)
    async with Running(again, journal=journal):
        assert again.report()["shipped_cancelled"] == world.report()["shipped_cancelled"]
        assert again.report()["units_shipped_cancelled"] == 1
