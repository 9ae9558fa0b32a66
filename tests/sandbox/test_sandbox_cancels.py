"""The seller's cancel and his answers to stop requests: every rule, every text."""

from typing import Any

import pytest

from app.clock import Frozen
from app.sandbox.claims import seller_cancel_calls as texts
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from app.sandbox.world.world import World
from tests.support.sandbox_claims import SHIRT, SOCKS, accepted, counts, departed, instructed, stop
from tests.support.sandbox_seller import VENDOR, Seller, dtos


async def said(seller: Seller, box: Any, pieces: dict[int, int] | None = None, **changes: Any) -> str:
    """The text of a cancel that is refused as a whole, without the request number."""
    answer = await seller.cancel(box, pieces, **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, "400"), answer.text
    message: str = answer.json()["message"]
    return message.split("\r\n")[-1].split("<= ")[-1]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"orderId": None}, "주문 ID를 입력해 주세요."),
        ({"orderId": 0}, "주문 ID를 입력해 주세요."),
        ({"orderId": 24000099000009}, "주문 정보가 없습니다."),
        ({"vendorItemIds": []}, "취소할 벤더아이템 아이디 목록을 입력해주세요."),
        ({"receiptCounts": []}, "취소할 아이탬 개수 목록을 입력해주세요."),
        ({"receiptCounts": [0]}, "취소할 아이탬 개수 목록을 입력해주세요."),
        ({"receiptCounts": [1, 1]}, "요청한 상품 개수와 취소 개수를 확인해주세요."),
        ({"bigCancelCode": ""}, "취소사유 대분류 코드를 입력해주세요."),
        ({"bigCancelCode": "NOERR"}, "취소사유 대분류 코드를 확인해 주세요."),
        ({"middleCancelCode": None}, "취소사유 중분류 코드를 입력해주세요."),
        ({"middleCancelCode": "CCXXER"}, "취소사유 중분류 코드를 확인해 주세요."),
        ({"vendorId": "A00000009"}, "업체 ID를 입력해주세요."),
        ({"userId": "somebodyelse"}, "업체 ID에 맞는 올바른 유저 ID를 입력해주세요."),
        ({"userId": ""}, "업체 ID에 맞는 올바른 유저 ID를 입력해주세요."),
        ({"vendorItemIds": [85000000077]}, "주문 정보가 없습니다."),
    ],
)
async def test_validation_texts(seller: Seller, world: World, changes: dict[str, Any], text: str) -> None:
    world.vendor(VENDOR).wing_users.add("examplewing")
    box = accepted(world)
    assert await said(seller, box, **changes) == text
    assert box.status == "ACCEPT"


async def test_item_texts(seller: Seller, world: World) -> None:
    world.add_vendor("A00000002", "two", "two")
    theirs = world.order("A00000002", [BoxSpec([LineSpec(SHIRT, 1)])])[0][0]
    assert await said(seller, theirs) == texts.NOT_YOURS
    box = instructed(world, socks=1)
    assert await said(seller, box, {SHIRT: 3}) == texts.TOO_MANY
    answer = await seller.cancel(box, {SOCKS: 1, 85000000077: 1})
    assert answer.json()["message"].endswith("[85000000077]<= 주문정보가 없습니다.[85000000077]")
    assert answer.json()["data"]["failedVendorItemIds"] == [85000000077]
    shipped = departed(world)
    assert await said(seller, shipped, {SHIRT: 1}) == texts.WRONG_STATUS
    # Held pieces are not the seller's to cancel.
    stop(world, box)
    assert await said(seller, box, {SHIRT: 1}) == texts.TOO_MANY


@pytest.mark.parametrize("text", [texts.STOP_FAILED, texts.ROLLBACK_FAILED, texts.INTERNAL, texts.FAILED])
async def test_failures_inside_come_by_script(seller: Seller, world: World, text: str) -> None:
    box = instructed(world, socks=1)
    world.add_fault("row_error", route="O9", vendor_item_id=SOCKS, message=text)
    answer = (await seller.cancel(box)).json()
    assert (answer["code"], answer["data"]["failedVendorItemIds"]) == ("200", [SOCKS])
    assert answer["message"].endswith(f"[{SOCKS}]<= {text}")
    assert counts(box) == [(2, 0, 2), (1, 0, 0)]


