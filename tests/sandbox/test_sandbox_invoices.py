"""Waybills: every result code, split shipping, DIRECT, updates, long-term completion."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import Frozen
from app.sandbox.core.order_entities import Box
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from app.sandbox.world.world import World
from tests.support.sandbox_seller import VENDOR, Seller, dto, dtos


def instructed(world: World, lines: int = 1, **more: Any) -> Box:
    """A box that waits for its waybill."""
    specs = [LineSpec(vendor_item_id=85000000001 + n, count=2) for n in range(lines)]
    (box,) = world.order(VENDOR, [BoxSpec(specs, **more)])[0]
    world.wing_acknowledge(box.box_id)
    return box


async def code(seller: Seller, *rows: dict[str, Any], update: bool = False) -> str:
    answer = await seller.invoices(*rows, update=update)
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["data"]["responseList"]
    assert row["succeed"] is (row["resultCode"] == "OK")
    assert (row["resultMessage"] is None) is row["succeed"]
    assert answer.json()["data"]["responseCode"] == (0 if row["succeed"] else 99)
    found: str = row["resultCode"]
    return found


async def test_whole_box_departs(seller: Seller, world: World, clock: Frozen) -> None:
    box = instructed(world, 2)
    clock.advance(hours=1)
    assert await code(seller, *dtos(box)) == "OK"
    row = (await seller.box(box.box_id)).json()["data"]
    assert (row["status"], row["invoiceNumber"]) == ("DEPARTURE", "000000000012")
    assert row["deliveryCompanyName"] == "CJ 대한통운"
    assert {one["invoiceNumberUploadDate"] for one in row["orderItems"]} == {"2026-11-21T13:00:00+09:00"}
    (mutation,) = world.report()["mutations"]
    assert (mutation["kind"], mutation["times_applied"], mutation["repeats"]) == ("invoice", 1, 0)


async def test_repeating_an_upload_is_refused_and_counted(seller: Seller, world: World) -> None:
    box = instructed(world)
    assert await code(seller, dto(box)) == "OK"
    assert await code(seller, dto(box)) == "INVALID_STATUS"
    report = world.report()
    assert (report["applied_twice"], report["repeated"]) == (0, 1)


async def test_unknown_boxes_and_orders(seller: Seller, world: World) -> None:
    box = instructed(world)
    assert await code(seller, dto(box, shipmentBoxId=642538970006401003)) == "NOT_FOUND_SHIPMENT_BOX"
    assert await code(seller, dto(box, orderId=box.order_id + 1)) == "NOT_FOUND_SHIPMENT_BOX"


async def test_only_instruct_boxes_ship(seller: Seller, world: World) -> None:
    (box,) = world.order(VENDOR)[0]
    assert await code(seller, *dtos(box)) == "INVALID_STATUS"


@pytest.mark.parametrize(
    ("courier", "invoice", "expected"),
    [
        ("CJGLS", "1234567890", "OK"),
        ("CJGLS", "123456789", "INVALID_INVOICE_NUMBER"),
        ("CJGLS", "12345678901", "INVALID_INVOICE_NUMBER"),
        ("CJGLS", "12345678901x", "INVALID_INVOICE_NUMBER"),
        ("CJGLS", "", "INVALID_INVOICE_NUMBER"),
        ("EPOST", "1234567890123", "OK"),
        ("HYUNDAI", "12345678901", "INVALID_INVOICE_NUMBER"),
        ("FEDEX", "anything-goes", "OK"),
        ("DIRECT", "1", "OK"),
        ("DIRECT", "abc", "INVALID_INVOICE_NUMBER"),
        ("CJGLS", 123456789012, "OK"),
    ],
)
async def test_digits_per_courier(
    seller: Seller, world: World, courier: str, invoice: Any, expected: str
) -> None:
    box = instructed(world)
    assert await code(seller, dto(box, deliveryCompanyCode=courier, invoiceNumber=invoice)) == expected


async def test_unknown_courier_fails_the_whole_call(seller: Seller, world: World) -> None:
    first, second = instructed(world), instructed(world)
    answer = await seller.invoices(dto(first), dto(second, deliveryCompanyCode="LOGEN"))
    assert answer.status_code == 500
    assert (first.status, second.status) == ("INSTRUCT", "INSTRUCT")


async def test_waybills_are_remembered_for_half_a_year(seller: Seller, world: World, clock: Frozen) -> None:
    first, second = instructed(world), instructed(world)
    assert await code(seller, dto(first)) == "OK"
    assert await code(seller, dto(second)) == "NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD"
    world.set_rules(reuse_code="DUPLICATE_INVOICE_NUMBER")
    assert await code(seller, dto(second)) == "DUPLICATE_INVOICE_NUMBER"
    # The way round it that Coupang itself names.
    assert await code(seller, dto(second, deliveryCompanyCode="DIRECT")) == "OK"
    third = instructed(world)
    clock.advance(days=184)
    assert await code(seller, dto(third)) == "OK"


async def test_one_waybill_for_boxes_to_the_same_door(seller: Seller, world: World) -> None:
    boxes = world.order(VENDOR, [BoxSpec(), BoxSpec()])[0]
    for box in boxes:
        world.wing_acknowledge(box.box_id)
    answer = await seller.invoices(*dtos(boxes[0]), *dtos(boxes[1]))
    assert answer.json()["data"]["responseCode"] == 0
    # One row per box, not per item.
    assert len(answer.json()["data"]["responseList"]) == 2


async def test_another_vendors_waybill_is_a_duplicate(seller: Seller, world: World) -> None:
    world.add_vendor("A00000002", "two", "two")
    (theirs,) = world.order("A00000002")[0]
    world.wing_acknowledge(theirs.box_id)
    world.wing_ship(theirs.box_id, "CJGLS", "000000000012")
    assert await code(seller, dto(instructed(world))) == "DUPLICATE_INVOICE_NUMBER"


async def test_every_item_must_be_in_the_call(seller: Seller, world: World) -> None:
    box = instructed(world, 2)
    assert await code(seller, dto(box)) == "NOT_FOUND_VENDOR_ITEM"
    assert await code(seller, *dtos(box), dto(box, 85000000009)) == "NOT_FOUND_VENDOR_ITEM"
    two = [*dtos(box)]
    two[1]["invoiceNumber"] = "000000000013"
    assert await code(seller, *two) == "INVALID_INVOICE_NUMBER"


async def test_cancelled_items_need_no_row(seller: Seller, world: World) -> None:
    box = instructed(world, 2)
    world.wing_cancel(box.box_id, {box.lines[0].vendor_item_id: 2})
    assert await code(seller, dto(box, box.lines[1].vendor_item_id)) == "OK"


async def test_holds_and_cancels_refuse_the_waybill(seller: Seller, world: World, clock: Frozen) -> None:
    box = instructed(world, 2)
    world.request_cancel(box.box_id, {box.lines[0].vendor_item_id: 1})
    assert await code(seller, *dtos(box)) == "ORDER_DELIVERY_PARTIAL_STOP_REQUESTED"
    world.withdraw_cancel(box.box_id)
    world.request_cancel(box.box_id)
    assert await code(seller, *dtos(box)) == "ORDER_DELIVERY_CANCELED"
    world.set_rules(whole_hold_code="ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL")
    assert await code(seller, *dtos(box)) == "ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL"
    world.withdraw_cancel(box.box_id)
    world.cancel(box.box_id, {box.lines[0].vendor_item_id: 1}, by="support")
    assert await code(seller, *dtos(box)) == "ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL"
    clock.advance(seconds=600)
    assert await code(seller, *dtos(box)) == "OK"
    gone = instructed(world)
    world.wing_cancel(gone.box_id)
    assert await code(seller, dto(gone)) == "ORDER_DELIVERY_CANCELED"


async def test_mixed_rows_are_partial(seller: Seller, world: World) -> None:
    good = instructed(world)
    (bad,) = world.order(VENDOR)[0]
    answer = (await seller.invoices(*dtos(good), *dtos(bad))).json()["data"]
    assert answer["responseCode"] == 1
    assert [row["succeed"] for row in answer["responseList"]] == [True, False]


@pytest.mark.parametrize(
    "changes",
    [
        {"shipmentBoxId": "642538970006401001"},
        {"orderId": "24000099000001"},
        {"vendorItemId": "85000000001"},
        {"splitShipping": "no"},
        {"splitShipping": 0},
        {"preSplitShipped": None},
        {"deliveryCompanyCode": None},
        {"invoiceNumber": 1.5},
        {"estimatedShippingDate": None},
    ],
)
async def test_bodies_of_wrong_types(seller: Seller, world: World, changes: dict[str, Any]) -> None:
    box = instructed(world)
    assert (await seller.invoices(dto(box, **changes))).status_code == 400
    assert box.status == "INSTRUCT"


async def test_empty_and_broken_bodies(seller: Seller) -> None:
    assert (await seller.invoices()).status_code == 400
    assert (await seller.send("POST", "orders/invoices", [])).status_code == 400
    assert (await seller.send("POST", "orders/invoices", {"vendorId": VENDOR})).status_code == 400
    broken = await seller.client.post(seller.path("orders/invoices", "v4"), content=b"{", auth=seller.auth)
    assert broken.status_code == 400


async def test_direct_is_never_tracked(seller: Seller, world: World, clock: Frozen) -> None:
    world.set_rules(couriers=True)
    box = instructed(world)
    assert await code(seller, dto(box, deliveryCompanyCode="DIRECT", invoiceNumber="1")) == "OK"
    clock.advance(days=40)
    row = (await seller.box(box.box_id)).json()["data"]
    assert (row["status"], row["deliveryCompanyName"]) == ("NONE_TRACKING", "업체직송")
    assert await seller.ids("NONE_TRACKING") == [box.box_id]


def split_rows(box: Box, *, pre: bool = False, later: str = "2026-11-28") -> list[dict[str, Any]]:
    """The first line ships now, the others later."""
    rows = dtos(box, splitShipping=True, preSplitShipped=pre)
    for row in rows[1:]:
        row.update(invoiceNumber="", estimatedShippingDate=later)
    return rows


async def test_split_gives_the_shipped_part_a_new_id(seller: Seller, world: World, clock: Frozen) -> None:
    box = instructed(world, 2)
    shipped, kept = (line.vendor_item_id for line in box.lines)
    assert await code(seller, *split_rows(box)) == "OK"
    rows = (await seller.get(f"{box.order_id}/ordersheets")).json()["data"]
    by_id = {row["shipmentBoxId"]: row for row in rows}
    rest = by_id.pop(box.box_id)
    ((new_id, parcel),) = by_id.items()
    assert (rest["status"], rest["splitShipping"], rest["invoiceNumber"]) == ("INSTRUCT", True, "")
    assert [one["vendorItemId"] for one in rest["orderItems"]] == [kept]
    assert rest["orderItems"][0]["plannedShippingDate"] == "2026-11-28"
    assert (parcel["status"], parcel["splitShipping"]) == ("DEPARTURE", True)
    assert [one["vendorItemId"] for one in parcel["orderItems"]] == [shipped]
    assert parcel["orderItems"][0]["plannedShippingDate"] == ""
    assert await seller.ids("DEPARTURE") == [new_id]
    assert await seller.ids("INSTRUCT") == [box.box_id]
    # The new box continues the history of the old one.
    steps = (await seller.get(f"ordersheets/{new_id}/history")).json()["data"]["details"]
    assert [step["deliveryStatus"] for step in steps] == ["DEPARTURE", "INSTRUCT", "ACCEPT"]

    assert await code(seller, dto(box, kept)) == "IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY"
    last = {"splitShipping": True, "preSplitShipped": True, "invoiceNumber": "000000000035"}
    assert await code(seller, dto(box, kept, **{**last, "preSplitShipped": False})) == "UNDEFINED_ERROR_OCCUR"
    assert await code(seller, dto(box, kept, **{**last, "invoiceNumber": ""})) == "NOT_FOUND_INVOICE_NUMBER"
    other_day = {**last, "invoiceNumber": "", "estimatedShippingDate": "2026-12-01"}
    assert await code(seller, dto(box, kept, **other_day)) == "PSD_NOT_ALLOW_TO_CHANGE"
    assert (
        await code(seller, dto(box, kept, **{**last, "deliveryCompanyCode": "DIRECT"}))
        == "NOT_ALLOW_VENDOR_DIRECT"
    )
    clock.advance(days=2)
    assert await code(seller, dto(box, kept, **last)) == "OK"
    row = (await seller.box(box.box_id)).json()["data"]
    assert (row["status"], row["invoiceNumber"]) == ("DEPARTURE", "000000000035")
    report = world.report()
    assert [one["subject"] for one in report["mutations"]] == [str(shipped), str(kept)]
    assert report["applied_twice"] == 0


async def test_three_items_leave_one_by_one(seller: Seller, world: World) -> None:
    box = instructed(world, 3)
    assert await code(seller, *split_rows(box)) == "OK"
    second = split_rows(box, pre=True)
    second[0]["invoiceNumber"] = "000000000013"
    assert await code(seller, *second) == "OK"
    assert len(world.boxes_of_order(box.order_id)) == 3
    assert len(box.lines) == 1


async def test_splits_that_cannot_be(seller: Seller, world: World) -> None:
    assert (
        await code(seller, dto(instructed(world), splitShipping=True))
        == "NOT_ALLOW_SEPARATE_WHEN_ONE_VENDOR_ITEM"
    )
    unable = instructed(world, 2, able_split=False)
    assert await code(seller, *split_rows(unable)) == "NOT_ALLOW_SEPARATE_WHEN_ONE_VENDOR_ITEM"
    box = instructed(world, 2)
    rows = [{**row, "deliveryCompanyCode": "DIRECT"} for row in split_rows(box)]
    assert await code(seller, *rows) == "NOT_ALLOW_VENDOR_DIRECT"
    rows = [{**row, "splitShipping": index == 0} for index, row in enumerate(split_rows(box))]
    assert await code(seller, *rows) == "IS_SEPARATE_MUST_BE_TRUE_WHEN_SEPARATE_DELIVERY"
    nothing_now = [
        {**row, "invoiceNumber": "", "estimatedShippingDate": "2026-11-28"} for row in split_rows(box)
    ]
    assert await code(seller, *nothing_now) == "NOT_FOUND_INVOICE_NUMBER"
    both = [{**row, "estimatedShippingDate": "2026-11-28"} for row in split_rows(box)]
    assert await code(seller, *both) == "INVALID_INVOICE_NUMBER"
    assert await code(seller, *split_rows(box)[:1]) == "NOT_FOUND_VENDOR_ITEM"
    assert await code(seller, *dtos(box)) == "OK"
    assert await code(seller, *split_rows(box)) == "NOT_ALLOW_SEPARATE_AFTER_NORMAL_DELIVERY"


async def test_update_sends_the_box_on_its_way_again(seller: Seller, world: World, clock: Frozen) -> None:
    box = instructed(world)
    assert await code(seller, dto(box), update=True) == "INVALID_STATUS"
    assert await code(seller, dto(box)) == "OK"
    world.scan(box.box_id)
    world.deliver(box.box_id)
    clock.advance(hours=1)
    other = {"deliveryCompanyCode": "HANJIN", "invoiceNumber": "0000000099"}
    assert await code(seller, dto(box, **other), update=True) == "OK"
    row = (await seller.box(box.box_id)).json()["data"]
    assert (row["status"], row["deliveryCompanyName"], row["deliveredDate"]) == ("DEPARTURE", "한진택배", "")
    direct = {"deliveryCompanyCode": "DIRECT", "invoiceNumber": "7"}
    assert await code(seller, dto(box, **direct), update=True) == "OK"
    assert box.status == "NONE_TRACKING"
    assert await code(seller, dto(box, **other), update=True) == "OK"
    assert box.status == "DEPARTURE"
    report = world.report()
    assert [one["subject"] for one in report["mutations"][1:]] == [
        "HANJIN:0000000099",
        "DIRECT:7",
        "HANJIN:0000000099",
    ]
    assert report["applied_twice"] == 0


async def test_repeating_an_update_is_applied_twice(seller: Seller, world: World) -> None:
    """Coupang takes it again and the way begins anew: the ledger must tell."""
    box = instructed(world)
    await code(seller, dto(box))
    for _ in range(2):
        assert await code(seller, dto(box, invoiceNumber="000000000099"), update=True) == "OK"
    assert world.report()["applied_twice"] == 1


async def test_update_refusals(seller: Seller, world: World) -> None:
    box, other = instructed(world, 2), instructed(world)
    await code(seller, *dtos(box))
    assert await code(seller, dto(other, invoiceNumber="000000000077")) == "OK"
    assert await code(seller, dto(box), update=True) == "NOT_FOUND_VENDOR_ITEM"
    assert await code(seller, *dtos(box, invoiceNumber="1"), update=True) == "INVALID_INVOICE_NUMBER"
    used = dtos(box, invoiceNumber="000000000077")
    assert await code(seller, *used, update=True) == "NOT_ALLOW_INVOICE_NUMBER_RE_UPLOAD"
    unknown = dto(box, shipmentBoxId=642538970006401003)
    assert await code(seller, unknown, update=True) == "NOT_FOUND_SHIPMENT_BOX"
    (gone,) = world.order(VENDOR)[0]
    world.cancel(gone.box_id)
    assert await code(seller, *dtos(gone), update=True) == "ORDER_DELIVERY_CANCELED"


async def test_scripted_row_failures(seller: Seller, world: World) -> None:
    box, other = instructed(world), instructed(world)
    world.add_fault("row_error", route="O7", box_id=box.box_id)
    answer = (await seller.invoices(dto(box), dto(other, invoiceNumber="000000000013"))).json()["data"]
    assert [row["resultCode"] for row in answer["responseList"]] == ["UNDEFINED_ERROR_OCCUR", "OK"]
    assert (box.status, other.status) == ("INSTRUCT", "DEPARTURE")
    world.add_fault("row_error", route="O7", result_code="PERMISSION_DENIED")
    assert await code(seller, dto(box)) == "PERMISSION_DENIED"


async def test_long_term_completion_waits_30_days(seller: Seller, world: World, clock: Frozen) -> None:
    box = instructed(world)
    await code(seller, dto(box))
    clock.advance(days=29, hours=23)
    refused = await seller.complete(box.box_id, "000000000012")
    assert refused.json()["message"] == "배송완료 처리 실패. 배송상태: DEPARTURE"
    world.scan(box.box_id)
    refused = await seller.complete(box.box_id, "000000000012")
    assert refused.json()["message"] == "배송완료 처리 실패. 배송상태: DELIVERING"
    clock.advance(hours=1)
    assert (await seller.complete(box.box_id, "000000000099")).status_code == 400
    assert (await seller.complete(box.box_id, "000000000012")).status_code == 200
    assert box.status == "FINAL_DELIVERY"
    again = await seller.complete(box.box_id, "000000000012")
    assert again.json()["message"] == "배송완료 처리 실패. 배송상태: FINAL_DELIVERY"
    assert (await seller.complete(642538970006401003, "1")).status_code == 400
    last = world.report()["mutations"][-1]
    assert (last["kind"], last["times_applied"], last["repeats"]) == ("complete", 1, 1)


async def test_a_new_waybill_starts_the_30_days_anew(seller: Seller, world: World, clock: Frozen) -> None:
    box = instructed(world)
    await code(seller, dto(box))
    clock.advance(days=31)
    await code(seller, dto(box, invoiceNumber="000000000013"), update=True)
    clock.advance(days=1)
    assert (await seller.complete(box.box_id, "000000000013")).status_code == 400
    assert box.departed_at == clock.now() - timedelta(days=1)
