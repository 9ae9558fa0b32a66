"""The calls over a scripted transport: paging, limits, single boxes, and what callers are told."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.coupang import errors, signing
from app.coupang.client import Call, Client
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import InvoiceRow, WireStatus
from app.coupang.pacing import Pacer

NOW = datetime(2026, 11, 21, 3, 15, tzinfo=UTC)
DAY = date(2026, 11, 21)
EXAMPLES = Path(__file__).parents[1] / "data/coupang/examples"
BOX = 642538970006401001


def _example(name: str) -> httpx.Response:
    told = json.loads((EXAMPLES / f"{name}.json").read_bytes())["response"]
    return httpx.Response(told["status"], json=told["body"])


def _page(*rows: Any, **outer: Any) -> httpx.Response:
    return httpx.Response(200, json={"code": 200, "message": "OK", "data": list(rows)} | outer)


class Script:
    """A transport that answers from a list and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.calls: list[Call] = []

    def client(self, now: Callable[[], datetime] = lambda: NOW) -> Client:
        return Client(
            "https://gateway.example",
            "A00012345",
            "key",
            "secret",
            now,
            Pacer(1000.0),
            transport=httpx.MockTransport(self._answer),
            on_call=self.calls.append,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _tokens(script: Script) -> list[str | None]:
    return [request.url.params.get("nextToken") for request in script.requests]


@pytest.mark.parametrize("end", [{"nextToken": ""}, {"nextToken": None}, {}])
async def test_pages_follow_tokens_until_there_is_none(end: dict[str, Any]) -> None:
    script = Script(_page({}, nextToken="a"), _page({}, nextToken="b"), _page({}, **end))
    async with script.client() as client:
        pages = [
            page async for page in order_calls.list_days(client, DAY, DAY, WireStatus.ACCEPT, purpose="poll")
        ]
    assert len(pages) == 3
    assert _tokens(script) == [None, "a", "b"]
    assert {call.purpose for call in script.calls} == {"poll"}


async def test_an_empty_page_ends_the_list_even_with_a_token() -> None:
    script = Script(_page({}, nextToken="a"), _page(nextToken="b"))
    async with script.client() as client:
        pages = [
            page async for page in order_calls.list_days(client, DAY, DAY, WireStatus.ACCEPT, purpose="poll")
        ]
    assert [len(page.unreadable) for page in pages] == [1, 0]


async def test_a_repeated_token_is_an_error_after_its_page_was_given() -> None:
    script = Script(_page({}, nextToken="a"), _page({}, nextToken="b"), _page({}, nextToken="a"))
    async with script.client() as client:
        pages = aiter(order_calls.list_days(client, DAY, DAY, WireStatus.ACCEPT, purpose="poll"))
        given = [await anext(pages) for _ in range(3)]
        with pytest.raises(errors.RepeatedToken) as caught:
            await anext(pages)
    assert [page.next_token for page in given] == ["a", "b", "a"]
    assert len(script.requests) == 3
    assert (caught.value.retryable, caught.value.outcome) == (True, "not_applied")


@pytest.mark.parametrize("days", [-1, 31])
async def test_a_day_list_of_a_wrong_length_is_not_sent(days: int) -> None:
    script = Script()
    async with script.client() as client:
        with pytest.raises(ValueError, match="30 days"):
            await anext(
                aiter(
                    order_calls.list_days(
                        client, DAY, DAY + timedelta(days=days), WireStatus.ACCEPT, purpose="poll"
                    )
                )
            )
    assert script.requests == []


async def test_thirty_days_are_sent() -> None:
    script = Script(_page())
    async with script.client() as client:
        until = DAY + timedelta(days=30)
        assert [
            page
            async for page in order_calls.list_days(client, DAY, until, WireStatus.DELIVERING, purpose="poll")
        ]
    assert script.requests[0].url.params["createdAtTo"] == "2026-12-21+09:00"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOW, NOW + timedelta(days=1)),
        (NOW + timedelta(seconds=30), NOW + timedelta(days=1, seconds=-30)),
        (NOW, NOW - timedelta(minutes=1)),
        (NOW.replace(tzinfo=None), NOW),
    ],
)
async def test_a_minute_window_of_a_wrong_length_is_not_sent(start: datetime, end: datetime) -> None:
    script = Script()
    async with script.client() as client:
        with pytest.raises(ValueError, match=r"24 hours|aware"):
            await order_calls.list_minutes(client, start, end, WireStatus.ACCEPT, purpose="poll")
    assert script.requests == []


