"""How receipts come into being: cancels that are final, stop requests, returns."""

from bisect import insort
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.sandbox import moves, pickups, receipts
from app.sandbox.claims import (
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
from app.sandbox.entities import Box
from app.sandbox.reasons import REASONS, Reason
from app.sandbox.stage import Stage

RETURN_IDS, CANCEL_IDS = 365, 181
"""How the numbers of receipts begin."""


@dataclass(frozen=True, slots=True)
class Why:
    """What a customer tells: reason, who bears it, and free text."""

    reason: Reason = REASONS["CHANGEMIND"]
    fault: str = "CUSTOMER"
    detail: str = ""


def open_stop(stage: Stage, box: Box, pieces: dict[int, int], at: datetime, by: str, why: Why) -> Receipt:
    """Register a customer's stop request; the pieces are held until somebody answers."""
    moves.hold(stage, box, pieces, "stop")
    receipt = _file(stage, box, pieces, at, by, why, kind="stop", status=STOP, release="N", stop=UNANSWERED)
    receipts.later(stage, receipt, at, stage.rules.stop_refund_s, STOP, receipts.auto_refund)

    def waybill_found(when: datetime) -> None:
        wait_s = stage.rules.already_shipped_after_s
        receipts.later(stage, receipt, when, wait_s, STOP, receipts.found_shipped)

    for status in ("DEPARTURE", "NONE_TRACKING"):
        stage.when(box.box_id, status, waybill_found)
    return receipt


def open_return(
    stage: Stage,
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
    counted = stage.rules.returns_move_counts
    if counted:
        moves.hold(stage, box, pieces, "return")
    else:
        for line in box.lines:
            line.claimed += pieces.get(line.vendor_item_id, 0)
    release, stop = ("A", AUTO_SHIPPED) if late_stop else ("Y", NO_STOP)
    receipt = _file(
        stage, box, pieces, at, by, why,
        kind="return", status=UNCHECKED, release=release, stop=stop, collect=collect,
    )  # fmt: skip
    receipt.counted = counted
    receipt.charge_krw = receipts.charge(stage, receipt, sellers=late_stop)
    receipts.fetch(stage, receipt, at)
    return receipt


def file_cancel(stage: Stage, box: Box, pieces: dict[int, int], at: datetime, by: str, why: Why) -> Receipt:
    """File a cancel that is final already (box was ACCEPT)."""
    return _file(stage, box, pieces, at, by, why, kind="cancel", status=COMPLETED, release="N", stop=NO_STOP)


def file_stopped(stage: Stage, box: Box, pieces: dict[int, int], at: datetime, by: str, why: Why) -> Receipt:
    """File a stop that is completed already (box was INSTRUCT)."""
    return _file(stage, box, pieces, at, by, why, kind="stop", status=COMPLETED, release="S", stop=STOPPED)


def _file(
    stage: Stage,
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
    vendor, rules = stage.vendors[box.vendor_id], stage.rules
    receipt_id = stage.new_claim_id(vendor, CANCEL_IDS if kind == "cancel" else RETURN_IDS)
    draw = stage.chance("receipt", receipt_id).random()
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
        pickup=pickups.new_pickup(stage, collect, receipt_id),
        quick=worth_krw < rules.quick_refund_below_krw,
        created_at=at,
        modified_at=at,
        shown_from=at + timedelta(seconds=round(lag_s)),
    )
    if status == COMPLETED:
        receipt.completed_at = at
        receipt.confirm = "CS_CONFIRM" if by in ("support", "coupang") else "VENDOR_CONFIRM"
    receipt.history.append((status, at, by))
    stage.receipts[receipt_id] = receipt
    stage.claims.setdefault(box.order_id, []).append(receipt)
    insort(vendor.receipts, (at, receipt_id))
    return receipt
