"""Cancels, returns and exchanges: every answer has the keys, their order and the types of the examples."""

from typing import Any

from app.clock import Frozen
from app.sandbox.core.claim_entities import BY_HAND
from app.sandbox.world.claims_world import told_why
from app.sandbox.world.world import World
from tests.support.sandbox_claims import (
    SHIRT,
    SOCKS,
    accepted,
    delivered,
    exchanged,
    instructed,
    returned,
    stop,
)
from tests.support.sandbox_seller import Seller, example


def same_shape(answer: Any, known: Any, path: str = "") -> None:
    """Check key by key; a value that may be absent (null) is of either type."""
    if isinstance(known, dict):
        assert isinstance(answer, dict), path
        assert list(answer) == list(known), path
        for key in known:
            same_shape(answer[key], known[key], f"{path}.{key}")
    elif isinstance(known, list):
        assert isinstance(answer, list), path
        assert len(answer) > 0 or not known, path
        for one in answer if known else []:
            same_shape(one, known[0], f"{path}[]")
    else:
        assert type(answer) is type(known), path


async def test_cancel_at_accept(seller: Seller, world: World) -> None:
    box = accepted(world)
    answer = await seller.cancel(box)
    known = example("orders_o9_cancel_accept")
    body = answer.json()
    assert answer.status_code == 200
    assert (list(body), list(body["data"])) == (list(known), list(known["data"]))
    ((key, row),) = body["data"]["receiptMap"].items()
    assert row == {"receiptId": int(key), "receiptType": "CANCEL", "vendorItemIds": [SHIRT], "totalCount": 2}
    assert body["message"].startswith("[요청번호] ")
    assert body["message"].endswith(" \r\n")
    assert (body["data"]["orderId"], body["data"]["failedVendorItemIds"]) == (box.order_id, [])


async def test_cancel_partial_and_failed(seller: Seller, world: World) -> None:
    box = instructed(world, shirts=2, socks=3)
    answer = await seller.cancel(box, {SHIRT: 2, SOCKS: 5})
    known = example("orders_o9_cancel_partial")
    body = answer.json()
    (row,) = body["data"]["receiptMap"].values()
    assert list(row) == list(known["data"]["receiptMap"]["181000002"])
    assert (answer.status_code, body["code"], row["receiptType"]) == (200, "200", "STOP_SHIPMENT")
    tail = f"[{SOCKS}]<= 취소 가능한 개수보다 요청한 개수가 더 많습니다."
    assert body["message"].split("\r\n")[1] == tail == known["message"].split("\r\n")[1]
    assert body["data"]["failedVendorItemIds"] == [SOCKS]
    answer = await seller.cancel(box, {SOCKS: 5})
    known = example("orders_o9_cancel_failed")
    body = answer.json()
    assert (answer.status_code, list(body), body["code"]) == (400, list(known), "400")
    assert body["message"].split("\r\n")[1] == known["message"].split("\r\n")[1]
    assert body["data"] == {**known["data"], "orderId": box.order_id}


async def test_cancel_validation(seller: Seller, world: World) -> None:
    box = instructed(world, socks=1)
    answer = await seller.cancel(box, receiptCounts=[1])
    assert (answer.status_code, answer.json()) == (400, example("orders_o9_cancel_validation"))


async def test_stopped_shipment(seller: Seller, world: World) -> None:
    receipt = stop(world, instructed(world))
    wrong = await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount=1)
    assert (wrong.status_code, wrong.json()) == (500, example("orders_o10_stopped_shipment_count"))
    done = await seller.receipt(receipt.receipt_id, "stoppedShipment", cancelCount=2)
    assert (done.status_code, done.json()) == (200, example("orders_o10_stopped_shipment"))