async def test_a_minute_window_covers_what_was_asked() -> None:
    script = Script(_example("orders_o2_list_minute"))
    async with script.client() as client:
        page = await order_calls.list_minutes(
            client, NOW, NOW + timedelta(hours=23, minutes=59), WireStatus.DEPARTURE, purpose="poll"
        )
    assert len(page.sheets) == 1
    params = script.requests[0].url.params
    assert (params["createdAtFrom"], params["createdAtTo"]) == (
        "2026-11-21T12:15+09:00",
        "2026-11-22T12:14+09:00",
    )


async def test_one_box() -> None:
    script = Script(_example("orders_o3_single_by_box"))
    async with script.client() as client:
        page = await order_calls.get_box(client, BOX, purpose="read back")
    assert [sheet.shipment_box_id for sheet in page.sheets] == [BOX]
    assert script.requests[0].url.path.endswith(f"/v5/vendors/A00012345/ordersheets/{BOX}")


async def test_one_box_may_be_unreadable() -> None:
    script = Script(
        httpx.Response(200, json={"code": "200", "data": {"shipmentBoxId": BOX, "status": "NEW"}})
    )
    async with script.client() as client:
        page = await order_calls.get_box(client, BOX, purpose="read back")
    assert [row.shipment_box_id for row in page.unreadable] == [BOX]


@pytest.mark.parametrize(
    "answer",
    [_page(), _page({}, {}), _page({"shipmentBoxId": BOX + 1}), httpx.Response(200, json={"code": 200})],
)
async def test_another_box_is_not_the_box_asked_for(answer: httpx.Response) -> None:
    async with Script(answer).client() as client:
        with pytest.raises(errors.UnreadableAnswer) as caught:
            await order_calls.get_box(client, BOX, purpose="read back")
    assert (caught.value.method, caught.value.outcome) == ("GET", "not_applied")


async def test_a_cancelled_box_is_gone() -> None:
    script = Script(_example("orders_o3_single_cancelled"))
    async with script.client() as client:
        with pytest.raises(errors.Gone):
            await order_calls.get_box(client, BOX, purpose="read back")
    assert [(call.route, call.status, call.error) for call in script.calls] == [("O3", 400, "Gone")]


@pytest.mark.parametrize(
    ("name", "boxes"), [("orders_o4_by_order_array", 2), ("orders_o4_by_order_object", 1)]
)
async def test_all_boxes_of_an_order(name: str, boxes: int) -> None:
    async with Script(_example(name)).client() as client:
        page = await order_calls.get_order(client, 24000099000001, purpose="read back")
    assert len({sheet.shipment_box_id for sheet in page.sheets}) == boxes


async def test_history() -> None:
    async with Script(_example("orders_o5_history")).client() as client:
        history = await order_calls.get_history(client, 642538970006401003, purpose="read back")
    assert history.steps[0].at == datetime(2026, 11, 21, 5, 2, 10, tzinfo=UTC)


async def test_partial_acknowledge() -> None:
    script = Script(_example("orders_o6_acknowledge_partial"))
    async with script.client() as client:
        results = await order_calls.acknowledge(client, [BOX, BOX + 2], purpose="effect")
    assert [(row.succeed, row.code) for row in results.rows] == [
        (True, "OK"),
        (False, "NOT_FOUND_SHIPMENT_BOX"),
    ]


@pytest.mark.parametrize("boxes", [0, 51])
async def test_the_number_of_boxes_is_checked_before_sending(boxes: int) -> None:
    script = Script()
    rows = [InvoiceRow(box, 1, 1, "CJGLS", "1") for box in range(1, boxes + 1)]
    async with script.client() as client:
        with pytest.raises(ValueError, match="50 boxes"):
            await order_calls.acknowledge(client, range(boxes), purpose="effect")
        for send in (order_calls.upload_invoices, order_calls.update_invoices):
            with pytest.raises(ValueError, match="50 boxes"):
                await send(client, rows, purpose="effect")
    assert script.requests == []


@pytest.mark.parametrize(("number", "planned"), [("", None), ("1", DAY)])
async def test_an_invoice_row_has_a_number_or_a_date(number: str, planned: date | None) -> None:
    row = InvoiceRow(1, 1, 1, "CJGLS", number, True, False, planned)
    async with Script().client() as client:
        with pytest.raises(ValueError, match="either"):
            await order_calls.upload_invoices(client, [row], purpose="effect")


async def test_a_split_is_sent_as_published() -> None:
    told = json.loads((EXAMPLES / "orders_o7_invoice_split_first.json").read_bytes())
    rows = [
        InvoiceRow(BOX, 24000099000001, 85000000001, "CJGLS", "000000000034", split_shipping=True),
        InvoiceRow(
            BOX, 24000099000001, 85000000002, "CJGLS", "", True, estimated_shipping_date=date(2026, 11, 28)
        ),
    ]
    script = Script(_example("orders_o7_invoice_split_first"))
    async with script.client() as client:
        results = await order_calls.upload_invoices(client, rows, purpose="effect")
    assert json.loads(script.requests[0].content) == told["request"]["body"]
    assert results.rows[0].succeed


