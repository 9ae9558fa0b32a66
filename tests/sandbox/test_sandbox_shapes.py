"""Every answer has the keys, the key order and the code types of the published examples."""

import json
from typing import Any

import pytest

from app.clock import Frozen
from app.sandbox.core.order_entities import Box
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from app.sandbox.world.world import World
from tests.support.sandbox_seller import Seller, dto, dtos, example

SHIRT = LineSpec(85000000001, 2, 19_900, 1_000, "예시 티셔츠", "화이트 L", "SKU-0001")
SOCKS = LineSpec(85000000002, 1, 4_900, 0, "예시 양말", "블랙 FREE", "SKU-0002")


def same_shape(answer: Any, known: Any) -> None:
    """Check key by key."""
    if isinstance(known, dict):
        assert isinstance(answer, dict)
        assert list(answer) == list(known)
        for key in known:
            same_shape(answer[key], known[key])
    elif isinstance(known, list):
        assert isinstance(answer, list)
        for one in answer:
            same_shape(one, known[0])
    else:
        assert type(answer) is type(known)


@pytest.fixture
def boxes(world: World) -> list[Box]:
    """A shirt and socks together, and socks alone, in rows that say all that the examples say."""
    world.set_rules(v4_new_fields=True, no_remote_price="zero")
    both = world.order(seller_id(world), [BoxSpec([SHIRT, SOCKS], note="문 앞")])[0][0]
    alone = world.order(seller_id(world), [BoxSpec([SOCKS], note="문 앞")])[0][0]
    return [both, alone]


def seller_id(world: World) -> str:
    return next(iter(world.vendors))


async def test_day_list_v5(seller: Seller, boxes: list[Box]) -> None:
    answer = (await seller.day("ACCEPT", size=1)).json()
    known = example("orders_o1_list_day")
    same_shape(answer, known)
    assert answer["code"] == 200
    assert answer["nextToken"] == str(boxes[1].box_id)
    second = (await seller.day("ACCEPT", size=1, token=answer["nextToken"])).json()
    same_shape(second, known)
    assert second["nextToken"] == ""
    # The very values of the example's goods, so that prices and names land in the right keys.
    for mine, theirs in zip(second["data"][0]["orderItems"], known["data"][0]["orderItems"], strict=True):
        for key in ("vendorItemId", "salesPrice", "orderPrice", "discountPrice", "instantCouponDiscount"):
            assert mine[key] == theirs[key], key
        assert mine["vendorItemName"] == theirs["vendorItemName"]
        assert mine["externalVendorSkuCode"] == theirs["externalVendorSkuCode"]


async def test_day_list_v4(seller: Seller, boxes: list[Box], world: World, clock: Frozen) -> None:
    alone = boxes[1]
    world.wing_acknowledge(alone.box_id)
    world.wing_ship(alone.box_id, "CJGLS", "000000000012")
    world.scan(alone.box_id)
    world.deliver(alone.box_id)
    clock.advance(days=8)
    answer = (await seller.day("FINAL_DELIVERY", version="v4")).json()
    known = example("orders_o1_list_day_v4")
    same_shape(answer, known)
    row = answer["data"][0]
    assert row["deliveryCompanyName"] == known["data"][0]["deliveryCompanyName"]
    assert row["orderItems"][0]["discountPrice"] is None
    assert row["orderedAt"] == "2026-11-21T11:59:56"
    assert row["inTrasitDateTime"] == "2026-11-21 12:00:00"
    assert row["orderItems"][0]["confirmDate"] == "2026-11-28 12:00:00"


async def test_empty_day_list(seller: Seller) -> None:
    assert (await seller.day("NONE_TRACKING")).json() == example("orders_o1_list_day_empty")


async def test_minute_list(seller: Seller, boxes: list[Box], world: World) -> None:
    world.wing_acknowledge(boxes[1].box_id)
    world.wing_ship(boxes[1].box_id, "CJGLS", "000000000012")
    answer = (await seller.minute("DEPARTURE", "2026-11-21T11:50", "2026-11-21T12:10")).json()
    same_shape(answer, example("orders_o2_list_minute"))
    assert [row["shipmentBoxId"] for row in answer["data"]] == [boxes[1].box_id]


async def test_single_by_box(seller: Seller, boxes: list[Box]) -> None:
    same_shape((await seller.box(boxes[0].box_id)).json(), example("orders_o3_single_by_box"))


async def test_single_cancelled_or_unknown(seller: Seller, boxes: list[Box], world: World) -> None:
    world.cancel(boxes[0].box_id)
    known = example("orders_o3_single_cancelled")
    for path in (
        f"ordersheets/{boxes[0].box_id}",
        f"ordersheets/{boxes[0].box_id}/history",
        f"{boxes[0].order_id}/ordersheets",
        "ordersheets/642538970006401002",
    ):
        answer = await seller.get(path)
        assert (answer.status_code, answer.json()) == (400, known)


async def test_by_order_array_and_object(seller: Seller, boxes: list[Box], world: World) -> None:
    path = f"{boxes[0].order_id}/ordersheets"
    same_shape((await seller.get(path)).json(), example("orders_o4_by_order_array"))
    world.set_rules(order_as_array=False)
    same_shape((await seller.get(path)).json(), example("orders_o4_by_order_object"))


