"""Customers, support, the seller in WING and couriers of the way back, as a script moves their claims."""

from datetime import datetime

from app.errors import Conflict, Invalid
from app.sandbox.claims import create_claims, pickups, receipt_transitions
from app.sandbox.claims.create_claims import Why
from app.sandbox.core.claim_entities import (
    AUTOMATIC,
    COLLECTIONS,
    CONFIRMED,
    DISPUTED,
    LINKED,
    OPEN,
    STOP,
    UNCHECKED,
    Exchange,
    Receipt,
)
from app.sandbox.core.couriers import couriers
from app.sandbox.core.order_entities import Box
from app.sandbox.core.state import SandboxState
from app.sandbox.exchanges import transitions as exchange_transitions
from app.sandbox.orders import transitions as box_transitions

SHIPPED = ("DEPARTURE", "DELIVERING", "FINAL_DELIVERY", "NONE_TRACKING")
"""Statuses of a box whose goods can come back."""


def request_return(
    state: SandboxState,
    box: Box,
    at: datetime,
    pieces: dict[int, int] | None = None,
    why: Why | None = None,
    collect: str = LINKED,
    by: str = "customer",
) -> Receipt:
    """Let a customer (or support, or the seller in WING) register a return of shipped pieces.

    Raises:
        Conflict: The box has not been shipped.
        Invalid: Pieces that are not free, or an unknown way of collection.
    """
    _must_be_shipped(box)
    return create_claims.open_return(
        state, box, free_pieces(box, pieces), at, by, why or Why(), _collection(collect)
    )


def request_exchange(
    state: SandboxState,
    box: Box,
    at: datetime,
    pieces: dict[int, int] | None = None,
    why: Why | None = None,
    collect: str = LINKED,
) -> Exchange:
    """Let a customer register an exchange of shipped pieces.

    Raises:
        Conflict: The box has not been shipped.
        Invalid: Pieces that are not free, or an unknown way of collection.
    """
    _must_be_shipped(box)
    return exchange_transitions.open_exchange(
        state, box, free_pieces(box, pieces), at, why or Why(), _collection(collect)
    )


def withdraw(state: SandboxState, receipt: Receipt, at: datetime, by: str = "customer") -> None:
    """Let the customer take a claim back until the pick-up is scanned, support at any time.

    Raises:
        Conflict: It is over, or the customer is too late.
    """
    _must_be(receipt, "withdraw", *OPEN)
    if by == "customer" and receipt.pickup.scanned_at is not None:
        raise Conflict("the courier has the goods; only support may withdraw now")
    receipt_transitions.withdraw(state, receipt, at, by)


def decide(state: SandboxState, receipt: Receipt, at: datetime, *, lost: bool = False) -> None:
    """Let Coupang's support complete a return, a disputed one too; `lost` says the goods never came.

    Raises:
        Conflict: It is over, or still a stop request.
    """
    _must_be(receipt, "decide", UNCHECKED, CONFIRMED, DISPUTED)
    receipt_transitions.complete(state, receipt, at, "support", "CS_LOSS_CONFIRM" if lost else "CS_CONFIRM")


def wing_dispute(state: SandboxState, receipt: Receipt, at: datetime) -> None:
    """Ask Coupang to arbitrate (쿠팡확인요청).

    Raises:
        Conflict: Not an open return.
    """
    _must_be(receipt, "dispute", UNCHECKED, CONFIRMED)
    receipt_transitions.dispute(state, receipt, at, "wing")


def wing_answer_stop(
    state: SandboxState, receipt: Receipt, at: datetime, courier_code: str = "", invoice_number: str = ""
) -> None:
    """Answer a stop request by hand: stopped, or with a waybill already shipped.

    Raises:
        Conflict: Not an open stop request.
        Invalid: An unknown courier or wrong digits.
    """
    _must_be(receipt, "answer", STOP)
    if not invoice_number:
        receipt_transitions.stop_done(state, receipt, at, "wing")
        return
    _check_waybill(courier_code, invoice_number)
    box = state.box(receipt.box_id)
    if box.status == "INSTRUCT":
        box_transitions.waybill(state, box, courier_code, invoice_number, at, "wing")
    receipt_transitions.already_shipped(state, receipt, at, "wing")


def wing_receive(state: SandboxState, receipt: Receipt, at: datetime) -> None:
    """Confirm returned goods by hand.

    Raises:
        Conflict: Not an unconfirmed return.
    """
    _must_be(receipt, "receive", UNCHECKED)
    receipt_transitions.receive(state, receipt, at, "wing")


def wing_approve(state: SandboxState, receipt: Receipt, at: datetime) -> None:
    """Approve a return by hand.

    Raises:
        Conflict: The goods are not confirmed.
    """
    _must_be(receipt, "approve", CONFIRMED)
    receipt_transitions.complete(state, receipt, at, "wing")


