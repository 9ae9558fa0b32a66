"""The sandbox's eye on goods: what a warehouse hands to a courier, against what was still to be sent.

A waybill names options, never quantities, so the waybills of O7 cannot tell three units from two. The
(simulated) warehouse tells here what left its door; the ledger counts every unit among it that was cancelled,
or that a customer had asked to stop, before that moment.
"""

from collections.abc import Mapping
from datetime import datetime

from app.errors import Conflict, Invalid
from app.sandbox.core.claim_entities import SHIPPED, WITHDRAWN
from app.sandbox.core.ledger import CancelledShipment, HandedOver
from app.sandbox.core.order_entities import Box, Line
from app.sandbox.core.state import SandboxState

NO_CALL = -1
"""The call number of what no call of the API has told."""


def hand_over(
    state: SandboxState, box: Box, courier: str, invoice: str, units: Mapping[int, int], at: datetime
) -> tuple[HandedOver, list[CancelledShipment]]:
    """Write into the ledger that a parcel has left; telling the same parcel again changes nothing.

    Args:
        state: The world.
        box: The box that was packed; of a split box the one that was parted.
        courier: The courier who took it.
        invoice: The number on its label.
        units: How many units of each option are in it.
        at: When it left.

    Returns:
        The parcel, and what of it should not have left.

    Raises:
        Invalid: An option that is not in the box, no unit at all, or more than were ordered.
        Conflict: The same label was told before, with other contents.
    """
    lines = {item: _line_of(state, box, item) for item in units}
    known = [one for one in state.ledger.handed_over if one.shipment_box_id == box.box_id]
    for one in known:
        if one.invoice == invoice:
            if one.units != dict(units):
                raise Conflict("this parcel was handed over already, with other contents")
            return one, _of(state, one)
    if not units or any(count < 1 for count in units.values()):
        raise Invalid("a parcel holds units", ("lines", "one unit or more of each option"))
    found: list[CancelledShipment] = []
    for item, line in lines.items():
        before = sum(one.units.get(item, 0) for one in known)
        if before + units[item] > line.count:
            raise Invalid("more units than were ordered", ("lines", f"{item}: {line.count} were ordered"))
        gone, why, since = _gone(state, box, line, at)
        # Units that left before took of what may leave first.
        wrong = min(units[item], before + units[item] - (line.count - gone))
        if wrong > 0:
            found.append(
                CancelledShipment(
                    box.vendor_id, box.box_id, item, "hand_over", invoice, why, since, at, NO_CALL, wrong
                )
            )
    parcel = HandedOver(box.vendor_id, box.box_id, courier, invoice, dict(units), at)
    state.ledger.handed_over.append(parcel)
    state.ledger.shipped_cancelled += found
    return parcel, found


def _of(state: SandboxState, parcel: HandedOver) -> list[CancelledShipment]:
    return [
        one
        for one in state.ledger.shipped_cancelled
        if (one.kind, one.shipment_box_id, one.invoice)
        == ("hand_over", parcel.shipment_box_id, parcel.invoice)
    ]


def _line_of(state: SandboxState, box: Box, item: int) -> Line:
    """Return the line of an option; the part of a box that has left carries it in a box of its own."""
    parts = [one for one in state.boxes_of_order(box.order_id) if one.split_from == box.box_id]
    for place in (box, *parts):
        if (line := place.line(item)) is not None:
            return line
    raise Invalid("this option is not in the box", ("lines", str(item)))


def _gone(state: SandboxState, box: Box, line: Line, at: datetime) -> tuple[int, str, datetime | None]:
    """Return how many units must not leave at `at`, why, and since when that is so."""
    if box.exchange_id is not None:
        exchange = state.exchanges[box.exchange_id]
        ended = exchange.history[-1][1]
        if exchange.status in ("CANCEL", "REJECT") and ended <= at:
            return line.count, "exchange_ended", ended
        return 0, "", None
    # Returns are filed for what has left, and O11 answers that the parcel was gone before the customer asked.
    filed = [
        (piece.count, one)
        for one in state.claims.get(box.order_id, ())
        if one.kind in ("cancel", "stop") and one.status != WITHDRAWN and one.stop != SHIPPED
        for piece in one.pieces
        if piece.line is line and one.created_at <= at
    ]
    running = line.held if box.hold_kind == "refund" else 0
    gone = running + sum(count for count, _ in filed)
    if not filed:
        return gone, "refund_running" if running else "", None
    first = min((one for _, one in filed), key=lambda one: one.created_at)
    why = "stop_requested" if any(one.completed_at is None for _, one in filed) else "cancelled_line"
    whole = gone == line.count and all(one.canceled == one.count for one in box.lines)
    return gone, "cancelled" if whole and why == "cancelled_line" else why, first.created_at
