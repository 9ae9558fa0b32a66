"""The calls E1 to E4: exchanges, their confirmation and rejection, waybills of the replacement."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from app.coupang import windows
from app.coupang.claims import decode_writes
from app.coupang.claims.types import Confirmation, ExchangeInvoice, ExchangePage, ExchangeStatus, RejectCode
from app.coupang.client import Client, quoted
from app.coupang.exchanges import decode as exchange_decode
from app.coupang.limits import PAGE_ROWS
from app.coupang.orders import decode as order_decode
from app.coupang.paging import by_token

MOST_WINDOW = timedelta(days=7)


async def list_exchanges(
    client: Client,
    start: datetime,
    end: datetime,
    status: ExchangeStatus | None = None,
    order_id: int | None = None,
    max_per_page: int | None = PAGE_ROWS,
    *,
    purpose: str,
) -> AsyncIterator[ExchangePage]:
    """Yield the pages of exchanges created in a window (E1).

    Args:
        client: The vendor's client.
        start: Aware start, floored to the second.
        end: Aware end, ceiled to the second; less than 7 days after `start`.
        status: One of the five, None for all; withdrawn exchanges stay in the list.
        order_id: Only the exchanges of this order.
        max_per_page: Rows of a page, None for Coupang's own 10.
        purpose: Why, for logs and meters.

    Raises:
        ValueError: A time without zone, a window that is reversed or not below 7 days, a page without rows.
        RepeatedToken: A page token came twice; nothing says what was left out, so ask again.
        CoupangError: See `errors`.

    Source:
        Article 360033397594 (v4, times without offset), read 2026-11-21.
    """
    first, last = windows.seconds(start, end)
    if not timedelta(0) <= last - first < MOST_WINDOW:
        raise ValueError("a list of exchanges spans less than 7 days")
    if max_per_page is not None and max_per_page < 1:
        raise ValueError("a page has at least one row")
    path = client.path("v4", "exchangeRequests")
    query = f"createdAtFrom={first:%Y-%m-%dT%H:%M:%S}&createdAtTo={last:%Y-%m-%dT%H:%M:%S}"
    if status is not None:
        query += f"&status={status.value}"
    if order_id is not None:
        query += f"&orderId={order_id}"
    if max_per_page is not None:
        query += f"&maxPerPage={max_per_page}"

    async def ask(token: str | None) -> ExchangePage:
        asked = f"{query}&nextToken={quoted(token)}" if token else query
        answer = await client.request("E1", "GET", path, asked, purpose=purpose)
        return order_decode.told(exchange_decode.read_exchange_page, answer, "GET", path)

    async for page in by_token(ask, lambda page: page.exchanges, path):
        yield page


async def confirm_exchange_receipt(client: Client, exchange_id: int, *, purpose: str) -> Confirmation:
    """Confirm that the goods to be exchanged arrived (E2); the new box appears within 10 minutes.

    Raises:
        CoupangError: See `errors`; with `outcome` unknown, list the exchange before asking again.

    Source:
        Article 360034027834 (v4), read 2026-11-21; its errors are not published.
    """
    body: dict[str, str | int] = {"exchangeId": exchange_id, "vendorId": client.vendor_id}
    return await _confirmed(client, "E2", "PUT", exchange_id, "receiveConfirmation", body, purpose)


async def reject(client: Client, exchange_id: int, why: RejectCode, *, purpose: str) -> Confirmation:
    """Reject an exchange that is `rejectable` (E3).

    Raises:
        Rejected: Not allowed now.
        CoupangError: See `errors`; with `outcome` unknown, list the exchange before asking again.

    Source:
        Article 360034027874 (v4), read 2026-11-21.
    """
    body: dict[str, str | int] = {
        "exchangeId": exchange_id,
        "vendorId": client.vendor_id,
        "exchangeRejectCode": why.value,
    }
    return await _confirmed(client, "E3", "PUT", exchange_id, "rejection", body, purpose)


async def upload_exchange_invoices(
    client: Client, exchange_id: int, invoices: Sequence[ExchangeInvoice], *, purpose: str
) -> Confirmation:
    """Store the waybills of an exchange's new boxes (E4); list the exchange after it to see them.

    Args:
        client: The vendor's client.
        exchange_id: The exchange.
        invoices: One per new box of `Exchange.boxes`.
        purpose: Why, for logs and meters.

    Raises:
        ValueError: No box, the same box twice, or a box without courier or number.
        NotSuitable: An original box, or a new one that is not INSTRUCT.
        WaybillRefused: The number is in use already, or not valid.
        CoupangError: See `errors`; with `outcome` unknown, list the exchange before asking again.

    Source:
        Article 360034027954 (v4, ids as text in an array, as in its sample), read 2026-11-21.
    """
    if not invoices or len({row.shipment_box_id for row in invoices}) != len(invoices):
        raise ValueError("an exchange's waybills are for one box or more, each once")
    if not all(row.courier_code and row.invoice_number for row in invoices):
        raise ValueError("an exchange's waybill has a courier and a number")
    body = [
        {
            "exchangeId": str(exchange_id),
            "vendorId": client.vendor_id,
            "shipmentBoxId": str(row.shipment_box_id),
            "goodsDeliveryCode": row.courier_code,
            "invoiceNumber": row.invoice_number,
        }
        for row in invoices
    ]
    return await _confirmed(client, "E4", "POST", exchange_id, "invoices", body, purpose)


async def _confirmed(
    client: Client, route: str, method: str, exchange_id: int, rest: str, body: object, purpose: str
) -> Confirmation:
    path = client.path("v4", f"exchangeRequests/{exchange_id}/{rest}")
    # Rare calls that cannot be taken back: more time at the gateway leaves fewer of them unknown.
    answer = await client.request(route, method, path, body=body, purpose=purpose, extended=True)
    return order_decode.told(
        lambda told: decode_writes.read_confirmation(told, method, path), answer, method, path
    )