async def test_completed_shipment(seller: Seller, world: World) -> None:
    delivered(world)
    receipt = stop(world, instructed(world))
    number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": "000000000012"}
    used = await seller.receipt(receipt.receipt_id, "completedShipment", **number)
    assert (used.status_code, used.json()) == (400, example("orders_o11_completed_shipment_duplicate"))
    number["invoiceNumber"] = "000000000056"
    done = await seller.receipt(receipt.receipt_id, "completedShipment", **number)
    assert (done.status_code, done.json()) == (200, example("orders_o11_completed_shipment"))


async def test_cancel_list(seller: Seller, world: World) -> None:
    box = accepted(world)
    world.cancel(box.box_id)
    answer = (await seller.returns("cancelType=CANCEL")).json()
    known = example("returns_r1_list_cancel")
    same_shape(answer, known)
    row, theirs = answer["data"][0], known["data"][0]
    fixed = (
        "receiptType", "receiptStatus", "requesterName", "requesterPhoneNumber", "requesterAddress",
        "requesterZipCode", "cancelReasonCategory1", "cancelReasonCategory2", "cancelCountSum",
        "returnDeliveryType", "releaseStopStatus", "faultByType", "completeConfirmType", "reasonCode",
        "reasonCodeText", "returnShippingCharge", "enclosePrice",
    )  # fmt: skip
    assert {name: row[name] for name in fixed} == {name: theirs[name] for name in fixed}
    assert row["returnItems"] == [{**theirs["returnItems"][0], "shipmentBoxId": box.box_id}]


async def test_return_lists(seller: Seller, world: World, clock: Frozen) -> None:
    box = delivered(world)
    receipt = returned(world, box)
    world.pickup_book(receipt.receipt_id, "CJGLS", "000000000078")
    answer = (await seller.returns("status=UC&maxPerPage=50")).json()
    known = example("returns_r1_list_day")
    same_shape(answer, known)
    row, theirs = answer["data"][0], known["data"][0]
    fixed = (
        "receiptType", "receiptStatus", "cancelCountSum", "returnDeliveryType", "releaseStopStatus",
        "faultByType", "preRefund", "completeConfirmType", "completeConfirmDate", "returnDeliveryDtos",
        "returnShippingCharge",
    )  # fmt: skip
    assert {name: row[name] for name in fixed} == {name: theirs[name] for name in fixed}
    assert row["createdAt"] == "2026-11-21T12:00:00.000000+09:00"
    older = (
        await seller.get(
            "returnRequests?searchType=timeFrame&createdAtFrom=2026-11-21T09%3A00"
            "&createdAtTo=2026-11-21T12%3A30&status=UC",
            "v4",
        )
    ).json()
    same_shape(older, example("returns_r1_list_v4"))
    assert older["data"][0]["returnShippingCharge"] == -3000
    assert older["data"][0]["createdAt"] == "2026-11-21T12:00:00"
    single = (await seller.get(f"returnRequests/{receipt.receipt_id}", "v6")).json()
    same_shape(single, example("returns_r2_single"))
    await seller.receipt(receipt.receipt_id, "receiveConfirmation")


async def test_return_list_by_minutes(seller: Seller, world: World) -> None:
    receipt = stop(world, instructed(world))
    window = "searchType=timeFrame&createdAtFrom=2026-11-21T09%3A00&createdAtTo=2026-11-21T12%3A30"
    answer = (await seller.returns("status=RU", window=window)).json()
    known = example("returns_r1_list_minute")
    same_shape(answer, known)
    row, theirs = answer["data"][0], known["data"][0]
    assert row["receiptId"] == receipt.receipt_id
    fixed = (
        "receiptStatus", "releaseStopStatus", "returnDeliveryId", "returnDeliveryType", "returnDeliveryDtos",
        "cancelCountSum", "completeConfirmType", "returnShippingCharge",
    )  # fmt: skip
    assert {name: row[name] for name in fixed} == {name: theirs[name] for name in fixed}
    assert row["returnItems"][0]["releaseStatus"] == theirs["returnItems"][0]["releaseStatus"] == "N"


