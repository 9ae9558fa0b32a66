"""What the readers of receipts, withdrawals and exchanges share: rows one by one, and what is set aside."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from app.coupang import claim_rows, values, wire
from app.coupang.claims import UnreadableClaim, Waybill
from app.coupang.fields import UNREADABLE, Missing, elements

_Claim = TypeVar("_Claim")
_CLAIM_IDS = ("receiptId", "exchangeId", "cancelId")

_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ids = msgspec.json.Decoder(int | str | None)


def read_claims(
    body: bytes, read: Callable[[bytes], _Claim]
) -> tuple[list[_Claim], list[UnreadableClaim], wire.Envelope]:
    """Read the rows of an answer one by one; a row that cannot be read is set aside.

    Args:
        body: Whole answer; `data` null is an answer without rows.
        read: Reads one row; may raise `Missing` and msgspec's errors.

    Raises:
        UnreadableAnswer: The envelope cannot be read.
    """
    envelope = wire.read_envelope(body)
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
    return UnreadableClaim(raw, reason, claim_id, _id(told.get("orderId")))


def waybills(told: list[claim_rows.Waybill] | claim_rows.Waybill | str | None) -> tuple[Waybill, ...]:
    """Return the waybills that have a number, each once."""
    several = [told] if isinstance(told, claim_rows.Waybill) else told if isinstance(told, list) else []
    numbered = (
        Waybill(values.text(row.delivery_company_code), number)
        for row in several
        if (number := values.text(row.delivery_invoice_no))
    )
    return tuple(dict.fromkeys(numbered))


def _id(raw: msgspec.Raw | None) -> int | None:
    try:
        return None if raw is None else values.identifier(_ids.decode(raw))
    except UNREADABLE:
        return None
