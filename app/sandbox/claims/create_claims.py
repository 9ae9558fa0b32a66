"""How receipts come into being: cancels that are final, stop requests, returns."""

from bisect import insort
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.sandbox.claims import pickups, receipt_transitions
from app.sandbox.core.claim_entities import (
    AUTO_SHIPPED,
    COMPLETED,
    NO_STOP,
    NOTHING,
    STOP,
    STOPPED,
    UNANSWERED,
    UNCHECKED,
    Claimed,
    Receipt,
)
from app.sandbox.core.claim_reasons import REASONS, Reason
from app.sandbox.core.order_entities import Box
from app.sandbox.core.state import SandboxState
from app.sandbox.orders import transitions as box_transitions

RETURN_IDS, CANCEL_IDS = 365, 181
"""How the numbers of receipts begin."""


@dataclass(frozen=True, slots=True)
class Why:
    """What a customer tells: reason, who bears it, and free text."""

    reason: Reason = REASONS["CHANGEMIND"]
    fault: str = "CUSTOMER"
    detail: str = ""


def open_stop(
    state: SandboxState, box: Box, pieces: dict[int, int], at: datetime, by: str, why: Why
) -> Receipt:
    """Register a customer's stop request; the pieces are held until somebody answers."""
    box_transitions.hold(state, box, pieces, "stop")
    receipt = _file(state, box, pieces, at, by, why, kind="stop", status=STOP, release="N", stop=UNANSWERED)
    receipt_transitions.later(
        state, receipt, at, state.rules.stop_refund_s, STOP, receipt_transitions.auto_refund
    )

    def waybill_found(when: datetime) -> None:
        wait_s = state.rules.already_shipped_after_s
        receipt_transitions.later(state, receipt, when, wait_s, STOP, receipt_transitions.found_shipped)

    for status in ("DEPARTURE", "NONE_TRACKING"):
        state.when(box.box_id, status, waybill_found)
    return receipt


def open_return(
    state: SandboxState,
    box: Box,
    pieces: dict[int, int],
    at: datetime,
    by: str,
    why: Why,
    collect: str,
    *,
    late_stop: bool = False,
) -> Receipt:
    """Register a return of shipped pieces; `late_stop` is a stop request that met its waybill already."""
    counted = state.rules.returns_move_counts
    if counted:
        box_transitions.hold(state, box, pieces, "return")
    else:
        for line in box.lines:
            line.claimed += pieces.get(line.vendor_item_id, 0)
    release, stop = ("A", AUTO_SHIPPED) if late_stop else ("Y", NO_STOP)
    receipt = _file(
        state, box, pieces, at, by, why,
        kind="return", status=UNCHECKED, release=release, stop=stop, collect=collect,
    )  # fmt: skip
    receipt.counted = counted
    receipt.charge_krw = receipt_transitions.charge(state, receipt, sellers=late_stop)
    receipt_transitions.fetch(state, receipt, at)
    return receipt


def file_cancel(
    state: SandboxState, box: Box, pieces: dict[int, int], at: datetime, by: str, why: Why
) -> Receipt:
    """File a cancel that is final already (box was ACCEPT)."""
    return _file(state, box, pieces, at, by, why, kind="cancel", status=COMPLETED, release="N", stop=NO_STOP)


def file_stopped(
    state: SandboxState, box: Box, pieces: dict[int, int], at: datetime, by: str, why: Why
) -> Receipt:
    """File a stop that is completed already (box was INSTRUCT)."""
    return _file(state, box, pieces, at, by, why, kind="stop", status=COMPLETED, release="S", stop=STOPPED)


def _file(
    state: SandboxState,
    box: Box,
    pieces: dict[int, int],
    at: datetime,
    by: str,
    why: Why,
    *,
    kind: str,
    status: str,
    release: str,
    stop: str,
    collect: str = NOTHING,
) -> Receipt:
    vendor, rules = state.vendors[box.vendor_id], state.rules
    receipt_id = state.new_claim_id(vendor, CANCEL_IDS if kind == "cancel" else RETURN_IDS)
    draw = state.chance("receipt", receipt_id).random()
    lag_s = rules.receipt_lag_min_s + draw * max(0.0, rules.receipt_lag_max_s - rules.receipt_lag_min_s)
    claimed = [
        Claimed(line, pieces[line.vendor_item_id]) for line in box.lines if line.vendor_item_id in pieces
    ]
    worth_krw = sum(one.line.price_krw * one.count for one in claimed)
    receipt = Receipt(
        receipt_id=receipt_id,
        vendor_id=box.vendor_id,
        order_id=box.order_id,
        box_id=box.box_id,
        kind=kind,
        pieces=claimed,
        status=status,
        release=release,
        stop=stop,
        reason=why.reason,
        detail=why.detail,
        fault=why.fault,
        requester=box.receiver,
        pickup=pickups.new_pickup(state, collect, receipt_id),
        quick=worth_krw < rules.quick_refund_below_krw,
        created_at=at,
        modified_at=at,
        shown_from=at + timedelta(seconds=round(lag_s)),
    )
    if status == COMPLETED:
        receipt.completed_at = at
        receipt.confirm = "CS_CONFIRM" if by in ("support", "coupang") else "VENDOR_CONFIRM"
    receipt.history.append((status, at, by))
    state.receipts[receipt_id] = receipt
    state.claims.setdefault(box.order_id, []).append(receipt)
    insort(vendor.receipts, (at, receipt_id))
    return receipt
