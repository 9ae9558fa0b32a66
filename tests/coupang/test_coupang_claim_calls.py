"""The calls of cancels, returns and exchanges over a scripted transport: what is sent, paged, and told."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.coupang import errors
from app.coupang.claims import cancel_calls, return_calls
from app.coupang.claims.types import (
    CancelAnswer,
    CancelType,
    ExchangeInvoice,
    ExchangeStatus,
    MiddleCancelCode,
    PickupOf,
    ReceiptQuery,
    RejectCode,
)
from app.coupang.client import Call, Client
from app.coupang.exchanges import calls as exchange_calls
from app.coupang.pacing import Pacer
from app.coupang.scalars import KST

DATA = Path(__file__).parents[1] / "data/coupang"
NOW = datetime(2026, 11, 21, 3, 15, tzinfo=UTC)
DAY = date(2026, 11, 21)
WEEK = (datetime(2026, 11, 15, tzinfo=KST), datetime(2026, 11, 21, 23, 59, 59, tzinfo=KST))
MORNING = (datetime(2026, 11, 21, 9, tzinfo=KST), datetime(2026, 11, 21, 12, tzinfo=KST))
WHY = MiddleCancelCode.STOCK_ERROR
FIRST, SECOND = 24000099000001, 24000099000002


def _told(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((DATA / f"examples/{name}.json").read_bytes())
    return told


def _example(name: str) -> httpx.Response:
    told = _told(name)["response"]
    return httpx.Response(told["status"], json=told["body"])


def _page(*rows: Any, **outer: Any) -> httpx.Response:
    return httpx.Response(200, json={"code": 200, "message": "OK", "data": list(rows)} | outer)


class Script:
    """A transport that answers from a list and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.calls: list[Call] = []

    def client(self) -> Client:
        return Client(
            "https://gateway.example",
            "A00012345",
            "key",
            "secret",
            lambda: NOW,
            Pacer(1000.0),
            transport=httpx.MockTransport(self._answer),
            on_call=self.calls.append,
        )

    def queries(self) -> list[str]:
        return [request.url.query.decode() for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def _all(pages: Any) -> list[Any]:
    return [page async for page in pages]


def _withdrawals(client: Client) -> Awaitable[object]:
    days = (date(2026, 11, 16), DAY)
    return anext(aiter(return_calls.list_withdrawals(client, *days, page_rows=2, purpose="t")))


def _days(first: date, which: ReceiptQuery) -> Callable[[Client], Awaitable[object]]:
    return lambda client: _all(return_calls.list_receipts_days(client, first, DAY, which, purpose="t"))


def _exchange_invoice(client: Client) -> Awaitable[object]:
    rows = [ExchangeInvoice(642538970006409002, "CJGLS", "000000000123")]
    return exchange_calls.upload_exchange_invoices(client, 101000001, rows, purpose="t")


CALLS: dict[str, tuple[str, Callable[[Client], Awaitable[object]]]] = {
    "orders_o9_cancel_accept": (
        "O9",
        lambda client: cancel_calls.cancel(client, SECOND, {85000000001: 2}, WHY, "examplewing", purpose="t"),
    ),
    "orders_o9_cancel_partial": (
        "O9",
        lambda client: cancel_calls.cancel(
            client, FIRST, {85000000001: 2, 85000000002: 5}, WHY, "examplewing", purpose="t"
        ),
    ),
    "orders_o9_cancel_failed": (
        "O9",
        lambda client: cancel_calls.cancel(client, FIRST, {85000000002: 5}, WHY, "examplewing", purpose="t"),
    ),
    "orders_o10_stopped_shipment": (
        "O10",
        lambda client: cancel_calls.stop_shipment(client, 365000001, 2, purpose="t"),
    ),
    "orders_o11_completed_shipment": (
        "O11",
        lambda client: cancel_calls.declare_shipped(client, 365000002, "CJGLS", "000000000056", purpose="t"),
    ),
    "returns_r1_list_cancel": ("R1", _days(DAY, ReceiptQuery.CANCELLED)),
    "returns_r1_list_completed_seller_pays": ("R1", _days(date(2026, 11, 1), ReceiptQuery.COMPLETED)),
    "returns_r1_list_day": ("R1", _days(date(2026, 11, 20), ReceiptQuery.RETURNS)),
    "returns_r1_list_minute": (
        "R1",
        lambda client: return_calls.list_receipts_minutes(client, *MORNING, ReceiptQuery.STOPS, purpose="t"),
    ),
    "returns_r2_single": ("R2", lambda client: return_calls.get_receipt(client, 365000003, purpose="t")),
    "returns_r3_receive_confirmation": (
        "R3",
        lambda client: return_calls.confirm_receipt(client, 365000003, purpose="t"),
    ),
    "returns_r4_approval": ("R4", lambda client: return_calls.approve(client, 365000003, 2, purpose="t")),
    "returns_r5_withdraw_by_date": ("R5", _withdrawals),
    "returns_r6_withdraw_by_ids": (
        "R6",
        lambda client: return_calls.list_withdrawals_of(client, [365000005, 365000003], purpose="t"),
    ),
    "returns_r7_manual_pickup": (
        "R7",
        lambda client: return_calls.register_pickup_waybill(
            client, PickupOf.RETURN, 365000003, "KDEXP", "00000000014350", "0000001", purpose="t"
        ),
    ),
    "exchanges_r7_manual_pickup": (
        "R7",
        lambda client: return_calls.register_pickup_waybill(
            client, PickupOf.EXCHANGE, 101000001, "KDEXP", "00000000014351", purpose="t"
        ),
    ),
    "exchanges_e1_list_progress": (
        "E1",
        lambda client: _all(
            exchange_calls.list_exchanges(
                client, *WEEK, ExchangeStatus.PROGRESS, max_per_page=None, purpose="t"
            )
        ),
    ),
    "exchanges_e1_list_received": (
        "E1",
        lambda client: _all(
            exchange_calls.list_exchanges(client, *WEEK, order_id=SECOND, max_per_page=None, purpose="t")
        ),
    ),
    "exchanges_e2_receive_confirmation": (
        "E2",
        lambda client: exchange_calls.confirm_exchange_receipt(client, 101000001, purpose="t"),
    ),
    "exchanges_e3_rejection": (
        "E3",
        lambda client: exchange_calls.reject(client, 101000001, RejectCode.SOLDOUT, purpose="t"),
    ),
    "exchanges_e4_invoices": ("E4", _exchange_invoice),
}


@pytest.mark.parametrize("name", CALLS)
async def test_calls_are_sent_byte_for_byte_as_published(name: str) -> None:
    route, call = CALLS[name]
    request = _told(name)["request"]
    script = Script(_example(name))
    async with script.client() as client:
        await call(client)
    sent = script.requests[0]
    assert (sent.method, sent.url.path) == (request["method"], request["path"])
    # The sample of R1 escapes the colon; the pages take both, and aiohttp would undo it after signing.
    assert sent.url.query.decode() == (request.get("raw_query") or "").replace("%3A", ":")
    body = request["body"]
    expected = "" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    assert sent.content == expected.encode()
    assert [(told.route, told.purpose, told.status) for told in script.calls] == [
        (route, "t", _told(name)["response"]["status"])
    ]


async def test_two_replacement_boxes_are_sent_as_published() -> None:
    asked = json.loads((DATA / "wild/exchange/invoice_request.json").read_bytes())
    rows = [
        ExchangeInvoice(int(row["shipmentBoxId"]), row["goodsDeliveryCode"], row["invoiceNumber"])
        for row in asked
    ]
    script = Script(_example("exchanges_e4_invoices"))
    async with script.client() as client:
        await exchange_calls.upload_exchange_invoices(client, 100000170, rows, purpose="t")
    assert script.requests[0].content == json.dumps(asked, separators=(",", ":")).encode()


async def test_every_status_of_receipts_has_its_query() -> None:
    script = Script(*[_page() for _ in ReceiptQuery])
    async with script.client() as client:
        for which in ReceiptQuery:
            await return_calls.list_receipts_minutes(client, *MORNING, which, purpose="t")
    assert [query.split("&")[-1] for query in script.queries()] == [
        "status=RU",
        "status=UC",
        "status=CC",
        "status=PR",
        "cancelType=CANCEL",
    ]
    assert {request.headers["x-extended-timeout"] for request in script.requests} == {"60000"}


async def test_a_minute_window_covers_what_was_asked_without_offset() -> None:
    script = Script(_page(), _page())
    async with script.client() as client:
        for end in (NOW + timedelta(seconds=61), NOW + timedelta(days=1)):
            await return_calls.list_receipts_minutes(client, NOW, end, ReceiptQuery.STOPS, purpose="t")
    assert [query.split("&")[1:3] for query in script.queries()] == [
        ["createdAtFrom=2026-11-21T12:15", "createdAtTo=2026-11-21T12:17"],
        ["createdAtFrom=2026-11-21T12:15", "createdAtTo=2026-11-22T12:15"],
    ]


async def test_receipts_and_exchanges_are_paged_by_token() -> None:
    script = Script(_page({}, nextToken="a b"), _page({}, nextToken="c"), _page({}, nextToken=""))
    async with script.client() as client:
        pages = await _all(
            return_calls.list_receipts_days(client, DAY, DAY, ReceiptQuery.CANCELLED, purpose="t")
        )
    assert [len(page.unreadable) for page in pages] == [1, 1, 1]
    assert [query.partition("&nextToken=")[2] for query in script.queries()] == ["", "a%20b", "c"]
    script = Script(_page({}, nextToken="1"), _page(nextToken="2"))
    async with script.client() as client:
        assert len(await _all(exchange_calls.list_exchanges(client, *WEEK, purpose="t"))) == 2
    assert script.queries()[1].endswith("&maxPerPage=50&nextToken=1")
    script = Script(_page({}, nextToken="1"), _page({}, nextToken="1"))
    async with script.client() as client:
        with pytest.raises(errors.RepeatedToken):
            await _all(exchange_calls.list_exchanges(client, *WEEK, purpose="t"))


async def test_withdrawals_are_paged_by_index() -> None:
    script = Script(_example("returns_r5_withdraw_by_date"), _page({"cancelId": 7}, nextPageIndex=3), _page())
    async with script.client() as client:
        pages = await _all(return_calls.list_withdrawals(client, DAY, DAY, purpose="t"))
    assert [len(page.withdrawals) for page in pages] == [2, 0, 0]
    assert [row.claim_id for row in pages[1].unreadable] == [7]
    assert [query.split("&")[:2] for query in script.queries()] == [
        ["sizePerPage=100", f"pageIndex={index}"] for index in (1, 2, 3)
    ]


@pytest.mark.parametrize("index", ["1", 1])
async def test_a_page_of_withdrawals_that_leads_back_is_an_error(index: object) -> None:
    async with Script(_page({}, nextPageIndex=index)).client() as client:
        with pytest.raises(errors.RepeatedToken):
            await _all(return_calls.list_withdrawals(client, DAY, DAY, purpose="t"))


async def test_a_next_page_of_withdrawals_that_is_no_page_is_not_the_end() -> None:
    async with Script(_page({}, nextPageIndex="soon")).client() as client:
        with pytest.raises(errors.UnreadableAnswer):
            await _all(return_calls.list_withdrawals(client, DAY, DAY, purpose="t"))


async def test_asking_for_withdrawals_by_receipt_never_leaves_anything_unknown() -> None:
    gone = httpx.ReadTimeout("silent")
    async with Script(gone, httpx.Response(200, json={"code": 200, "data": 1})).client() as client:
        with pytest.raises(errors.Unreachable) as caught:
            await return_calls.list_withdrawals_of(client, [1], purpose="t")
        assert caught.value.outcome == "not_applied"
        with pytest.raises(errors.UnreadableAnswer) as odd:
            await return_calls.list_withdrawals_of(client, [1], purpose="t")
    assert odd.value.outcome == "not_applied"


@pytest.mark.parametrize(
    "answer",
    [_page(), _page({}, {}), _page({"receiptId": 365000004}), httpx.Response(200, json={"code": 200})],
)
async def test_another_receipt_is_not_the_receipt_asked_for(answer: httpx.Response) -> None:
    async with Script(answer).client() as client:
        with pytest.raises(errors.UnreadableAnswer):
            await return_calls.get_receipt(client, 365000003, purpose="t")


async def test_a_withdrawn_receipt_does_not_exist() -> None:
    async with Script(_example("returns_r2_single_not_found")).client() as client:
        with pytest.raises(errors.NotExisting):
            await return_calls.get_receipt(client, 365999999, purpose="t")


WRONG: list[Callable[[Client], Awaitable[object]]] = [
    lambda client: cancel_calls.cancel(client, 1, {}, WHY, "wing", purpose="t"),
    lambda client: cancel_calls.cancel(client, 1, {1: 0}, WHY, "wing", purpose="t"),
    lambda client: cancel_calls.cancel(client, 1, {1: 1}, WHY, "", purpose="t"),
    lambda client: cancel_calls.stop_shipment(client, 1, 0, purpose="t"),
    lambda client: cancel_calls.declare_shipped(client, 1, "CJGLS", "", purpose="t"),
    lambda client: cancel_calls.declare_shipped(client, 1, "", "1", purpose="t"),
    lambda client: return_calls.approve(client, 1, 0, purpose="t"),
    lambda client: return_calls.list_withdrawals_of(client, [], purpose="t"),
    lambda client: return_calls.list_withdrawals_of(client, range(51), purpose="t"),
    lambda client: _all(return_calls.list_withdrawals(client, DAY, DAY + timedelta(days=7), purpose="t")),
    lambda client: _all(return_calls.list_withdrawals(client, DAY, DAY - timedelta(days=1), purpose="t")),
    lambda client: _all(return_calls.list_withdrawals(client, DAY, DAY, page_rows=101, purpose="t")),
    _days(date(2026, 10, 21), ReceiptQuery.RETURNS),
    _days(date(2026, 11, 22), ReceiptQuery.RETURNS),
    lambda client: return_calls.list_receipts_minutes(
        client, NOW, NOW + timedelta(days=1, seconds=1), ReceiptQuery.STOPS, purpose="t"
    ),
    lambda client: return_calls.list_receipts_minutes(
        client, NOW.replace(tzinfo=None), NOW, ReceiptQuery.STOPS, purpose="t"
    ),
    lambda client: return_calls.register_pickup_waybill(client, PickupOf.RETURN, 1, "", "1", purpose="t"),
    lambda client: return_calls.register_pickup_waybill(client, PickupOf.RETURN, 1, "CJGLS", "", purpose="t"),
    lambda client: _all(exchange_calls.list_exchanges(client, NOW, NOW + timedelta(days=7), purpose="t")),
    lambda client: _all(exchange_calls.list_exchanges(client, NOW, NOW - timedelta(seconds=1), purpose="t")),
    lambda client: _all(exchange_calls.list_exchanges(client, NOW, NOW.replace(tzinfo=None), purpose="t")),
    lambda client: _all(exchange_calls.list_exchanges(client, NOW, NOW, max_per_page=0, purpose="t")),
    lambda client: exchange_calls.upload_exchange_invoices(client, 1, [], purpose="t"),
    lambda client: exchange_calls.upload_exchange_invoices(
        client, 1, [ExchangeInvoice(1, "CJGLS", "1")] * 2, purpose="t"
    ),
    lambda client: exchange_calls.upload_exchange_invoices(
        client, 1, [ExchangeInvoice(1, "CJGLS", "")], purpose="t"
    ),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
async def test_what_cannot_be_right_is_not_sent(number: int) -> None:
    script = Script()
    async with script.client() as client:
        with pytest.raises(ValueError, match=r"\w"):
            await WRONG[number](client)
    assert script.requests == []


async def _cancel(answer: httpx.Response | Exception) -> CancelAnswer:
    async with Script(answer).client() as client:
        return await cancel_calls.cancel(client, SECOND, {1: 1, 2: 1}, WHY, "examplewing", purpose="t")


def _cancelled(code: object, status: int = 200, message: str = "", **data: Any) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": message, "data": data})


DONE = {"receiptType": "STOP_SHIPMENT", "vendorItemIds": [1], "totalCount": 1}


@pytest.mark.parametrize(
    ("answer", "outcomes"),
    [
        (_cancelled("SUCCESS", receiptMap={"7": DONE | {"vendorItemIds": ["1", 2]}}), ("applied", "applied")),
        (
            _cancelled("PARTIAL", receiptMap=DONE | {"receiptId": 7}, failedItemIds=[2]),
            ("applied", "not_applied"),
        ),
        (
            _cancelled("200", receiptMap=[DONE | {"receiptId": 7}], failedItemIds=["2"]),
            ("applied", "not_applied"),
        ),
        # An item that nobody names is of unknown outcome, and so is one that both name.
        (_cancelled(200, receiptMap={"7": DONE}, failedVendorItemIds=[]), ("applied", "unknown")),
        (_cancelled(200, receiptMap={"7": DONE}, failedVendorItemIds=[1, 2]), ("unknown", "not_applied")),
        # A receipt of unknown kind, without items, or under another number.
        (_cancelled(200, receiptMap={"7": DONE | {"receiptType": "NEW"}}), ("unknown", "unknown")),
        (_cancelled(200, receiptMap={"7": DONE | {"vendorItemIds": []}}), ("unknown", "unknown")),
        (_cancelled(200, receiptMap={"7": DONE | {"receiptId": 8}}), ("unknown", "unknown")),
        (_cancelled(200, receiptMap={"7": 5}), ("unknown", "unknown")),
        (_cancelled("FAIL", receiptMap={}, failedVendorItemIds=[1, 2]), ("not_applied", "not_applied")),
        (_cancelled("400", receiptMap={}, failedVendorItemIds=[1, 2]), ("not_applied", "not_applied")),
        (
            _cancelled(
                "400",
                400,
                "[요청번호] 0 \r\n[1]<= 출고 정지 요청 롤백에 실패했습니다[77]\r\n"
                "[2]<= 부분 취소는 불가능합니다.",
                receiptMap={},
            ),
            ("unknown", "not_applied"),
        ),
    ],
)
async def test_a_cancel_is_told_item_by_item(answer: httpx.Response, outcomes: tuple[str, str]) -> None:
    told = await _cancel(answer)
    assert (told.outcome_of(1), told.outcome_of(2)) == outcomes
    assert told.order_id == SECOND
    for receipt in told.receipts:
        assert (receipt.receipt_id, receipt.type) == (7, CancelType.STOP_SHIPMENT)


@pytest.mark.parametrize(
    ("answer", "kind", "outcome"),
    [
        (_example("orders_o9_cancel_validation"), errors.Rejected, "not_applied"),
        (_cancelled("400", 400, "부분 취소는 불가능합니다.", receiptMap={}), errors.Rejected, "not_applied"),
        (_cancelled("FAIL", 200, "요청한 업체의 상품이 아닙니다."), errors.Rejected, "not_applied"),
        (
            _cancelled("400", 400, "내부 오류가 발생하였습니다. 쿠팡으로 문의하세요. 에러번호 : 7"),
            errors.HalfDone,
            "unknown",
        ),
        (
            _cancelled("500", 500, "내부 오류가 발생하였습니다. 쿠팡으로 문의하세요. 에러번호 : 7"),
            errors.HalfDone,
            "unknown",
        ),
        (_cancelled("SOMETHING", receiptMap={"7": DONE}), errors.Broken, "unknown"),
        (_cancelled(200), errors.UnreadableAnswer, "unknown"),
        (_cancelled(200, orderId=1, receiptMap={"7": DONE}), errors.UnreadableAnswer, "unknown"),
        (_example("error_504_timeout"), errors.Broken, "unknown"),
        (_example("error_401_expired"), errors.ExpiredSignature, "not_applied"),
        (httpx.ReadTimeout("silent"), errors.Unreachable, "unknown"),
        (httpx.ConnectError("refused"), errors.Unreachable, "not_applied"),
    ],
)
async def test_a_cancel_that_fails_says_whether_it_may_be_applied(
    answer: httpx.Response | Exception, kind: type[errors.CoupangError], outcome: str
) -> None:
    with pytest.raises(errors.CoupangError) as caught:
        await _cancel(answer)
    assert type(caught.value) is kind
    assert (caught.value.outcome, caught.value.method) == (outcome, "POST")


@pytest.mark.parametrize(
    ("body", "kind", "outcome"),
    [
        ({}, errors.UnreadableAnswer, "unknown"),
        ({"code": "200", "data": True}, errors.UnreadableAnswer, "unknown"),
        ({"code": "200", "data": {"resultCode": "LATER"}}, errors.UnreadableAnswer, "unknown"),
        ({"code": "200", "data": {"resultCode": "FAIL"}}, errors.Rejected, "not_applied"),
        ({"resultCode": "FAIL", "resultMessage": "?"}, errors.Rejected, "not_applied"),
        (
            {"data": {"code": "400", "message": "이미 반품이 완료되었습니다."}},
            errors.AlreadyDone,
            "not_applied",
        ),
        (
            {"code": "200", "data": {"resultCode": "FAIL", "resultMessage": "이미 반품이 완료"}},
            errors.AlreadyDone,
            "not_applied",
        ),
        ({"data": {"code": "500", "message": "?"}}, errors.Broken, "unknown"),
    ],
)
async def test_a_no_inside_a_success_is_a_no(
    body: dict[str, Any], kind: type[errors.CoupangError], outcome: str
) -> None:
    async with Script(httpx.Response(200, json=body)).client() as client:
        with pytest.raises(errors.CoupangError) as caught:
            await cancel_calls.stop_shipment(client, 365000001, 2, purpose="t")
    assert type(caught.value) is kind
    assert (caught.value.outcome, caught.value.method) == (outcome, "PUT")
    assert caught.value.path.endswith("/returnRequests/365000001/stoppedShipment")


@pytest.mark.parametrize(
    "body",
    [
        {"resultCode": "SUCCESS", "resultMessage": "done"},
        {"code": 200, "resultCode": "SUCCESS", "resultMessage": "done", "data": None},
        {"data": [{"resultCode": "success", "resultMessage": "done"}]},
        {"code": "200", "message": "OK", "data": {"resultMessage": "done"}},
    ],
)
async def test_a_yes_is_read_wherever_it_is_said(body: dict[str, Any]) -> None:
    async with Script(httpx.Response(200, json=body)).client() as client:
        assert (await cancel_calls.stop_shipment(client, 1, 2, purpose="t")).message == "done"
