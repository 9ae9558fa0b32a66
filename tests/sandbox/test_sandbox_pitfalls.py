"""The oddities that integrators report (pitfalls 20 to 34), each as this Coupang shows it."""

import pytest

from app.clock import Frozen
from app.sandbox.world.world import World
from tests.support.sandbox_claims import (
    SHIRT,
    SOCKS,
    accepted,
    counts,
    delivered,
    departed,
    exchanged,
    instructed,
    returned,
    stop,
)
from tests.support.sandbox_seller import Seller, dto, dtos, example


async def test_pitfall_20_failed_rows_hide_under_200(seller: Seller, world: World) -> None:
    running, done = accepted(world, socks=1), instructed(world)
    world.cancel(running.box_id, {SOCKS: 1})
    for box in (running, done):
        answer = await seller.acknowledge(box.box_id)
        body = answer.json()["data"]
        assert (answer.status_code, body["responseCode"]) == (200, 99)
        said = "배송상태를 변경할 수 없습니다. 주문내역을 확인해주세요."
        assert body["responseList"][0]["resultMessage"] == said


async def test_pitfall_21_acknowledged_and_still_accept(seller: Seller, world: World, clock: Frozen) -> None:
    box = accepted(world)
    world.fix_acknowledge_lag(box.box_id, 1_800)
    assert (await seller.acknowledge(box.box_id)).json()["data"]["responseCode"] == 0
    assert (await seller.box(box.box_id)).json()["data"]["status"] == "ACCEPT"
    # What the seller cancels now is a stop already, whatever the lists show.
    (row,) = (await seller.cancel(box, {SHIRT: 1})).json()["data"]["receiptMap"].values()
    assert row["receiptType"] == "STOP_SHIPMENT"
    clock.advance(minutes=30)
    assert (await seller.box(box.box_id)).json()["data"]["status"] == "INSTRUCT"


async def test_pitfall_22_fifty_one_boxes_are_too_many(seller: Seller, world: World) -> None:
    boxes = [accepted(world) for _ in range(51)]
    assert (await seller.acknowledge(*(box.box_id for box in boxes))).status_code == 400
    answer = await seller.acknowledge(*(box.box_id for box in boxes[:50]))
    assert answer.json()["data"]["responseCode"] == 0


async def test_pitfall_23_wrong_state_is_a_row(seller: Seller, world: World) -> None:
    for box, update in ((accepted(world), False), (accepted(world), True), (departed(world), False)):
        answer = await seller.invoices(*dtos(box, invoiceNumber="000000000099"), update=update)
        assert answer.json()["data"]["responseList"][0]["resultCode"] == "INVALID_STATUS"
    moved = departed(world, number="000000000014")
    answer = await seller.invoices(*dtos(moved, invoiceNumber="000000000099"), update=True)
    assert answer.json()["data"]["responseList"][0]["resultCode"] == "OK"


async def test_pitfall_24_used_waybills_and_the_way_round(seller: Seller, world: World) -> None:
    departed(world)
    receipt = stop(world, box := instructed(world))
    number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000012"}
    assert (await seller.receipt(receipt.receipt_id, "completedShipment", **number)).status_code == 400
    number["deliveryCompanyCode"] = "DIRECT"
    assert (await seller.receipt(receipt.receipt_id, "completedShipment", **number)).status_code == 200
    assert box.status == "NONE_TRACKING"


async def test_pitfall_25_unknown_carriers_are_internal_exceptions(
    seller: Seller, world: World, clock: Frozen
) -> None:
    box = delivered(world, shirts=4)
    stopped, by_hand = stop(world, instructed(world)), returned(world, box, {SHIRT: 1}, collect="수기관리")
    exchange = exchanged(world, box, {SHIRT: 1})
    await seller.exchange(exchange.exchange_id, "receiveConfirmation")
    clock.advance(minutes=10)
    world.advance()
    new_box_id = exchange.new_box_id or 0
    for answer in (
        await seller.invoices(dto(instructed(world), deliveryCompanyCode="LOTTE")),
        await seller.receipt(
            stopped.receipt_id, "completedShipment", deliveryCompanyCode="LOTTE", invoiceNumber="1234567890"
        ),
        await seller.pickup(by_hand.receipt_id, deliveryCompanyCode="LOTTE"),
        await seller.replacement(exchange.exchange_id, new_box_id, goodsDeliveryCode="LOTTE"),
    ):
        assert (answer.status_code, answer.json()) == (500, example("error_500_bad_courier"))


