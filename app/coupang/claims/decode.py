"""What the readers of receipts, withdrawals and exchanges share: rows one by one, and what is set aside."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from app.coupang import scalars
from app.coupang.claims import raw as claim_raw
from app.coupang.claims.types import UnreadableClaim, Waybill
from app.coupang.orders import decode as order_decode
from app.coupang.required import UNREADABLE, Missing, elements

_Claim = TypeVar("_Claim")
_CLAIM_IDS = ("receiptId", "exchangeId", "cancelId")

_BOX_IDS = (("returnItems", "shipmentBoxId"), ("exchangeItemDtoV1s", "originalShipmentBoxId"))

_raw_items = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_texts = msgspec.json.Decoder(str | None)
_ids = msgspec.json.Decoder(int | str | None)


def read_claims(
    body: bytes, read: Callable[[bytes], _Claim]
) -> tuple[list[_Claim], list[UnreadableClaim], order_decode.Envelope]:
    """Read the rows of an answer one by one; a row that cannot be read is set aside.

    Args:
        body: Whole answer; `data` null is an answer without rows.
        read: Reads one row; may raise `Missing` and msgspec's errors.

    Raises:
        UnreadableAnswer: The envelope cannot be read.
    """
    envelope = order_decode.read_envelope(body)
    claims: list[_Claim] = []
    unreadable: list[UnreadableClaim] = []
    for raw in elements(envelope.data, body):
        try:
            claims.append(read(raw))
        except UNREADABLE as broken:
            # msgspec names the expected type and the path, never the value.
            valid = isinstance(broken, msgspec.ValidationError)
            unreadable.append(set_aside(raw, str(broken) if valid else "the row is not valid JSON in UTF-8"))
        except Missing as missing:
            unreadable.append(set_aside(raw, str(missing)))
    return claims, unreadable, envelope


def set_aside(raw: bytes, reason: str) -> UnreadableClaim:
    """Return an unreadable row with the ids that can be read in spite of the rest."""
    try:
        told = _raw_fields.decode(raw)
    except UNREADABLE:
        return UnreadableClaim(raw, reason)
    claim_id = next((found for name in _CLAIM_IDS if (found := _id(told.get(name)))), None)
    boxes = dict.fromkeys(box for list_name, name in _BOX_IDS for box in _boxes(told.get(list_name), name))
    return UnreadableClaim(
        raw, reason, claim_id, _id(told.get("orderId")), tuple(boxes), _created(told.get("createdAt"))
    )


def _created(raw: msgspec.Raw | None) -> datetime | None:
    try:
        return None if raw is None else scalars.instant(_texts.decode(raw))
    except UNREADABLE:
        return None


def _boxes(items: msgspec.Raw | None, name: str) -> list[int]:
    """Return the boxes that the items of a broken row name, as far as they can be read."""
    try:
        rows = [] if items is None else _raw_items.decode(items)
    except UNREADABLE:
        return []
    return [found for row in rows if (found := _id(row.get(name)))]


_Waybills = list[claim_raw.Waybill] | claim_raw.Waybill | str | None


def names_collector(told: _Waybills) -> bool:
    """Tell whether a courier is named for the way back; its number may still be blank."""
    return any(scalars.text(row.delivery_company_code) for row in _several(told))


def _several(told: _Waybills) -> list[claim_raw.Waybill]:
    return [told] if isinstance(told, claim_raw.Waybill) else told if isinstance(told, list) else []


def waybills(told: _Waybills) -> tuple[Waybill, ...]:
    """Return the waybills that have a number, each once."""
    numbered = (
        Waybill(scalars.text(row.delivery_company_code), number)
        for row in _several(told)
        if (number := scalars.text(row.delivery_invoice_no))
    )
    return tuple(dict.fromkeys(numbered))


def _id(raw: msgspec.Raw | None) -> int | None:
    try:
        return None if raw is None else scalars.identifier(_ids.decode(raw))
    except UNREADABLE:
        return None
