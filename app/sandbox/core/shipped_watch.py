"""The sandbox's own eye on the promise that nothing is shipped after a cancel.

Every waybill of O7, O8 and E4 is looked at, taken or not: the ledger keeps those for pieces that a customer
has asked to stop, whose refund is running, or that are cancelled. O11 is none of them: it answers a stop.
"""

from collections.abc import Iterable
from datetime import datetime

from app.sandbox.core.claim_entities import COMPLETED, Receipt
from app.sandbox.core.claim_lookup import open_stop_of
from app.sandbox.core.ledger import CancelledShipment
from app.sandbox.core.order_entities import Box, Line
from app.sandbox.core.state import SandboxState

Found = list[CancelledShipment]


def look(state: SandboxState, box: Box, waybills: Iterable[tuple[int, str]], kind: str, call: int) -> Found:
    """Return what of these waybills (option, number) is for stopped or cancelled pieces of a box.

    Look before the change is applied: it may move the lines to another box.
    """
    if box.departed_at is not None and box.hold_kind != "stop":
        # What was shipped before the customer changed his mind is a return.
        return []
    stop = open_stop_of(state, box)
    found = []
    for item_id, invoice in waybills:
        line = box.line(item_id)
        why, since = _why(state, box, line, stop) if line is not None and invoice else ("", None)
        if why:
            found.append(
                CancelledShipment(
                    box.vendor_id, box.box_id, item_id, kind, invoice, why, since, state.now(), call
                )
            )
    return found


def note(state: SandboxState, found: Found, *, accepted: bool) -> None:
    """Write what was found into the ledger."""
    (state.ledger.shipped_cancelled if accepted else state.ledger.attempted_cancelled).extend(found)


def _why(state: SandboxState, box: Box, line: Line, stop: Receipt | None) -> tuple[str, datetime | None]:
    if stop is not None and any(one.line is line for one in stop.pieces):
        return "stop_requested", stop.created_at
    if line.held and box.hold_kind == "refund":
        return "refund_running", None
    whole = all(one.canceled == one.count for one in box.lines)
    if line.canceled == line.count and (whole or not state.rules.cancelled_items_need_rows):
        known = [
            one.created_at
            for one in state.claims.get(box.order_id, ())
            if one.status == COMPLETED and any(piece.line is line for piece in one.pieces)
        ]
        return "cancelled" if whole else "cancelled_line", min(known, default=None)
    return "", None
