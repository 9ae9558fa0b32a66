"""Every copied payload of O9 to O11, R1 to R7 and E1 to E4 is read, and says what it said."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.coupang import errors
from app.coupang.claims import decode_receipts, decode_writes
from app.coupang.claims.types import (
    CancelType,
    CollectStatus,
    ExchangeStatus,
    PickupOf,
    ReceiptStatus,
    ReceiptType,
    ReleaseStatus,
    ReleaseStopStatus,
    Waybill,
)
from app.coupang.exchanges import decode as exchange_decode

DATA = Path(__file__).parents[1] / "data" / "coupang"
EXAMPLES = DATA / "examples"
WILD = DATA / "wild"

RECEIPTS = [
    *(EXAMPLES / f"returns_r1_list_{name}.json" for name in ("cancel", "completed_seller_pays", "day")),
    *(EXAMPLES / f"returns_r1_list_{name}.json" for name in ("minute", "v4")),
    EXAMPLES / "returns_r2_single.json",
    *(WILD / f"returns/v4_list_{name}.json" for name in ("2015_korean_enums", "day_2019", "minute_2019")),
    *(WILD / f"returns/v4_single_{name}.json" for name in ("18digit_third_party", "2019")),
    *(WILD / f"returns/v6_{name}.json" for name in ("int64_boundary", "list_item_2025")),
]
WITHDRAWALS = [
    EXAMPLES / "returns_r5_withdraw_by_date.json",
    EXAMPLES / "returns_r6_withdraw_by_ids.json",
    WILD / "returns/withdraw_list_2019.json",
    WILD / "returns/withdraw_post_2019.json",
]
EXCHANGES = [
    EXAMPLES / "exchanges_e1_list_progress.json",
    EXAMPLES / "exchanges_e1_list_received.json",
    WILD / "exchange/v4_list_2019.json",
    WILD / "exchange/v4_list_legacy_2017.json",
]
CONFIRMATIONS = {
    EXAMPLES / "orders_o10_stopped_shipment.json": "출고중지완료요청이 성공하였습니다",
    EXAMPLES / "orders_o11_completed_shipment.json": "이미출고 상태변경이 성공하였습니다.",
    EXAMPLES / "returns_r3_receive_confirmation.json": "",
    EXAMPLES / "returns_r4_approval.json": "",
    EXAMPLES / "exchanges_e2_receive_confirmation.json": "",
    EXAMPLES / "exchanges_e3_rejection.json": "요청 처리완료",
    EXAMPLES / "exchanges_e4_invoices.json": "Invoice number save successfully",
    WILD / "returns/stopped_shipment_ok.json": "출고중지완료요청이 성공하였습니다",
    WILD / "returns/completed_shipment_ok.json": "이미출고 상태변경이 성공하였습니다.",
    WILD / "returns/approval_ok.json": "",
    WILD / "returns/receive_confirmation_ok.json": "",
    WILD / "exchange/receive_confirmation_ok.json": "",
    WILD / "exchange/rejection_ok.json": "요청 처리완료",
    WILD / "exchange/invoice_ok.json": "Invoice number save successfully",
}
PICKUPS = {
    EXAMPLES / "returns_r7_manual_pickup.json": PickupOf.RETURN,
    EXAMPLES / "exchanges_r7_manual_pickup.json": PickupOf.EXCHANGE,
    WILD / "returns/manual_collect_invoice_ok.json": PickupOf.EXCHANGE,
}
CANCELS = {
    EXAMPLES / "orders_o9_cancel_accept.json": ({85000000001: "applied"}, [CancelType.CANCEL], [2]),
    EXAMPLES / "orders_o9_cancel_partial.json": (
        {85000000001: "applied", 85000000002: "not_applied"},
        [CancelType.STOP_SHIPMENT],
        [2],
    ),
    EXAMPLES / "orders_o9_cancel_failed.json": ({85000000002: "not_applied"}, [], []),
    WILD / "cancel/v5_cancel_partial.json": (
        {3145181064: "not_applied", 3145181065: "applied", 3145181067: "applied", 1: "unknown"},
        [CancelType.STOP_SHIPMENT],
        [3],
    ),
}
REFUSALS = {
    "orders_o9_cancel_validation": errors.Rejected,
    "orders_o10_stopped_shipment_count": errors.CountMismatch,
    "orders_o11_completed_shipment_duplicate": errors.WaybillRefused,
    "returns_r1_list_missing_status": errors.Rejected,
    "returns_r2_single_not_found": errors.NotExisting,
    "returns_r3_not_exist": errors.NotExisting,
    "returns_r4_already_returned": errors.AlreadyDone,
    "returns_r5_range_error": errors.RangeTooWide,
    "returns_r7_missing_field": errors.Rejected,
    "exchanges_e1_range_error": errors.RangeTooWide,
    "exchanges_e4_wrong_box": errors.NotSuitable,
}
ELSEWHERE = {
    WILD / "cancel/v4_refund_ok.json",
    WILD / "cancel/v5_cancel_400_messages.json",
    WILD / "returns/cancel_type_list_item.json",
    # Read by test_coupang_claim_calls.py.
    WILD / "exchange/invoice_request.json",
}


def _body(path: Path) -> bytes:
    if path.parent != EXAMPLES:
        return path.read_bytes()
    return json.dumps(json.loads(path.read_bytes())["response"]["body"], ensure_ascii=False).encode()


def _rows(body: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(body)["data"]
    return rows


def _won(price: Any) -> int | None:
    units: int | None = price["units"] if isinstance(price, dict) else price
    return units


def test_every_payload_of_a_claim_has_a_reader_in_this_suite() -> None:
    here = {*RECEIPTS, *WITHDRAWALS, *EXCHANGES, *CONFIRMATIONS, *PICKUPS, *CANCELS, *ELSEWHERE}
    here |= {EXAMPLES / f"{name}.json" for name in REFUSALS}
    prefixes = ("orders_o9", "orders_o10", "orders_o11", "returns_", "exchanges_")
    on_disk = {path for path in EXAMPLES.iterdir() if path.name.startswith(prefixes)}
    on_disk |= {path for family in ("cancel", "returns", "exchange") for path in (WILD / family).iterdir()}
    assert here == on_disk


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_receipts(path: Path) -> None:
    body = _body(path)
    page = decode_receipts.read_receipt_page(body)
    assert page.unreadable == ()
    assert page.raw == body
    assert page.next_token == (json.loads(body).get("nextToken") or None)
    for receipt, row in zip(page.receipts, _rows(body), strict=True):
        assert receipt.raw in body
        assert json.loads(receipt.raw) == row
        assert (receipt.receipt_id, receipt.order_id) == (row["receiptId"], row["orderId"])
        assert receipt.type == {"반품": "RETURN"}.get(row["receiptType"], row["receiptType"])
        assert receipt.status == row["receiptStatus"]
        assert receipt.cancel_count_sum == row["cancelCountSum"]
        assert (receipt.created_at is None) == ("createdAt" not in row)
        assert receipt.release_stop_status == row.get("releaseStopStatus", "")
        assert receipt.return_delivery_type == row.get("returnDeliveryType", "")
        assert receipt.reason_code == row.get("reasonCode", "")
        assert receipt.fault_by == row.get("faultByType", "")
        assert receipt.pre_refund is row.get("preRefund", False)
        assert receipt.complete_confirm_type == row.get("completeConfirmType", "")
        assert receipt.return_shipping_charge_krw == _won(row.get("returnShippingCharge"))
        assert receipt.requester.name == row["requesterName"]
        assert receipt.requester.post_code == row.get("requesterZipCode", "")
        numbers = [told["deliveryInvoiceNo"] for told in row.get("returnDeliveryDtos", ())]
        assert [waybill.invoice_number for waybill in receipt.waybills] == list(
            dict.fromkeys(number.strip() for number in numbers if number)
        )
        for item, told in zip(receipt.items, row["returnItems"], strict=True):
            assert item.vendor_item_id == told["vendorItemId"]
            assert item.shipment_box_id == told["shipmentBoxId"]
            assert (item.cancel_count, item.purchase_count) == (told["cancelCount"], told["purchaseCount"])
            assert item.release_status == told.get("releaseStatus")


def test_a_stop_request_in_full() -> None:
    page = decode_receipts.read_receipt_page(_body(EXAMPLES / "returns_r1_list_minute.json"))
    (receipt,) = page.receipts
    assert receipt.type is ReceiptType.RETURN
    assert receipt.status is ReceiptStatus.RELEASE_STOP_UNCHECKED
    assert receipt.release_stop_status == ReleaseStopStatus.UNANSWERED
    assert receipt.items[0].release_status is ReleaseStatus.NOT_SHIPPED
    assert receipt.open_stop
    assert receipt.created_at == datetime(2026, 11, 21, 2, 0, 2, 123456, tzinfo=UTC)
    assert receipt.requester.phone == "+8250300000003"
    assert receipt.requester.addr2 == "101동 101호"
    assert receipt.reason_categories == ("고객변심", "단순변심(사유없음)")


def test_only_unanswered_stop_requests_are_open() -> None:
    def first(name: str) -> bool:
        return decode_receipts.read_receipt_page(_body(DATA / name)).receipts[0].open_stop

    assert first("wild/returns/v4_single_2019.json")
    assert not first("examples/returns_r1_list_day.json")
    assert not first("examples/returns_r1_list_completed_seller_pays.json")
    # Cancelled at ACCEPT: its items read N and there is nothing to answer.
    assert not first("examples/returns_r1_list_cancel.json")
    # 미처리 and S: the request was stopped already.
    assert not first("wild/returns/v4_single_18digit_third_party.json")


def test_a_waybill_of_the_way_back() -> None:
    page = decode_receipts.read_receipt_page(_body(EXAMPLES / "returns_r1_list_completed_seller_pays.json"))
    assert page.receipts[0].waybills == (Waybill("CJGLS", "000000000078"),)
    assert page.receipts[0].return_shipping_charge_krw == 3000
    assert page.receipts[0].completed_at == datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def test_ids_that_a_float_would_round_stay_exact() -> None:
    page = decode_receipts.read_receipt_page(_body(WILD / "returns/v6_int64_boundary.json"))
    (receipt,) = page.receipts
    assert (receipt.receipt_id, receipt.order_id) == (9007199254740989, 9007199254740993)
    assert (receipt.items[0].shipment_box_id, receipt.items[0].vendor_item_id) == (
        9007199254740995,
        9007199254740997,
    )


def test_a_cancel_that_names_no_item_is_set_aside_with_its_order() -> None:
    body = _body(WILD / "returns/cancel_type_list_item.json")
    page = decode_receipts.read_receipt_page(body)
    assert page.receipts == ()
    (row,) = page.unreadable
    assert (row.claim_id, row.order_id) == (501, 200)
    assert row.reason == "vendorItemId is missing or not an id"
    assert json.loads(row.raw) == _rows(body)[0]


@pytest.mark.parametrize("path", WITHDRAWALS, ids=lambda path: path.stem)
def test_withdrawals(path: Path) -> None:
    body = _body(path)
    page = decode_receipts.read_withdrawal_page(body)
    assert page.unreadable == ()
    assert page.next_page_index == (2 if "nextPageIndex" in json.loads(body) else None)
    for withdrawal, row in zip(page.withdrawals, _rows(body), strict=True):
        assert json.loads(withdrawal.raw) == row
        assert (withdrawal.receipt_id, withdrawal.order_id) == (row["cancelId"], row["orderId"])
        assert list(withdrawal.vendor_item_ids) == row["vendorItemIds"]
        assert withdrawal.refund_duty == row["refundDeliveryDuty"]
        assert withdrawal.vendor_id == row["vendorId"]
        assert withdrawal.withdrawn_at is not None


def test_a_withdrawal_without_offset_is_of_seoul() -> None:
    page = decode_receipts.read_withdrawal_page(_body(EXAMPLES / "returns_r6_withdraw_by_ids.json"))
    assert page.withdrawals[0].withdrawn_at == datetime(2026, 11, 20, 14, 50, 39, tzinfo=UTC)


@pytest.mark.parametrize("path", EXCHANGES, ids=lambda path: path.stem)
def test_exchanges(path: Path) -> None:
    body = _body(path)
    page = exchange_decode.read_exchange_page(body)
    assert page.unreadable == ()
    assert page.next_token == (json.loads(body)["nextToken"] or None)
    for exchange, row in zip(page.exchanges, _rows(body), strict=True):
        assert json.loads(exchange.raw) == row
        assert (exchange.exchange_id, exchange.order_id) == (row["exchangeId"], row["orderId"])
        assert exchange.status == row["exchangeStatus"]
        assert exchange.collect_status == row.get("collectStatus", "")
        assert exchange.redelivery_status == row.get("deliveryStatus", "")
        assert exchange.order_delivery_status == row["orderDeliveryStatusCode"]
        assert exchange.rejectable is row["rejectable"]
        assert exchange.invoice_modifiable is row["deliveryInvoiceModifiable"]
        assert exchange.successable is row["successable"]
        assert exchange.fault_by == row["faultType"]
        assert exchange.reason_code == row.get("reasonCode", "")
        assert exchange.reason_detail == row.get("reasonEtcDetail", "")
        assert exchange.amount_krw == row["exchangeAmount"]
        address = row["exchangeAddressDtoV1"]
        assert exchange.deliver_to.name == address["deliveryCustomerName"]
        assert exchange.deliver_to.phone == address["deliveryMobile"]
        assert exchange.collect_from.phone == address["returnMobile"]
        assert exchange.collect_from.post_code == address["returnAddressZipCode"]
        for item, told in zip(exchange.items, row["exchangeItemDtoV1s"], strict=True):
            assert item.vendor_item_id == item.target_vendor_item_id == told["orderItemId"]
            assert item.quantity == told["quantity"]
            assert item.original_shipment_box_id == told.get("originalShipmentBoxId")
            assert item.target_unit_price_krw == told["targetItemUnitPrice"]
        boxes = [box["shipmentBoxId"] for box in row["deliveryInvoiceGroupDtos"]]
        assert [box.shipment_box_id for box in exchange.boxes] == boxes


def test_a_replacement_box() -> None:
    page = exchange_decode.read_exchange_page(_body(EXAMPLES / "exchanges_e1_list_received.json"))
    (exchange,) = page.exchanges
    assert exchange.collect_status == CollectStatus.COMPLETE_COLLECT
    assert exchange.collected_at == datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    assert exchange.waybills == (Waybill("CJGLS", "000000000090"),)
    (box,) = exchange.boxes
    assert (box.shipment_box_id, box.order_id) == (642538970006409002, 24000099000002)
    assert box.shipping_type == "EXCHANGE_DELIVERY"
    (invoice,) = box.invoices
    assert (invoice.status, invoice.courier_code, invoice.invoice_number) == ("INSTRUCT", None, None)
    assert invoice.quantities == ((85000000001, 1),)


def test_an_older_exchange_counts_milliseconds() -> None:
    page = exchange_decode.read_exchange_page(_body(WILD / "exchange/v4_list_legacy_2017.json"))
    (exchange,) = page.exchanges
    assert exchange.status is ExchangeStatus.CANCEL
    assert exchange.created_at == datetime(2016, 9, 5, 4, 17, 25, tzinfo=UTC)
    assert exchange.boxes[0].invoices[0].courier_code is None


@pytest.mark.parametrize("path", CONFIRMATIONS, ids=lambda path: path.stem)
def test_confirmations(path: Path) -> None:
    body = _body(path)
    assert errors.read(200, {}, body, "PUT", "/x") is None
    confirmation = decode_writes.read_confirmation(body, "PUT", "/x")
    assert confirmation.message == CONFIRMATIONS[path]
    assert confirmation.raw == body


@pytest.mark.parametrize("path", PICKUPS, ids=lambda path: path.stem)
def test_pickup_waybills(path: Path) -> None:
    body = _body(path)
    told = json.loads(body)["data"]
    pickup = decode_writes.read_pickup(body, PICKUPS[path], told["receiptId"])
    assert pickup.courier_code == told["deliveryCompanyCode"]
    assert pickup.invoice_number == told["invoiceNumber"]
    assert pickup.reg_number == told["regNumber"]
    assert pickup.invoice_number_id == told["invoiceNumberId"]
    assert pickup.return_delivery_id == told["returnDeliveryId"]
    with pytest.raises(errors.UnreadableAnswer):
        decode_writes.read_pickup(body, PICKUPS[path], told["receiptId"] + 1)
    other = PickupOf.RETURN if PICKUPS[path] is PickupOf.EXCHANGE else PickupOf.EXCHANGE
    with pytest.raises(errors.UnreadableAnswer):
        decode_writes.read_pickup(body, other, told["receiptId"])


@pytest.mark.parametrize("path", CANCELS, ids=lambda path: path.stem)
def test_cancels(path: Path) -> None:
    body = _body(path)
    outcomes, types, totals = CANCELS[path]
    told = json.loads(body)["data"]
    answer = decode_writes.read_cancel(body, told["orderId"])
    assert {item: answer.outcome_of(item) for item in outcomes} == outcomes
    assert [receipt.type for receipt in answer.receipts] == types
    assert [receipt.total_count for receipt in answer.receipts] == totals
    assert answer.code == json.loads(body)["code"]
    assert list(answer.failed_vendor_item_ids) == told["failedVendorItemIds"]
    texts = [
        (item, "취소 가능한 개수보다 요청한 개수가 더 많습니다.") for item in told["failedVendorItemIds"]
    ]
    assert list(answer.item_texts) == texts
    with pytest.raises(errors.UnreadableAnswer):
        decode_writes.read_cancel(body, told["orderId"] + 1)


def test_the_answer_of_the_retired_refund_is_not_an_answer_to_a_cancel() -> None:
    with pytest.raises(errors.UnreadableAnswer) as caught:
        decode_writes.read_cancel(_body(WILD / "cancel/v4_refund_ok.json"), 1234)
    assert caught.value.outcome == "unknown"


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals(name: str) -> None:
    told = json.loads((EXAMPLES / f"{name}.json").read_bytes())
    request, answer = told["request"], told["response"]
    body = _body(EXAMPLES / f"{name}.json")
    error = errors.read(answer["status"], {}, body, request["method"], request["path"])
    assert type(error) is REFUSALS[name]
    assert (error.stop, error.retryable, error.outcome) == ("call", False, "not_applied")
    # Documented words are told, ids inside the message are not.
    words = str(error).split(": ", 1)[1]
    assert words in error.message
    assert "365999999" not in words
    assert "642538970006401002" not in words


def test_every_documented_text_of_a_cancel_is_known() -> None:
    texts = json.loads(_body(WILD / "cancel/v5_cancel_400_messages.json"))
    assert len(texts) == 20
    for entry in texts:
        text = entry.split(":")[0].strip()
        body = json.dumps({"code": "400", "message": text, "data": None}).encode()
        error = errors.read(400, {}, body, "POST", "/x")
        assert isinstance(error, errors.Rejected)
        assert error.stop == "call"
        assert ": " in str(error), text
        half_done = text.startswith(("출고 정지 요청 롤백에 실패", "내부 오류가 발생"))
        assert isinstance(error, errors.HalfDone) is half_done
        assert error.outcome == ("unknown" if half_done else "not_applied")
