"""The calls R1 to R7: receipts, their confirmation and approval, withdrawals, pick-up waybills."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta

from app.coupang import windows
from app.coupang.claims import decode_receipts, decode_writes
from app.coupang.claims.types import (
    Confirmation,
    PickupOf,
    PickupWaybill,
    ReceiptPage,
    ReceiptQuery,
    WithdrawalPage,
)
from app.coupang.client import Client, quoted
from app.coupang.errors import CoupangError, RepeatedToken, UnreadableAnswer
from app.coupang.limits import PAGE_ROWS
from app.coupang.orders import decode as order_decode
from app.coupang.paging import by_token

MOST_DAYS = 30
MOST_WITHDRAWAL_DAYS = 7
MOST_RECEIPTS = 50
WITHDRAWAL_PAGE_ROWS = 100


async def list_receipts_days(
    client: Client, first: date, last: date, which: ReceiptQuery, *, purpose: str
) -> AsyncIterator[ReceiptPage]:
    """Yield the pages of receipts created on some days (R1).

    Args:
        client: The vendor's client.
        first: First calendar day in Asia/Seoul.
        last: Last calendar day, inclusive, at most 30 days after `first`.
        which: A status, or the cancels at ACCEPT. An open stop request comes under STOPS and RETURNS.
        purpose: Why, for logs and meters.

    Yields:
        Pages of at most 50 rows; the last one may be empty. A withdrawn receipt is in none of them.

    Raises:
        ValueError: `last` is before `first` or more than 30 days after it.
        RepeatedToken: A page token came twice; nothing says what was left out, so ask again.
        CoupangError: See `errors`.

    Source:
        Article 360033919613 (v6), read 2026-11-21.
    """
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS):
        raise ValueError(f"a day list spans 0 to {MOST_DAYS} days")
    path = client.path("v6", "returnRequests")
    query = f"createdAtFrom={first.isoformat()}&createdAtTo={last.isoformat()}&{_asked(which)}"
    if which is not ReceiptQuery.CANCELLED:
        query += f"&maxPerPage={PAGE_ROWS}"

    async def ask(token: str | None) -> ReceiptPage:
        asked = f"{query}&nextToken={quoted(token)}" if token else query
        answer = await client.request("R1", "GET", path, asked, purpose=purpose)
        return order_decode.told(decode_receipts.read_receipt_list, answer, "GET", path)

    async for page in by_token(ask, lambda page: page.receipts, path):
        yield page


async def list_receipts_minutes(
    client: Client, start: datetime, end: datetime, which: ReceiptQuery, *, purpose: str
) -> ReceiptPage:
    """Return all receipts created in a window of minutes (R1, timeFrame).

    Args:
        client: The vendor's client.
        start: Aware start, floored to the minute.
        end: Aware end, ceiled to the minute; at most 24 hours after `start`.
        which: As in `list_receipts_days`.
        purpose: Why, for logs and meters.

    Raises:
        ValueError: A time without zone, or a window that is reversed or above 24 hours.
        CoupangError: See `errors`; `RangeTooWide` when Coupang wants a narrower window.

    Source:
        Article 360033919613 (v6, times without offset), read 2026-11-21.
    """
    first, last = windows.minutes(start, end)
    if not timedelta(0) <= last - first <= timedelta(days=1):
        raise ValueError("a minute window spans at most 24 hours")
    # The page's sample escapes the colon; both are taken, and only the bare one reaches the wire unchanged.
    query = (
        f"searchType=timeFrame&createdAtFrom={first:%Y-%m-%dT%H:%M}&createdAtTo={last:%Y-%m-%dT%H:%M}"
        f"&{_asked(which)}"
    )
    path = client.path("v6", "returnRequests")
    answer = await client.request("R1", "GET", path, query, purpose=purpose, extended=True)
    return order_decode.told(decode_receipts.read_receipt_list, answer, "GET", path)


async def get_receipt(client: Client, receipt_id: int, *, purpose: str) -> ReceiptPage:
    """Return one return or stop request as a page of exactly one row, read or unreadable (R2).

    Raises:
        NotExisting: Withdrawn, another seller's, or never there; cancels at ACCEPT are not supported.
        UnreadableAnswer: Not one row, or the row of another receipt.
        CoupangError: See `errors`.

    Source:
        Article 360034562353 (v6), read 2026-11-21.
    """
    path = client.path("v6", f"returnRequests/{receipt_id}")
    answer = await client.request("R2", "GET", path, purpose=purpose)
    page = order_decode.told(decode_receipts.read_receipt_page, answer, "GET", path)
    named = [receipt.receipt_id for receipt in page.receipts] + [row.claim_id for row in page.unreadable]
    if len(named) != 1 or named[0] not in (receipt_id, None):
        raise UnreadableAnswer(
            "not the one receipt asked for", status=200, method="GET", path=path, body=page.raw
        )
    return page


async def confirm_receipt(client: Client, receipt_id: int, *, purpose: str) -> Confirmation:
    """Confirm that returned goods arrived (R3); approve after it unless that completes the return.

    Raises:
        NotExisting: The customer withdrew it, or there is no such receipt.
        AlreadyDone: The return is completed already.
        CoupangError: See `errors`; with `outcome` unknown, read the receipt before asking again.

    Source:
        Article 360034027214 (v4), read 2026-11-21.
    """
    path = client.path("v4", f"returnRequests/{receipt_id}/receiveConfirmation")
    body: dict[str, str | int] = {"vendorId": client.vendor_id, "receiptId": receipt_id}
    return await _confirmed(client, "R3", path, body, purpose)


async def approve(client: Client, receipt_id: int, cancel_count: int, *, purpose: str) -> Confirmation:
    """Approve a return whose goods were confirmed (R4); the customer is refunded.

    Args:
        client: The vendor's client.
        receipt_id: A receipt that is VENDOR_WAREHOUSE_CONFIRM.
        cancel_count: `Receipt.cancel_count_sum`, the quantity of the whole receipt.
        purpose: Why, for logs and meters.

    Raises:
        ValueError: A quantity below 1.
        AlreadyDone: Approved already, perhaps by Coupang itself; as good as done.
        NotExisting: The customer withdrew it, or there is no such receipt.
        CountMismatch: Not the quantity of the whole receipt.
        CoupangError: See `errors`; `Broken` (HTTP 500) when the refund is not possible.

    Source:
        Article 360034562513 (v4), read 2026-11-21.
    """
    if cancel_count < 1:
        raise ValueError("an approval takes the quantity of the whole receipt")
    path = client.path("v4", f"returnRequests/{receipt_id}/approval")
    body: dict[str, str | int] = {
        "vendorId": client.vendor_id,
        "receiptId": receipt_id,
        "cancelCount": cancel_count,
    }
    return await _confirmed(client, "R4", path, body, purpose)


async def list_withdrawals(
    client: Client, first: date, last: date, *, purpose: str, page_rows: int = WITHDRAWAL_PAGE_ROWS
) -> AsyncIterator[WithdrawalPage]:
    """Yield the pages of receipts withdrawn on some days (R5).

    Args:
        client: The vendor's client.
        first: First calendar day in Asia/Seoul.
        last: Last calendar day, inclusive, at most 6 days after `first`.
        purpose: Why, for logs and meters.
        page_rows: Rows of a page, at most 100.

    Raises:
        ValueError: More than 7 days, days in the wrong order, or a page of a wrong size.
        RepeatedToken: The next page is not after this one; ask again from the start.
        CoupangError: See `errors`.

    Source:
        Article 360034027354 (v4), read 2026-11-21.
    """
    if not timedelta(0) <= last - first < timedelta(days=MOST_WITHDRAWAL_DAYS):
        raise ValueError(f"a list of withdrawals spans 1 to {MOST_WITHDRAWAL_DAYS} days")
    if not 1 <= page_rows <= WITHDRAWAL_PAGE_ROWS:
        raise ValueError(f"a page of withdrawals has 1 to {WITHDRAWAL_PAGE_ROWS} rows")
    path = client.path("v4", "returnWithdrawRequests")
    index = 1
    while True:
        query = (
            f"sizePerPage={page_rows}&pageIndex={index}"
            f"&dateFrom={first.isoformat()}&dateTo={last.isoformat()}"
        )
        answer = await client.request("R5", "GET", path, query, purpose=purpose)
        page = order_decode.told(decode_receipts.read_withdrawal_page, answer, "GET", path)
        yield page
        if page.next_page_index is None or not (page.withdrawals or page.unreadable):
            return
        if page.next_page_index <= index:
            raise RepeatedToken("the next page is not after this one", method="GET", path=path, body=page.raw)
        index = page.next_page_index


async def list_withdrawals_of(client: Client, receipt_ids: Sequence[int], *, purpose: str) -> WithdrawalPage:
    """Return which of up to 50 receipts were withdrawn (R6); the others are absent.

    Raises:
        ValueError: No receipt or more than 50.
        CoupangError: See `errors`; never of unknown outcome, for it changes nothing.

    Source:
        Article 360034027374 (v4), read 2026-11-21.
    """
    if not 1 <= len(receipt_ids) <= MOST_RECEIPTS:
        raise ValueError(f"a question for withdrawals takes 1 to {MOST_RECEIPTS} receipts")
    path = client.path("v4", "returnWithdrawList")
    try:
        answer = await client.request(
            "R6", "POST", path, body={"cancelIds": list(receipt_ids)}, purpose=purpose
        )
        return order_decode.told(decode_receipts.read_withdrawal_page, answer, "POST", path)
    except CoupangError as no:
        # A read that is spelled POST.
        no.outcome = "not_applied"
        raise


async def register_pickup_waybill(
    client: Client,
    pickup_of: PickupOf,
    claim_id: int,
    courier_code: str,
    invoice_number: str,
    reg_number: str = "",
    *,
    purpose: str,
) -> PickupWaybill:
    """Store the waybill of a pick-up the seller booked (R7); no use with automatic collection.

    Args:
        client: The vendor's client.
        pickup_of: Of a return that is RETURNS_UNCHECKED, or an exchange that is BeforeDirection.
        claim_id: Receipt id or exchange id.
        courier_code: Code of the courier.
        invoice_number: Waybill number.
        reg_number: The courier's number of the booking, `""` for none.
        purpose: Why, for logs and meters.

    Raises:
        ValueError: No courier or no number.
        CoupangError: See `errors`; with `outcome` unknown, read the claim before asking again.

    Source:
        Article 360034027394 (v4), read 2026-11-21.
    """
    if not courier_code or not invoice_number:
        raise ValueError("a pick-up waybill has a courier and a number")
    body: dict[str, str | int] = {
        "returnExchangeDeliveryType": pickup_of.value,
        "receiptId": claim_id,
        "deliveryCompanyCode": courier_code,
        "invoiceNumber": invoice_number,
    }
    if reg_number:
        body["regNumber"] = reg_number
    path = client.path("v4", "return-exchange-invoices/manual")
    answer = await client.request("R7", "POST", path, body=body, purpose=purpose, extended=True)
    return order_decode.told(
        lambda told: decode_writes.read_pickup(told, pickup_of, claim_id), answer, "POST", path
    )


async def _confirmed(
    client: Client, route: str, path: str, body: dict[str, str | int], purpose: str
) -> Confirmation:
    # Rare calls that cannot be taken back: more time at the gateway leaves fewer of them unknown.
    answer = await client.request(route, "PUT", path, body=body, purpose=purpose, extended=True)
    return order_decode.told(
        lambda told: decode_writes.read_confirmation(told, "PUT", path), answer, "PUT", path
    )


def _asked(which: ReceiptQuery) -> str:
    return "cancelType=CANCEL" if which is ReceiptQuery.CANCELLED else f"status={which.value}"
