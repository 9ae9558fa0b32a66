"""Customers, the seller's staff in WING, and couriers of boxes, as a script moves them."""

from datetime import datetime, timedelta

from app.errors import Conflict, Invalid
from app.sandbox.claims import create_claims, receipt_transitions
from app.sandbox.claims.create_claims import Why
from app.sandbox.core.claim_entities import LINKED
from app.sandbox.core.claim_lookup import open_stop_of
from app.sandbox.core.claim_reasons import REASONS
from app.sandbox.core.couriers import couriers
from app.sandbox.core.order_entities import Box, Receiver
from app.sandbox.core.state import SandboxState
from app.sandbox.orders import transitions as box_transitions
from app.sandbox.orders.checkout import draw_receiver

OUT_OF_STOCK = Why(REASONS["OOSSELLER"], "VENDOR")
"""What stands on receipts of cancels that the seller made by hand."""

# customers


def change_address(state: SandboxState, box: Box, at: datetime, receiver: Receiver | None = None) -> None:
    """Let the customer move; without an address one is drawn.

    Raises:
        Conflict: The box is not ACCEPT any more.
    """
    _must_be(box, "change the address", "ACCEPT")
    box.receiver = receiver or draw_receiver(state.chance("address", box.box_id, len(box.receivers)))
    box.receivers.append((box.receiver, at))


def cancel(
    state: SandboxState,
    box: Box,
    at: datetime,
    pieces: dict[int, int] | None = None,
    *,
    by: str = "customer",
    why: Why | None = None,
) -> None:
    """Let the customer cancel at ACCEPT: the whole box at once, a part after its refund has run.

    Coupang's support (`by="support"`) may cancel at INSTRUCT too; that also runs as a refund.

    Raises:
        Conflict: Not in this status.
        Invalid: More pieces than can be cancelled.
    """
    _must_be(box, "cancel", *(("ACCEPT", "INSTRUCT") if by == "support" else ("ACCEPT",)))
    asked = _pieces(box, pieces)
    whole = all(asked.get(line.vendor_item_id, 0) == line.shippable for line in box.lines)
    if whole and box.status == "ACCEPT" and not box.hold_kind:
        box_transitions.cancel(state, box, asked, at, by, held=False)
        create_claims.file_cancel(state, box, asked, at, by, why or Why())
        return
    box_transitions.hold(state, box, asked, "refund")

    def refunded(when: datetime) -> None:
        if box.hold_kind == "refund":
            file = create_claims.file_cancel if box.status == "ACCEPT" else create_claims.file_stopped
            box_transitions.cancel(state, box, asked, when, by, held=True)
            file(state, box, asked, when, by, why or Why())

    state.schedule(at + timedelta(seconds=state.rules.partial_refund_s), refunded)


def request_cancel(
    state: SandboxState, box: Box, at: datetime, pieces: dict[int, int] | None = None, why: Why | None = None
) -> None:
    """Let the customer ask to stop the shipment at INSTRUCT; the pieces are held until somebody answers.

    A customer who asks just after the waybill (DEPARTURE) gets a return instead, if the rules have it so.

    Raises:
        Conflict: Not INSTRUCT, or a request is open already.
        Invalid: More pieces than can be held.
    """
    if box.status == "DEPARTURE" and state.rules.late_stop_requests:
        asked = _pieces(box, pieces)
        create_claims.open_return(state, box, asked, at, "customer", why or Why(), LINKED, late_stop=True)
        return
    _must_be(box, "request a cancel", "INSTRUCT")
    if box.hold_kind:
        raise Conflict("a cancel of this box is already under way")
    create_claims.open_stop(state, box, _pieces(box, pieces), at, "customer", why or Why())


def withdraw_cancel(state: SandboxState, box: Box, at: datetime) -> None:
    """Let the customer withdraw the request.

    Raises:
        Conflict: There is no open request.
    """
    receipt = open_stop_of(state, box)
    if receipt is None:
        raise Conflict("there is no open cancel request")
    receipt_transitions.withdraw(state, receipt, at, "customer")


