"""Readers of the answers to writes of claims: cancels, confirmations, pick-up waybills."""

import re
from collections.abc import Iterator

import msgspec

from app.coupang import cutting, errors, scalars
from app.coupang.claims import raw as claim_raw
from app.coupang.claims.decode import set_aside
from app.coupang.claims.types import (
    CancelAnswer,
    CancelReceipt,
    CancelType,
    Confirmation,
    PickupOf,
    PickupWaybill,
    UnreadableClaim,
)
from app.coupang.cutting import Uncut
from app.coupang.errors import UnreadableAnswer
from app.coupang.orders import decode as order_decode
from app.coupang.required import UNREADABLE, Missing, apart, elements, known, listed, required_id

_cancels = msgspec.json.Decoder(claim_raw.CancelData)
_cancel_receipts = msgspec.json.Decoder(claim_raw.CancelReceipt)
_results = msgspec.json.Decoder(claim_raw.Result)
_pickups = msgspec.json.Decoder(claim_raw.Pickup)

# One line per item; older samples write the line break as the four characters \r\n.
_ITEM = re.compile(r"\[(\d{1,19})\]\s*<=")
_LINE_END = re.compile(r"\\r|\\n|[\r\n]")


def read_cancel(body: bytes, order_id: int) -> CancelAnswer:
    """Read the answer to a cancel, `receiptMap` by receipt id or flat, `failedItemIds` or its longer name.

    Raises:
        UnreadableAnswer: No answer to a cancel of this order.

    Source:
        Article 360033843154; the flat form is of 2019.
    """
    envelope = order_decode.read_envelope(body)
    data = next(iter(elements(envelope.data, body)), b"null")
    try:
        told = apart(_cancels, data, "receiptMap", "receipt_map")
    except (*UNREADABLE, Uncut) as broken:
        raise UnreadableAnswer("the cancel's data cannot be read", body=body) from broken
    mapped = bytes(told.receipt_map)
    if mapped == b"null" and told.failed_vendor_item_ids is None and told.failed_item_ids is None:
        raise UnreadableAnswer("the answer holds no cancel", body=body)
    if told.order_id not in (None, "") and scalars.identifier(told.order_id) != order_id:
        raise UnreadableAnswer("the cancel of another order", body=body)
    receipts: list[CancelReceipt] = []
    unreadable: list[UnreadableClaim] = []
    for key, raw in _receipt_map(mapped, body):
        try:
            receipts.append(_cancel_receipt(key, raw))
        except UNREADABLE:
            unreadable.append(set_aside(raw, "a receipt of receiptMap cannot be read"))
        except Missing as missing:
            unreadable.append(set_aside(raw, str(missing)))
    texts = tuple(_item_texts(envelope.message))
    listed = [*(told.failed_vendor_item_ids or ()), *(told.failed_item_ids or ())]
    failed = [item for value in listed if (item := scalars.identifier(value))]
    return CancelAnswer(
        order_id=order_id,
        code=envelope.code,
        receipts=tuple(receipts),
        failed_vendor_item_ids=tuple(dict.fromkeys([*failed, *(item for item, _ in texts)])),
        item_texts=texts,
        unreadable=tuple(unreadable),
        raw=body,
    )


def read_confirmation(body: bytes, method: str, path: str) -> Confirmation:
    """Read the answer to a write that is taken or not, whether it says so at the top or inside `data`.

    Raises:
        Rejected: The inside says no, though the outside does not.
        UnreadableAnswer: Nobody says that it was taken.

    Source:
        Articles 360034320673, 360033793034, 360034027214, 360034562513, 360034027834, 360034027874,
        360034027954; the sample of 2019 for 360033793034 has code and message inside `data`.
    """
    envelope = order_decode.read_envelope(body)
    words: list[str] = [envelope.code]
    message = ""
    for layer in [body, *elements(envelope.data, body)]:
        no = errors.read(200, {}, layer, method, path)
        if no is not None:
            raise no
        try:
            told = _results.decode(layer)
        except UNREADABLE as broken:
            raise UnreadableAnswer("the result cannot be read", body=body) from broken
        result = scalars.text(told.result_code).upper()
        message = told.result_message or message
        if result == "FAIL":
            raise errors.refusal(told.result_message or "", body, method, path, result)
        if result not in ("", "SUCCESS"):
            raise UnreadableAnswer("resultCode is not one of the known", body=body)
        words += [result, scalars.text(told.code)]
    if not any(words):
        raise UnreadableAnswer("nothing says that it was taken", body=body)
    return Confirmation(message, body)


def read_pickup(body: bytes, pickup_of: PickupOf, claim_id: int) -> PickupWaybill:
    """Read a stored pick-up waybill.

    Raises:
        UnreadableAnswer: None, or one of another claim.

    Source:
        Article 360034027394.
    """
    data = next(iter(elements(order_decode.read_envelope(body).data, body)), b"null")
    try:
        told = _pickups.decode(data)
    except UNREADABLE as broken:
        raise UnreadableAnswer("the pick-up waybill cannot be read", body=body) from broken
    kind = scalars.text(told.return_exchange_delivery_type)
    if scalars.identifier(told.receipt_id) != claim_id or kind not in ("", pickup_of.value):
        raise UnreadableAnswer("the pick-up waybill of another claim", body=body)
    return PickupWaybill(
        pickup_of=pickup_of,
        claim_id=claim_id,
        courier_code=scalars.text(told.delivery_company_code),
        invoice_number=scalars.text(told.invoice_number),
        reg_number=scalars.text(told.reg_number) or None,
        invoice_number_id=scalars.identifier(told.invoice_number_id),
        return_delivery_id=scalars.identifier(told.return_delivery_id),
        raw=body,
    )


def _receipt_map(raw: bytes, body: bytes) -> list[tuple[str, bytes]]:
    if raw.startswith(b"["):
        return [("", row) for row in listed(raw, body)]
    if not raw.startswith(b"{"):
        return []
    try:
        rows = cutting.members(raw)
    except Uncut as broken:
        raise UnreadableAnswer("receiptMap cannot be read", body=body) from broken
    if "receiptId" in rows or "receiptType" in rows:
        return [("", raw)]
    return list(rows.items())


def _item_texts(message: str) -> Iterator[tuple[int, str]]:
    """Yield what a message says of each item, up to the end of its line or to the next item."""
    found = list(_ITEM.finditer(message))
    for place, item in enumerate(found):
        end = found[place + 1].start() if place + 1 < len(found) else len(message)
        item_id = scalars.identifier(item[1])
        if item_id is not None:
            yield item_id, scalars.text(_LINE_END.split(message[item.end() : end].lstrip(), maxsplit=1)[0])


def _cancel_receipt(key: str, raw: bytes) -> CancelReceipt:
    told = _cancel_receipts.decode(raw)
    receipt_id = required_id(told.receipt_id or key, "receiptId")
    if key and scalars.identifier(key) != receipt_id:
        raise Missing("receiptId is not that of receiptMap")
    if not told.vendor_item_ids:
        raise Missing("vendorItemIds is empty")
    return CancelReceipt(
        receipt_id=receipt_id,
        type=known(CancelType, told.receipt_type, "receiptType"),
        vendor_item_ids=tuple(required_id(item, "vendorItemIds") for item in told.vendor_item_ids),
        total_count=scalars.quantity(told.total_count),
    )
