"""The sandbox's own eye on the promise that nothing is shipped after a cancel.

Every waybill of O7, O8 and E4 is looked at, taken or not: the ledger keeps those for pieces that a customer
has asked to stop, whose refund is running, or that are cancelled. O11 is none of them: it answers a stop.
"""

from collections.abc import Iterable
from datetime import datetime

from app.sandbox.claims import COMPLETED, Receipt
from app.sandbox.entities import Box, Line
from app.sandbox.ledger import CancelledShipment
from app.sandbox.receipts import open_stop_of
from app.sandbox.stage import Stage

Found = list[CancelledShipment]


def look(stage: Stage, box: Box, waybills: Iterable[tuple[int, str]], kind: str, call: int) -> Found:
    """Return what of these waybills (option, number) is for stopped or cancelled pieces of a box.

    Look before the change is applied: it may move the lines to another box.
    """
    if box.departed_at is not None and box.hold_kind != "stop":
        # What was shipped before the customer changed his mind is a return.
        return []
    stop = open_stop_of(stage, box)
    found = []
    for item_id, invoice in waybills:
        line = box.line(item_id)
        why, since = _why(stage, box, line, stop) if line is not None and invoice else ("", None)
        if why:
            found.append(
                CancelledShipment(
                    box.vendor_id, box.box_id, item_id, kind, invoice, why, since, stage.now(), call
                )
            )
    return found


def note(stage: Stage, found: Found, *, accepted: bool) -> None:
    """Write what was found into the ledger."""
    (stage.ledger.shipped_cancelled if accepted else stage.ledger.attempted_cancelled).extend(found)


def _why(stage: Stage, box: Box, line: Line, stop: Receipt | None) -> tuple[str, datetime | None]:
    if stop is not None and any(one.line is line for one in stop.pieces):
        return "stop_requested", stop.created_at
    if line.held and box.hold_kind == "refund":
        return "refund_running", None
    whole = all(one.canceled == one.count for one in box.lines)
    if line.canceled == line.count and (whole or not stage.rules.cancelled_items_need_rows):
        known = [
            one.created_at
            for one in stage.claims.get(box.order_id, ())
            if one.status == COMPLETED and any(piece.line is line for piece in one.pieces)
        ]
        return "cancelled" if whole else "cancelled_line", min(known, default=None)
    return "", None
