"""The calls O9 to O11: cancels by the seller, and the two answers to a customer's stop request."""

from collections.abc import Mapping

from app.coupang import errors
from app.coupang.claims import decode_writes
from app.coupang.claims.types import CancelAnswer, Confirmation, MiddleCancelCode
from app.coupang.client import Client
from app.coupang.orders import decode as order_decode

BIG_CANCEL_CODE = "CANERR"
# Rare calls that cannot be taken back: more time at the gateway leaves fewer of them unknown.
_EXTENDED = True


async def cancel(
    client: Client,
    order_id: int,
    counts: Mapping[int, int],
    reason: MiddleCancelCode,
    user_id: str,
    *,
    purpose: str,
) -> CancelAnswer:
    """Cancel items of one box of an order (O9): at once at ACCEPT, as a completed stop at INSTRUCT.

    Args:
        client: The vendor's client.
        order_id: The order.
        counts: Quantity to cancel by vendor item id, items of one box only; one call per box.
        reason: Why; lowers the seller's score whatever it says.
        user_id: WING login id that belongs to the vendor.
        purpose: Why, for logs and meters.

    Returns:
        What became of each item, also when only some or none succeeded; ask `outcome_of` per item.

    Raises:
        ValueError: No item, a quantity below 1, or no login id.
        HalfDone: Failed on the way; `outcome` unknown.
        Rejected: A no to the whole call, its text documented in `errors.CANCEL_TEXTS`.
        CoupangError: See `errors`; with `outcome` unknown, read boxes and receipts before asking again.

    Source:
        Article 360033843154 (v5), read 2026-11-21.
    """
    if not counts or min(counts.values()) < 1 or not user_id:
        raise ValueError("a cancel takes items with quantities from 1, and a login id")
    path = client.path("v5", f"orders/{order_id}/cancel")
    body = {
        "orderId": order_id,
        "vendorItemIds": list(counts),
        "receiptCounts": list(counts.values()),
        "bigCancelCode": BIG_CANCEL_CODE,
        "middleCancelCode": reason.value,
        "userId": user_id,
        "vendorId": client.vendor_id,
    }
    try:
        answer = await client.request("O9", "POST", path, body=body, purpose=purpose, extended=_EXTENDED)
    except errors.CoupangError as no:
        return _told_in_part(no, order_id)
    return order_decode.told(lambda told: decode_writes.read_cancel(told, order_id), answer, "POST", path)


async def stop_shipment(client: Client, receipt_id: int, cancel_count: int, *, purpose: str) -> Confirmation:
    """Answer a stop request: the goods have not left and stay (O10); the customer is refunded.

    Args:
        client: The vendor's client.
        receipt_id: The open stop request.
        cancel_count: `Receipt.cancel_count_sum`, the quantity of the whole receipt.
        purpose: Why, for logs and meters.

    Raises:
        ValueError: A quantity below 1.
        CountMismatch: Not the quantity of the whole receipt (HTTP 500).
        AlreadyDone: The receipt is completed already.
        NotExisting: The customer withdrew it.
        CoupangError: See `errors`; with `outcome` unknown, read the receipt before asking again.

    Source:
        Articles 360034320673 (v4), 360023109453 (count), 360023108753 (its error), read 2026-11-21.
    """
    if cancel_count < 1:
        raise ValueError("a stop takes the quantity of the whole receipt")
    body = {"vendorId": client.vendor_id, "receiptId": receipt_id, "cancelCount": cancel_count}
    path = client.path("v4", f"returnRequests/{receipt_id}/stoppedShipment")
    answer = await client.request("O10", "PUT", path, body=body, purpose=purpose, extended=_EXTENDED)
    return order_decode.told(
        lambda told: decode_writes.read_confirmation(told, "PUT", path), answer, "PUT", path
    )


async def declare_shipped(
    client: Client, receipt_id: int, courier_code: str, invoice_number: str, *, purpose: str
) -> Confirmation:
    """Answer a stop request: the goods have left with this waybill (O11); it becomes a return.

    Raises:
        ValueError: No courier or no number.
        WaybillRefused: The number is used for another receiver, or not valid.
        AlreadyDone: The receipt is completed already.
        NotExisting: The customer withdrew it.
        CoupangError: See `errors`; with `outcome` unknown, read the receipt before asking again.

    Source:
        Articles 360033793034 (v4), 360023108213 (who pays the way back), read 2026-11-21.
    """
    if not courier_code or not invoice_number:
        raise ValueError("goods that have left have a courier and a waybill number")
    body = {
        "vendorId": client.vendor_id,
        "receiptId": receipt_id,
        "deliveryCompanyCode": courier_code,
        "invoiceNumber": invoice_number,
    }
    path = client.path("v4", f"returnRequests/{receipt_id}/completedShipment")
    answer = await client.request("O11", "PUT", path, body=body, purpose=purpose, extended=_EXTENDED)
    return order_decode.told(
        lambda told: decode_writes.read_confirmation(told, "PUT", path), answer, "PUT", path
    )


def _told_in_part(no: errors.CoupangError, order_id: int) -> CancelAnswer:
    """Return what a failing code says item by item, or raise what it is as a whole."""
    partial = no.status == 200 and no.code in ("PARTIAL", "FAIL")
    if not partial and not isinstance(no, errors.Rejected):
        raise no
    try:
        told = decode_writes.read_cancel(no.body, order_id)
    except errors.UnreadableAnswer:
        told = None
    if told and (told.receipts or told.failed_vendor_item_ids or told.unreadable):
        return told
    if no.code == "FAIL" and partial:
        raise errors.refusal(no.message, no.body, no.method, no.path, "FAIL") from no
    raise no