async def test_completion() -> None:
    script = Script(_example("orders_o12_long_term_complete"), _example("orders_o12_long_term_refused"))
    async with script.client() as client:
        assert await order_calls.complete_undelivered(client, BOX, "000000000012", purpose="effect") is True
        with pytest.raises(errors.Rejected):
            await order_calls.complete_undelivered(client, BOX, "000000000012", purpose="effect")


async def test_an_answer_without_results_leaves_a_write_unknown() -> None:
    async with Script(_page()).client() as client:
        with pytest.raises(errors.UnreadableAnswer) as caught:
            await order_calls.acknowledge(client, [BOX], purpose="effect")
    assert (caught.value.method, caught.value.outcome, caught.value.status) == ("PUT", "unknown", 200)


async def test_an_expired_signature_is_renewed_once_for_reads() -> None:
    times = iter([NOW - timedelta(minutes=6), NOW])
    script = Script(_example("error_401_expired"), _example("orders_o4_by_order_object"))
    async with script.client(lambda: next(times)) as client:
        await order_calls.get_order(client, 1, purpose="read back")
    dates = [
        signing.read_authorization(request.headers["Authorization"]).signed_date
        for request in script.requests
    ]
    assert dates == ["261121T030900Z", "261121T031500Z"]
    assert [call.error for call in script.calls] == ["ExpiredSignature", None]


async def test_a_signature_that_expires_twice_stops_the_key() -> None:
    script = Script(_example("error_401_expired"), _example("error_401_expired"))
    async with script.client() as client:
        with pytest.raises(errors.ExpiredSignature) as caught:
            await order_calls.get_order(client, 1, purpose="read back")
    assert len(script.requests) == 2
    assert (caught.value.stop, caught.value.retryable) == ("key", False)


async def test_an_expired_signature_of_a_write_is_left_to_the_caller() -> None:
    script = Script(_example("error_401_expired"))
    async with script.client() as client:
        with pytest.raises(errors.ExpiredSignature) as caught:
            await order_calls.acknowledge(client, [BOX], purpose="effect")
    assert len(script.requests) == 1
    assert (caught.value.outcome, caught.value.retryable) == ("not_applied", True)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (httpx.ConnectError("refused"), "not_applied"),
        (httpx.ConnectTimeout("slow"), "not_applied"),
        (httpx.ReadTimeout("silent"), "unknown"),
        (httpx.ReadError("reset"), "unknown"),
        (httpx.RemoteProtocolError("closed"), "unknown"),
        (httpx.WriteError("reset"), "unknown"),
        (ConnectionResetError(), "unknown"),
    ],
)
async def test_failures_of_transport(failure: Exception, outcome: str) -> None:
    async with Script(failure, failure).client() as client:
        with pytest.raises(errors.Unreachable) as caught:
            await order_calls.acknowledge(client, [BOX], purpose="effect")
        assert caught.value.outcome == outcome
        with pytest.raises(errors.Unreachable) as caught:
            await order_calls.get_box(client, BOX, purpose="read back")
        assert caught.value.outcome == "not_applied"


async def test_calls_of_one_client_never_overlap() -> None:
    under_way, most = 0, 0

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return _page()

    pacer = Pacer(1000.0)
    client = Client(
        "https://gateway.example", "A1", "k", "s", lambda: NOW, pacer, transport=httpx.MockTransport(slow)
    )
    async with client:
        await asyncio.gather(*(order_calls.get_order(client, 1, purpose="poll") for _ in range(5)))
    assert (most, pacer.calls) == (1, 5)


async def test_an_interrupted_call_is_told_and_gives_its_turn_back() -> None:
    script = Script(_page())
    waiting = asyncio.Event()

    async def hang(request: httpx.Request) -> httpx.Response:
        waiting.set()
        await asyncio.Event().wait()
        raise AssertionError

    pacer = Pacer(1000.0)
    client = Client(
        "https://gateway.example",
        "A1",
        "k",
        "s",
        lambda: NOW,
        pacer,
        transport=httpx.MockTransport(hang),
        on_call=script.calls.append,
    )
    async with client:
        task = asyncio.create_task(order_calls.get_order(client, 1, purpose="poll"))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [call.error for call in script.calls] == ["Interrupted"]
    async with asyncio.timeout(5):
        await pacer.wait()


async def test_a_client_keeps_its_secret() -> None:
    async with Script().client() as client:
        assert "secret" not in repr(client)