async def test_pitfall_26_the_shipped_part_of_a_split_has_the_new_id(seller: Seller, world: World) -> None:
    box = instructed(world, socks=1)
    rows = dtos(box, splitShipping=True)
    rows[1].update(invoiceNumber="", estimatedShippingDate="2026-11-28")
    assert (await seller.invoices(*rows)).json()["data"]["responseCode"] == 0
    parcel = next(one for one in world.boxes_of_order(box.order_id) if one is not box)
    world.deliver(parcel.box_id)
    # Claims follow the parts: the rest can be stopped, the parcel only given back.
    asked, back = stop(world, box), returned(world, parcel)
    assert [one.line.vendor_item_id for one in (*asked.pieces, *back.pieces)] == [SOCKS, SHIRT]
    (row,) = (await seller.returns("status=RU")).json()["data"]
    assert row["returnItems"][0]["shipmentBoxId"] == box.box_id
    await seller.receipt(asked.receipt_id, "stoppedShipment", cancelCount=1)
    assert (box.status, parcel.status) == ("CANCELLED", "FINAL_DELIVERY")


async def test_pitfall_27_cancel_count_is_that_of_the_whole_receipt(seller: Seller, world: World) -> None:
    receipt = stop(world, instructed(world, shirts=2, socks=3))
    for count in (2, 3, 6):
        answer = await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount=count)
        assert answer.status_code == 500
        assert "취소반품접수수량과 cancelCount가 일치하지 않습니다." in answer.json()["message"]
    answer = await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount=5)
    assert answer.status_code == 200


async def test_pitfall_28_cancels_can_say_partial(seller: Seller, world: World) -> None:
    world.set_rules(cancel_answer="flat")
    box = instructed(world, socks=1)
    answer = await seller.cancel(box, {SHIRT: 2, SOCKS: 2})
    assert (answer.status_code, answer.json()["code"]) == (200, "PARTIAL")
    assert answer.json()["data"]["receiptMap"]["receiptType"] == "STOP_SHIPMENT"


async def test_pitfall_28_accept_cancels_leave_the_order_lists(seller: Seller, world: World) -> None:
    box = accepted(world)
    await seller.cancel(box)
    for status in ("ACCEPT", "INSTRUCT", "DEPARTURE"):
        assert await seller.ids(status) == []
    assert (await seller.box(box.box_id)).status_code == 400
    assert (await seller.get(f"{box.order_id}/ordersheets")).status_code == 400
    (row,) = (await seller.returns("cancelType=CANCEL")).json()["data"]
    assert (row["receiptStatus"], row["orderId"]) == ("RETURNS_COMPLETED", box.order_id)


@pytest.mark.parametrize("version", ["v4", "v6"])
async def test_pitfall_29_returns_want_a_status_and_cancels_want_none(
    seller: Seller, world: World, version: str
) -> None:
    assert (await seller.returns(version=version)).json() == example("returns_r1_list_missing_status")
    for more in ("&status=CC", "&orderId=24000099000001"):
        assert (await seller.returns(f"cancelType=CANCEL{more}", version=version)).status_code == 400
    world.set_rules(cancel_list_with_status=True)
    assert (await seller.returns("cancelType=CANCEL&status=CC", version=version)).status_code == 200


@pytest.mark.parametrize("shown", ["RELEASE_STOP_UNCHECKED", "RETURNS_UNCHECKED"])
async def test_pitfall_30_stop_requests_are_in_two_lists(seller: Seller, world: World, shown: str) -> None:
    world.set_rules(stop_request_in_uc=shown)
    receipt = stop(world, instructed(world))
    (in_ru,) = (await seller.returns("status=RU")).json()["data"]
    (in_uc,) = (await seller.returns("status=UC")).json()["data"]
    assert in_ru["receiptId"] == in_uc["receiptId"] == receipt.receipt_id
    assert (in_ru["receiptStatus"], in_uc["receiptStatus"]) == ("RELEASE_STOP_UNCHECKED", shown)
    assert in_uc["returnItems"][0]["releaseStatus"] == "N"


