"""The changes of a box, whoever asks for them. No judgement here: callers have checked what is allowed."""

from dataclasses import replace
from datetime import datetime, timedelta

from app.sandbox.core.couriers import couriers
from app.sandbox.core.order_entities import CANCELLED, Box, Line
from app.sandbox.core.state import SandboxState


def acknowledge(state: SandboxState, box: Box, at: datetime, by: str, *, lagging: bool) -> None:
    """Move ACCEPT to INSTRUCT; `lagging` keeps showing ACCEPT for a while (seeded, or fixed by control)."""
    if lagging:
        lag_s = box.acknowledge_lag_s
        if lag_s is None:
            rules = state.rules
            draw = state.chance("acknowledge", box.box_id).random()
            spread_s = max(0.0, rules.acknowledge_lag_max_s - rules.acknowledge_lag_min_s)
            lag_s = float(round(rules.acknowledge_lag_min_s + draw * spread_s))
        if lag_s > 0:
            box.shown_from = at + timedelta(seconds=lag_s)
            state.vendors[box.vendor_id].lagging.add(box.box_id)
    state.move(box, "INSTRUCT", at, by)


def waybill(
    state: SandboxState, box: Box, courier_code: str, invoice_number: str, at: datetime, by: str
) -> None:
    """Put a waybill on a box: DEPARTURE and a courier who will scan it, or NONE_TRACKING for DIRECT."""
    tracked = couriers()[courier_code].tracked
    box.courier, box.invoice = courier_code, invoice_number
    box.invoice_run += 1
    box.never_scanned = False
    box.departed_at, box.in_transit_at, box.delivered_at = at, None, None
    for line in box.lines:
        line.invoice_at, line.planned = at, ""
    state.move(box, "DEPARTURE" if tracked else "NONE_TRACKING", at, by)
    if tracked:
        used = (box.orderer.name, box.receiver, box.vendor_id, box.box_id, at)
        state.waybills.setdefault((courier_code, invoice_number), []).append(used)
        _send_courier(state, box, at)


def split_off(state: SandboxState, box: Box, lines: list[Line], at: datetime, by: str) -> Box:
    """Move `lines` into a new box of the same order, still INSTRUCT; the rest keeps its id."""
    gone = {line.vendor_item_id for line in lines}
    box.lines = [line for line in box.lines if line.vendor_item_id not in gone]
    box.split = True
    made = replace(
        box,
        box_id=state.new_box_id(state.vendors[box.vendor_id]),
        lines=lines,
        split_from=box.box_id,
        able_split=False,
        shipping_krw=0,
        shown_from=None,
        acknowledge_lag_s=None,
        history=box.history[:],
        receivers=box.receivers[:],
    )
    state.watches[made.box_id] = state.watches.get(box.box_id, [])[:]
    state.put(made, at, by)
    # `put` notes an arrival; this box only continues the history of the one it came from.
    made.history.pop()
    made.receivers.pop()
    return made


def scan(state: SandboxState, box: Box, at: datetime, by: str) -> None:
    """Let the courier scan a DEPARTURE box for the first time; delivery follows by seeded chance."""
    box.in_transit_at = at
    state.move(box, "DELIVERING", at, by)
    rules, run = state.rules, box.invoice_run
    if not rules.couriers:
        return
    draw = state.chance("deliver", box.box_id, run).random()
    wait_s = rules.deliver_min_s + draw * max(0.0, rules.deliver_max_s - rules.deliver_min_s)

    def arrive(when: datetime) -> None:
        if box.status == "DELIVERING" and box.invoice_run == run and not box.never_scanned:
            deliver(state, box, when, "courier")

    state.schedule(_second(at + timedelta(seconds=wait_s)), arrive)


def deliver(state: SandboxState, box: Box, at: datetime, by: str) -> None:
    """Let a box arrive."""
    box.in_transit_at = box.in_transit_at or at
    box.delivered_at = at
    state.move(box, "FINAL_DELIVERY", at, by)


def hold(state: SandboxState, box: Box, pieces: dict[int, int], kind: str) -> None:
    """Hold pieces ({vendorItemId: count}) for a cancel that is not final; `kind` is `stop` or `refund`."""
    box.hold_kind = kind
    for line in box.lines:
        line.held += pieces.get(line.vendor_item_id, 0)


def release(state: SandboxState, box: Box, pieces: dict[int, int]) -> None:
    """Give held pieces back: the customer withdrew."""
    for line in box.lines:
        line.held -= pieces.get(line.vendor_item_id, 0)
    if not any(line.held for line in box.lines):
        box.hold_kind = ""


def cancel(
    state: SandboxState, box: Box, pieces: dict[int, int], at: datetime, by: str, *, held: bool
) -> None:
    """Cancel pieces for good; `held` says they were on hold before.

    A box without pieces left is gone; one that was shipped before may stay, as the rules have it.
    """
    for line in box.lines:
        count = pieces.get(line.vendor_item_id, 0)
        line.canceled += count
        line.held -= count if held else 0
    if not any(line.held for line in box.lines):
        box.hold_kind = ""
    if all(line.canceled == line.count for line in box.lines) and _vanishes(state, box):
        state.move(box, CANCELLED, at, by)


def _vanishes(state: SandboxState, box: Box) -> bool:
    if box.status in ("ACCEPT", "INSTRUCT"):
        return True
    which = state.rules.returned_boxes_vanish
    return which == "always" or (which == "undelivered" and box.status in ("DEPARTURE", "DELIVERING"))


def _send_courier(state: SandboxState, box: Box, at: datetime) -> None:
    rules, run = state.rules, box.invoice_run
    if not rules.couriers:
        return
    luck = state.chance("scan", box.box_id, run)
    if luck.random() < rules.never_scanned_share:
        box.never_scanned = True
        return
    wait_s = rules.scan_min_s + luck.random() * max(0.0, rules.scan_max_s - rules.scan_min_s)

    def first_scan(when: datetime) -> None:
        if box.status == "DEPARTURE" and box.invoice_run == run and not box.never_scanned:
            scan(state, box, when, "courier")

    state.schedule(_second(at + timedelta(seconds=wait_s)), first_scan)


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
