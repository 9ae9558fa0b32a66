"""Rows Coupang might send: what is tolerated, what is set aside, and that neighbours are untouched."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.coupang.errors import UnreadableAnswer
from app.coupang.orders import decode as order_decode
from app.coupang.orders.decode import Line, Unreadable

BOX = 642538970006401001


def _item(**changes: Any) -> dict[str, Any]:
    return {"vendorItemId": 85000000001, "shippingCount": 2, "vendorItemName": "예시 티셔츠"} | changes


def _row(**changes: Any) -> dict[str, Any]:
    row = {
        "shipmentBoxId": BOX,
        "orderId": 24000099000001,
        "status": "ACCEPT",
        "paidAt": "2026-11-21T09:12:35+09:00",
        "receiver": {"name": "김가상", "safeNumber": "0503-0000-0002", "addr1": "서울", "postCode": "01234"},
        "orderItems": [_item()],
    } | changes
    return {key: value for key, value in row.items() if value is not ...}


def _page(*rows: Any, **outer: Any) -> order_decode.SheetPage:
    body = {"code": 200, "message": "OK", "data": list(rows)} | outer
    return order_decode.read_sheet_page(json.dumps(body, ensure_ascii=False).encode())


def _refused(row: Any) -> Unreadable:
    page = _page(row)
    assert page.sheets == ()
    return page.unreadable[0]


def test_a_broken_row_is_set_aside_and_its_neighbours_are_read() -> None:
    page = _page(_row(shipmentBoxId=1), _row(shipmentBoxId=2, orderItems="none"), _row(shipmentBoxId=3))
    assert [sheet.shipment_box_id for sheet in page.sheets] == [1, 3]
    assert [(row.shipment_box_id, row.reason) for row in page.unreadable] == [
        (2, "Expected `array | null`, got `str` - at `$.orderItems`")
    ]


def test_each_row_keeps_its_bytes_as_received() -> None:
    first = b'{ "shipmentBoxId" : 1,  "note": "\\uac00 {[" }'
    second = '{"shipmentBoxId":2 , "이름":"나"}'.encode()
    body = b'{"data" : [ ' + first + b" ,\n" + second + b' ], "code":"200"}'
    page = order_decode.read_sheet_page(body)
    assert [row.raw for row in page.unreadable] == [first, second]
    assert page.raw == body


def test_broken_utf8_in_one_row_stops_no_other() -> None:
    good = json.dumps(_row(), ensure_ascii=False).encode()
    bad = good.replace("김".encode(), b"\xff\xfe")
    page = order_decode.read_sheet_page(b'{"code":200,"data":[' + bad + b"," + good + b"]}")
    assert [sheet.raw for sheet in page.sheets] == [good]
    assert [row.raw for row in page.unreadable] == [bad]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"shipmentBoxId": ...}, "shipmentBoxId is missing or not an id"),
        ({"shipmentBoxId": 0}, "shipmentBoxId is missing or not an id"),
        ({"shipmentBoxId": 6.4e17}, "Expected `int | str | null`, got `float` - at `$.shipmentBoxId`"),
        ({"shipmentBoxId": 2**63}, "shipmentBoxId is missing or not an id"),
        ({"orderId": ""}, "orderId is missing or not an id"),
        ({"status": "LOST"}, "status LOST is not one of the six"),
        ({"status": "홍길동"}, "status (not a word) is not one of the six"),
        ({"status": None}, "status (not a word) is not one of the six"),
        ({"paidAt": ""}, "paidAt and orderedAt are missing"),
        ({"orderItems": []}, "orderItems is empty"),
        ({"orderItems": None}, "orderItems is empty"),
        ({"orderItems": [_item(vendorItemId=0)]}, "vendorItemId is missing or not an id"),
        ({"orderItems": [_item(shippingCount=None)]}, "shippingCount is missing or not a quantity"),
        ({"orderItems": [_item(shippingCount=-1)]}, "shippingCount is missing or not a quantity"),
        ({"orderItems": [_item(cancelCount="some")]}, "cancelCount is not a quantity"),
        ({"orderItems": [_item(holdCountForCancel=-1)]}, "holdCountForCancel is not a quantity"),
    ],
)
def test_what_would_ship_a_wrong_box_is_refused(changes: dict[str, Any], reason: str) -> None:
    row = _refused(_row(**changes))
    assert row.reason == reason
    assert row.shipment_box_id == (None if "shipmentBoxId" in changes else BOX)


@pytest.mark.parametrize("row", [5, "text", None, [], True])
def test_a_row_of_another_kind_is_refused(row: Any) -> None:
    refused = _refused(row) if not isinstance(row, list) else _refused([row])
    assert "Expected `object`" in refused.reason


def test_no_reason_repeats_what_a_person_wrote() -> None:
    secret = "홍길동 010-1234-5678"
    for changes in (
        {"receiver": {"name": [secret]}},
        {"status": secret},
        {"orderId": secret},
        {"orderItems": secret},
        {"paidAt": secret},
        {"orderItems": [_item(cancelCount=secret)]},
    ):
        reason = _refused(_row(**changes)).reason
        assert "홍길동" not in reason
        assert "1234" not in reason


def test_numbers_as_texts() -> None:
    row = _row(
        shipmentBoxId=str(BOX),
        orderId="8100190000354",
        splitShipping="True",
        ableSplitShipping="False",
        invoiceNumber=340010913442,
        orderItems=[_item(vendorItemId="7", shippingCount="3", holdCountForCancel="1", cancelCount="")],
    )
    sheet = _page(row).sheets[0]
    assert (sheet.shipment_box_id, sheet.order_id) == (BOX, 8100190000354)
    assert (sheet.split_shipping, sheet.able_split_shipping) == (True, False)
    assert sheet.invoice_number == "340010913442"
    assert (sheet.lines[0].vendor_item_id, sheet.lines[0].shippable) == (7, 2)


@pytest.mark.parametrize("none", ["", None, ...])
def test_nothing_is_written_in_many_ways(none: Any) -> None:
    names = (
        "deliveryCompanyName",
        "invoiceNumber",
        "inTrasitDateTime",
        "deliveredDate",
        "parcelPrintMessage",
    )
    names += ("overseaShippingInfoDto", "orderer", "shippingPrice", "splitShipping", "orderedAt", "receiver")
    items = ("externalVendorSkuCode", "salesPrice", "orderPrice", "etcInfoValues", "plannedShippingDate")
    item = {key: value for key, value in (_item() | dict.fromkeys(items, none)).items() if value is not ...}
    sheet = _page(_row(**dict.fromkeys(names, none), orderItems=[item])).sheets[0]
    assert (sheet.courier_name, sheet.invoice_number, sheet.customs_code, sheet.shipping_price_krw) == (
        None,
    ) * 4
    assert (sheet.in_transit_at, sheet.delivered_at, sheet.ordered_at) == (None,) * 3
    assert (sheet.orderer_name, sheet.receiver.name, sheet.receiver.message) == ("", "", "")
    assert sheet.split_shipping is False
    line = sheet.lines[0]
    assert (line.sku, line.sales_price_krw, line.order_price_krw, line.planned_shipping_date) == (None,) * 4
    assert line.etc_values == ()


def test_an_unreadable_optional_time_or_price_does_not_stop_a_box() -> None:
    item = _item(estimatedShippingDate="soon", salesPrice="a lot")
    sheet = _page(_row(deliveredDate="later", shippingPrice={"units": "x"}, orderItems=[item])).sheets[0]
    assert (sheet.delivered_at, sheet.shipping_price_krw) == (None, None)
    assert (sheet.lines[0].estimated_shipping_date, sheet.lines[0].sales_price_krw) == (None, None)


def test_payment_falls_back_to_the_order() -> None:
    sheet = _page(_row(paidAt=None, orderedAt="2026-11-21T09:12:31.973885123")).sheets[0]
    assert sheet.paid_at == sheet.ordered_at == datetime(2026, 11, 21, 0, 12, 31, 973885, tzinfo=UTC)


def test_the_right_spelling_of_transit_is_read_too() -> None:
    sheet = _page(_row(inTransitDateTime="2026-11-21 22:08:04")).sheets[0]
    assert sheet.in_transit_at == datetime(2026, 11, 21, 13, 8, 4, tzinfo=UTC)


def test_the_real_number_stands_in_for_a_missing_safe_number() -> None:
    sheet = _page(_row(receiver={"name": "김가상", "safeNumber": None, "receiverNumber": "010"})).sheets[0]
    assert sheet.receiver.phone == "010"


def test_lines_of_one_vendor_item_become_one() -> None:
    items = [
        _item(vendorItemId=1, shippingCount=2, cancelCount=1, orderPrice=200, etcInfoValues=["가"]),
        _item(vendorItemId=2, shippingCount=1),
        _item(vendorItemId=1, shippingCount=3, holdCountForCancel=2, orderPrice=300, etcInfoValues=["나"]),
    ]
    first, second = _page(_row(orderItems=items)).sheets[0].lines
    assert (first.vendor_item_id, first.ordered, first.held, first.cancelled, first.shippable) == (
        1,
        5,
        2,
        1,
        2,
    )
    assert (first.order_price_krw, first.etc_values) == (500, ("가", "나"))
    assert second.vendor_item_id == 2


def test_shippable_is_never_below_zero() -> None:
    assert Line(1, ordered=2, held=1, cancelled=2).shippable == 0
    assert Line(1, ordered=5, held=1, cancelled=2).shippable == 2


def test_custom_inputs_and_dates_of_a_line() -> None:
    item = _item(etcInfoValues=["이름: 가", "", None], plannedShippingDate="2026-11-28")
    line = _page(_row(orderItems=[item])).sheets[0].lines[0]
    assert line.etc_values == ("이름: 가",)
    assert line.planned_shipping_date == date(2026, 11, 28)
    assert _page(_row(orderItems=[_item(etcInfoValue="하나")])).sheets[0].lines[0].etc_values == ("하나",)


@pytest.mark.parametrize(
    ("outer", "token"),
    [
        ({}, None),
        ({"nextToken": ""}, None),
        ({"nextToken": None}, None),
        ({"nextToken": 0}, None),
        ({"nextToken": 448537989}, "448537989"),
        ({"nextToken": "a=b&c"}, "a=b&c"),
    ],
)
def test_tokens(outer: dict[str, Any], token: str | None) -> None:
    assert _page(**outer).next_token == token


def test_a_page_may_be_empty() -> None:
    page = _page(data=[])
    assert (page.sheets, page.unreadable, page.next_token) == ((), (), None)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"<HTML>", b'{"data":[{"shipmentBoxId":1', b"\xff"]
)
def test_an_unreadable_envelope_is_an_error(body: bytes) -> None:
    for reader in (
        order_decode.read_sheet_page,
        order_decode.read_envelope,
        order_decode.read_results,
        order_decode.read_box_history,
    ):
        with pytest.raises(UnreadableAnswer) as caught:
            reader(body)
        assert caught.value.outcome == "unknown"
        assert caught.value.body == body


def test_results_of_a_bulk_call_survive_odd_rows() -> None:
    told = {
        "responseCode": "1",
        "responseMessage": None,
        "responseList": [
            {"shipmentBoxId": str(BOX), "succeed": "true", "resultCode": "OK", "retryRequired": None},
            {"shipmentBoxId": None, "succeed": True},
            {"shipmentBoxId": 5, "succeed": False, "resultCode": "NEWLY_INVENTED", "resultMessage": "\0왜"},
            "row",
        ],
    }
    for data in (told, [told]):
        results = order_decode.read_results(json.dumps({"code": 200, "data": data}).encode())
        assert (results.code, results.message) == (1, "")
        assert [(row.shipment_box_id, row.succeed, row.code, row.message) for row in results.rows] == [
            (BOX, True, "OK", None),
            (5, False, "NEWLY_INVENTED", "왜"),
        ]


@pytest.mark.parametrize("data", ["null", "[]", "{}", "true"])
def test_an_answer_without_results_is_an_error(data: str) -> None:
    with pytest.raises(UnreadableAnswer):
        order_decode.read_results(f'{{"code":200,"data":{data}}}'.encode())


def test_a_history_out_of_order_is_put_in_order() -> None:
    steps = [
        {"deliveryStatus": name, "updatedAt": f"2026-11-2{day}T00:00:00"}
        for name, day in (("A", 1), ("B", 3))
    ]
    body = json.dumps({"code": "200", "data": [{"shipmentBoxId": BOX, "details": steps}]}).encode()
    assert [step.status for step in order_decode.read_box_history(body).steps] == ["B", "A"]
    with pytest.raises(UnreadableAnswer):
        order_decode.read_box_history(b'{"code":200,"data":{"shipmentBoxId":1}}')


def test_a_representation_shows_nobody() -> None:
    page = _page(_row(), _row(orderItems=None))
    shown = f"{page!r} {page.sheets!r} {page.sheets[0].receiver!r} {page.unreadable!r}"
    assert "김가상" not in shown
    assert "0503" not in shown
    assert str(BOX) in shown
