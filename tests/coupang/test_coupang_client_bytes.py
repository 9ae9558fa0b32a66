"""What travels: the bytes on the wire are the bytes that were signed, sent once, over a real socket."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from app.coupang import errors, signing
from app.coupang.claims import return_calls
from app.coupang.claims.types import ReceiptQuery
from app.coupang.client import Call, Client, quoted
from app.coupang.exchanges import calls as exchange_calls
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import InvoiceRow, WireStatus
from app.coupang.pacing import Pacer

NOW = datetime(2026, 11, 21, 3, 15, tzinfo=UTC)
SECRET = "00112233445566778899aabbccddeeff00112233"
EMPTY = b'{"code":200,"message":"OK","data":[],"nextToken":""}'


def _http(body: bytes = EMPTY, status: str = "200 OK", *headers: str, keep: bool = False) -> bytes:
    connection = "keep-alive" if keep else "close"
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", f"Connection: {connection}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Gateway:
    """A socket that keeps what it was sent and answers from a list; None hangs up, nothing is silence."""

    answers: list[bytes | None] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0
    talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self.talks.add(talk)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                told = dict(line.split(": ", 1) for line in head[1:] if line)
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.requests.append((head[0], {name.lower(): told[name] for name in told}, body))
                answer = self.answers.pop(0) if self.answers else _http()
                if answer is None:
                    return
                writer.write(answer)
                await writer.drain()
                if b"Connection: close" in answer:
                    return
        except asyncio.IncompleteReadError:
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def _gateway(*answers: bytes | None) -> AsyncIterator[Gateway]:
    gateway = Gateway(list(answers))
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    gateway.port = server.sockets[0].getsockname()[1]
    try:
        yield gateway
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*gateway.talks)


def _client(
    port: int,
    on_call: Callable[[Call], None] | None = None,
    timeout_s: float = 5.0,
    before_call: Callable[[], Awaitable[None]] | None = None,
) -> Client:
    return Client(
        f"http://127.0.0.1:{port}",
        "A00012345",
        "0f9d3c1a-0000-4000-8000-00000000cafe",
        SECRET,
        lambda: NOW,
        Pacer(1000.0),
        timeout_s=timeout_s,
        on_call=on_call,
        before_call=before_call,
    )


def _assert_signed_as_sent(request: tuple[str, dict[str, str], bytes]) -> tuple[str, str, str]:
    method, target, _ = request[0].split(" ")
    path, _, query = target.partition("?")
    claimed = signing.read_authorization(request[1]["authorization"])
    assert claimed.signature == signing.signature(SECRET, claimed.signed_date, method, path, query)
    return method, path, query


async def test_the_day_list_is_sent_exactly_as_signed() -> None:
    async with _gateway() as gateway, _client(gateway.port) as client:
        pages = order_calls.list_days(
            client, date(2026, 11, 20), date(2026, 11, 21), WireStatus.ACCEPT, purpose="poll"
        )
        assert [page.sheets async for page in pages] == [()]
    line, headers, _ = gateway.requests[0]
    assert line == (
        "GET /v2/providers/openapi/apis/api/v5/vendors/A00012345/ordersheets"
        "?createdAtFrom=2026-11-20%2B09:00&createdAtTo=2026-11-21%2B09:00&maxPerPage=50&status=ACCEPT"
        " HTTP/1.1"
    )
    # The published vector for this very request and second.
    assert headers["authorization"].endswith(
        "signature=a0af272811ed0fe46fd8bd0e680d10ee764739693087359965fdeb9816b50510"
    )
    assert headers["x-requested-by"] == "A00012345"
    assert headers["x-market"] == "KR"
    assert headers["content-type"] == "application/json;charset=UTF-8"
    assert "x-extended-timeout" not in headers


async def test_minutes_are_sent_exactly_as_signed_and_ask_for_time() -> None:
    async with _gateway() as gateway, _client(gateway.port) as client:
        start, end = (
            datetime(2026, 11, 20, 15, 0, 59, tzinfo=UTC),
            datetime(2026, 11, 20, 15, 10, 1, tzinfo=UTC),
        )
        await order_calls.list_minutes(client, start, end, WireStatus.DEPARTURE, purpose="poll")
    _, _, query = _assert_signed_as_sent(gateway.requests[0])
    assert query == (
        "createdAtFrom=2026-11-21T00:00%2B09:00&createdAtTo=2026-11-21T00:11%2B09:00"
        "&searchType=timeFrame&status=DEPARTURE"
    )
    assert gateway.requests[0][1]["x-extended-timeout"] == "60000"


async def test_any_token_reaches_the_wire_as_it_was_signed() -> None:
    printable = "".join(chr(code) for code in range(32, 127))
    tokens = [printable, "642538970006401002", "a%3Ab%2Fc==", "가나", "%", "+ +"]
    pages = [_http(json.dumps({"code": 200, "data": [{}], "nextToken": token}).encode()) for token in tokens]
    async with _gateway(*pages) as gateway, _client(gateway.port) as client:
        day = date(2026, 11, 21)
        read = [
            page async for page in order_calls.list_days(client, day, day, WireStatus.ACCEPT, purpose="poll")
        ]
    assert [page.next_token for page in read] == [*(token.strip() for token in tokens), None]
    for request, token in zip(gateway.requests[1:], tokens, strict=True):
        _, _, query = _assert_signed_as_sent(request)
        assert query.endswith(f"&nextToken={quoted(token.strip())}")


async def test_lists_of_claims_are_sent_exactly_as_signed() -> None:
    start, end = datetime(2026, 11, 20, 15, 0, tzinfo=UTC), datetime(2026, 11, 21, 14, 59, 59, tzinfo=UTC)
    token = "a%3Ab/c== +가"
    tokened = _http(json.dumps({"code": 200, "data": [{}], "nextToken": token}).encode())
    async with _gateway(_http(), tokened, _http(), _http()) as gateway, _client(gateway.port) as client:
        await return_calls.list_receipts_minutes(client, start, end, ReceiptQuery.STOPS, purpose="poll")
        swaps = [page async for page in exchange_calls.list_exchanges(client, start, end, purpose="poll")]
        day = date(2026, 11, 21)
        taken_back = [page async for page in return_calls.list_withdrawals(client, day, day, purpose="poll")]
    queries = [_assert_signed_as_sent(request)[2] for request in gateway.requests]
    window = "createdAtFrom=2026-11-21T00:00:00&createdAtTo=2026-11-21T23:59:59&maxPerPage=50"
    assert queries == [
        "searchType=timeFrame&createdAtFrom=2026-11-21T00:00&createdAtTo=2026-11-22T00:00&status=RU",
        window,
        f"{window}&nextToken={quoted(token)}",
        "sizePerPage=100&pageIndex=1&dateFrom=2026-11-21&dateTo=2026-11-21",
    ]
    assert (len(swaps), len(taken_back)) == (2, 1)


async def test_writes_send_json_with_exact_ids() -> None:
    results = b'{"code":"200","data":{"responseCode":0,"responseMessage":"","responseList":[]}}'
    async with (
        _gateway(
            _http(results), _http(results), _http(results), _http(b'{"code":"200","data":true}')
        ) as gateway,
        _client(gateway.port) as client,
    ):
        await order_calls.acknowledge(client, [642538970006401429, 642538970006401430], purpose="effect")
        row = InvoiceRow(642538970006401429, 24000099000001, 85000000001, "CJGLS", "000000000012")
        await order_calls.upload_invoices(client, [row], purpose="effect")
        await order_calls.update_invoices(client, [row], purpose="effect")
        assert await order_calls.complete_undelivered(client, 642538970006401429, "0012", purpose="effect")
    sent = [(*_assert_signed_as_sent(request), request[2]) for request in gateway.requests]
    api = "/v2/providers/openapi/apis/api/v4/vendors/A00012345"
    assert [(method, path) for method, path, _, _ in sent] == [
        ("PUT", f"{api}/ordersheets/acknowledgement"),
        ("POST", f"{api}/orders/invoices"),
        ("POST", f"{api}/orders/updateInvoices"),
        ("POST", f"{api}/completeLongTermUndelivery"),
    ]
    assert sent[0][3] == (
        b'{"vendorId":"A00012345","shipmentBoxIds":[642538970006401429,642538970006401430]}'
    )
    assert json.loads(sent[1][3]) == {
        "vendorId": "A00012345",
        "orderSheetInvoiceApplyDtos": [row.to_wire()],
    }
    assert json.loads(sent[3][3]) == {"shipmentBoxId": 642538970006401429, "invoiceNumber": "0012"}


async def test_gzip_and_the_gateways_clock() -> None:
    zipped = _http(
        gzip.compress(EMPTY), "200 OK", "Content-Encoding: gzip", "Date: Sat, 21 Nov 2026 03:15:07 GMT"
    )
    async with _gateway(zipped) as gateway, _client(gateway.port) as client:
        assert client.last_date is None
        page = await order_calls.get_order(client, 24000099000001, purpose="read back")
        assert page.raw == EMPTY
        assert client.last_date == datetime(2026, 11, 21, 3, 15, 7, tzinfo=UTC)
        assert client.server_skew_s == 7.0


async def test_a_write_is_never_sent_twice_when_a_kept_connection_drops() -> None:
    async with _gateway(_http(keep=True), None) as gateway, _client(gateway.port) as client:
        await order_calls.get_order(client, 1, purpose="warm the connection")
        with pytest.raises(errors.Unreachable) as caught:
            await order_calls.acknowledge(client, [1], purpose="effect")
    assert caught.value.outcome == "unknown"
    assert [request[0].split(" ")[0] for request in gateway.requests] == ["GET", "PUT"]


@pytest.mark.parametrize("kept", [False, True])
async def test_a_visit_that_ends_while_it_connects_sends_nothing(kept: bool) -> None:
    """Asked before the call, and again when the connection stands and no byte has left."""

    class Over(Exception):
        pass

    asked: list[bool] = []
    over_after = 4 if kept else 2

    async def before_call() -> None:
        asked.append(True)
        if len(asked) == over_after:
            raise Over

    async with _gateway(*[_http(keep=True)] * 2) as gateway:
        async with _client(gateway.port, before_call=before_call) as client:
            if kept:
                await order_calls.list_minutes(client, NOW, NOW, WireStatus.ACCEPT, purpose="poll")
            with pytest.raises(Over):
                await order_calls.acknowledge(client, [7], purpose="acknowledge")
        assert len(gateway.requests) == int(kept), "the call stays here"
        assert len(asked) == over_after


async def test_a_dropped_answer_leaves_the_outcome_unknown() -> None:
    cut = _http(b'{"code":200}')[:-4]
    async with _gateway(None, cut, b"not http at all\r\n\r\n") as gateway, _client(gateway.port) as client:
        for kind in (errors.Unreachable, errors.UnreadableAnswer, errors.Unreachable):
            with pytest.raises(errors.CoupangError) as caught:
                await order_calls.acknowledge(client, [1], purpose="effect")
            assert type(caught.value) is kind
            assert (caught.value.outcome, caught.value.retryable) == ("unknown", True)


async def test_a_refused_connection_means_nothing_was_applied() -> None:
    async with _gateway() as gateway:
        closed = gateway.port
    seen: list[Call] = []
    async with _client(closed, seen.append) as client:
        with pytest.raises(errors.Unreachable) as caught:
            await order_calls.acknowledge(client, [1], purpose="effect")
    assert (caught.value.outcome, caught.value.retryable, caught.value.status) == ("not_applied", True, None)
    assert [(call.route, call.status, call.error) for call in seen] == [("O6", None, "Unreachable")]


async def test_silence_ends_at_the_limit() -> None:
    begun = _http(keep=True)
    async with (
        _gateway(b"", begun[:12], begun[:-4]) as gateway,
        _client(gateway.port, timeout_s=0.1) as client,
    ):
        for kind in (errors.Unreachable, errors.Unreachable, errors.UnreadableAnswer):
            with pytest.raises(errors.CoupangError) as caught:
                await client.request("O7", "POST", "/v2/x", body={}, purpose="effect")
            assert type(caught.value) is kind
            assert caught.value.outcome == "unknown"


async def test_a_redirect_is_a_block_and_never_followed() -> None:
    moved = [
        _http(b"", "302 Found", f"Location: {where}")
        for where in ("/elsewhere", "(not published)", "http://a:b:c", "http://127.0.0.1:1/")
    ]
    async with _gateway(*moved) as gateway, _client(gateway.port) as client:
        for _ in moved:
            with pytest.raises(errors.Blocked):
                await order_calls.get_box(client, 1, purpose="read back")
    assert len(gateway.requests) == len(moved)
    assert all("/elsewhere" not in request[0] for request in gateway.requests)


async def test_a_throttle_whose_body_breaks_off_is_still_a_throttle() -> None:
    cut = _http(b"slow down please", "429 Too Many Requests", "Retry-After: 60")[:-5]
    async with _gateway(cut) as gateway, _client(gateway.port) as client:
        with pytest.raises(errors.Throttled) as caught:
            await order_calls.acknowledge(client, [1], purpose="effect")
    assert caught.value.retry_after_s == 60.0


async def test_broken_compression_is_an_unreadable_answer() -> None:
    async with (
        _gateway(_http(b"not gzip", "200 OK", "Content-Encoding: gzip")) as gateway,
        _client(gateway.port) as client,
    ):
        with pytest.raises(errors.UnreadableAnswer):
            await order_calls.get_box(client, 1, purpose="read back")