async def test_pitfall_30_withdrawn_returns_vanish(seller: Seller, world: World) -> None:
    asked, back = stop(world, instructed(world)), returned(world, delivered(world))
    ids = [asked.receipt_id, back.receipt_id]
    for receipt_id in ids:
        world.withdraw(receipt_id)
        assert (await seller.get(f"returnRequests/{receipt_id}", "v6")).status_code == 400
    for status in ("RU", "UC", "CC", "PR"):
        assert await seller.receipt_ids(f"status={status}") == []
    answer = await seller.get("returnWithdrawRequests?dateFrom=2026-11-21&dateTo=2026-11-21", "v4")
    assert sorted(row["cancelId"] for row in answer.json()["data"]) == sorted(ids)
    there = (await seller.send("POST", "returnWithdrawList", {"cancelIds": ids})).json()["data"]
    assert [row["cancelId"] for row in there] == ids
    assert [counts(world.box(one.box_id)) for one in (asked, back)] == [[(2, 0, 0)], [(2, 0, 0)]]


async def test_pitfall_31_exchanges_have_a_week_and_pages_of_ten(seller: Seller, world: World) -> None:
    window = "createdAtFrom=2026-11-13T00:00:00&createdAtTo=2026-11-21T00:00:00"
    assert (await seller.exchanges(window=window)).json() == example("exchanges_e1_range_error")
    box = delivered(world, shirts=11)
    for _ in range(11):
        exchanged(world, box, {SHIRT: 1})
    world.wing_reject(next(iter(world.exchanges)), "SOLDOUT")
    answer = (await seller.exchanges()).json()
    # No status shows every status.
    assert len(answer["data"]) == 10
    last = (await seller.exchanges(f"nextToken={answer['nextToken']}")).json()["data"]
    assert [row["exchangeStatus"] for row in last] == ["REJECT"]


async def test_pitfall_32_the_box_of_an_exchange_is_a_new_one(
    seller: Seller, world: World, clock: Frozen
) -> None:
    box = delivered(world)
    exchange = exchanged(world, box)
    early = await seller.replacement(exchange.exchange_id, box.box_id)
    assert early.status_code == 400
    assert "is not suitable for applyInvoice" in early.json()["message"]
    await seller.exchange(exchange.exchange_id, "receiveConfirmation")
    clock.advance(minutes=10)
    (row,) = (await seller.exchanges()).json()["data"]
    new_box_id = row["deliveryInvoiceGroupDtos"][0]["shipmentBoxId"]
    assert new_box_id != row["exchangeItemDtoV1s"][0]["originalShipmentBoxId"] == box.box_id
    assert (await seller.replacement(exchange.exchange_id, new_box_id)).status_code == 200


async def test_pitfall_33_single_returns_are_arrays_and_cancels_unknown(seller: Seller, world: World) -> None:
    receipt = stop(world, instructed(world))
    answer = (await seller.get(f"returnRequests/{receipt.receipt_id}", "v6")).json()
    assert [row["receiptId"] for row in answer["data"]] == [receipt.receipt_id]
    await seller.cancel(accepted(world))
    (cancel_id,) = await seller.receipt_ids("cancelType=CANCEL")
    refused = await seller.get(f"returnRequests/{cancel_id}", "v6")
    assert (refused.status_code, "cannot find the Receipt" in refused.json()["message"]) == (400, True)


async def test_pitfall_34_numbers_of_errors_under_200(seller: Seller, world: World) -> None:
    receipt = stop(world, instructed(world))
    world.add_fault("200_error", route="O10")
    answer = await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount=2)
    assert (answer.status_code, answer.json()["code"]) == (200, 500)
    assert receipt.status == "RELEASE_STOP_UNCHECKED"
