"""Every copied payload of O1 to O8 and O12 is read, and says what it said."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.coupang import errors
from app.coupang.orders import decode as order_decode
from app.coupang.orders.decode import InvoiceRow, ResultCode

DATA = Path(__file__).parents[1] / "data" / "coupang"
# The payloads of cancels, returns and exchanges are read by test_coupang_claim_payloads.py.
CLAIMS = ("orders_o9", "orders_o10", "orders_o11", "returns_", "exchanges_")
EXAMPLES = [path for path in sorted((DATA / "examples").glob("*.json")) if not path.name.startswith(CLAIMS)]
SHEET_EXAMPLES = [path for path in EXAMPLES if path.name.startswith(("orders_o1_", "orders_o2", "orders_o4"))]
SHEET_EXAMPLES += [DATA / "examples/orders_o3_single_by_box.json"]
RESULT_EXAMPLES = [path for path in EXAMPLES if path.name.startswith(("orders_o6", "orders_o7", "orders_o8"))]
WILD_SHEETS = [path for path in sorted((DATA / "wild/ordersheets").iterdir()) if "history" not in path.name]
MANIFEST = json.loads((DATA / "wild/manifest.json").read_text(encoding="utf-8"))


def _body(path: Path) -> bytes:
    if path.parent.name != "examples":
        return path.read_bytes()
    return json.dumps(json.loads(path.read_bytes())["response"]["body"], ensure_ascii=False).encode()


def _rows(body: bytes) -> list[dict[str, Any]]:
    data = json.loads(body)["data"]
    return data if isinstance(data, list) else [data]


def test_every_payload_has_a_reader_in_this_suite() -> None:
    read_here = {*SHEET_EXAMPLES, *RESULT_EXAMPLES}
    rest = {path.name for path in EXAMPLES if path not in read_here and not path.name.startswith("error_")}
    assert rest == {
        "orders_o3_single_cancelled.json",
        "orders_o5_history.json",
        "orders_o12_long_term_complete.json",
        "orders_o12_long_term_refused.json",
    }
    on_disk = {
        f"{path.parent.name}/{path.name}"
        for path in (DATA / "wild").rglob("*")
        if path.parent != DATA / "wild"
    }
    assert on_disk == {entry["file"] for entry in MANIFEST}


@pytest.mark.parametrize("path", [*SHEET_EXAMPLES, *WILD_SHEETS], ids=lambda path: path.stem)
def test_sheets(path: Path) -> None:
    body = _body(path)
    page = order_decode.read_sheet_page(body)
    told = _rows(body)
    assert page.unreadable == ()
    assert page.raw == body
    assert page.next_token == (json.loads(body).get("nextToken") or None)
    assert [sheet.shipment_box_id for sheet in page.sheets] == [int(row["shipmentBoxId"]) for row in told]
    for sheet, row in zip(page.sheets, told, strict=True):
        assert json.loads(sheet.raw) == row
        assert sheet.raw in body
        assert sheet.order_id == int(row["orderId"])
        assert sheet.status == row["status"]
        assert sheet.paid_at.tzinfo is UTC
        assert sheet.receiver.name == row["receiver"]["name"]
        assert sheet.receiver.post_code == row["receiver"]["postCode"]
        assert sheet.receiver.phone == row["receiver"]["safeNumber"].strip()
        assert sheet.orderer_name == row["orderer"]["name"]
        assert sheet.courier_name == (row.get("deliveryCompanyName") or None)
        assert sheet.invoice_number == (row.get("invoiceNumber") or None)
        assert (sheet.in_transit_at is None) == (not row.get("inTrasitDateTime"))
        assert (sheet.delivered_at is None) == (not row.get("deliveredDate"))
        assert sheet.able_split_shipping is row["ableSplitShipping"]
        assert len(sheet.lines) == len(row["orderItems"])
        for line, item in zip(sheet.lines, row["orderItems"], strict=True):
            price = item["salesPrice"]
            assert line.vendor_item_id == item["vendorItemId"]
            assert line.ordered == item["shippingCount"]
            held, cancelled = item.get("holdCountForCancel") or 0, item.get("cancelCount") or 0
            assert line.shippable == line.ordered - held - cancelled
            assert line.sales_price_krw == (price["units"] if isinstance(price, dict) else price)
            assert line.sku == (item["externalVendorSkuCode"] or None)
            assert line.etc_values == tuple(item.get("etcInfoValues") or ())
            assert str(line.estimated_shipping_date) == item["estimatedShippingDate"]
            assert line.planned_shipping_date is None or item["plannedShippingDate"]


def test_boxes_that_a_float_would_confuse_stay_apart() -> None:
    page = order_decode.read_sheet_page(_body(DATA / "wild/ordersheets/v4_by_orderid_split_two_boxes.json"))
    first, second = (sheet.shipment_box_id for sheet in page.sheets)
    assert (first, second) == (642538971006401429, 642538971006401430)
    assert float(first) == float(second)


def test_times_with_an_offset_and_without_become_utc() -> None:
    old = order_decode.read_sheet_page(_body(DATA / "examples/orders_o1_list_day_v4.json")).sheets[0]
    assert old.paid_at == datetime(2026, 11, 21, 0, 12, 35, tzinfo=UTC)
    assert old.delivered_at == datetime(2026, 11, 22, 8, 17, 52, tzinfo=UTC)
    new = order_decode.read_sheet_page(_body(DATA / "wild/ordersheets/v5_list_day_2025.json")).sheets[0]
    assert new.paid_at == datetime(2025, 1, 15, 22, 17, 13, 973885, tzinfo=UTC)


def test_money_and_customs() -> None:
    new = order_decode.read_sheet_page(_body(DATA / "wild/ordersheets/v5_list_day_2025.json"))
    assert new.sheets[0].shipping_price_krw == 5000
    overseas = order_decode.read_sheet_page(
        _body(DATA / "wild/ordersheets/v4_list_real_2026_overseas_anon.json")
    )
    assert overseas.sheets[0].customs_code == "P000000000000"
    assert overseas.sheets[0].shipping_price_krw == 0


@pytest.mark.parametrize(
    ("name", "box_id", "statuses"),
    [
        ("wild/ordersheets/v4_history_2019.json", 102390424, ["INSTRUCT", "ACCEPT"]),
        (
            "wild/ordersheets/v4_history_no_envelope.json",
            396844285,
            ["FINAL_DELIVERY", "DELIVERING", "DEPARTURE", "INSTRUCT", "ACCEPT"],
        ),
        ("examples/orders_o5_history.json", 642538970006401003, ["DEPARTURE", "INSTRUCT", "ACCEPT"]),
    ],
)
def test_histories(name: str, box_id: int, statuses: list[str]) -> None:
    history = order_decode.read_box_history(_body(DATA / name))
    assert history.shipment_box_id == box_id
    assert [step.status for step in history.steps] == statuses
    times = [step.at for step in history.steps if step.at]
    assert len(times) == len(statuses)
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    "path",
    [
        *RESULT_EXAMPLES,
        DATA / "wild/ack/partial_not_found_negative_responsekey.json",
        DATA / "wild/invoice/upload_ok_2019.json",
        DATA / "wild/invoice/update_ok_2019.json",
    ],
    ids=lambda path: path.stem,
)
def test_bulk_results(path: Path) -> None:
    body = _body(path)
    data = json.loads(body)["data"]
    results = order_decode.read_results(body)
    assert results.raw == body
    assert results.code == data["responseCode"]
    assert results.message == data["responseMessage"]
    assert len(results.rows) == len(data["responseList"])
    for row, told in zip(results.rows, data["responseList"], strict=True):
        assert row.shipment_box_id == told["shipmentBoxId"]
        assert row.succeed is told["succeed"]
        assert row.code == told["resultCode"]
        assert row.code in ResultCode.__members__
        assert row.retry_required is told["retryRequired"]
        assert row.message == told["resultMessage"]


def test_the_published_fragment_of_an_invalid_status() -> None:
    rows = (DATA / "wild/invoice/invalid_status_fragment.json").read_bytes()
    results = order_decode.read_results(
        b'{"code":200,"data":{"responseCode":"99","responseMessage":"","responseList":' + rows + b"}}"
    )
    assert results.code == 99
    assert [(row.shipment_box_id, row.succeed, row.code) for row in results.rows] == [
        (38273723, False, ResultCode.INVALID_STATUS)
    ]


def test_every_documented_result_code_is_known() -> None:
    tables = json.loads((DATA / "wild/invoice/result_codes.json").read_bytes())
    documented = {row[0] for key, rows in tables.items() if key != "columns" for row in rows if row}
    assert {code for code in documented if code.replace("_", "").isupper()} <= set(ResultCode)
    assert len(documented) > 10


@pytest.mark.parametrize(
    "path",
    [
        *(path for path in RESULT_EXAMPLES if not path.name.startswith("orders_o6")),
        DATA / "wild/invoice/upload_request_two_items_one_box.json",
        DATA / "wild/invoice/split_shipping_request_1.json",
        DATA / "wild/invoice/split_shipping_request_2.json",
        DATA / "wild/invoice/update_request_wild_types.json",
    ],
    ids=lambda path: path.stem,
)
def test_invoice_rows_are_spelled_as_published(path: Path) -> None:
    told = json.loads(path.read_bytes())
    body = told["request"]["body"] if "request" in told else told
    for asked in body["orderSheetInvoiceApplyDtos"]:
        date = asked["estimatedShippingDate"]
        row = InvoiceRow(
            asked["shipmentBoxId"],
            asked["orderId"],
            asked["vendorItemId"],
            asked["deliveryCompanyCode"],
            str(asked["invoiceNumber"]),
            asked["splitShipping"] in (True, "True"),
            asked["preSplitShipped"] in (True, "True"),
            datetime.fromisoformat(date).date() if date else None,
        )
        # The 2019 sample writes the number as a number and the flags as texts; we send the documented types.
        expected = asked | {
            "invoiceNumber": str(asked["invoiceNumber"]),
            "splitShipping": asked["splitShipping"] in (True, "True"),
            "preSplitShipped": asked["preSplitShipped"] in (True, "True"),
        }
        assert row.to_wire() == expected


def test_a_cancelled_box_is_gone() -> None:
    told = json.loads((DATA / "examples/orders_o3_single_cancelled.json").read_bytes())
    body = _body(DATA / "examples/orders_o3_single_cancelled.json")
    gone = errors.read(400, {}, body, "GET", told["request"]["path"])
    assert type(gone) is errors.Gone
    with pytest.raises(errors.UnreadableAnswer):
        order_decode.read_sheet_page(body)


def test_completion_of_a_long_way() -> None:
    done = _body(DATA / "examples/orders_o12_long_term_complete.json")
    assert errors.read(200, {}, done, "POST", "/x") is None
    assert bytes(order_decode.read_envelope(done).data or b"") == b"true"
    refused = errors.read(400, {}, _body(DATA / "examples/orders_o12_long_term_refused.json"), "POST", "/x")
    assert type(refused) is errors.Rejected
    assert refused.code == "400"
    assert refused.outcome == "not_applied"
