"""Customers, the seller's staff in WING, and couriers, as a script moves them; and a seeded population."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.errors import Conflict, Invalid
from app.sandbox import moves
from app.sandbox.buying import OPTIONS_SOLD, BoxSpec, LineSpec, draw_receiver, place
from app.sandbox.couriers import couriers
from app.sandbox.entities import Box, Receiver, Vendor
from app.sandbox.stage import Act, Stage

# customers


def change_address(stage: Stage, box: Box, at: datetime, receiver: Receiver | None = None) -> None:
    """Let the customer move; without an address one is drawn.

    Raises:
        Conflict: The box is not ACCEPT any more.
    """
    _must_be(box, "change the address", "ACCEPT")
    box.receiver = receiver or draw_receiver(stage.chance("address", box.box_id, len(box.receivers)))
    box.receivers.append((box.receiver, at))


def cancel(
    stage: Stage, box: Box, at: datetime, pieces: dict[int, int] | None = None, *, by: str = "customer"
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
        moves.cancel(stage, box, asked, at, by, held=False)
        return
    moves.hold(stage, box, asked, "refund")

    def refunded(when: datetime) -> None:
        if box.hold_kind == "refund":
            moves.cancel(stage, box, asked, when, by, held=True)

    stage.schedule(at + timedelta(seconds=stage.rules.partial_refund_s), refunded)


def request_cancel(stage: Stage, box: Box, at: datetime, pieces: dict[int, int] | None = None) -> None:
    """Let the customer ask to stop the shipment at INSTRUCT; the pieces are held until somebody answers.

    Raises:
        Conflict: Not INSTRUCT, or a request is open already.
        Invalid: More pieces than can be held.
    """
    _must_be(box, "request a cancel", "INSTRUCT")
    if box.hold_kind:
        raise Conflict("a cancel of this box is already under way")
    moves.hold(stage, box, _pieces(box, pieces), "stop")


def withdraw_cancel(stage: Stage, box: Box, at: datetime) -> None:
    """Let the customer withdraw the request.

    Raises:
        Conflict: There is no open request.
    """
    if box.hold_kind != "stop":
        raise Conflict("there is no open cancel request")
    moves.release(stage, box)


# the seller in WING


def wing_acknowledge(stage: Stage, box: Box, at: datetime) -> None:
    """Acknowledge by hand; WING shows the new status at once.

    Raises:
        Conflict: The box is not ACCEPT, or a refund is running.
    """
    _must_be(box, "acknowledge", "ACCEPT")
    if box.hold_kind:
        raise Conflict("a refund is running")
    moves.acknowledge(stage, box, at, "wing", lagging=False)


def wing_ship(stage: Stage, box: Box, at: datetime, courier_code: str, invoice_number: str) -> None:
    """Ship the whole box by hand.

    Raises:
        Conflict: The box is not INSTRUCT, or pieces are held.
        Invalid: An unknown courier or wrong digits.
    """
    _must_be(box, "ship", "INSTRUCT")
    if box.hold_kind:
        raise Conflict("pieces are held for a cancel")
    courier = couriers().get(courier_code)
    if courier is None or not courier.accepts(invoice_number):
        raise Invalid("unknown courier, or digits it does not use", ("invoice_number", "invalid"))
    moves.waybill(stage, box, courier_code, invoice_number, at, "wing")


def wing_cancel(stage: Stage, box: Box, at: datetime, pieces: dict[int, int] | None = None) -> None:
    """Cancel by hand, at once, held pieces first.

    Raises:
        Conflict: The box has left INSTRUCT.
        Invalid: More pieces than there are.
    """
    _must_be(box, "cancel", "ACCEPT", "INSTRUCT")
    if box.hold_kind == "stop" and pieces is None:
        moves.release(stage, box)
    moves.cancel(stage, box, _pieces(box, pieces), at, "wing", held=False)


# couriers


def courier_scan(stage: Stage, box: Box, at: datetime) -> None:
    """Let the courier scan now.

    Raises:
        Conflict: The box is not DEPARTURE.
    """
    _must_be(box, "scan", "DEPARTURE")
    box.never_scanned = False
    moves.scan(stage, box, at, "courier")


def courier_deliver(stage: Stage, box: Box, at: datetime) -> None:
    """Let the courier deliver now, with or without a scan before.

    Raises:
        Conflict: The box is not on its way.
    """
    _must_be(box, "deliver", "DEPARTURE", "DELIVERING")
    moves.deliver(stage, box, at, "courier")


def courier_never(stage: Stage, box: Box, at: datetime) -> None:
    """Let no courier touch this parcel any more until somebody scans it by hand.

    Raises:
        Conflict: The box is not on its way.
    """
    _must_be(box, "lose the parcel", "DEPARTURE", "DELIVERING")
    box.never_scanned = True


# a population


@dataclass(frozen=True, slots=True)
class Shop:
    """How a population buys and changes its mind; shares are between 0 and 1, times are after payment."""

    orders: int
    begins: datetime
    ends: datetime
    multi_line_share: float = 0.3
    split_able_share: float = 1.0
    """Among boxes of several lines: how many Coupang allows to split."""
    two_box_share: float = 0.1
    address_change_share: float = 0.05
    address_change_within_s: float = 14_400.0
    cancel_share: float = 0.05
    """Customers who change their mind: at ACCEPT the box is cancelled, at INSTRUCT a cancel is requested."""
    cancel_within_s: float = 86_400.0
    withdraw_share: float = 0.2
    """Among requests at INSTRUCT: how many are withdrawn, within a day."""


def shop(stage: Stage, vendor: Vendor, plan: Shop) -> list[Box]:
    """Let a population buy: `plan.orders` orders, spread evenly by chance over the window.

    Raises:
        Invalid: An empty window or a negative number.
    """
    if plan.orders < 0 or plan.ends < plan.begins:
        raise Invalid("a shop needs orders and a window", ("orders", "negative or ends before it begins"))
    vendor.shops += 1
    luck = stage.chance("shop", vendor.vendor_id, vendor.shops)
    window_s = (plan.ends - plan.begins).total_seconds()
    made: list[Box] = []
    for paid_s in sorted(luck.random() * window_s for _ in range(plan.orders)):
        specs = []
        for _ in range(2 if luck.random() < plan.two_box_share else 1):
            several = luck.random() < plan.multi_line_share
            able = several and luck.random() < plan.split_able_share
            base = 85_000_000_000 + vendor.slot * 1_000
            options = luck.sample(range(OPTIONS_SOLD), luck.choice((2, 2, 3)) if several else 1)
            specs.append(BoxSpec([LineSpec(vendor_item_id=base + one) for one in options], able_split=able))
        boxes = place(stage, vendor, specs, plan.begins + timedelta(seconds=paid_s))
        for box in boxes:
            # One draw each, whatever the shares are: moving one share leaves all other luck as it was.
            moves_house, moves_s, regrets, regrets_s, withdraws, withdraws_s = (
                luck.random() for _ in range(6)
            )
            if moves_house < plan.address_change_share:
                stage.schedule(_after(box, moves_s * plan.address_change_within_s), _moving(stage, box))
            if regrets < plan.cancel_share:
                back_s = withdraws_s * 86_400.0 if withdraws < plan.withdraw_share else None
                stage.schedule(_after(box, regrets_s * plan.cancel_within_s), _regret(stage, box, back_s))
        made += boxes
    return made


def _after(box: Box, seconds: float) -> datetime:
    return (box.paid_at + timedelta(seconds=seconds)).replace(microsecond=0)


def _moving(stage: Stage, box: Box) -> Act:
    def act(at: datetime) -> None:
        if box.status == "ACCEPT":
            change_address(stage, box, at)

    return act


def _regret(stage: Stage, box: Box, back_s: float | None) -> Act:
    def back(at: datetime) -> None:
        if box.hold_kind == "stop":
            withdraw_cancel(stage, box, at)

    def act(at: datetime) -> None:
        if box.status == "ACCEPT" and not box.hold_kind:
            cancel(stage, box, at)
        elif box.status == "INSTRUCT" and not box.hold_kind:
            request_cancel(stage, box, at)
            if back_s is not None:
                stage.schedule(at + timedelta(seconds=back_s), back)

    return act


def _must_be(box: Box, what: str, *statuses: str) -> None:
    if box.status not in statuses:
        raise Conflict(f"cannot {what}: the box is {box.status}", status=box.status)


def _pieces(box: Box, asked: dict[int, int] | None) -> dict[int, int]:
    free = {line.vendor_item_id: line.shippable for line in box.lines if line.shippable}
    if asked is None:
        asked = free
    if not asked or any(not 0 < count <= free.get(item, 0) for item, count in asked.items()):
        raise Invalid("these pieces are not free", ("pieces", f"free are {free}"))
    return asked
