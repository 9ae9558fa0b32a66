"""Lists: windows, pages, lags, and which status they show."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from app.clock import Frozen
from app.sandbox.core.rules import Rules
from app.sandbox.world.population import Shop
from app.sandbox.world.world import World
from tests.support.sandbox_seller import VENDOR, Seller, dtos


def box_ids(world: World) -> list[int]:
    return sorted(world.boxes)


async def test_ids_have_18_digits_beyond_a_float(seller: Seller, world: World) -> None:
    world.order(VENDOR, count=5)
    found = await seller.ids("ACCEPT")
    assert all(len(str(one)) == 18 and 2**53 < one < 2**63 for one in found)
    assert any(int(float(one)) != one for one in found)


async def test_pages_cover_everything_once(seller: Seller, world: World) -> None:
    world.order(VENDOR, count=23)
    seen: list[int] = []
    token, pages = "", 0
    while True:
        page = (await seller.day("ACCEPT", size=10, token=token)).json()
        seen += [row["shipmentBoxId"] for row in page["data"]]
        token, pages = page["nextToken"], pages + 1
        if not token:
            break
    assert pages == 3
    assert seen == sorted(world.boxes, reverse=True)


async def test_exact_last_page_has_no_token(seller: Seller, world: World) -> None:
    world.order(VENDOR, count=20)
    first = (await seller.day("ACCEPT", size=10)).json()
    second = (await seller.day("ACCEPT", size=10, token=first["nextToken"])).json()
    assert (len(second["data"]), second["nextToken"]) == (10, "")


async def test_default_and_largest_page_is_50(seller: Seller, world: World) -> None:
    world.order(VENDOR, count=51)
    query = "ordersheets?createdAtFrom=2026-11-21%2B09:00&createdAtTo=2026-11-21%2B09:00&status=ACCEPT"
    assert len((await seller.get(query)).json()["data"]) == 50
    for size in ("0", "51", "-1", "x"):
        assert (await seller.get(f"{query}&maxPerPage={size}")).status_code == 400
    # `page` does not page: the same rows come back for ever.
    assert (await seller.get(f"{query}&page=2")).json() == (await seller.get(query)).json()


async def test_days_are_korean_and_inclusive(seller: Seller, world: World) -> None:
    for paid_at in (
        "2026-11-19T14:59:59Z",
        "2026-11-19T15:00:00Z",
        "2026-11-20T14:59:59Z",
        "2026-11-20T15:00:00Z",
    ):
        world.order(VENDOR, paid_at=datetime.fromisoformat(paid_at))
    ids = box_ids(world)
    assert await seller.ids("ACCEPT", first="2026-11-20", last="2026-11-20") == [ids[2], ids[1]]
    assert await seller.ids("ACCEPT", first="2026-11-20", last="2026-11-20", version="v4") == [ids[2], ids[1]]
    assert await seller.ids("ACCEPT", first="2026-11-21", last="2026-11-21") == [ids[3]]


async def test_a_difference_of_31_days_is_the_largest(seller: Seller, world: World) -> None:
    assert (await seller.day("ACCEPT", "2026-10-21", "2026-11-21")).status_code == 200
    refused = await seller.day("ACCEPT", "2026-10-20", "2026-11-21")
    assert refused.json()["message"] == "endTime-startTime range should less than31."
    world.set_rules(max_range_days=30, day_range_text="range should less than 32 day")
    refused = await seller.day("ACCEPT", "2026-10-21", "2026-11-21")
    assert refused.json()["message"] == "range should less than 32 day"


async def test_minute_window_is_shorter_than_a_day(seller: Seller, world: World) -> None:
    world.order(VENDOR, count=60, paid_at=datetime(2026, 11, 21, 2, 0, tzinfo=UTC))
    answer = await seller.minute("ACCEPT", "2026-11-20T12:00", "2026-11-21T11:59")
    # No pages in this mode: everything at once.
    assert (answer.status_code, len(answer.json()["data"]), "nextToken" in answer.json()) == (200, 60, False)
    refused = await seller.minute("ACCEPT", "2026-11-20T12:00", "2026-11-21T12:00")
    assert (refused.status_code, refused.json()["message"]) == (400, "range should less than 1 day")
    assert (await seller.minute("ACCEPT", "2026-11-21T10:00", "2026-11-21T11:30", "v4")).status_code == 200


async def test_minute_window_end(seller: Seller, world: World) -> None:
    world.order(VENDOR, paid_at=datetime(2026, 11, 21, 2, 30, tzinfo=UTC))
    before = await seller.minute("ACCEPT", "2026-11-21T11:00", "2026-11-21T11:30")
    after = await seller.minute("ACCEPT", "2026-11-21T11:30", "2026-11-21T11:31")
    assert (len(before.json()["data"]), len(after.json()["data"])) == (0, 1)
    world.set_rules(minute_window_end_inclusive=True)
    before = await seller.minute("ACCEPT", "2026-11-21T11:00", "2026-11-21T11:30")
    assert len(before.json()["data"]) == 1


@pytest.mark.parametrize(
    ("version", "first", "last", "more"),
    [
        ("v5", "2026-11-20", "2026-11-21", "&status=ACCEPT"),
        ("v5", "2026-11-20+09:00", "2026-11-21+09:00", "&status=FINAL_DELIVERING"),
        ("v5", "2026-11-20+09:00", "2026-11-21+09:00", "&status="),
        ("v5", "2026-11-21+09:00", "2026-11-20+09:00", "&status=ACCEPT"),
        ("v5", "2026-13-20+09:00", "2026-11-21+09:00", "&status=ACCEPT"),
        ("v5", "2026-11-20T00:00+09:00", "2026-11-20T01:00+09:00", "&status=ACCEPT"),
        ("v5", "2026-11-20+09:00", "2026-11-21+09:00", "&status=ACCEPT&searchType=timeFrame"),
        ("v5", "2026-11-20+09:00", "2026-11-21+09:00", "&status=ACCEPT&nextToken=what"),
        ("v5", "", "2026-11-21+09:00", "&status=ACCEPT"),
        ("v4", "2026-11-20+09:00", "2026-11-21+09:00", "&status=ACCEPT"),
    ],
)
async def test_unusable_questions(seller: Seller, version: str, first: str, last: str, more: str) -> None:
    query = f"createdAtFrom={quote(first, safe=':')}&createdAtTo={quote(last, safe=':')}{more}"
    answer = await seller.get(f"ordersheets?{query}", version)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)


async def test_an_unencoded_plus_is_a_blank(seller: Seller) -> None:
    query = "createdAtFrom=2026-11-20+09:00&createdAtTo=2026-11-21+09:00&status=ACCEPT"
    assert (await seller.get(f"ordersheets?{query}")).status_code == 400


async def test_paid_orders_reach_lists_late_and_single_reads_at_once(
    seller: Seller, world: World, clock: Frozen
) -> None:
    world.set_rules(list_lag_s=600)
    (box,) = world.order(VENDOR)[0]
    clock.advance(seconds=599)
    assert await seller.ids("ACCEPT") == []
    assert (await seller.box(box.box_id)).status_code == 200
    assert (await seller.get(f"{box.order_id}/ordersheets")).status_code == 200
    clock.advance(seconds=1)
    assert await seller.ids("ACCEPT") == [box.box_id]
    assert len((await seller.minute("ACCEPT", "2026-11-21T11:59", "2026-11-21T12:01")).json()["data"]) == 1


async def test_orders_ahead_do_not_exist_yet(seller: Seller, world: World, clock: Frozen) -> None:
    (box,) = world.order(VENDOR, paid_at=clock.now() + timedelta(hours=1))[0]
    assert (await seller.box(box.box_id)).status_code == 400
    row = (await seller.acknowledge(box.box_id)).json()["data"]["responseList"][0]
    assert row["resultCode"] == "NOT_FOUND_SHIPMENT_BOX"
    assert world.truth() == []
    clock.advance(hours=1)
    assert await seller.ids("ACCEPT") == [box.box_id]


async def test_lists_go_by_payment_and_present_status(seller: Seller, world: World, clock: Frozen) -> None:
    """A box paid long ago that moves today is found under its creation day only."""
    (box,) = world.order(VENDOR, paid_at=clock.now() - timedelta(days=20))[0]
    world.wing_acknowledge(box.box_id)
    assert await seller.ids("INSTRUCT") == []
    assert await seller.ids("ACCEPT", first="2026-11-01", last="2026-11-01") == []
    assert await seller.ids("INSTRUCT", first="2026-11-01", last="2026-11-01") == [box.box_id]


async def test_acknowledged_boxes_show_late(seller: Seller, world: World, clock: Frozen) -> None:
    late, other = (boxes[0] for boxes in world.order(VENDOR, count=2))
    world.fix_acknowledge_lag(late.box_id, 1_200)
    answer = (await seller.acknowledge(late.box_id)).json()
    assert answer["data"]["responseCode"] == 0
    assert late.status == "INSTRUCT"
    clock.advance(seconds=1_199)
    assert await seller.ids("ACCEPT") == [other.box_id, late.box_id]
    assert await seller.ids("INSTRUCT") == []
    assert (await seller.box(late.box_id)).json()["data"]["status"] == "ACCEPT"
    steps = (await seller.get(f"ordersheets/{late.box_id}/history")).json()["data"]["details"]
    assert [step["deliveryStatus"] for step in steps] == ["ACCEPT"]
    # Asking again meanwhile is refused with the text of the facts and counted as a repetition.
    again = (await seller.acknowledge(late.box_id)).json()["data"]["responseList"][0]
    assert again["resultMessage"] == "배송상태를 변경할 수 없습니다. 주문내역을 확인해주세요."
    # A waybill needs the visible INSTRUCT, unless the rules say otherwise.
    row = (await seller.invoices(*dtos(late))).json()["data"]["responseList"][0]
    assert row["resultCode"] == "INVALID_STATUS"
    clock.advance(seconds=1)
    assert await seller.ids("ACCEPT") == [other.box_id]
    assert await seller.ids("INSTRUCT") == [late.box_id]
    steps = (await seller.get(f"ordersheets/{late.box_id}/history")).json()["data"]["details"]
    # Applied when it was asked, whenever it showed.
    assert steps[0]["updatedAt"] == "2026-11-21T12:00:00+09:00"
    (mutation,) = world.report()["mutations"]
    assert (mutation["kind"], mutation["times_applied"], mutation["repeats"]) == ("acknowledge", 1, 1)


async def test_seeded_lags_lie_within_the_rules(seller: Seller, world: World) -> None:
    world.set_rules(acknowledge_lag_min_s=60, acknowledge_lag_max_s=1_800)
    boxes = [boxes[0] for boxes in world.order(VENDOR, count=40)]
    await seller.acknowledge(*(box.box_id for box in boxes))
    lags = {(box.shown_from - box.history[-1][1]).total_seconds() for box in boxes if box.shown_from}
    assert len(lags) > 20
    assert min(lags) >= 60
    assert max(lags) <= 1_800


async def test_a_running_lag_can_be_ended(seller: Seller, world: World) -> None:
    (box,) = world.order(VENDOR)[0]
    world.fix_acknowledge_lag(box.box_id, 3_600)
    await seller.acknowledge(box.box_id)
    world.fix_acknowledge_lag(box.box_id, 0)
    assert await seller.ids("INSTRUCT") == [box.box_id]


async def test_acknowledge_takes_50_numbers(seller: Seller, world: World) -> None:
    ids = [boxes[0].box_id for boxes in world.order(VENDOR, count=51)]
    refused = await seller.acknowledge(*ids)
    assert refused.status_code == 400
    assert all(box.status == "ACCEPT" for box in world.boxes.values())
    for wrong in ([str(ids[0])], [float(ids[0])], [True], "all", None):
        body = {"vendorId": VENDOR, "shipmentBoxIds": wrong}
        answer = await seller.send("PUT", "ordersheets/acknowledgement", body)
        assert answer.status_code == 400, wrong
    other = {"vendorId": "A00000009", "shipmentBoxIds": ids[:1]}
    assert (await seller.send("PUT", "ordersheets/acknowledgement", other)).json()[
        "message"
    ] == "Invalid vendor ID"
    assert (await seller.acknowledge(*ids[:50])).json()["data"]["responseCode"] == 0
    assert (await seller.acknowledge()).json()["data"]["responseCode"] == -1


async def test_another_vendors_boxes_are_not_found(seller: Seller, world: World) -> None:
    world.add_vendor("A00000002", "two", "two")
    (box,) = world.order("A00000002")[0]
    assert await seller.ids("ACCEPT") == []
    assert (await seller.box(box.box_id)).status_code == 400
    assert (await seller.get(f"{box.order_id}/ordersheets")).status_code == 400
    row = (await seller.acknowledge(box.box_id)).json()["data"]["responseList"][0]
    assert row["resultCode"] == "NOT_FOUND_SHIPMENT_BOX"
    row = (await seller.invoices(*dtos(box))).json()["data"]["responseList"][0]
    assert row["resultCode"] == "PERMISSION_DENIED"


async def test_index_agrees_with_every_box(clock: Frozen) -> None:
    """The index answers what a look at each single box would answer."""
    world = World(clock, seed=3, rules=Rules(acknowledge_lag_max_s=1_800))
    vendor = world.add_vendor(VENDOR, "a", "b")
    start = clock.now()
    world.shop(VENDOR, Shop(orders=300, begins=start - timedelta(days=3), ends=start))
    for index, box in enumerate(list(world.boxes.values())):
        if index % 3 and box.status == "ACCEPT":
            world.wing_acknowledge(box.box_id)
            if index % 2:
                world.wing_ship(box.box_id, "CJGLS", f"{index:012d}")
    for hours in (0, 5, 20, 60):
        clock.at = start + timedelta(hours=hours)
        now = world.advance()
        begins, ends = start - timedelta(days=2), start - timedelta(hours=6)
        for status in ("ACCEPT", "INSTRUCT", "DEPARTURE", "DELIVERING", "FINAL_DELIVERY"):
            expected = [
                box.box_id
                for box in world.boxes.values()
                if box.shown(now) == status and begins <= box.paid_at < ends
            ]
            assert world.listed(vendor, status, begins, ends) == sorted(expected, reverse=True)