# the seller in WING


def wing_acknowledge(state: SandboxState, box: Box, at: datetime) -> None:
    """Acknowledge by hand; WING shows the new status at once.

    Raises:
        Conflict: The box is not ACCEPT, or a refund is running.
    """
    _must_be(box, "acknowledge", "ACCEPT")
    if box.hold_kind:
        raise Conflict("a refund is running")
    box_transitions.acknowledge(state, box, at, "wing", lagging=False)


def wing_ship(
    state: SandboxState,
    box: Box,
    at: datetime,
    courier_code: str,
    invoice_number: str,
    *,
    despite_stop: bool = False,
) -> None:
    """Ship the whole box by hand; `despite_stop` does so although a stop request is open.

    Raises:
        Conflict: The box is not INSTRUCT, or pieces are held.
        Invalid: An unknown courier or wrong digits.
    """
    _must_be(box, "ship", "INSTRUCT")
    if box.hold_kind and not (despite_stop and box.hold_kind == "stop"):
        raise Conflict("pieces are held for a cancel")
    courier = couriers().get(courier_code)
    if courier is None or not courier.accepts(invoice_number):
        raise Invalid("unknown courier, or digits it does not use", ("invoice_number", "invalid"))
    box_transitions.waybill(state, box, courier_code, invoice_number, at, "wing")


def wing_cancel(state: SandboxState, box: Box, at: datetime, pieces: dict[int, int] | None = None) -> None:
    """Cancel by hand, at once; cancelling everything also answers an open stop request.

    Raises:
        Conflict: The box has left INSTRUCT.
        Invalid: More pieces than there are.
    """
    _must_be(box, "cancel", "ACCEPT", "INSTRUCT")
    if pieces is None and (receipt := open_stop_of(state, box)):
        receipt_transitions.stop_done(state, receipt, at, "wing")
        if not any(line.shippable for line in box.lines):
            return
    asked = _pieces(box, pieces)
    file = create_claims.file_cancel if box.status == "ACCEPT" else create_claims.file_stopped
    box_transitions.cancel(state, box, asked, at, "wing", held=False)
    file(state, box, asked, at, "wing", OUT_OF_STOCK)


# couriers


def courier_scan(state: SandboxState, box: Box, at: datetime) -> None:
    """Let the courier scan now.

    Raises:
        Conflict: The box is not DEPARTURE.
    """
    _must_be(box, "scan", "DEPARTURE")
    box.never_scanned = False
    box_transitions.scan(state, box, at, "courier")


def courier_deliver(state: SandboxState, box: Box, at: datetime) -> None:
    """Let the courier deliver now, with or without a scan before.

    Raises:
        Conflict: The box is not on its way.
    """
    _must_be(box, "deliver", "DEPARTURE", "DELIVERING")
    box_transitions.deliver(state, box, at, "courier")


def courier_never(state: SandboxState, box: Box, at: datetime) -> None:
    """Let no courier touch this parcel any more until somebody scans it by hand.

    Raises:
        Conflict: The box is not on its way.
    """
    _must_be(box, "lose the parcel", "DEPARTURE", "DELIVERING")
    box.never_scanned = True


def _must_be(box: Box, what: str, *statuses: str) -> None:
    if box.status not in statuses:
        raise Conflict(f"cannot {what}: the box is {box.status}", status=box.status)


def _pieces(box: Box, asked: dict[int, int] | None) -> dict[int, int]:
    free = {line.vendor_item_id: line.free for line in box.lines if line.free}
    if asked is None:
        asked = free
    if not asked or any(not 0 < count <= free.get(item, 0) for item, count in asked.items()):
        raise Invalid("these pieces are not free", ("pieces", f"free are {free}"))
    return asked
