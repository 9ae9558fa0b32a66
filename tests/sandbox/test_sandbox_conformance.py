"""A third-party client's whole order of calls, over plain HTTP, with a strict eye on every answer.

The client signs by the machine's clock while the sandbox stands still in November 2026, and learns the
sandbox's day from the `Date` header, as docs/sandbox.md tells it.
"""

import asyncio
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from tests.support import plain_shapes as shapes
from tests.support.plain_client import PlainClient, query

VENDOR, ACCESS_KEY, SECRET_KEY = "A00077777", "a-stranger", "0123456789" * 4
SHIRT, SOCKS = 85000000001, 85000000002
SEOUL = timezone(timedelta(hours=9))


class Marketplace:
    """The other side: what customers, couriers and staff do, told to the sandbox's control API."""

    def __init__(self, url: str) -> None:
        self._url = url

    def do(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(f"{self._url}/_sandbox{path}", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def box(self, box_id: int, who: str, act: str, **more: Any) -> Any:
        return self.do(f"/boxes/{box_id}/{who}", act=act, **more)

    def pays(self, boxes: int = 1) -> list[int]:
        lines = [
            {"vendor_item_id": SHIRT, "count": 2, "price_krw": 59_000, "discount_krw": 1_000},
            {"vendor_item_id": SOCKS, "count": 1, "price_krw": 14_900, "discount_krw": 0},
        ]
        told = self.do("/orders", vendor_id=VENDOR, boxes=[{"lines": lines}], count=boxes)
        return [box_id for order in told["orders"] for box_id in order["shipment_box_ids"]]


class Stranger:
    """What an integrator's program does in a day."""

    def __init__(self, url: str, version: str) -> None:
        self.client = PlainClient(url, VENDOR, ACCESS_KEY, SECRET_KEY)
        self.version = version
        self.sheet = shapes.sheet(version)
        self._number = 0

    # reading

    def today(self) -> datetime:
        """The marketplace's time, which every answer carries."""
        answer = self.client.call("GET", "v4", "ordersheets")
        assert (answer.status, answer.body) == (
            400,
            {"code": 400, "message": "required parameters are missing", "data": None},
        )
        return parsedate_to_datetime(answer.headers["date"]).astimezone(SEOUL)

    def listed(self, status: str) -> list[dict[str, Any]]:
        """O1, page by page."""
        zone = "" if self.version == "v4" else "+09:00"
        day, token, rows = f"{self.today():%Y-%m-%d}{zone}", "", []
        for _ in range(20):
            asked = query(createdAtFrom=day, createdAtTo=day, maxPerPage=3, status=status)
            asked += f"&{query(nextToken=token)}" if token else ""
            shape = shapes.enveloped(200, "OK", [self.sheet], nextToken=str)
            page = self.client.good(shape, "GET", self.version, "ordersheets", asked)
            assert len(page["data"]) <= 3
            rows += page["data"]
            token = page["nextToken"]
            if not token:
                break
        assert {row["status"] for row in rows} <= {status}
        assert len({row["shipmentBoxId"] for row in rows}) == len(rows)
        return rows

    def just_listed(self, status: str) -> list[dict[str, Any]]:
        """O2: the last ten minutes."""
        zone, now = "" if self.version == "v4" else "+09:00", self.today()
        window = [
            f"{one:%Y-%m-%dT%H:%M}{zone}" for one in (now - timedelta(minutes=10), now + timedelta(minutes=1))
        ]
        asked = query(createdAtFrom=window[0], createdAtTo=window[1], searchType="timeFrame", status=status)
        shape = shapes.enveloped(200, "OK", [self.sheet])
        rows: list[dict[str, Any]] = self.client.good(shape, "GET", self.version, "ordersheets", asked)[
            "data"
        ]
        return rows

    def one(self, box_id: int) -> dict[str, Any]:
        """O3."""
        shape = shapes.enveloped("200", "OK", self.sheet)
        row: dict[str, Any] = self.client.good(shape, "GET", self.version, f"ordersheets/{box_id}")["data"]
        return row

    def of_order(self, order_id: int) -> list[dict[str, Any]]:
        """O4."""
        shape = shapes.enveloped("200", "OK", [self.sheet])
        rows: list[dict[str, Any]] = self.client.good(shape, "GET", self.version, f"{order_id}/ordersheets")[
            "data"
        ]
        return rows

    def steps(self, box_id: int) -> list[str]:
        """O5, newest first."""
        told = self.client.good(shapes.HISTORY, "GET", self.version, f"ordersheets/{box_id}/history")["data"]
        assert told["shipmentBoxId"] == box_id
        return [one["deliveryStatus"] for one in told["details"]]

    def receipts(self, **words: str) -> list[dict[str, Any]]:
        """R1."""
        day = f"{self.today():%Y-%m-%d}"
        asked = query(createdAtFrom=day, createdAtTo=day, maxPerPage=50, **words)
        rows: list[dict[str, Any]] = self.client.good(shapes.RECEIPTS, "GET", "v6", "returnRequests", asked)[
            "data"
        ]
        return rows

    def exchanges(self, **words: Any) -> list[dict[str, Any]]:
        """E1."""
        now = self.today()
        asked = query(
            createdAtFrom=f"{now - timedelta(days=6):%Y-%m-%dT00:00:00}",
            createdAtTo=f"{now:%Y-%m-%dT23:59:59}",
            **words,
        )
        rows: list[dict[str, Any]] = self.client.good(
            shapes.EXCHANGES, "GET", "v4", "exchangeRequests", asked
        )["data"]
        return rows

    # writing

    def acknowledge(self, *box_ids: int, method: str = "PUT") -> list[str]:
        """O6."""
        body = {"vendorId": VENDOR, "shipmentBoxIds": list(box_ids)}
        told = self.client.good(shapes.ACKNOWLEDGED, method, "v4", "ordersheets/acknowledgement", "", body)[
            "data"
        ]
        assert [row["shipmentBoxId"] for row in told["responseList"]] == list(box_ids)
        return [row["resultCode"] for row in told["responseList"]]

    def waybill(self) -> str:
        self._number += 1
        return f"{600_000_000_000 + self._number}"

    def invoices(self, *rows: dict[str, Any], update: bool = False) -> Any:
        """O7, or O8."""
        rest = "orders/updateInvoices" if update else "orders/invoices"
        body = {"vendorId": VENDOR, "orderSheetInvoiceApplyDtos": list(rows)}
        shape = shapes.UPDATED if update else shapes.SHIPPED
        return self.client.good(shape, "POST", "v4", rest, "", body)["data"]

    def rows(self, sheet: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
        """One row per option of a box, as all clients send them."""
        number = self.waybill()
        return [
            {
                "shipmentBoxId": sheet["shipmentBoxId"],
                "orderId": sheet["orderId"],
                "vendorItemId": one["vendorItemId"],
                "deliveryCompanyCode": "CJGLS",
                "invoiceNumber": number,
                "splitShipping": False,
                "preSplitShipped": False,
                "estimatedShippingDate": "",
                **changes,
            }
            for one in sheet["orderItems"]
        ]

    def cancel(self, sheet: dict[str, Any], item: int, count: int) -> Any:
        """O9."""
        body = {
            "orderId": sheet["orderId"],
            "vendorItemIds": [item],
            "receiptCounts": [count],
            "bigCancelCode": "CANERR",
            "middleCancelCode": "CCTTER",
            "userId": "examplewing",
            "vendorId": VENDOR,
        }
        answer = self.client.call("POST", "v5", f"orders/{sheet['orderId']}/cancel", "", body)
        assert (answer.status, answer.body["code"]) == (200, "200")
        assert answer.body.keys() == {"code", "message", "data"}
        data = answer.body["data"]
        assert data.keys() == {"receiptMap", "orderId", "failedVendorItemIds"}
        ((key, row),) = data["receiptMap"].items()
        assert (key, row["vendorItemIds"], row["totalCount"]) == (str(row["receiptId"]), [item], count)
        assert (data["orderId"], data["failedVendorItemIds"]) == (sheet["orderId"], [])
        return row

    def answer(self, receipt: dict[str, Any], rest: str, shape: Any, **more: Any) -> Any:
        """A call on a receipt: O10, O11, R3 or R4."""
        body = {"vendorId": VENDOR, "receiptId": receipt["receiptId"], **more}
        return self.client.good(shape, "PUT", "v4", f"returnRequests/{receipt['receiptId']}/{rest}", "", body)

    def fetch(self, kind: str, claim_id: int) -> str:
        """R7: the seller has booked the pick-up himself."""
        body = {
            "returnExchangeDeliveryType": kind,
            "receiptId": claim_id,
            "deliveryCompanyCode": "CJGLS",
            "invoiceNumber": self.waybill(),
            "regNumber": "0000001",
        }
        told = self.client.good(shapes.PICKUP, "POST", "v4", "return-exchange-invoices/manual", "", body)[
            "data"
        ]
        assert (told["receiptId"], told["invoiceNumber"]) == (claim_id, body["invoiceNumber"])
        return str(body["invoiceNumber"])


def sales(stranger: Stranger, market: Marketplace) -> None:
    """List, acknowledge, single, invoice, update invoice, cancel."""
    paid = market.pays(8)
    listed = stranger.listed("ACCEPT")
    assert sorted(row["shipmentBoxId"] for row in listed) == sorted(paid)
    assert sorted(row["shipmentBoxId"] for row in stranger.just_listed("ACCEPT")) == sorted(paid)
    whole, split, direct, changed, partly, gone, asked, left = (stranger.one(box_id) for box_id in paid)
    assert stranger.acknowledge(*paid[:4]) == ["OK"] * 4
    assert stranger.acknowledge(*paid[4:], method="PATCH") == ["OK"] * 4
    assert stranger.acknowledge(paid[0]) == ["INVALID_STATUS"]
    # The receiver may have moved until now: clients read every box again before they print.
    assert {stranger.one(box_id)["status"] for box_id in paid} == {"INSTRUCT"}
    told = stranger.invoices(*stranger.rows(whole), *stranger.rows(changed))
    assert (told["responseCode"], told["responseMessage"]) == (0, "SUCCESS")
    told = stranger.invoices(*stranger.rows(direct, deliveryCompanyCode="DIRECT"))
    assert [row["resultCode"] for row in told["responseList"]] == ["OK"]
    parts(stranger, split)
    rows = stranger.rows(changed)
    assert stranger.invoices(*rows, update=True)["responseList"][0]["succeed"]
    shown = stranger.one(changed["shipmentBoxId"])
    assert (shown["status"], shown["invoiceNumber"]) == ("DEPARTURE", rows[0]["invoiceNumber"])
    assert stranger.steps(whole["shipmentBoxId"]) == ["DEPARTURE", "INSTRUCT", "ACCEPT"]
    assert stranger.one(direct["shipmentBoxId"])["status"] == "NONE_TRACKING"
    cancels(stranger, market, partly, gone)
    stops(stranger, market, asked, left)


def parts(stranger: Stranger, split: dict[str, Any]) -> None:
    """A split: what leaves now has another box, what stays keeps its own."""
    first, later = stranger.rows(split, splitShipping=True)
    later |= {"invoiceNumber": "", "estimatedShippingDate": "2026-11-30"}
    assert stranger.invoices(first, later)["responseList"][0]["resultCode"] == "OK"
    boxes = {row["shipmentBoxId"]: row for row in stranger.of_order(split["orderId"])}
    stays = boxes.pop(split["shipmentBoxId"])
    ((_, leaves),) = boxes.items()
    assert (stays["status"], stays["orderItems"][0]["plannedShippingDate"]) == ("INSTRUCT", "2026-11-30")
    assert (leaves["status"], leaves["orderItems"][0]["vendorItemId"]) == ("DEPARTURE", SHIRT)
    rest = stranger.rows(stays, splitShipping=True, preSplitShipped=True)
    assert stranger.invoices(*rest)["responseList"][0]["resultCode"] == "OK"


def cancels(stranger: Stranger, market: Marketplace, partly: dict[str, Any], gone: dict[str, Any]) -> None:
    """The seller takes back what he cannot send, in part and as a whole."""
    assert stranger.cancel(partly, SHIRT, 1)["receiptType"] == "STOP_SHIPMENT"
    line = stranger.one(partly["shipmentBoxId"])["orderItems"][0]
    assert (line["shippingCount"], line["cancelCount"], line["holdCountForCancel"]) == (2, 1, 0)
    told = stranger.invoices(*stranger.rows(partly), *stranger.rows(gone)[:1])
    assert (told["responseCode"], told["responseMessage"]) == (1, "PARTIAL_ERROR")
    assert [row["resultCode"] for row in told["responseList"]] == ["OK", "NOT_FOUND_VENDOR_ITEM"]
    market.box(gone["shipmentBoxId"], "wing", "cancel")
    refused = stranger.client.call("GET", stranger.version, f"ordersheets/{gone['shipmentBoxId']}")
    assert (refused.status, refused.body["message"]) == (400, "해당 주문이 취소 또는 반품되었습니다.")
    (fresh,) = market.pays()
    whole = stranger.one(fresh)
    market.box(fresh, "customer", "cancel")
    (row,) = (one for one in stranger.receipts(cancelType="CANCEL") if one["orderId"] == whole["orderId"])
    assert (row["receiptType"], row["receiptStatus"]) == ("CANCEL", "RETURNS_COMPLETED")


def stops(stranger: Stranger, market: Marketplace, asked: dict[str, Any], left: dict[str, Any]) -> None:
    """The customer changes his mind after the acknowledge: once in time, once too late."""
    for one in (asked, left):
        market.box(one["shipmentBoxId"], "customer", "request_cancel")
    found = {row["orderId"]: row for row in stranger.receipts(status="RU")}
    assert found.keys() == {asked["orderId"], left["orderId"]}
    assert found.keys() <= {row["orderId"] for row in stranger.receipts(status="UC")}
    refused = stranger.invoices(*stranger.rows(asked))["responseList"][0]
    assert (refused["succeed"], refused["resultCode"]) == (False, "ORDER_DELIVERY_CANCELED")
    receipt = found[asked["orderId"]]
    stranger.answer(receipt, "stoppedShipment", shapes.said("OK"), cancelCount=receipt["cancelCountSum"])
    number = {"deliveryCompanyCode": "CJGLS", "invoiceNumber": stranger.waybill()}
    stranger.answer(found[left["orderId"]], "completedShipment", shapes.said("OK"), **number)
    assert stranger.one(left["shipmentBoxId"])["status"] == "DEPARTURE"
    assert asked["orderId"] in {row["orderId"] for row in stranger.receipts(status="CC")}


def delivered(stranger: Stranger, market: Marketplace, boxes: int) -> list[dict[str, Any]]:
    paid = market.pays(boxes)
    stranger.acknowledge(*paid)
    sheets = [stranger.one(box_id) for box_id in paid]
    for sheet in sheets:
        stranger.invoices(*stranger.rows(sheet))
        market.box(sheet["shipmentBoxId"], "courier", "scan")
        market.box(sheet["shipmentBoxId"], "courier", "deliver")
    return [stranger.one(box_id) for box_id in paid]


def returns(stranger: Stranger, market: Marketplace) -> None:
    """Fetched, received and approved; one taken back by the customer."""
    back, withdrawn = delivered(stranger, market, 2)
    for sheet in (back, withdrawn):
        lines = [{"vendor_item_id": SHIRT, "count": 2}]
        market.do("/receipts", box_id=sheet["shipmentBoxId"], lines=lines, collect="수기관리", fault="VENDOR")
    found = {row["orderId"]: row for row in stranger.receipts(status="UC")}
    receipt, other = found[back["orderId"]], found[withdrawn["orderId"]]
    (single,) = stranger.client.good(
        shapes.ONE_RECEIPT, "GET", "v6", f"returnRequests/{receipt['receiptId']}"
    )["data"]
    assert single == receipt
    number = stranger.fetch("RETURN", receipt["receiptId"])
    market.do(f"/receipts/{receipt['receiptId']}/courier", act="scan")
    market.do(f"/receipts/{receipt['receiptId']}/courier", act="arrive")
    stranger.answer(receipt, "receiveConfirmation", shapes.bare("OK"))
    (single,) = stranger.client.good(
        shapes.ONE_RECEIPT, "GET", "v6", f"returnRequests/{receipt['receiptId']}"
    )["data"]
    assert single["receiptStatus"] == "VENDOR_WAREHOUSE_CONFIRM"
    assert single["returnDeliveryDtos"][-1]["deliveryInvoiceNo"] == number
    stranger.answer(receipt, "approval", shapes.bare("OK"), cancelCount=receipt["cancelCountSum"])
    assert receipt["receiptId"] in {row["receiptId"] for row in stranger.receipts(status="CC")}
    market.do(f"/receipts/{other['receiptId']}/customer", act="withdraw")
    assert other["receiptId"] not in {row["receiptId"] for row in stranger.receipts(status="UC")}
    day = f"{stranger.today():%Y-%m-%d}"
    shape = shapes.enveloped(200, "OK", [shapes.WITHDRAWN], nextPageIndex=str)
    asked = query(sizePerPage=10, pageIndex=1, dateFrom=day, dateTo=day)
    told = stranger.client.good(shape, "GET", "v4", "returnWithdrawRequests", asked)
    assert [row["cancelId"] for row in told["data"]] == [other["receiptId"]]
    shape = shapes.enveloped("200", "OK", [shapes.WITHDRAWN])
    ids = {"cancelIds": [other["receiptId"], receipt["receiptId"]]}
    told = stranger.client.good(shape, "POST", "v4", "returnWithdrawList", "", ids)
    assert [row["cancelId"] for row in told["data"]] == [other["receiptId"]]


def exchanges(stranger: Stranger, market: Marketplace) -> None:
    """Fetched, received, sent again on a box of its own; another one refused as sold out."""
    swapped, refused = delivered(stranger, market, 2)
    for sheet in (swapped, refused):
        lines = [{"vendor_item_id": SHIRT, "count": 1}]
        market.do(
            "/exchanges", box_id=sheet["shipmentBoxId"], lines=lines, collect="수기관리", fault="VENDOR"
        )
    found = {row["orderId"]: row for row in stranger.exchanges(status="RECEIPT")}
    one, other = found[swapped["orderId"]], found[refused["orderId"]]
    rest = f"exchangeRequests/{other['exchangeId']}/rejection"
    body = {"exchangeId": other["exchangeId"], "vendorId": VENDOR, "exchangeRejectCode": "SOLDOUT"}
    stranger.client.good(shapes.said("SUCCESS"), "PUT", "v4", rest, "", body)
    exchange_id = one["exchangeId"]
    stranger.fetch("EXCHANGE", exchange_id)
    for act in ("scan", "arrive"):
        market.do(f"/exchanges/{exchange_id}/courier", act=act)
    body = {"exchangeId": exchange_id, "vendorId": VENDOR}
    rest = f"exchangeRequests/{exchange_id}/receiveConfirmation"
    stranger.client.good(shapes.bare("SUCCESS"), "PUT", "v4", rest, "", body)
    market.do("/clock", advance_s=600)
    (row,) = stranger.exchanges(orderId=swapped["orderId"])
    (group,) = row["deliveryInvoiceGroupDtos"]
    original = row["exchangeItemDtoV1s"][0]["originalShipmentBoxId"]
    assert group["shipmentBoxId"] != original == swapped["shipmentBoxId"]
    number = stranger.waybill()
    # The published sample sends every id as a string here.
    told = [
        {
            "exchangeId": str(exchange_id),
            "vendorId": VENDOR,
            "shipmentBoxId": str(group["shipmentBoxId"]),
            "goodsDeliveryCode": "CJGLS",
            "invoiceNumber": number,
        }
    ]
    rest = f"exchangeRequests/{exchange_id}/invoices"
    stranger.client.good(shapes.said("SUCCESS"), "POST", "v4", rest, "", told)
    (row,) = stranger.exchanges(orderId=swapped["orderId"])
    (invoice,) = row["deliveryInvoiceGroupDtos"][0]["deliveryInvoiceDtos"]
    assert (invoice["invoiceNumber"], invoice["statusCode"]) == (number, "DEPARTURE")
    assert {one["exchangeStatus"] for one in stranger.exchanges()} == {"PROGRESS", "REJECT"}


def never_arrived(stranger: Stranger, market: Marketplace) -> None:
    """O12: a parcel that nobody scanned for a month."""
    (box_id,) = market.pays()
    stranger.acknowledge(box_id)
    rows = stranger.rows(stranger.one(box_id))
    stranger.invoices(*rows)
    market.do("/clock", advance_s=31 * 86_400)
    body = {"shipmentBoxId": box_id, "invoiceNumber": rows[0]["invoiceNumber"]}
    told = stranger.client.good(
        shapes.enveloped("200", "SUCCESS", True), "POST", "v4", "completeLongTermUndelivery", "", body
    )
    assert told["data"] is True
    assert stranger.one(box_id)["status"] == "FINAL_DELIVERY"


CHAPTERS: tuple[Callable[[Stranger, Marketplace], None], ...] = (sales, returns, exchanges, never_arrived)
CALLS = {
    "O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9", "O10", "O11", "O12",
    "R1", "R2", "R3", "R4", "R5", "R6", "R7", "E1", "E2", "E3", "E4",
}  # fmt: skip


@contextmanager
def calling(url: str, version: str) -> Iterator[Stranger]:
    stranger = Stranger(url, version)
    try:
        yield stranger
    finally:
        stranger.client.close()


@pytest.mark.parametrize("version", ["v5", "v4"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"box_id_digits": 15, "string_ids_accepted": True},
        {"gzip_from_bytes": -1, "quick_refund_below_krw": 0},
    ],
    ids=["as_it_is", "short_ids", "no_quick_refunds"],
)
async def test_the_whole_order_of_calls(
    running: Running, world: World, version: str, changes: dict[str, Any]
) -> None:
    world.set_rules(**changes)

    def tell() -> None:
        keys = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        Marketplace(running.url).do("/vendors", **keys)
        with calling(running.url, version) as stranger:
            for chapter in CHAPTERS:
                chapter(stranger, Marketplace(running.url))

    await asyncio.to_thread(tell)
    report = world.report()
    assert report["calls_per_route"].keys() == CALLS
    assert report["applied_twice"] == 0
    assert report["shipped_cancelled"] == []


def test_the_stranger_knows_nothing_of_our_client() -> None:
    here = Path(__file__).parents[1] / "support"
    for name in ("plain_client.py", "plain_shapes.py"):
        imported = re.findall(r"^(?:from|import) (\S+)", (here / name).read_text("utf-8"), re.M)
        assert not [one for one in imported if one.split(".")[0] == "app"], name
    imported = re.findall(r"^(?:from|import) (\S+)", Path(__file__).read_text("utf-8"), re.M)
    assert "tests.support.sandbox_seller" not in imported
    assert not [one for one in imported if one.startswith("app.coupang")]
