"""Rows of claims that are odd or broken: set aside alone, with their order, without a word of a person."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.coupang import scalars
from app.coupang.claims import decode_receipts
from app.coupang.claims.types import (
    CancelAnswer,
    CancelReceipt,
    CancelType,
    CollectStatus,
    Contact,
    ReceiptItem,
    ReceiptStatus,
    Waybill,
)
from app.coupang.exchanges import decode as exchange_decode

EXAMPLES = Path(__file__).parents[1] / "data/coupang/examples"
PERSON = "홍길동"


def _row(name: str) -> dict[str, Any]:
    told = json.loads((EXAMPLES / f"{name}.json").read_bytes())["response"]["body"]["data"][0]
    assert isinstance(told, dict)
    return told


def _answer(*rows: Any) -> bytes:
    return json.dumps({"code": 200, "data": rows}, ensure_ascii=False).encode()


RECEIPT = _row("returns_r1_list_minute")
ITEM = RECEIPT["returnItems"][0]
EXCHANGE = _row("exchanges_e1_list_received")
EXCHANGE_ITEM = EXCHANGE["exchangeItemDtoV1s"][0]
BOX = EXCHANGE["deliveryInvoiceGroupDtos"][0]
WITHDRAWAL = _row("returns_r6_withdraw_by_ids")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"receiptId": None}, "receiptId is missing or not an id"),
        ({"orderId": "x"}, "orderId is missing or not an id"),
        ({"receiptType": "SWAP"}, "receiptType SWAP is not one of the known"),
        ({"receiptType": PERSON}, "receiptType (not a word) is not one of the known"),
        ({"receiptStatus": "RETURNS_LOST"}, "receiptStatus RETURNS_LOST is not one of the known"),
        ({"receiptStatus": ""}, "receiptStatus (not a word) is not one of the known"),
        ({"returnItems": []}, "returnItems is empty"),
        ({"returnItems": None}, "returnItems is empty"),
        ({"cancelCountSum": 3}, "cancelCountSum is not the sum of the items"),
        ({"cancelCountSum": "two"}, "cancelCountSum is not the sum of the items"),
        ({"returnItems": [ITEM | {"releaseStatus": "Q"}]}, "releaseStatus Q is not one of the known"),
        ({"returnItems": [ITEM | {"cancelCount": None}]}, "cancelCount is missing or not a quantity"),
        ({"returnItems": [ITEM | {"cancelCount": -2}]}, "cancelCount is missing or not a quantity"),
        ({"returnItems": [ITEM | {"shipmentBoxId": 0}]}, "shipmentBoxId is missing or not an id"),
        ({"returnItems": [ITEM | {"vendorItemId": 0.5}]}, "Expected `int | str | null`, got `float`"),
        ({"requesterName": {"name": PERSON}}, "Expected `int | str | null`, got `object`"),
    ],
)
def test_a_receipt_that_cannot_be_trusted_is_set_aside(change: dict[str, Any], reason: str) -> None:
    page = decode_receipts.read_receipt_page(_answer(RECEIPT, RECEIPT | change, RECEIPT | {"receiptId": 1}))
    assert [receipt.receipt_id for receipt in page.receipts] == [RECEIPT["receiptId"], 1]
    (row,) = page.unreadable
    assert row.reason.startswith(reason)
    assert PERSON not in repr(row) + repr(page)
    assert row.claim_id == (None if "receiptId" in change else RECEIPT["receiptId"])
    assert row.order_id == (None if "orderId" in change else RECEIPT["orderId"])
    assert json.loads(row.raw) == RECEIPT | change


@pytest.mark.parametrize(
    "change",
    [
        {"faultByType": "협력사 과실"},
        {"releaseStopStatus": "처리(새로움)"},
        {"returnDeliveryType": "드론"},
        {"completeConfirmType": "미확인"},
        {"reasonCode": "NEWREASON"},
    ],
)
def test_unknown_words_that_decide_nothing_stay_as_text(change: dict[str, str]) -> None:
    page = decode_receipts.read_receipt_page(_answer(RECEIPT | change))
    (receipt,) = page.receipts
    told = {
        "faultByType": receipt.fault_by,
        "releaseStopStatus": receipt.release_stop_status,
        "returnDeliveryType": receipt.return_delivery_type,
        "completeConfirmType": receipt.complete_confirm_type,
        "reasonCode": receipt.reason_code,
    }
    assert told | change == told


def test_a_receipt_with_numbers_as_text_and_nothing_else() -> None:
    bare = {
        "receiptId": "365000001",
        "orderId": "24000099000001",
        "receiptType": "RETURN",
        "receiptStatus": "RETURNS_UNCHECKED",
        "cancelCountSum": "",
        "returnItems": [
            {"vendorItemId": "1", "shipmentBoxId": "642538970006401429", "cancelCount": "2"},
            {"vendorItemId": "2", "shipmentBoxId": "642538970006401430", "cancelCount": 3},
        ],
        "returnDeliveryDtos": {"deliveryCompanyCode": "CJGLS", "deliveryInvoiceNo": " 12 "},
    }
    (receipt,) = decode_receipts.read_receipt_page(_answer(bare)).receipts
    assert receipt.cancel_count_sum == 5
    assert [item.shipment_box_id for item in receipt.items] == [642538970006401429, 642538970006401430]
    assert receipt.items[0].release_status is None
    assert receipt.waybills == (Waybill("CJGLS", "12"),)
    assert receipt.requester == Contact()
    assert not receipt.open_stop


def test_a_cancel_without_status_is_complete() -> None:
    row = _row("returns_r1_list_cancel") | {"receiptStatus": None}
    assert (
        decode_receipts.read_receipt_page(_answer(row)).receipts[0].status is ReceiptStatus.RETURNS_COMPLETED
    )


def test_a_return_without_shipped_items_is_an_open_stop() -> None:
    row = RECEIPT | {"receiptStatus": "RETURNS_UNCHECKED"}
    assert decode_receipts.read_receipt_page(_answer(row)).receipts[0].open_stop


def test_broken_text_in_one_row_leaves_its_neighbours_and_its_order() -> None:
    body = _answer(RECEIPT, RECEIPT | {"requesterName": "BROKEN"}).replace(b"BROKEN", b"\xff\xfe")
    page = decode_receipts.read_receipt_page(body)
    assert len(page.receipts) == 1
    assert [row.reason for row in page.unreadable] == ["the row is not valid JSON in UTF-8"]
    assert page.unreadable[0].order_id == RECEIPT["orderId"]


@pytest.mark.parametrize("row", [None, 7, "text", [RECEIPT]])
def test_a_row_that_is_no_object_is_set_aside(row: Any) -> None:
    page = decode_receipts.read_receipt_page(_answer(RECEIPT, row))
    assert (len(page.receipts), len(page.unreadable)) == (1, 1)
    assert (page.unreadable[0].claim_id, page.unreadable[0].order_id) == (None, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"cancelId": None}, "cancelId is missing or not an id"),
        ({"orderId": None}, "orderId is missing or not an id"),
        ({"vendorItemIds": []}, "vendorItemIds is empty"),
        ({"vendorItemIds": [1, "x"]}, "vendorItemIds is missing or not an id"),
    ],
)
def test_a_withdrawal_that_cannot_be_trusted_is_set_aside(change: dict[str, Any], reason: str) -> None:
    page = decode_receipts.read_withdrawal_page(_answer(WITHDRAWAL, WITHDRAWAL | change))
    assert len(page.withdrawals) == 1
    assert [row.reason for row in page.unreadable] == [reason]
    assert page.unreadable[0].claim_id == (WITHDRAWAL | change)["cancelId"]


def test_an_unknown_duty_stays_as_text() -> None:
    page = decode_receipts.read_withdrawal_page(_answer(WITHDRAWAL | {"refundDeliveryDuty": "NEW"}))
    assert page.withdrawals[0].refund_duty == "NEW"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exchangeId": ""}, "exchangeId is missing or not an id"),
        ({"exchangeStatus": "LATER"}, "exchangeStatus LATER is not one of the known"),
        ({"exchangeItemDtoV1s": []}, "exchangeItemDtoV1s is empty"),
        (
            {"exchangeItemDtoV1s": [EXCHANGE_ITEM | {"quantity": None}]},
            "quantity is missing or not a quantity",
        ),
        (
            {"exchangeItemDtoV1s": [EXCHANGE_ITEM | {"targetItemId": "x"}]},
            "targetItemId is missing or not an id",
        ),
        (
            {"exchangeItemDtoV1s": [EXCHANGE_ITEM, EXCHANGE_ITEM | {"quantity": 7}]},
            "exchangeItemId is told twice, and not alike",
        ),
        (
            {"deliveryInvoiceGroupDtos": [BOX | {"shipmentBoxId": None}]},
            "shipmentBoxId is missing or not an id",
        ),
        (
            {"deliveryInvoiceGroupDtos": [BOX | {"shipmentBoxId": EXCHANGE_ITEM["originalShipmentBoxId"]}]},
            "a new shipmentBoxId is an original one",
        ),
    ],
)
def test_an_exchange_that_cannot_be_trusted_is_set_aside(change: dict[str, Any], reason: str) -> None:
    page = exchange_decode.read_exchange_page(_answer(EXCHANGE, EXCHANGE | change))
    assert len(page.exchanges) == 1
    (row,) = page.unreadable
    assert row.reason == reason
    assert row.claim_id == (None if "exchangeId" in change else EXCHANGE["exchangeId"])
    assert row.order_id == EXCHANGE["orderId"]


def test_an_exchange_as_loose_as_it_may_come() -> None:
    change = {
        "collectStatus": "Delivering",
        "deliveryStatus": "Teleported",
        "deliveryInvoiceGroupDtos": BOX | {"shipmentBoxId": str(BOX["shipmentBoxId"])},
        "exchangeAddressDtoV1": "",
        "collectInformationsDto": None,
        "returnDeliveryDtos": "",
        "rejectable": "true",
        "deliveryInvoiceModifiable": None,
        "exchangeItemDtoV1s": [EXCHANGE_ITEM | {"targetItemId": None, "originalShipmentBoxId": None}] * 2,
    }
    (exchange,) = exchange_decode.read_exchange_page(_answer(EXCHANGE | change)).exchanges
    assert exchange.collect_status == CollectStatus.COLLECTING
    assert exchange.redelivery_status == "Teleported"
    assert [box.shipment_box_id for box in exchange.boxes] == [BOX["shipmentBoxId"]]
    assert (exchange.waybills, exchange.expected_return_at) == ((), None)
    assert (exchange.rejectable, exchange.invoice_modifiable) == (True, False)
    assert len(exchange.items) == 1, "one that is told twice, alike, is one"
    assert exchange.items[0].target_vendor_item_id == exchange.items[0].vendor_item_id
    assert exchange.items[0].original_shipment_box_id is None


def test_nothing_of_a_person_is_in_a_repr() -> None:
    receipt = decode_receipts.read_receipt_page(_answer(RECEIPT | {"cancelReason": PERSON})).receipts[0]
    exchange = exchange_decode.read_exchange_page(_answer(EXCHANGE | {"reasonEtcDetail": PERSON})).exchanges[
        0
    ]
    assert receipt.requester.name == PERSON
    assert exchange.deliver_to.name == PERSON
    cancel = CancelAnswer(
        1, "200", (CancelReceipt(7, CancelType.CANCEL, (2,)),), item_texts=((3, PERSON),), raw=receipt.raw
    )
    item = ReceiptItem(1, 2, 3, cancel_complete_user=PERSON)
    shown = repr(
        [receipt, exchange, receipt.requester, exchange.collect_from, exchange.deliver_to, cancel, item]
    )
    assert PERSON not in shown
    assert RECEIPT["requesterAddressDetail"] not in shown
    assert str(RECEIPT["receiptId"]) in shown


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (1473049045000, datetime(2016, 9, 5, 4, 17, 25, tzinfo=UTC)),
        ("2018-11-06T23:50:39", datetime(2018, 11, 6, 14, 50, 39, tzinfo=UTC)),
        ("", None),
        (None, None),
        (2**62, None),
    ],
)
def test_instants(told: Any, expected: datetime | None) -> None:
    assert scalars.instant(told) == expected
