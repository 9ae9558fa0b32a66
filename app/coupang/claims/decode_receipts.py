"""Readers of receipts and withdrawals: tolerant of v4 and v6, strict where goods or money are decided.

A receipt is set aside when its ids, type, status, items, counts or release status cannot be read, and when
its items do not add up to its sum: that sum is what a stop or an approval must send.
"""

import msgspec

from app.coupang import scalars
from app.coupang.claims import raw as claim_raw
from app.coupang.claims.decode import read_claims, waybills
from app.coupang.claims.types import (
    Contact,
    Receipt,
    ReceiptItem,
    ReceiptPage,
    ReceiptStatus,
    ReceiptType,
    ReleaseStatus,
    Withdrawal,
    WithdrawalPage,
)
from app.coupang.errors import UnreadableAnswer
from app.coupang.required import Missing, known, required_id, required_quantity

_receipts = msgspec.json.Decoder(claim_raw.Receipt)
_withdrawals = msgspec.json.Decoder(claim_raw.Withdrawal)
_OLDER_RETURN = "반품"


def read_receipt_list(body: bytes) -> ReceiptPage:
    """Read a list of receipts.

    Raises:
        UnreadableAnswer: The envelope cannot be read, or `data` is no array; a single broken row does not
            raise.

    Source:
        Article 360033919613.
    """
    return _page(body, alone=False)


def read_receipt_page(body: bytes) -> ReceiptPage:
    """Read an answer that carries the receipt asked for by its id, as an array or an object.

    Raises:
        UnreadableAnswer: The envelope cannot be read, or `data` is neither; a broken row does not raise.

    Source:
        Article 360034562353.
    """
    return _page(body, alone=True)


def _page(body: bytes, *, alone: bool) -> ReceiptPage:
    receipts, unreadable, envelope = read_claims(body, _receipt, alone=alone)
    return ReceiptPage(tuple(receipts), tuple(unreadable), envelope.next_token, body)


def read_withdrawal_page(body: bytes) -> WithdrawalPage:
    """Read an answer that carries withdrawals.

    Raises:
        UnreadableAnswer: The envelope cannot be read, or where the next page begins.

    Source:
        Articles 360034027354, 360034027374.
    """
    withdrawals, unreadable, envelope = read_claims(body, _withdrawal)
    following = _next_index(envelope.next_page_index, body)
    return WithdrawalPage(tuple(withdrawals), tuple(unreadable), following, body)


def _receipt(raw: bytes) -> Receipt:
    row = _receipts.decode(raw)
    kind = scalars.text(row.receipt_type)
    receipt_type = known(ReceiptType, "RETURN" if kind == _OLDER_RETURN else kind, "receiptType")
    # A cancel at ACCEPT is complete from the start; some answers leave the word out.
    told_status = scalars.text(row.receipt_status)
    if receipt_type is ReceiptType.CANCEL:
        told_status = told_status or ReceiptStatus.RETURNS_COMPLETED
    items = tuple(_item(item) for item in row.return_items or ())
    if not items:
        raise Missing("returnItems is empty")
    total = sum(item.cancel_count for item in items)
    if row.cancel_count_sum not in (None, "") and scalars.quantity(row.cancel_count_sum) != total:
        raise Missing("cancelCountSum is not the sum of the items")
    return Receipt(
        receipt_id=required_id(row.receipt_id, "receiptId"),
        order_id=required_id(row.order_id, "orderId"),
        type=receipt_type,
        status=known(ReceiptStatus, told_status, "receiptStatus"),
        items=items,
        cancel_count_sum=total,
        created_at=scalars.instant(row.created_at),
        modified_at=scalars.instant(row.modified_at),
        payment_id=scalars.identifier(row.payment_id),
        release_stop_status=scalars.text(row.release_stop_status),
        return_delivery_id=scalars.identifier(row.return_delivery_id),
        return_delivery_type=scalars.text(row.return_delivery_type),
        waybills=waybills(row.return_delivery_dtos),
        reason_code=scalars.text(row.reason_code),
        reason_text=scalars.text(row.reason_code_text),
        reason_categories=(
            scalars.text(row.cancel_reason_category1),
            scalars.text(row.cancel_reason_category2),
        ),
        cancel_reason=scalars.text(row.cancel_reason),
        fault_by=scalars.text(row.fault_by_type),
        pre_refund=scalars.flag(row.pre_refund),
        complete_confirm_type=scalars.text(row.complete_confirm_type),
        completed_at=scalars.instant(row.complete_confirm_date),
        return_shipping_charge_krw=scalars.krw(row.return_shipping_charge),
        requester=Contact(
            name=scalars.text(row.requester_name),
            phone=scalars.text(row.requester_phone_number) or scalars.text(row.requester_real_phone_number),
            addr1=scalars.text(row.requester_address),
            addr2=scalars.text(row.requester_address_detail),
            post_code=scalars.text(row.requester_zip_code),
        ),
        raw=raw,
    )


def _item(item: claim_raw.ReceiptItem) -> ReceiptItem:
    released = scalars.text(item.release_status)
    return ReceiptItem(
        vendor_item_id=required_id(item.vendor_item_id, "vendorItemId"),
        shipment_box_id=required_id(item.shipment_box_id, "shipmentBoxId"),
        cancel_count=required_quantity(item.cancel_count, "cancelCount"),
        purchase_count=scalars.quantity(item.purchase_count),
        release_status=known(ReleaseStatus, released, "releaseStatus") if released else None,
        name=scalars.text(item.vendor_item_name) or scalars.text(item.vendor_item_package_name),
        seller_product_id=scalars.identifier(item.seller_product_id),
        seller_product_name=scalars.text(item.seller_product_name),
        cancel_complete_user=scalars.text(item.cancel_complete_user),
    )


def _withdrawal(raw: bytes) -> Withdrawal:
    row = _withdrawals.decode(raw)
    if not row.vendor_item_ids:
        raise Missing("vendorItemIds is empty")
    return Withdrawal(
        receipt_id=required_id(row.cancel_id, "cancelId"),
        order_id=required_id(row.order_id, "orderId"),
        vendor_item_ids=tuple(required_id(item, "vendorItemIds") for item in row.vendor_item_ids),
        withdrawn_at=scalars.instant(row.created_at),
        vendor_id=scalars.text(row.vendor_id),
        refund_duty=scalars.text(row.refund_delivery_duty),
        raw=raw,
    )


def _next_index(told: scalars.Text, body: bytes) -> int | None:
    if scalars.text(told) in ("", "0"):
        return None
    index = scalars.identifier(told)
    if index is None:
        raise UnreadableAnswer("nextPageIndex is not a page", body=body)
    return index