async def test_completed_return_at_the_sellers_cost(seller: Seller, world: World) -> None:
    why = told_why("DEFECT")
    receipt = returned(world, delivered(world, shirts=6), {SHIRT: 2}, why=why)
    assert receipt.quick
    world.set_rules(quick_refund_below_krw=0)
    receipt = returned(world, delivered(world, number="000000000013"), why=why)
    world.pickup_book(receipt.receipt_id, "CJGLS", "000000000078")
    confirmed = await seller.receipt(receipt.receipt_id, "receiveConfirmation")
    assert (confirmed.status_code, confirmed.json()) == (200, example("returns_r3_receive_confirmation"))
    approved = await seller.receipt(receipt.receipt_id, "approval", cancelCount=2)
    assert (approved.status_code, approved.json()) == (200, example("returns_r4_approval"))
    answer = (await seller.returns("status=CC")).json()
    known = example("returns_r1_list_completed_seller_pays")
    same_shape(answer, known)
    row, theirs = answer["data"][0], known["data"][0]
    fixed = (
        "receiptStatus", "cancelReasonCategory1", "cancelReasonCategory2", "faultByType", "reasonCode",
        "reasonCodeText", "completeConfirmType", "returnShippingCharge", "preRefund",
    )  # fmt: skip
    assert {name: row[name] for name in fixed} == {name: theirs[name] for name in fixed}
    again = await seller.receipt(receipt.receipt_id, "approval", cancelCount=2)
    assert (again.status_code, again.json()) == (400, example("returns_r4_already_returned"))


async def test_receipts_that_are_not_there(seller: Seller) -> None:
    missing = await seller.returns()
    assert (missing.status_code, missing.json()) == (400, example("returns_r1_list_missing_status"))
    unknown = await seller.get("returnRequests/365999999", "v6")
    assert (unknown.status_code, unknown.json()) == (400, example("returns_r2_single_not_found"))
    refused = await seller.receipt(365999999, "receiveConfirmation")
    assert (refused.status_code, refused.json()) == (400, example("returns_r3_not_exist"))


async def test_withdrawals(seller: Seller, world: World, clock: Frozen) -> None:
    ids = []
    for n, fault in enumerate(("VENDOR", "CUSTOMER", "COUPANG")):
        box = delivered(world, number=f"00000000001{n}")
        receipt = returned(world, box, why=told_why("DEFECT", fault))
        ids.append(receipt.receipt_id)
        clock.advance(minutes=1)
        world.withdraw(receipt.receipt_id)
    query = "dateFrom=2026-11-16&dateTo=2026-11-21&sizePerPage=2"
    answer = (await seller.get(f"returnWithdrawRequests?{query}&pageIndex=1", "v4")).json()
    same_shape(answer, example("returns_r5_withdraw_by_date"))
    assert answer["nextPageIndex"] == "2"
    assert [row["refundDeliveryDuty"] for row in answer["data"]] == ["COU", "CUS"]
    assert answer["data"][0]["createdAt"] == "2026-11-21T12:03:00"
    last = (await seller.get(f"returnWithdrawRequests?{query}&pageIndex=2", "v4")).json()
    assert ([row["cancelId"] for row in last["data"]], last["nextPageIndex"]) == ([ids[0]], "")
    long = await seller.get("returnWithdrawRequests?dateFrom=2026-11-01&dateTo=2026-11-21", "v4")
    assert (long.status_code, long.json()) == (400, example("returns_r5_range_error"))
    there = (await seller.send("POST", "returnWithdrawList", {"cancelIds": [ids[1], 365000003]})).json()
    same_shape(there, example("returns_r6_withdraw_by_ids"))
    assert [row["cancelId"] for row in there["data"]] == [ids[1]]


