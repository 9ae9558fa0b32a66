"""The changes of receipts, whoever asks for them. No judgement here: callers have checked what is allowed.

A receipt binds pieces: they are held while it is open, cancelled when it is completed, and given back as
they were when it is withdrawn. What Coupang does by itself is scheduled where a receipt gets its status.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.sandbox.claims import pickups
from app.sandbox.core.claim_entities import (
    AUTO_SHIPPED,
    AUTOMATIC,
    COMPLETED,
    CONFIRMED,
    DISPUTED,
    NOTHING,
    OPEN,
    SHIPPED,
    STOPPED,
    UNCHECKED,
    WITHDRAWN,
    Receipt,
)
from app.sandbox.core.order_entities import Box
from app.sandbox.core.state import SandboxState
from app.sandbox.orders import transitions as box_transitions


def stop_done(state: SandboxState, receipt: Receipt, at: datetime, by: str) -> None:
    """Answer a stop request: nothing was shipped, the money goes back."""
    receipt.release, receipt.stop = "S", STOPPED
    complete(state, receipt, at, by)


def already_shipped(state: SandboxState, receipt: Receipt, at: datetime, by: str) -> None:
    """Answer a stop request: the goods have left. It goes on as a return at the seller's cost."""
    receipt.release, receipt.stop = "A", AUTO_SHIPPED if by == "coupang" else SHIPPED
    for box, pieces in _places(state, receipt):
        if box.hold_kind and pieces:
            box.hold_kind = "return"
    receipt.pickup = pickups.new_pickup(state, AUTOMATIC[0], receipt.receipt_id)
    receipt.charge_krw = charge(state, receipt, sellers=True)
    _set(receipt, UNCHECKED, at, by)
    fetch(state, receipt, at)


def receive(state: SandboxState, receipt: Receipt, at: datetime, by: str) -> None:
    """Confirm that the goods came back; a quick refund without a tracked pick-up is complete with it."""
    tracked = receipt.pickup.kind in AUTOMATIC and receipt.pickup.scanned_at is not None
    if receipt.quick and not tracked:
        complete(state, receipt, at, by)
        return
    _set(receipt, CONFIRMED, at, by)
    later(state, receipt, at, state.rules.auto_approval_s, CONFIRMED, auto_approve)


def complete(
    state: SandboxState, receipt: Receipt, at: datetime, by: str, confirm: str | None = None
) -> None:
    """Refund: the pieces are cancelled for good. `confirm` tells who said so (completeConfirmType)."""
    for box, pieces in _places(state, receipt):
        if receipt.counted:
            box_transitions.cancel(state, box, pieces, at, by, held=True)
    receipt.confirm = confirm or ("VENDOR_CONFIRM" if by in ("api", "wing") else "CS_CONFIRM")
    receipt.completed_at = at
    _set(receipt, COMPLETED, at, by)


def dispute(state: SandboxState, receipt: Receipt, at: datetime, by: str) -> None:
    """Let Coupang arbitrate (쿠팡확인요청)."""
    _set(receipt, DISPUTED, at, by)
    later(state, receipt, at, state.rules.dispute_decision_s, DISPUTED, auto_approve)


def withdraw(state: SandboxState, receipt: Receipt, at: datetime, by: str) -> None:
    """Take the claim back: exactly what it held is free again, and the lists forget it."""
    for box, pieces in _places(state, receipt):
        if receipt.counted:
            box_transitions.release(state, box, pieces)
    if not receipt.counted:
        for one in receipt.pieces:
            one.line.claimed -= one.count
    receipt.withdrawn_at, receipt.withdrawn_by = at, by
    _set(receipt, WITHDRAWN, at, by)


def book(state: SandboxState, receipt: Receipt, at: datetime, courier_code: str, invoice_number: str) -> None:
    """Give the pick-up a waybill; its courier will scan it."""
    pickups.book(receipt.pickup, courier_code, invoice_number, at, keeps_blank=True)
    receipt.modified_at = at

    def act(when: datetime) -> None:
        if receipt.status in OPEN and receipt.pickup.scanned_at is None:
            scan(state, receipt, when)

    pickups.by_chance(state, "scan", receipt.receipt_id, at, act)


