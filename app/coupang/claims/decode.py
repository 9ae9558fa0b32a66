"""What the readers of receipts, withdrawals and exchanges share: rows one by one, and what is set aside."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import msgspec

from app.coupang import cutting, scalars
from app.coupang.claims import raw as claim_raw
from app.coupang.claims.types import UnreadableClaim, Waybill
from app.coupang.cutting import Uncut
from app.coupang.orders import decode as order_decode
from app.coupang.required import NOT_JSON, UNREADABLE, Missing, listed, members_of, named_id, sound

_Claim = TypeVar("_Claim")
_CLAIM_IDS = ("receiptId", "exchangeId", "cancelId")

_BOX_IDS = (("returnItems", "shipmentBoxId"), ("exchangeItemDtoV1s", "originalShipmentBoxId"))

_texts = msgspec.json.Decoder(str | None)


def read_claims(
    body: bytes, read: Callable[[bytes], _Claim], *, alone: bool = False
) -> tuple[list[_Claim], list[UnreadableClaim], order_decode.Envelope]:
    """Read the rows of an answer one by one; a row that cannot be read is set aside.

    Args:
        body: Whole answer.
        read: Reads one row; may raise `Missing` and msgspec's errors.
        alone: One claim was asked for by its id: `data` may be that object instead of an array.

    Raises:
        UnreadableAnswer: The envelope cannot be read, or `data` is no array (null claims nothing).
    """
    envelope = order_decode.read_envelope(body)
    whole = b"" if envelope.data is None else bytes(envelope.data)
    claims: list[_Claim] = []
    unreadable: list[UnreadableClaim] = []
    for raw in [whole] if alone and whole.startswith(b"{") else listed(whole, body):
        try:
            claim = read(raw)
            sound(raw)
            claims.append(claim)
        except UNREADABLE as broken:
            # msgspec names the expected type and the path, never the value.
            valid = isinstance(broken, msgspec.ValidationError)
            unreadable.append(set_aside(raw, str(broken) if valid else NOT_JSON))
        except Missing as missing:
            unreadable.append(set_aside(raw, str(missing)))
    return claims, unreadable, envelope


def set_aside(raw: bytes, reason: str) -> UnreadableClaim:
    """Return an unreadable row with the ids that can be read in spite of the rest."""
    told = members_of(raw)
    claim_id = next((found for name in _CLAIM_IDS if (found := named_id(told.get(name)))), None)
    boxes = dict.fromkeys(box for list_name, name in _BOX_IDS for box in _boxes(told.get(list_name), name))
    return UnreadableClaim(
        raw, reason, claim_id, named_id(told.get("orderId")), tuple(boxes), _created(told.get("createdAt"))
    )


def _created(raw: bytes | None) -> datetime | None:
    try:
        return None if raw is None else scalars.instant(_texts.decode(raw))
    except UNREADABLE:
        return None


def _boxes(items: bytes | None, name: str) -> list[int]:
    """Return the boxes that the items of a broken row name, as far as they can be read."""
    try:
        rows = [] if items is None else cutting.elements(items)
    except Uncut:
        return []
    return [found for row in rows if (found := named_id(members_of(row).get(name)))]


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
