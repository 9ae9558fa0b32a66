"""The calls O1 to O8 and O12: boxes, their history, acknowledge, invoices, long-term completion."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta

from app.coupang import windows
from app.coupang.client import Client, quoted
from app.coupang.errors import UnreadableAnswer
from app.coupang.limits import MOST_BOXES, PAGE_ROWS
from app.coupang.orders import decode as order_decode
from app.coupang.orders.decode import BoxHistory, InvoiceRow, Results, SheetPage, WireStatus
from app.coupang.paging import by_token

MOST_DAYS = 30


async def list_days(
    client: Client, first: date, last: date, status: WireStatus, *, purpose: str
) -> AsyncIterator[SheetPage]:
    """Yield the pages of boxes created on some days that are in one status now (O1).

    Args:
        client: The vendor's client.
        first: First calendar day in Asia/Seoul.
        last: Last calendar day, inclusive, at most 30 days after `first`.
        status: One of the six; the API takes one at a time.
        purpose: Why, for logs and meters.

    Yields:
        Pages of at most 50 rows; the last one may be empty.

    Raises:
        ValueError: `last` is before `first` or more than 30 days after it.
        RepeatedToken: A page token came twice; nothing says what was left out, so ask again.
        CoupangError: See `errors`.

    Source:
        Article 360033919573 (v5), read 2026-11-21.
    """
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS):
        raise ValueError(f"a day list spans 0 to {MOST_DAYS} days")
    path = client.path("v5", "ordersheets")
    query = (
        f"createdAtFrom={first.isoformat()}%2B09:00&createdAtTo={last.isoformat()}%2B09:00"
        f"&maxPerPage={PAGE_ROWS}&status={status.value}"
    )

    async def ask(token: str | None) -> SheetPage:
        asked = f"{query}&nextToken={quoted(token)}" if token else query
        answer = await client.request("O1", "GET", path, asked, purpose=purpose)
        return order_decode.told(order_decode.read_sheet_list, answer, "GET", path)

    async for page in by_token(ask, lambda page: page.rows, path):
        yield page


async def list_minutes(
    client: Client, start: datetime, end: datetime, status: WireStatus, *, purpose: str
) -> SheetPage:
    """Return all boxes created in a window of minutes that are in one status now (O2).

    Args:
        client: The vendor's client.
        start: Aware start, floored to the minute.
        end: Aware end, ceiled to the minute; less than 24 hours after `start`.
        status: One of the six.
        purpose: Why, for logs and meters.

    Raises:
        ValueError: A time without zone, or a window that is reversed or not below 24 hours.
        CoupangError: See `errors`; `RangeTooWide` when Coupang wants a narrower window.

    Source:
        Articles 360033792774 (v5), 360022937714 (overlapping windows of ten minutes), read 2026-11-21.
    """
    from_minute, to_minute = windows.minutes(start, end)
    if not timedelta(0) <= to_minute - from_minute < timedelta(days=1):
        raise ValueError("a minute window spans less than 24 hours")
    query = (
        f"createdAtFrom={from_minute:%Y-%m-%dT%H:%M}%2B09:00&createdAtTo={to_minute:%Y-%m-%dT%H:%M}%2B09:00"
        f"&searchType=timeFrame&status={status.value}"
    )
    path = client.path("v5", "ordersheets")
    return order_decode.told(
        order_decode.read_sheet_list,
        await client.request("O2", "GET", path, query, purpose=purpose, extended=True),
        "GET",
        path,
    )


async def get_box(client: Client, shipment_box_id: int, *, purpose: str) -> SheetPage:
    """Return one box as a page of exactly one row, read or unreadable (O3).

    Raises:
        Gone: The box was cancelled or returned, or never existed.
        UnreadableAnswer: Not one row, or the row of another box.
        CoupangError: See `errors`.

    Source:
        Article 360033792854 (v5), read 2026-11-21.
    """
    path = client.path("v5", f"ordersheets/{shipment_box_id}")
    page = order_decode.told(
        order_decode.read_sheet_page, await client.request("O3", "GET", path, purpose=purpose), "GET", path
    )
    named = [sheet.shipment_box_id for sheet in page.sheets] + [
        row.shipment_box_id for row in page.unreadable
    ]
    if len(named) != 1 or named[0] not in (shipment_box_id, None):
        raise UnreadableAnswer(
            "not the one box asked for", status=200, method="GET", path=path, body=page.raw
        )
    return page


async def get_order(client: Client, order_id: int, *, purpose: str) -> SheetPage:
    """Return all boxes of one order (O4); a split gives an order new boxes.

    Raises:
        Gone: The order was cancelled or returned.
        CoupangError: See `errors`.

    Source:
        Article 360034320553 (v5), read 2026-11-21; documented as an object, an array in practice.
    """
    path = client.path("v5", f"{order_id}/ordersheets")
    return order_decode.told(
        order_decode.read_sheet_page, await client.request("O4", "GET", path, purpose=purpose), "GET", path
    )


async def get_history(client: Client, shipment_box_id: int, *, purpose: str) -> BoxHistory:
    """Return the status changes of one box, newest first (O5).

    Raises:
        Gone: The box was cancelled or returned.
        CoupangError: See `errors`.

    Source:
        Article 360033792934 (v5), read 2026-11-21.
    """
    path = client.path("v5", f"ordersheets/{shipment_box_id}/history")
    return order_decode.told(
        order_decode.read_box_history, await client.request("O5", "GET", path, purpose=purpose), "GET", path
    )


async def acknowledge(client: Client, shipment_box_ids: Sequence[int], *, purpose: str) -> Results:
    """Acknowledge up to 50 boxes, ACCEPT to INSTRUCT (O6); a success may show up to 30 minutes later.

    Raises:
        ValueError: No box or more than 50.
        CoupangError: See `errors`; with `outcome` unknown, read the boxes before asking again.

    Source:
        Article 360033792994 (v4), 900001688666 (delay), read 2026-11-21.
    """
    if not 1 <= len(shipment_box_ids) <= MOST_BOXES:
        raise ValueError(f"acknowledge takes 1 to {MOST_BOXES} boxes")
    body = {"vendorId": client.vendor_id, "shipmentBoxIds": list(shipment_box_ids)}
    path = client.path("v4", "ordersheets/acknowledgement")
    return order_decode.told(
        order_decode.read_results,
        await client.request("O6", "PUT", path, body=body, purpose=purpose, extended=True),
        "PUT",
        path,
    )


async def upload_invoices(client: Client, rows: Sequence[InvoiceRow], *, purpose: str) -> Results:
    """Store the first waybills of up to 50 boxes, INSTRUCT to DEPARTURE (O7).

    Args:
        client: The vendor's client.
        rows: One per vendor item, all items of a box together, each with a waybill number or with the
            date of a later part.
        purpose: Why, for logs and meters.

    Raises:
        ValueError: No row, more than 50 boxes, or a row with both or neither of number and date.
        CoupangError: See `errors`; an unknown courier code is `Broken` (HTTP 500).

    Source:
        Articles 360033793014 (v4), 360023108613 (split shipping), read 2026-11-21.
    """
    return await _send_invoices(client, "O7", "orders/invoices", rows, purpose)


async def update_invoices(client: Client, rows: Sequence[InvoiceRow], *, purpose: str) -> Results:
    """Replace waybills of boxes that have left; their status goes back to DEPARTURE (O8).

    Raises:
        ValueError: As in `upload_invoices`.
        CoupangError: See `errors`.

    Source:
        Article 360034320653 (v4), read 2026-11-21.
    """
    return await _send_invoices(client, "O8", "orders/updateInvoices", rows, purpose)


async def complete_undelivered(
    client: Client, shipment_box_id: int, invoice_number: str, *, purpose: str
) -> bool:
    """Complete a box that left at least 30 days ago and was never scanned as delivered (O12).

    Returns:
        What Coupang put into `data`: True when the box is FINAL_DELIVERY now. A documented no is raised.

    Raises:
        Rejected: The box is not DEPARTURE or DELIVERING, or its 30 days are not over.
        CoupangError: See `errors`.

    Source:
        Article 360034320713 (v4), read 2026-11-21.
    """
    body = {"shipmentBoxId": shipment_box_id, "invoiceNumber": invoice_number}
    path = client.path("v4", "completeLongTermUndelivery")
    answer = await client.request("O12", "POST", path, body=body, purpose=purpose)
    data = order_decode.told(order_decode.read_envelope, answer, "POST", path).data
    return data is not None and bytes(data).strip(b'"').lower() == b"true"


async def _send_invoices(
    client: Client, route: str, rest: str, rows: Sequence[InvoiceRow], purpose: str
) -> Results:
    if not 1 <= len({row.shipment_box_id for row in rows}) <= MOST_BOXES:
        raise ValueError(f"an invoice call takes 1 to {MOST_BOXES} boxes")
    if any(bool(row.invoice_number) == bool(row.estimated_shipping_date) for row in rows):
        raise ValueError("an invoice row has either a number or the date of a later part")
    body = {
        "vendorId": client.vendor_id,
        "orderSheetInvoiceApplyDtos": [row.to_wire() for row in rows],
    }
    path = client.path("v4", rest)
    return order_decode.told(
        order_decode.read_results,
        await client.request(route, "POST", path, body=body, purpose=purpose),
        "POST",
        path,
    )