def scan(state: SandboxState, receipt: Receipt, at: datetime) -> None:
    """Let the courier take the goods: no way back for the customer, and a quick refund is paid."""
    receipt.pickup.scanned_at = at
    receipt.modified_at = at

    def act(when: datetime) -> None:
        if receipt.status != WITHDRAWN and receipt.pickup.arrived_at is None:
            arrive(state, receipt, when)

    pickups.by_chance(state, "arrive", receipt.receipt_id, at, act)
    if receipt.status == UNCHECKED and receipt.quick and receipt.pickup.kind in AUTOMATIC:
        receipt.pre_refund = True
        if state.rules.quick_refund_completes:
            complete(state, receipt, at, "coupang")


def arrive(state: SandboxState, receipt: Receipt, at: datetime) -> None:
    """Let the goods arrive at the seller; Coupang approves later if the seller says nothing."""
    receipt.pickup.scanned_at = receipt.pickup.scanned_at or at
    receipt.pickup.arrived_at = at
    receipt.modified_at = at
    later(state, receipt, at, state.rules.auto_approval_s, UNCHECKED, auto_approve)


def fetch(state: SandboxState, receipt: Receipt, at: datetime) -> None:
    """Let an automatic pick-up be booked; with nothing to collect Coupang decides by itself."""
    if receipt.pickup.kind == NOTHING:
        later(state, receipt, at, state.rules.auto_approval_s, UNCHECKED, auto_approve)
    if receipt.pickup.kind not in AUTOMATIC:
        return

    def act(when: datetime) -> None:
        if receipt.status in OPEN and receipt.pickup.booked_at is None:
            book(state, receipt, when, *pickups.drawn_waybill(state, receipt.pickup, receipt.receipt_id))

    pickups.by_chance(state, "book", receipt.receipt_id, at, act)


def _places(state: SandboxState, receipt: Receipt) -> list[tuple[Box, dict[int, int]]]:
    """Return where the pieces are now: a split may have moved lines to other boxes."""
    found = []
    for box in state.boxes_of_order(receipt.order_id):
        pieces = {
            one.line.vendor_item_id: one.count
            for one in receipt.pieces
            if any(line is one.line for line in box.lines)
        }
        if pieces:
            found.append((box, pieces))
    return found


def charge(state: SandboxState, receipt: Receipt, *, sellers: bool) -> int:
    """Return what the way back costs: above 0 the seller pays (`sellers`: always), below 0 the customer."""
    if receipt.pickup.kind == NOTHING:
        return 0
    fee_krw = state.rules.return_fee_krw
    return -fee_krw if receipt.fault == "CUSTOMER" and not sellers else fee_krw


def _set(receipt: Receipt, status: str, at: datetime, by: str) -> None:
    receipt.status, receipt.modified_at = status, at
    receipt.history.append((status, at, by))


def later(
    state: SandboxState,
    receipt: Receipt,
    at: datetime,
    wait_s: float,
    while_: str,
    act: Callable[[SandboxState, Receipt, datetime], None],
) -> None:
    """Let Coupang act after `wait_s` seconds if the receipt still has the status `while_` then."""
    if wait_s <= 0:
        return

    def happen(when: datetime) -> None:
        if receipt.status == while_:
            act(state, receipt, when)

    state.schedule(at + timedelta(seconds=wait_s), happen)


def found_shipped(state: SandboxState, receipt: Receipt, at: datetime) -> None:
    """Let Coupang find the waybill of a box whose shipment should have been stopped."""
    already_shipped(state, receipt, at, "coupang")


def auto_refund(state: SandboxState, receipt: Receipt, at: datetime) -> None:
    """Let Coupang refund a stop request that nobody answered."""
    if state.rules.refund_keeps_unhandled:
        receipt.release = "S"
        complete(state, receipt, at, "coupang")
    else:
        stop_done(state, receipt, at, "coupang")


def auto_approve(state: SandboxState, receipt: Receipt, at: datetime) -> None:
    """Let Coupang approve a return by itself."""
    complete(state, receipt, at, "coupang")
