"""Customers, WING and couriers: what they may do, and what the API shows of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.clock import Frozen
from app.errors import Conflict, Invalid, NotFound
from app.sandbox.core.order_entities import Box, Receiver
from app.sandbox.core.rules import Rules
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from app.sandbox.world.population import Shop
from app.sandbox.world.world import World
from tests.support.sandbox_seller import VENDOR, Seller, dtos

ELSEWHERE = Receiver("이예시", "50300000099", "서울특별시 가상구 변경로 22", "202호", "01235")


@pytest.fixture
def box(world: World) -> Box:
    """Two options, two pieces each."""
    lines = [LineSpec(vendor_item_id=85000000001 + n, count=2) for n in range(2)]
    return world.order(VENDOR, [BoxSpec(lines)])[0][0]


async def test_address_changes_until_the_acknowledge(
    seller: Seller, world: World, box: Box, clock: Frozen
) -> None:
    world.fix_acknowledge_lag(box.box_id, 600)
    world.change_address(box.box_id, ELSEWHERE)
    row = (await seller.box(box.box_id)).json()["data"]
    assert row["receiver"] == {
        "name": "이예시",
        "safeNumber": "+8250300000099",
        "receiverNumber": None,
        "addr1": "서울특별시 가상구 변경로 22",
        "addr2": "202호",
        "postCode": "01235",
    }
    drawn = world.change_address(box.box_id).receiver
    assert drawn != ELSEWHERE
    await seller.acknowledge(box.box_id)
    with pytest.raises(Conflict, match="INSTRUCT"):
        world.change_address(box.box_id, ELSEWHERE)
    assert [one["name"] for one in world.truth()[0]["receivers"]][1:] == ["이예시", drawn.name]


async def test_cancel_at_accept_leaves_no_trace(seller: Seller, world: World, box: Box) -> None:
    world.cancel(box.box_id)
    for status in ("ACCEPT", "INSTRUCT"):
        assert await seller.ids(status) == []
    assert (await seller.box(box.box_id)).status_code == 400
    row = (await seller.acknowledge(box.box_id)).json()["data"]["responseList"][0]
    assert row["resultCode"] == "NOT_FOUND_SHIPMENT_BOX"
    assert world.truth()[0]["status"] == "CANCELLED"


async def test_cancel_of_one_box_keeps_the_other(seller: Seller, world: World) -> None:
    first, second = world.order(VENDOR, [BoxSpec(), BoxSpec()])[0]
    world.cancel(first.box_id)
    rows = (await seller.get(f"{first.order_id}/ordersheets")).json()["data"]
    assert [row["shipmentBoxId"] for row in rows] == [second.box_id]


async def test_running_refund_holds_the_order_back(
    seller: Seller, world: World, box: Box, clock: Frozen
) -> None:
    item = box.lines[0].vendor_item_id
    world.cancel(box.box_id, {item: 1})
    items = (await seller.box(box.box_id)).json()["data"]["orderItems"]
    assert (items[0]["holdCountForCancel"], items[0]["cancelCount"]) == (1, 0)
    row = (await seller.acknowledge(box.box_id)).json()["data"]["responseList"][0]
    assert (row["resultCode"], row["succeed"]) == ("INVALID_STATUS", False)
    clock.advance(seconds=600)
    items = (await seller.box(box.box_id)).json()["data"]["orderItems"]
    counts = ("shippingCount", "holdCountForCancel", "cancelCount", "canceled")
    assert [items[0][name] for name in counts] == [2, 0, 1, False]
    assert (await seller.acknowledge(box.box_id)).json()["data"]["responseCode"] == 0


async def test_cancel_request_holds_pieces_until_withdrawn(seller: Seller, world: World, box: Box) -> None:
    with pytest.raises(Conflict):
        world.request_cancel(box.box_id)
    world.wing_acknowledge(box.box_id)
    world.request_cancel(box.box_id, {box.lines[1].vendor_item_id: 2})
    assert await seller.ids("INSTRUCT") == [box.box_id]
    items = (await seller.day("INSTRUCT")).json()["data"][0]["orderItems"]
    assert [one["holdCountForCancel"] for one in items] == [0, 2]
    with pytest.raises(Conflict):
        world.request_cancel(box.box_id)
    with pytest.raises(Conflict):
        world.cancel(box.box_id)
    world.withdraw_cancel(box.box_id)
    items = (await seller.box(box.box_id)).json()["data"]["orderItems"]
    assert [one["holdCountForCancel"] for one in items] == [0, 0]
    with pytest.raises(Conflict):
        world.withdraw_cancel(box.box_id)


async def test_request_during_the_lag(seller: Seller, world: World, box: Box) -> None:
    """The acknowledge is applied, so the customer can only ask; the lists still show ACCEPT."""
    world.fix_acknowledge_lag(box.box_id, 600)
    await seller.acknowledge(box.box_id)
    world.request_cancel(box.box_id)
    row = (await seller.box(box.box_id)).json()["data"]
    assert (row["status"], row["orderItems"][0]["holdCountForCancel"]) == ("ACCEPT", 2)


def test_pieces_that_are_not_there(world: World, box: Box) -> None:
    for pieces in ({box.lines[0].vendor_item_id: 3}, {1: 1}, {box.lines[0].vendor_item_id: 0}, {}):
        with pytest.raises(Invalid):
            world.cancel(box.box_id, pieces)


async def test_wing_does_the_same_by_hand(seller: Seller, world: World, box: Box) -> None:
    world.wing_acknowledge(box.box_id)
    assert await seller.ids("INSTRUCT") == [box.box_id]
    world.wing_ship(box.box_id, "KGB", "12345678901")
    row = (await seller.box(box.box_id)).json()["data"]
    assert (row["status"], row["deliveryCompanyName"]) == ("DEPARTURE", "로젠택배")
    # Nobody asked over the API, so the ledger knows of no change.
    assert world.report()["mutations"] == []
    assert [step["by"] for step in world.truth()[0]["history"]] == ["customer", "wing", "wing"]


async def test_wing_cancel_decides_an_open_request(seller: Seller, world: World, box: Box) -> None:
    world.wing_acknowledge(box.box_id)
    world.request_cancel(box.box_id, {box.lines[0].vendor_item_id: 1})
    world.wing_cancel(box.box_id)
    assert (await seller.box(box.box_id)).status_code == 400


@pytest.mark.parametrize(
    "act",
    [
        lambda world, box_id: world.wing_ship(box_id, "CJGLS", "000000000012"),
        lambda world, box_id: world.scan(box_id),
        lambda world, box_id: world.deliver(box_id),
        lambda world, box_id: world.never_scan(box_id),
        lambda world, box_id: world.withdraw_cancel(box_id),
    ],
)
def test_acts_out_of_turn_are_refused(world: World, box: Box, act: Callable[[World, int], object]) -> None:
    with pytest.raises(Conflict):
        act(world, box.box_id)
    assert box.status == "ACCEPT"
    with pytest.raises(NotFound):
        act(world, 1)


def test_wing_refuses_wrong_waybills(world: World, box: Box) -> None:
    world.wing_acknowledge(box.box_id)
    for courier, number in (("LOTTE", "0000000000"), ("CJGLS", "1")):
        with pytest.raises(Invalid):
            world.wing_ship(box.box_id, courier, number)


async def test_couriers_scan_and_deliver_by_seeded_chance(
    seller: Seller, world: World, clock: Frozen
) -> None:
    world.set_rules(couriers=True)
    boxes = [boxes[0] for boxes in world.order(VENDOR, count=30)]
    for number, box in enumerate(boxes):
        world.wing_acknowledge(box.box_id)
        world.wing_ship(box.box_id, "CJGLS", f"{number:012d}")
    clock.advance(hours=2, seconds=-1)
    assert len(await seller.ids("DEPARTURE")) == 30
    clock.advance(hours=9)
    assert 0 < len(await seller.ids("DELIVERING")) < 30
    clock.advance(hours=60)
    assert len(await seller.ids("FINAL_DELIVERY")) == 30
    scans = {box.in_transit_at for box in boxes}
    assert len(scans) > 20
    for box in boxes:
        assert box.departed_at is not None
        assert box.in_transit_at is not None
        assert box.delivered_at is not None
        assert timedelta(hours=2) <= box.in_transit_at - box.departed_at <= timedelta(hours=20)
        assert timedelta(hours=8) <= box.delivered_at - box.in_transit_at <= timedelta(hours=36)


async def test_history_does_not_depend_on_who_looks_when(clock: Frozen) -> None:
    """Events bear their own times, not the time somebody noticed them."""

    def run(looks: int) -> list[object]:
        moving = Frozen(clock.at)
        world = World(moving, seed=11, rules=Rules())
        world.add_vendor(VENDOR, "a", "b")
        (box,) = world.order(VENDOR)[0]
        world.wing_acknowledge(box.box_id)
        world.wing_ship(box.box_id, "CJGLS", "000000000012")
        for _ in range(looks):
            moving.advance(days=4 / looks)
            world.truth()
        return list(box.history)

    assert run(1) == run(97)
    assert len(run(1)) == 5


async def test_some_parcels_are_never_scanned(seller: Seller, world: World, clock: Frozen) -> None:
    world.set_rules(couriers=True, never_scanned_share=1.0)
    (lost,) = world.order(VENDOR)[0]
    world.wing_acknowledge(lost.box_id)
    world.wing_ship(lost.box_id, "CJGLS", "000000000012")
    clock.advance(days=20)
    assert (await seller.box(lost.box_id)).json()["data"]["status"] == "DEPARTURE"
    assert world.truth()[0]["never_scanned"] is True
    # A human finds it after all.
    world.scan(lost.box_id)
    clock.advance(days=3)
    assert (await seller.box(lost.box_id)).json()["data"]["status"] == "FINAL_DELIVERY"


async def test_never_stops_the_courier_who_is_on_the_way(world: World, box: Box, clock: Frozen) -> None:
    world.set_rules(couriers=True)
    world.wing_acknowledge(box.box_id)
    world.wing_ship(box.box_id, "CJGLS", "000000000012")
    world.never_scan(box.box_id)
    clock.advance(days=9)
    assert world.truth()[0]["status"] == "DEPARTURE"


async def test_scans_of_an_old_waybill_are_void(
    seller: Seller, world: World, box: Box, clock: Frozen
) -> None:
    world.set_rules(couriers=True, scan_min_s=3_600, scan_max_s=3_600)
    world.wing_acknowledge(box.box_id)
    world.wing_ship(box.box_id, "CJGLS", "000000000012")
    clock.advance(seconds=1_800)
    await seller.invoices(*dtos(box, invoiceNumber="000000000013"), update=True)
    clock.advance(seconds=1_900)
    assert world.truth()[0]["status"] == "DEPARTURE"
    clock.advance(seconds=1_800)
    assert world.truth()[0]["status"] == "DELIVERING"


async def test_a_population_buys_and_changes_its_mind(seller: Seller, world: World, clock: Frozen) -> None:
    begins = clock.now()
    plan = Shop(
        orders=200,
        begins=begins,
        ends=begins + timedelta(hours=8),
        two_box_share=0.2,
        address_change_share=0.5,
        cancel_share=0.4,
        withdraw_share=0.5,
    )
    boxes = world.shop(VENDOR, plan)
    assert len({box.order_id for box in boxes}) == 200
    assert 210 < len(boxes) < 280
    assert any(len(box.lines) > 1 and box.able_split for box in boxes)
    assert world.truth() == []
    clock.advance(hours=8)
    assert len(world.truth()) == len(boxes)
    moved = [box for box in boxes if len(box.receivers) > 1]
    cancelled = [box for box in boxes if box.status == "CANCELLED"]
    assert len(moved) > 30
    assert len(cancelled) > 5
    for box in boxes:
        if box.status == "ACCEPT":
            world.wing_acknowledge(box.box_id)
    clock.advance(hours=30)
    world.truth()
    assert any(box.hold_kind == "stop" for box in boxes)
    held = {box.box_id for box in boxes if box.hold_kind == "stop"}
    clock.advance(hours=24)
    world.truth()
    assert {box.box_id for box in boxes if box.hold_kind == "stop"} < held


def test_shares_do_not_disturb_other_luck(clock: Frozen) -> None:
    def addresses(cancel_share: float) -> list[object]:
        world = World(Frozen(clock.at), seed=5)
        world.add_vendor(VENDOR, "a", "b")
        begins = clock.now()
        plan = Shop(orders=30, begins=begins, ends=begins + timedelta(hours=1), cancel_share=cancel_share)
        return [(box.paid_at, box.receiver, len(box.lines)) for box in world.shop(VENDOR, plan)]

    assert addresses(0.0) == addresses(0.9)