def courier_book(
    state: SandboxState,
    claim: Receipt | Exchange,
    at: datetime,
    courier_code: str = "",
    invoice_number: str = "",
) -> None:
    """Give the pick-up a waybill now; without one an automatic pick-up draws its own.

    Raises:
        Conflict: Over, booked already, or nothing to collect.
        Invalid: An unknown courier or wrong digits.
    """
    _must_be_open(claim)
    if claim.pickup.kind == "" or claim.pickup.booked_at is not None:
        raise Conflict("there is nothing to book, or it is booked already")
    claim_id = claim.receipt_id if isinstance(claim, Receipt) else claim.exchange_id
    if invoice_number:
        _check_waybill(courier_code, invoice_number)
    elif claim.pickup.kind in AUTOMATIC:
        courier_code, invoice_number = pickups.drawn_waybill(state, claim.pickup, claim_id)
    else:
        raise Invalid("a pick-up by hand needs its waybill", ("invoice_number", "missing"))
    if isinstance(claim, Receipt):
        receipt_transitions.book(state, claim, at, courier_code, invoice_number)
    else:
        exchange_transitions.book(state, claim, at, courier_code, invoice_number)


def courier_scan(state: SandboxState, claim: Receipt | Exchange, at: datetime) -> None:
    """Let the courier take the goods now.

    Raises:
        Conflict: Over, nothing to collect, or taken already.
    """
    _must_be_open(claim)
    pickups.check_scan(claim.pickup)
    if isinstance(claim, Receipt):
        receipt_transitions.scan(state, claim, at)
    else:
        exchange_transitions.scan(state, claim, at)


def courier_arrive(state: SandboxState, claim: Receipt | Exchange, at: datetime) -> None:
    """Let the goods arrive at the seller now, with or without a scan before.

    Raises:
        Conflict: Withdrawn, nothing to bring, or brought already.
    """
    pickups.check_arrival(claim.pickup)
    if isinstance(claim, Receipt):
        if claim.withdrawn_at is not None or claim.status == STOP:
            raise Conflict("nothing comes back")
        if claim.pickup.scanned_at is None and claim.status in OPEN:
            receipt_transitions.scan(state, claim, at)
        receipt_transitions.arrive(state, claim, at)
    else:
        _must_be_open(claim)
        if claim.pickup.scanned_at is None:
            exchange_transitions.scan(state, claim, at)
        exchange_transitions.arrive(claim, at)


def courier_fail(exchange: Exchange, at: datetime) -> None:
    """Let the pick-up of an exchange fail.

    Raises:
        Conflict: Over, or the goods have arrived: a courier brought them, or the seller confirmed them.
    """
    _must_be_open(exchange)
    pickups.check_arrival(exchange.pickup)
    if exchange.collected_at is not None:
        raise Conflict("the seller has confirmed the goods; no pick-up can fail any more")
    exchange_transitions.fail_pickup(exchange, at)


def withdraw_exchange(state: SandboxState, exchange: Exchange, at: datetime, by: str = "customer") -> None:
    """Let the customer take an exchange back until the pick-up is scanned, support while it is open.

    Raises:
        Conflict: It is over, or the customer is too late.
    """
    _must_be_open(exchange)
    if by == "customer" and (exchange.pickup.scanned_at or exchange.collected_at):
        raise Conflict("the goods are on their way back; only support may withdraw now")
    exchange_transitions.withdraw(state, exchange, at, by)


def wing_receive_exchange(state: SandboxState, exchange: Exchange, at: datetime) -> None:
    """Confirm exchanged goods by hand.

    Raises:
        Conflict: Over, or confirmed already.
    """
    _must_be_open(exchange)
    if exchange.collected_at is not None:
        raise Conflict("the goods are confirmed already")
    exchange_transitions.receive(state, exchange, at, "wing")


def wing_reject_exchange(exchange: Exchange, at: datetime, code: str) -> None:
    """Refuse an exchange by hand.

    Raises:
        Conflict: It cannot be refused any more.
        Invalid: Neither SOLDOUT nor WITHDRAW.
    """
    if code not in ("SOLDOUT", "WITHDRAW"):
        raise Invalid("no such reason to refuse", ("code", "SOLDOUT or WITHDRAW"))
    if not exchange.rejectable:
        raise Conflict("this exchange cannot be refused any more")
    exchange_transitions.reject(exchange, at, code, "wing")


def free_pieces(box: Box, asked: dict[int, int] | None) -> dict[int, int]:
    """Return the pieces a claim may bind; None asks for all that are free.

    Raises:
        Invalid: None at all, or more than are free.
    """
    free = {line.vendor_item_id: line.free for line in box.lines if line.free}
    if asked is None:
        asked = free
    if not asked or any(not 0 < count <= free.get(item, 0) for item, count in asked.items()):
        raise Invalid("these pieces are not free", ("pieces", f"free are {free}"))
    return asked


def _must_be(receipt: Receipt, what: str, *statuses: str) -> None:
    if receipt.status not in statuses:
        raise Conflict(f"cannot {what}: the receipt is {receipt.status}", status=receipt.status)


def _must_be_open(claim: Receipt | Exchange) -> None:
    if isinstance(claim, Receipt):
        _must_be(claim, "do that", UNCHECKED, CONFIRMED, DISPUTED)
    elif not claim.is_open:
        raise Conflict(f"the exchange is {claim.status}", status=claim.status)


def _must_be_shipped(box: Box) -> None:
    if box.status not in SHIPPED:
        raise Conflict(f"nothing to give back: the box is {box.status}", status=box.status)


def _collection(collect: str) -> str:
    if collect not in COLLECTIONS:
        raise Invalid("no such way of collection", ("collect", f"one of {COLLECTIONS}"))
    return collect


def _check_waybill(courier_code: str, invoice_number: str) -> None:
    courier = couriers().get(courier_code)
    if courier is None or not courier.accepts(invoice_number):
        raise Invalid("unknown courier, or digits it does not use", ("invoice_number", "invalid"))
