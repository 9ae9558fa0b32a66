"""Every call of the client, on a transport that answers with given bytes and then with empty pages."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from app.coupang.claims import cancel_calls, return_calls
from app.coupang.claims.types import ExchangeInvoice, MiddleCancelCode, PickupOf, ReceiptQuery, RejectCode
from app.coupang.client import Client
from app.coupang.exchanges import calls as exchange_calls
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import InvoiceRow, WireStatus
from app.coupang.pacing import Pacer

DATA = Path(__file__).parents[1] / "data/coupang"
NOW = datetime(2026, 11, 21, 3, 15, tzinfo=UTC)
DAY = date(2026, 11, 21)
BEFORE = NOW - timedelta(hours=3)
EMPTY = b'{"code":200,"message":"OK","data":[],"nextToken":""}'
MOST_PAGES = 4

Asked = Callable[[Client], Awaitable[Any]]


async def _pages(pages: AsyncIterator[Any]) -> list[Any]:
    found = []
    async for page in pages:
        found.append(page)
        if len(found) == MOST_PAGES:
            break
    return found


def _rows(split: bool = False) -> list[InvoiceRow]:
    return [InvoiceRow(642538970006401429, 24000099000001, 85000000001, "CJGLS", "12", split_shipping=split)]


CALLS: dict[str, Asked] = {
    "O1": lambda c: _pages(order_calls.list_days(c, DAY, DAY, WireStatus.ACCEPT, purpose="t")),
    "O2": lambda c: order_calls.list_minutes(c, BEFORE, NOW, WireStatus.ACCEPT, purpose="t"),
    "O3": lambda c: order_calls.get_box(c, 642538970006401429, purpose="t"),
    "O4": lambda c: order_calls.get_order(c, 24000099000001, purpose="t"),
    "O5": lambda c: order_calls.get_history(c, 642538970006401429, purpose="t"),
    "O6": lambda c: order_calls.acknowledge(c, [642538970006401429], purpose="t"),
    "O7": lambda c: order_calls.upload_invoices(c, _rows(), purpose="t"),
    "O8": lambda c: order_calls.update_invoices(c, _rows(split=True), purpose="t"),
    "O9": lambda c: cancel_calls.cancel(
        c, 24000099000002, {85000000001: 2}, MiddleCancelCode.STOCK_ERROR, "wing", purpose="t"
    ),
    "O10": lambda c: cancel_calls.stop_shipment(c, 365000001, 2, purpose="t"),
    "O11": lambda c: cancel_calls.declare_shipped(c, 365000002, "CJGLS", "56", purpose="t"),
    "O12": lambda c: order_calls.complete_undelivered(c, 642538970006401429, "12", purpose="t"),
    "R1 by days": lambda c: _pages(
        return_calls.list_receipts_days(c, DAY, DAY, ReceiptQuery.RETURNS, purpose="t")
    ),
    "R1": lambda c: return_calls.list_receipts_minutes(c, BEFORE, NOW, ReceiptQuery.STOPS, purpose="t"),
    "R2": lambda c: return_calls.get_receipt(c, 365000003, purpose="t"),
    "R3": lambda c: return_calls.confirm_receipt(c, 365000003, purpose="t"),
    "R4": lambda c: return_calls.approve(c, 365000003, 2, purpose="t"),
    "R5": lambda c: _pages(return_calls.list_withdrawals(c, DAY, DAY, purpose="t")),
    "R6": lambda c: return_calls.list_withdrawals_of(c, [365000003], purpose="t"),
    "R7": lambda c: return_calls.register_pickup_waybill(
        c, PickupOf.RETURN, 365000003, "KDEXP", "143", purpose="t"
    ),
    "E1": lambda c: _pages(exchange_calls.list_exchanges(c, BEFORE, NOW, purpose="t")),
    "E2": lambda c: exchange_calls.confirm_exchange_receipt(c, 101000001, purpose="t"),
    "E3": lambda c: exchange_calls.reject(c, 101000001, RejectCode.SOLDOUT, purpose="t"),
    "E4": lambda c: exchange_calls.upload_exchange_invoices(
        c, 101000001, [ExchangeInvoice(642538970006409002, "CJGLS", "123")], purpose="t"
    ),
}
LISTS = ("O1", "O2", "R1 by days", "R1", "R5", "R6", "E1")
"""Calls that answer with a list of what was asked for by time or status."""
READS = {"O1", "O2", "O3", "O4", "O5", "R1 by days", "R1", "R2", "R5", "R6", "E1"}


def examples() -> dict[str, bytes]:
    """Return every example body there is, by name."""
    found = {}
    for path in sorted((DATA / "examples").glob("*.json")):
        body = json.loads(path.read_bytes())["response"]["body"]
        found[path.stem] = (
            body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()
        )
    for path in sorted((DATA / "wild").rglob("*")):
        if path.is_file():
            found[path.stem] = path.read_bytes()
    return found


class Answering:
    """A client that is answered with these bytes, and with empty pages from then on."""

    def __init__(self) -> None:
        self.always = EMPTY
        self._first: tuple[int, list[tuple[bytes, bytes]], bytes] | None = None
        self.client = Client(
            "https://gateway.example",
            "A00012345",
            "key",
            "secret",
            lambda: NOW,
            Pacer(1_000_000.0),
            transport=_Transport(self),
        )

    async def ask(
        self,
        call: str,
        body: bytes,
        status: int = 200,
        headers: Iterable[tuple[bytes, bytes]] = (),
    ) -> Any:
        """Make a call, and read what it returns to the last row."""
        self._first = status, list(headers), body
        told = await CALLS[call](self.client)
        for page in told if isinstance(told, list) else [told]:
            for rows in ("sheets", "unreadable"):
                repr(getattr(page, rows, ""))
        return told

    def take(self) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Return the next answer."""
        first, self._first = self._first, None
        return first or (200, [], self.always)


class _Bytes(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


class _Transport(httpx.AsyncBaseTransport):
    """Streams, as a real one does; a response that is made with its content is unpacked by httpx."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        status, headers, body = self._answering.take()
        return httpx.Response(status, headers=headers, stream=_Bytes(body))
