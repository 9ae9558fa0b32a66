"""What an answer or a reading means for a change of a box. Pure: no database, no network, no clock.

`judge` reads the row that came back for a box; `read_back` compares an effect whose outcome is unknown
with what Coupang shows now. Neither takes a missing row, a code 99 or INVALID_STATUS for a success.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from app.coupang.couriers import COURIERS, code_of
from app.coupang.orders.decode import ResultCode, RowResult, Sheet, WireStatus
from app.engine.effects.verdicts import Verdict
from app.machines.boxes import SEEN, SHIPPED
from app.orders.effects.kinds import OrderKind

_SHIPPED = frozenset(SEEN.words(SHIPPED))

_DOUBTFUL = frozenset(
    {
        ResultCode.INVALID_STATUS,
        ResultCode.NOT_FOUND_SHIPMENT_BOX,
        ResultCode.UNDEFINED_ERROR_OCCUR,
    }
)


_STOPPED = frozenset(
    {
        ResultCode.ORDER_DELIVERY_CANCELED,
        ResultCode.ORDER_DELIVERY_PARTIAL_STOP_REQUESTED,
        ResultCode.ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL,
    }
)


def judge(kind: str, rows: Sequence[RowResult]) -> Verdict:
    """Return what the rows of an answer that name one box say about it."""
    if not rows:
        return Verdict("doubt", "NO_ROW", "the answer does not mention this box", reread=True)
    row = rows[0]
    if any((one.succeed, one.code) != (row.succeed, row.code) for one in rows):
        return Verdict("doubt", "TWO_ROWS", "the answer says two things of this box", reread=True)
    if row.succeed and row.code in ("", ResultCode.OK, "SUCCESS"):
        return Verdict("confirm", ResultCode.OK)
    message = row.message or ""
    # An acknowledge has no documented final no: refund in progress and wrong state share one text.
    if kind == OrderKind.ACKNOWLEDGE or row.succeed or row.code in _DOUBTFUL:
        return Verdict("doubt", row.code or "NO_CODE", message, reread=True)
    return Verdict("reject", row.code, message, reread=row.code in _STOPPED)


def read_back(
    kind: str,
    payload: Mapping[str, Any],
    sheets: list[Sheet],
    shipment_box_id: int,
    silent_for: timedelta,
    shows_within: timedelta,
    *,
    said_no: bool = False,
) -> Verdict:
    """Compare an effect of unknown outcome with what Coupang shows.

    Args:
        kind: What was asked.
        payload: What was asked for, as stored with the effect.
        sheets: The box, or all boxes of its order when a part was shipped; without the box itself when
            Coupang says that it is gone.
        shipment_box_id: The box that was asked about.
        silent_for: Time since it was last sent.
        shows_within: After this long a change that does not show was not applied.
        said_no: It was sent once, and the row that came back said no.

    Returns:
        `prove`, `disprove`, `refute` or `wait`.
    """
    own = next((sheet for sheet in sheets if sheet.shipment_box_id == shipment_box_id), None)
    match kind:
        case OrderKind.ACKNOWLEDGE:
            shown = own is not None and own.status != WireStatus.ACCEPT
            # Held while it shows ACCEPT: a refund that keeps it from being acknowledged, or a stop request
            # after an acknowledge that does not show yet.
            late = said_no or silent_for >= shows_within
            refused = late and own is not None and any(line.held for line in own.lines)
        case OrderKind.SHIP | OrderKind.CHANGE_INVOICE:
            shown = _carries(kind, payload, sheets, own)
            refused = own is not None and not shown and kind == OrderKind.SHIP and own.status in _SHIPPED
        case OrderKind.CLOSE_UNDELIVERED:
            shown = own is not None and own.status == WireStatus.FINAL_DELIVERY
            refused = False
        case _:
            raise ValueError(f"{kind} is not read from sheets alone")
    if shown:
        return Verdict("prove", "SHOWN", "Coupang shows what was asked")
    if own is None:
        return Verdict("refute", "GONE", "Coupang says the box was cancelled or returned")
    if refused:
        why = (
            "a cancel is pending"
            if kind == OrderKind.ACKNOWLEDGE
            else "Coupang shows another waybill for this box"
        )
        return Verdict("refute", "SHOWN_OTHERWISE", why)
    if silent_for < shows_within:
        return Verdict("wait", "TOO_EARLY", "Coupang may still show it later")
    return Verdict("disprove", "NOT_APPLIED", "Coupang does not show it")


def _carries(kind: str, payload: Mapping[str, Any], sheets: list[Sheet], own: Sheet | None) -> bool:
    """Tell whether a box with the asked items carries the asked waybill.

    A part that was shipped has a new box id, so items and waybill decide, not the id. The number
    alone proves no change of the courier; a courier that we have no name for is not held against it.
    """
    number, courier = payload["invoice_number"], payload["courier_code"]
    items = {line["vendor_item_id"] for line in payload["lines"] if line["now"]}
    candidates = sheets if payload.get("part") else [own] if own else []
    return any(
        sheet.invoice_number == number
        and (kind != OrderKind.CHANGE_INVOICE or _is_courier(courier, sheet.courier_name))
        and sheet.status in _SHIPPED
        and items <= {line.vendor_item_id for line in sheet.lines}
        for sheet in candidates
    )


def _is_courier(code: str, name: str | None) -> bool:
    shown = code_of(name) if name else None
    if shown is None or shown == code:
        return True
    # Two couriers of Coupang's list have one name.
    return code in COURIERS and COURIERS[code].name_ko == COURIERS[shown].name_ko