@pytest.mark.parametrize("version", ["v4", "v5", "v6"])
async def test_all_versions_cancel(seller: Seller, world: World, version: str) -> None:
    assert (await seller.cancel(accepted(world), version=version)).json()["code"] == "200"


async def test_older_shape_of_the_answer(seller: Seller, world: World) -> None:
    world.set_rules(cancel_answer="flat", cancel_failed_key="failedItemIds", cancel_failed_status=200)
    box = instructed(world, socks=1)
    partial = (await seller.cancel(box, {SHIRT: 1, SOCKS: 2})).json()
    assert partial["code"] == "PARTIAL"
    assert partial["data"]["receiptMap"]["vendorItemIds"] == [SHIRT]
    assert partial["data"]["failedItemIds"] == [SOCKS]
    failed = await seller.cancel(box, {SOCKS: 2})
    assert (failed.status_code, failed.json()["code"], failed.json()["data"]["receiptMap"]) == (
        200,
        "FAIL",
        {},
    )
    assert (await seller.cancel(box)).json()["code"] == "SUCCESS"


async def test_cancel_at_accept_is_whole(seller: Seller, world: World) -> None:
    box = accepted(world, socks=1)
    assert await said(seller, box, {SOCKS: 1}) == texts.NOT_PARTLY
    world.set_rules(partial_cancel_at_accept=True)
    assert (await seller.cancel(box, {SOCKS: 1})).status_code == 200
    assert (box.status, counts(box)) == ("ACCEPT", [(2, 0, 0), (1, 0, 1)])
    world.set_rules(partial_cancel_at_accept=False)
    # What is left is the whole.
    assert (await seller.cancel(box)).status_code == 200
    assert box.status == "CANCELLED"
    assert len(await seller.receipt_ids("cancelType=CANCEL")) == 2


async def test_a_running_refund_fails_the_cancel(seller: Seller, world: World) -> None:
    box = accepted(world, socks=1)
    world.cancel(box.box_id, {SOCKS: 1})
    assert await said(seller, box, {SHIRT: 2}) == texts.FAILED


async def test_cancel_at_instruct_is_a_completed_stop(seller: Seller, world: World) -> None:
    box = instructed(world, socks=1)
    answer = (await seller.cancel(box, {SOCKS: 1})).json()
    ((receipt_id, row),) = answer["data"]["receiptMap"].items()
    assert row["receiptType"] == "STOP_SHIPMENT"
    assert (box.status, counts(box)) == ("INSTRUCT", [(2, 0, 0), (1, 0, 1)])
    (listed,) = (await seller.returns("status=CC")).json()["data"]
    assert str(listed["receiptId"]) == receipt_id
    assert (listed["receiptType"], listed["releaseStopStatus"]) == ("RETURN", "처리(출고중지)")
    assert (listed["cancelReasonCategory1"], listed["cancelReasonCategory2"]) == ("배송불만", "품절")
    assert (listed["cancelReason"], listed["returnItems"][0]["releaseStatus"]) == (
        "파트너 API 강제 취소",
        "S",
    )
    assert (await seller.receipt(int(receipt_id), "stoppedShipment", cancelCount=1)).status_code == 400
    # The rest ships.
    row = (await seller.invoices(*dtos(box)[:1])).json()["data"]["responseList"][0]
    assert row["resultCode"] == "OK"


async def test_one_call_for_each_box(seller: Seller, world: World) -> None:
    boxes = world.order(VENDOR, [BoxSpec([LineSpec(SHIRT, 1)]), BoxSpec([LineSpec(SOCKS, 1)])])[0]
    answer = (await seller.cancel(boxes[0], {SHIRT: 1, SOCKS: 1})).json()
    assert answer["data"]["failedVendorItemIds"] == [SOCKS]
    assert [box.status for box in boxes] == ["CANCELLED", "ACCEPT"]
    assert (await seller.cancel(boxes[1])).json()["code"] == "200"
    boxes = world.order(VENDOR, [BoxSpec([LineSpec(SHIRT, 1)]), BoxSpec([LineSpec(SOCKS, 1)])])[0]
    world.set_rules(cancel_across_boxes=True)
    answer = (await seller.cancel(boxes[0], {SHIRT: 1, SOCKS: 1})).json()
    assert len(answer["data"]["receiptMap"]) == 2
    assert [box.status for box in boxes] == ["CANCELLED", "CANCELLED"]


