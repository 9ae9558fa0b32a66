"""What readings mean for returns: pick-up waybill (R7), arrival confirmed (R3), approved (R4). Pure."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from app.claims.cancels.verdicts import PATIENCE
from app.claims.ingest import sound
from app.claims.kinds import ClaimKind
from app.coupang.claims.types import ReceiptPage, Waybill
from app.engine.effects.verdicts import Verdict
from app.machines.returns import SHOWS_CONFIRMATION, ReturnState

REFUNDED = "REFUNDED"
"""Code of a confirmation that refunded at once (quick refund)."""


def read_return(
    kind: ClaimKind,
    payload: Mapping[str, Any],
    shown: ReturnState | None,
    waybills: Collection[Waybill],
    silent_for: timedelta,
    shows_within: timedelta,
) -> Verdict:
    """Compare a change of a return, of unknown outcome, with what its receipt shows.

    Args:
        kind: PICKUP_WAYBILL, CONFIRM_RETURN or APPROVE_RETURN.
        payload: As stored with the effect.
        shown: The state that the receipt itself shows; WITHDRAWN when the withdrawals name it; None when
            nobody shows it.
        waybills: Those of the way back that the receipt shows.
        silent_for: Time since it was last sent.
        shows_within: After this long a change that does not show was not applied.
    """
    if shown is None:
        if silent_for >= PATIENCE:
            return Verdict("give_up", "NOT_SHOWN", "neither the receipts nor the withdrawals show it")
        return Verdict("wait", "NOT_SHOWN", "neither the receipts nor the withdrawals show it")
    if kind is ClaimKind.PICKUP_WAYBILL:
        done = carries(payload, waybills)
        before = ReturnState.RETURNS_UNCHECKED
    elif kind is ClaimKind.CONFIRM_RETURN:
        done = shown in SHOWS_CONFIRMATION
        before = ReturnState.RETURNS_UNCHECKED
    else:
        done = shown is ReturnState.RETURNS_COMPLETED
        before = ReturnState.VENDOR_WAREHOUSE_CONFIRM
    if done:
        quick = kind is ClaimKind.CONFIRM_RETURN and shown is ReturnState.RETURNS_COMPLETED
        return Verdict("prove", REFUNDED if quick else "SHOWN", "the receipt shows what was asked")
    if shown is before:
        if silent_for < shows_within:
            return Verdict("wait", "TOO_EARLY", "Coupang may still show it later")
        return Verdict("disprove", "NOT_APPLIED", "the receipt does not show it")
    if shown is ReturnState.WITHDRAWN:
        return Verdict("refute", "WITHDRAWN", "the customer or the support took the return back")
    if kind is not ClaimKind.PICKUP_WAYBILL and shown is ReturnState.REQUEST_COUPANG_CHECK:
        # A dispute may have followed it or come in between: nothing tells which.
        return Verdict("give_up", "DISPUTED", "the receipt is disputed; it does not tell what was applied")
    return Verdict("refute", "SHOWN_OTHERWISE", f"the receipt shows {shown}")


def carries(payload: Mapping[str, Any], waybills: Collection[Waybill]) -> bool:
    """Tell whether the waybills of a claim contain the asked one."""
    asked = (payload["courier_code"], payload["invoice_number"])
    return any((one.courier_code, one.invoice_number) == asked for one in waybills)


def told_by(page: ReceiptPage) -> tuple[ReturnState | None, tuple[Waybill, ...]]:
    """Return what a page of one receipt says of its return and the way back; None: nothing certain."""
    told, _ = sound(page)
    for receipt, reading in told.values():
        return reading.returned, receipt.waybills
    return None, ()