async def test_pickup_waybills(seller: Seller, world: World) -> None:
    box = delivered(world, shirts=3)
    receipt = returned(world, box, {SHIRT: 1}, collect=BY_HAND)
    answer = await seller.pickup(receipt.receipt_id, regNumber="0000001")
    known = example("returns_r7_manual_pickup")
    same_shape(answer.json(), known)
    mine, theirs = answer.json()["data"], known["data"]
    for name in ("deliveryCompanyCode", "invoiceNumber", "regNumber", "returnExchangeDeliveryType"):
        assert mine[name] == theirs[name]
    missing = await seller.pickup(receipt.receipt_id, deliveryCompanyCode=None)
    assert (missing.status_code, missing.json()) == (400, example("returns_r7_missing_field"))
    exchange = exchanged(world, box, {SHIRT: 1}, collect=BY_HAND)
    answer = await seller.pickup(exchange.exchange_id, "EXCHANGE", invoiceNumber="00000000014351")
    same_shape(answer.json(), example("exchanges_r7_manual_pickup"))
    assert answer.json()["data"]["regNumber"] is None


async def test_exchange_lists(seller: Seller, world: World, clock: Frozen) -> None:
    box = delivered(world)
    why = told_why("WRONGSIZECOL", detail="다른 색상이 왔습니다")
    exchange = exchanged(world, box, {SHIRT: 1}, why=why)
    world.pickup_scan(exchange.exchange_id)
    answer = (await seller.exchanges("status=PROGRESS")).json()
    known = example("exchanges_e1_list_progress")
    same_shape(answer, known)
    row, theirs = answer["data"][0], known["data"][0]
    fixed = (
        "orderDeliveryStatusCode", "exchangeStatus", "referType", "faultType", "exchangeAmount", "reasonCode",
        "reasonCodeText", "reasonEtcDetail", "modifiedByType", "deliveryInvoiceGroupDtos", "deliveryStatus",
        "collectStatus", "collectCompleteDate", "returnDeliveryDtos", "exchangeStatusLabel", "rejectable",
        "deliveryInvoiceModifiable", "successable",
    )  # fmt: skip
    assert {name: row[name] for name in fixed} == {name: theirs[name] for name in fixed}
    received = await seller.exchange(exchange.exchange_id, "receiveConfirmation")
    assert (received.status_code, received.json()) == (200, example("exchanges_e2_receive_confirmation"))
    clock.advance(minutes=10)
    answer = (await seller.exchanges(f"orderId={box.order_id}")).json()
    known = example("exchanges_e1_list_received")
    same_shape(answer, known)
    row, theirs = answer["data"][0], known["data"][0]
    fixed = (
        "exchangeStatus", "modifiedByType", "deliveryStatus", "collectStatus", "rejectable", "successable",
        "deliveryInvoiceModifiable",
    )  # fmt: skip
    assert {name: row[name] for name in fixed} == {name: theirs[name] for name in fixed}
    assert row["collectCompleteDate"] == "2026-11-21T12:00:00"
    wrong = await seller.replacement(exchange.exchange_id, box.box_id)
    told = example("exchanges_e4_wrong_box")
    told["message"] = told["message"].replace("642538970006401002", str(box.box_id))
    told["message"] = told["message"].replace("NONE_TRACKING", "FINAL_DELIVERY")
    assert (wrong.status_code, wrong.json()) == (400, told)
    new_box_id = row["deliveryInvoiceGroupDtos"][0]["shipmentBoxId"]
    sent = await seller.replacement(exchange.exchange_id, new_box_id)
    assert (sent.status_code, sent.json()) == (200, example("exchanges_e4_invoices"))


async def test_exchange_refused(seller: Seller, world: World) -> None:
    exchange = exchanged(world, delivered(world))
    answer = await seller.exchange(exchange.exchange_id, "rejection", exchangeRejectCode="SOLDOUT")
    assert (answer.status_code, answer.json()) == (200, example("exchanges_e3_rejection"))
    window = "createdAtFrom=2026-11-01T00:00:00&createdAtTo=2026-11-21T23:59:59"
    long = await seller.exchanges(window=window)
    assert (long.status_code, long.json()) == (400, example("exchanges_e1_range_error"))