async def test_the_same_option_in_two_boxes(seller: Seller, world: World) -> None:
    """The call names no box: Coupang takes the one that can still be cancelled."""
    boxes = world.order(VENDOR, [BoxSpec([LineSpec(SHIRT, 1)]), BoxSpec([LineSpec(SHIRT, 1)])])[0]
    world.wing_acknowledge(boxes[0].box_id)
    world.wing_ship(boxes[0].box_id, "CJGLS", "000000000012")
    assert (await seller.cancel(boxes[0], {SHIRT: 1})).json()["code"] == "200"
    assert [box.status for box in boxes] == ["DEPARTURE", "CANCELLED"]


async def test_cancelling_twice_is_counted(seller: Seller, world: World) -> None:
    box = instructed(world, shirts=3)
    for _ in range(2):
        await seller.cancel(box, {SHIRT: 1})
    assert counts(box) == [(3, 0, 2)]
    assert (world.report()["applied_twice"], world.report()["kinds"]["cancel"]["applied_twice"]) == (1, 1)
    whole = accepted(world)
    await seller.cancel(whole)
    assert await said(seller, whole, {SHIRT: 2}) == texts.WRONG_STATUS
    last = world.report()["mutations"][-1]
    assert (last["kind"], last["times_applied"], last["repeats"]) == ("cancel", 1, 1)


async def test_stop_is_answered_once(seller: Seller, world: World) -> None:
    box = instructed(world, socks=3)
    receipt = stop(world, box, {SHIRT: 1, SOCKS: 2})
    assert counts(box) == [(2, 1, 0), (3, 2, 0)]
    answer = await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount=3, method="PATCH")
    assert answer.json()["data"]["resultCode"] == "SUCCESS"
    assert (counts(box), box.hold_kind, box.status) == ([(2, 0, 1), (3, 0, 2)], "", "INSTRUCT")
    (row,) = (await seller.returns("status=CC")).json()["data"]
    assert (row["receiptStatus"], row["releaseStopStatus"]) == ("RETURNS_COMPLETED", "처리(출고중지)")
    assert {one["releaseStatus"] for one in row["returnItems"]} == {"S"}
    again = await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount=3)
    assert (again.status_code, again.json()["message"]) == (400, "이미 반품이 완료되었습니다.")
    (mutation,) = world.report()["mutations"]
    assert (mutation["kind"], mutation["about"], mutation["about_id"]) == (
        "stop_shipment", "receipt", receipt.receipt_id,
    )  # fmt: skip
    assert (mutation["times_applied"], mutation["repeats"]) == (1, 1)


async def test_stop_of_everything_takes_the_box_away(seller: Seller, world: World) -> None:
    box = instructed(world)
    receipt = stop(world, box)
    await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount=2)
    assert (await seller.box(box.box_id)).status_code == 400
    assert await seller.ids("INSTRUCT") == []


@pytest.mark.parametrize("call", ["stoppedShipment", "completedShipment", "receiveConfirmation", "approval"])
async def test_receipts_that_nobody_knows(seller: Seller, world: World, call: str) -> None:
    world.add_vendor("A00000002", "two", "two")
    (theirs,) = world.order("A00000002")[0]
    world.wing_acknowledge(theirs.box_id)
    foreign = stop(world, theirs)
    withdrawn = stop(world, instructed(world))
    world.withdraw(withdrawn.receipt_id)
    world.cancel(accepted(world).box_id)
    (cancel_id,) = await seller.receipt_ids("cancelType=CANCEL")
    more = {"cancelCount": 1, "deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000099"}
    for receipt_id in (foreign.receipt_id, withdrawn.receipt_id, cancel_id, 365999999):
        answer = await seller.receipt(receipt_id, call, **more)
        assert answer.status_code == 400
        assert answer.json()["message"] == "취소반품접수내역이 존재하지 않습니다."
    assert world.report()["mutations"] == []