async def test_history(seller: Seller, boxes: list[Box], world: World, clock: Frozen) -> None:
    box_id = boxes[1].box_id
    clock.advance(minutes=5)
    world.wing_acknowledge(box_id)
    clock.advance(hours=1)
    world.wing_ship(box_id, "CJGLS", "000000000012")
    answer = (await seller.get(f"ordersheets/{box_id}/history")).json()
    known = example("orders_o5_history")
    same_shape(answer, known)
    assert [(one["deliveryStatus"], one["deliveryStatusDesc"]) for one in answer["data"]["details"]] == [
        (one["deliveryStatus"], one["deliveryStatusDesc"]) for one in known["data"]["details"]
    ]
    assert answer["data"]["details"][0]["updatedAt"] == "2026-11-21T13:05:00+09:00"
    older = (await seller.get(f"ordersheets/{box_id}/history", "v4")).json()
    assert older["data"]["details"][0]["updatedAt"] == "2026-11-21T13:05:00"


def like(known: dict[str, Any], *box_ids: int, order_id: int = 0, key: int | None = None) -> dict[str, Any]:
    """The example's answer with our ids in place of its own."""
    text = json.dumps(known, ensure_ascii=False)
    for old, new in zip(
        [row["shipmentBoxId"] for row in known["data"]["responseList"]], box_ids, strict=True
    ):
        text = text.replace(str(old), str(new))
    made: dict[str, Any] = json.loads(text.replace("24000099000002", str(order_id)))
    if key is not None:
        made["data"]["responseKey"] = key
    return made


@pytest.mark.parametrize("version", ["v4", "v5"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_acknowledge_ok(seller: Seller, boxes: list[Box], method: str, version: str) -> None:
    answer = (await seller.acknowledge(boxes[0].box_id, method=method, version=version)).json()
    key = answer["data"]["responseKey"]
    assert list(answer["data"]) == list(example("orders_o6_acknowledge_ok")["data"])
    assert answer == like(example("orders_o6_acknowledge_ok"), boxes[0].box_id, key=key)


async def test_acknowledge_partial_and_refused(seller: Seller, boxes: list[Box]) -> None:
    first = (await seller.acknowledge(boxes[0].box_id, 642538970006401003)).json()
    known = example("orders_o6_acknowledge_partial")
    assert first == like(known, boxes[0].box_id, 642538970006401003, key=first["data"]["responseKey"])
    again = (await seller.acknowledge(boxes[0].box_id)).json()
    known = example("orders_o6_acknowledge_refund_pending")
    assert again == like(known, boxes[0].box_id, key=again["data"]["responseKey"])
    assert first["data"]["responseKey"] != again["data"]["responseKey"]


async def test_invoices_as_published(seller: Seller, boxes: list[Box], world: World) -> None:
    both, alone = boxes
    refused = await seller.invoices(*dtos(alone))
    known = example("orders_o7_invoice_invalid_status")
    assert refused.json() == like(known, alone.box_id, order_id=alone.order_id)
    world.wing_acknowledge(both.box_id)
    world.wing_acknowledge(alone.box_id)
    held = both.lines[0].vendor_item_id
    world.request_cancel(both.box_id, {held: 1})
    stopped = await seller.invoices(*dtos(both))
    assert stopped.json() == like(example("orders_o7_invoice_stop_requested"), both.box_id)
    world.withdraw_cancel(both.box_id)
    whole = await seller.invoices(*dtos(both))
    assert whole.json() == like(example("orders_o7_invoice_whole"), both.box_id)
    reused = await seller.invoices(*dtos(alone))
    assert reused.json() == like(example("orders_o7_invoice_duplicate"), alone.box_id)
    direct = await seller.invoices(dto(alone, deliveryCompanyCode="DIRECT", invoiceNumber="20261121001"))
    assert direct.json() == like(example("orders_o7_invoice_direct"), alone.box_id)
    changed = await seller.invoices(
        *dtos(both, deliveryCompanyCode="HANJIN", splitShipping="False", preSplitShipped="False"), update=True
    )
    known = example("orders_o8_update_invoice")
    assert changed.json() == like(known, both.box_id)
    assert changed.json()["code"] == 200


async def test_unknown_courier_as_published(seller: Seller, boxes: list[Box]) -> None:
    answer = await seller.invoices(*dtos(boxes[0], deliveryCompanyCode="LOTTE"))
    assert (answer.status_code, answer.json()) == (500, example("error_500_bad_courier"))


async def test_long_term_complete_as_published(
    seller: Seller, boxes: list[Box], world: World, clock: Frozen
) -> None:
    box_id = boxes[0].box_id
    world.wing_acknowledge(box_id)
    refused = await seller.complete(box_id, "000000000012")
    assert (refused.status_code, refused.json()) == (400, example("orders_o12_long_term_refused"))
    world.wing_ship(box_id, "CJGLS", "000000000012")
    clock.advance(days=30)
    done = await seller.complete(box_id, "000000000012")
    assert (done.status_code, done.json()) == (200, example("orders_o12_long_term_complete"))
    assert list(done.json()) == list(example("orders_o12_long_term_complete"))


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("error_400_missing_status", "createdAtFrom=2026-11-20%2B09:00&createdAtTo=2026-11-21%2B09:00"),
        (
            "error_400_range_day",
            "createdAtFrom=2026-10-01%2B09:00&createdAtTo=2026-11-21%2B09:00&status=ACCEPT",
        ),
        (
            "error_400_range_minute",
            "createdAtFrom=2026-11-19T00:00%2B09:00&createdAtTo=2026-11-21T00:00%2B09:00"
            "&searchType=timeFrame&status=ACCEPT",
        ),
    ],
)
async def test_query_refusals_as_published(seller: Seller, name: str, query: str) -> None:
    answer = await seller.get(f"ordersheets?{query}")
    assert (answer.status_code, answer.json()) == (400, example(name))