async def test_ids_in_bodies_are_numbers(seller: Seller, world: World) -> None:
    receipt = stop(world, instructed(world))
    path = f"returnRequests/{receipt.receipt_id}/stoppedShipment"
    for body in (
        {"vendorId": VENDOR, "receiptId": str(receipt.receipt_id), "cancelCount": 2},
        {"vendorId": VENDOR, "receiptId": receipt.receipt_id + 1, "cancelCount": 2},
        {"vendorId": VENDOR, "receiptId": receipt.receipt_id},
        {"vendorId": "A00000009", "receiptId": receipt.receipt_id, "cancelCount": 2},
    ):
        assert (await seller.send("PUT", path, body)).status_code == 400
    assert receipt.status == "RELEASE_STOP_UNCHECKED"


async def test_already_shipped_sends_the_box_and_keeps_the_claim(
    seller: Seller, world: World, clock: Frozen
) -> None:
    box = instructed(world, socks=1)
    receipt = stop(world, box, {SHIRT: 2})
    number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": "1"}
    wrong = await seller.receipt(receipt.receipt_id, "completedShipment", **number)
    assert (wrong.status_code, wrong.json()["message"]) == (400, "송장번호가 유효하지 않습니다.")
    number["deliveryCompanyCode"] = "LOTTE"
    wrong = await seller.receipt(receipt.receipt_id, "completedShipment", **number)
    assert (wrong.status_code, wrong.json()["message"]) == (500, "Internal Exception")
    number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000056"}
    assert (await seller.receipt(receipt.receipt_id, "completedShipment", **number)).status_code == 200
    row = (await seller.box(box.box_id)).json()["data"]
    assert (row["status"], row["invoiceNumber"]) == ("DEPARTURE", "000000000056")
    assert counts(box) == [(2, 2, 0), (1, 0, 0)]
    (listed,) = (await seller.returns("status=UC")).json()["data"]
    assert (listed["receiptStatus"], listed["releaseStopStatus"]) == ("RETURNS_UNCHECKED", "처리(이미출고)")
    assert listed["returnItems"][0]["releaseStatus"] == "A"
    # From INSTRUCT on the way back is the seller's, whatever the reason.
    assert (listed["faultByType"], listed["returnShippingCharge"]["units"]) == ("CUSTOMER", 3000)
    again = await seller.receipt(receipt.receipt_id, "completedShipment", **number)
    assert again.status_code == 400
    assert world.report()["kinds"]["already_shipped"] == {"applied": 1, "applied_twice": 0, "repeats": 1}
    # It is an ordinary return now.
    assert (await seller.receipt(receipt.receipt_id, "receiveConfirmation")).status_code == 200


async def test_already_shipped_by_the_sellers_own_van(seller: Seller, world: World) -> None:
    box = instructed(world)
    receipt = stop(world, box)
    number = {"deliveryCompanyCode": "DIRECT", "invoiceNumber": "7"}
    await seller.receipt(receipt.receipt_id, "completedShipment", **number)
    assert box.status == "NONE_TRACKING"


async def test_nested_answer_of_an_older_edition(seller: Seller, world: World) -> None:
    world.set_rules(nested_already_shipped=True)
    receipt = stop(world, instructed(world))
    number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000056"}
    answer = (await seller.receipt(receipt.receipt_id, "completedShipment", **number)).json()
    assert answer == {
        "data": {
            "code": "200",
            "message": "OK",
            "resultCode": "SUCCESS",
            "resultMessage": "이미출고 상태변경이 성공하였습니다.",
        }
    }


@pytest.mark.parametrize(("route", "call"), [("O10", "stoppedShipment"), ("O11", "completedShipment")])
async def test_200_can_hide_a_failure(seller: Seller, world: World, route: str, call: str) -> None:
    receipt = stop(world, instructed(world))
    world.add_fault("row_error", route=route, message="다시 시도해 주세요.")
    more = {"cancelCount": 2, "deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000056"}
    answer = await seller.receipt(receipt.receipt_id, call, **more)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"resultCode": "FAIL", "resultMessage": "다시 시도해 주세요."}
    assert receipt.status == "RELEASE_STOP_UNCHECKED"


async def test_lost_answers_apply_once(seller: Seller, world: World) -> None:
    box = instructed(world)
    world.add_fault("504_after", route="O9")
    assert (await seller.cancel(box)).status_code == 504
    assert box.status == "CANCELLED"
    assert await said(seller, box, {SHIRT: 2}) == texts.WRONG_STATUS
    assert world.report()["applied_twice"] == 0
