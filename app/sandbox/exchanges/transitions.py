"""The changes of exchanges, whoever asks. No judgement here: callers have checked what is allowed."""

from bisect import insort
from dataclasses import replace
from datetime import datetime, timedelta

from app.sandbox.claims import pickups
from app.sandbox.claims.create_claims import Why
from app.sandbox.core.claim_entities import AUTOMATIC, NOTHING, Claimed, Exchange
from app.sandbox.core.order_entities import CANCELLED, Box
from app.sandbox.core.state import SandboxState

EXCHANGE_IDS = 101
"""How the numbers of exchanges begin."""


def open_exchange(
    state: SandboxState, box: Box, pieces: dict[int, int], at: datetime, why: Why, collect: str
) -> Exchange:
    """Register an exchange of shipped pieces against the same option."""
    vendor = state.vendors[box.vendor_id]
    exchange_id = state.new_claim_id(vendor, EXCHANGE_IDS)
    exchange = Exchange(
        exchange_id=exchange_id,
        vendor_id=box.vendor_id,
        order_id=box.order_id,
        box_id=box.box_id,
        pieces=[
            Claimed(line, pieces[line.vendor_item_id]) for line in box.lines if line.vendor_item_id in pieces
        ],
        reason=why.reason,
        detail=why.detail,
        fault=why.fault,
        receiver=replace(box.receiver, safe_digits=_safe_digits(state, exchange_id, "back")),
        delivery_digits=_safe_digits(state, exchange_id, "out"),
        pickup=pickups.new_pickup(state, collect, exchange_id),
        collect="NoCollect" if collect == NOTHING else "BeforeDirection",
        created_at=at,
        modified_at=at,
    )
    for one in exchange.pieces:
        one.line.claimed += one.count
    exchange.history.append((exchange.status, at, "customer"))
    state.exchanges[exchange_id] = exchange
    insort(vendor.exchanges, (at, exchange_id))

    def act(when: datetime) -> None:
        if exchange.is_open and exchange.pickup.booked_at is None and exchange.collected_at is None:
            book(state, exchange, when, *pickups.drawn_waybill(state, exchange.pickup, exchange_id))

    if collect in AUTOMATIC:
        pickups.by_chance(state, "book", exchange_id, at, act)
    return exchange


def book(
    state: SandboxState,
    exchange: Exchange,
    at: datetime,
    courier_code: str,
    invoice_number: str,
    by: str = "COUPANG",
) -> None:
    """Give the pick-up a waybill; its courier will scan it."""
    pickups.book(exchange.pickup, courier_code, invoice_number, at, keeps_blank=False)
    exchange.collect = "CompleteDirection"
    _touch(exchange, at, by)

    def act(when: datetime) -> None:
        if exchange.is_open and exchange.pickup.scanned_at is None and exchange.collected_at is None:
            scan(state, exchange, when)

    pickups.by_chance(state, "scan", exchange.exchange_id, at, act)


def scan(state: SandboxState, exchange: Exchange, at: datetime) -> None:
    """Let the courier take the goods: the exchange is under way."""
    exchange.pickup.scanned_at = at
    if exchange.collected_at is None:
        exchange.collect = "Collecting"
    _touch(exchange, at, "TRACKING")
    if exchange.status == "RECEIPT":
        _set(exchange, "PROGRESS", at, "courier")

    def act(when: datetime) -> None:
        if exchange.is_open and exchange.pickup.arrived_at is None:
            arrive(exchange, when)

    pickups.by_chance(state, "arrive", exchange.exchange_id, at, act)


def arrive(exchange: Exchange, at: datetime) -> None:
    """Let the goods arrive at the seller; only E2 tells Coupang so."""
    exchange.pickup.scanned_at = exchange.pickup.scanned_at or at
    exchange.pickup.arrived_at = at
    _touch(exchange, at, "TRACKING")


def fail_pickup(exchange: Exchange, at: datetime) -> None:
    """Let the pick-up fail: nobody at home, or lost on the way."""
    exchange.collect = "Fail" if exchange.pickup.scanned_at else "DirectionFail"
    _touch(exchange, at, "TRACKING")


def receive(state: SandboxState, exchange: Exchange, at: datetime, by: str) -> None:
    """Confirm that the goods came back; the box of the replacement comes into being a little later."""
    exchange.collect, exchange.collected_at = "CompleteCollect", at
    # The number of the pick-up is spent; the replacement gets one of its own.
    exchange.delivery_digits = _safe_digits(state, exchange.exchange_id, "replacement")
    _touch(exchange, at, "VENDOR")
    if exchange.status == "RECEIPT":
        _set(exchange, "PROGRESS", at, by)
    rules = state.rules
    draw = state.chance("replacement", exchange.exchange_id).random()
    spread_s = max(0.0, rules.exchange_box_max_s - rules.exchange_box_min_s)
    wait_s = round(rules.exchange_box_min_s + draw * spread_s)

    def appear(when: datetime) -> None:
        if exchange.is_open:
            _new_box(state, exchange, when)

    if wait_s:
        state.schedule(at + timedelta(seconds=wait_s), appear)
    else:
        appear(at)


def reject(exchange: Exchange, at: datetime, code: str, by: str) -> None:
    """Refuse the exchange: sold out, or the customer agreed to let it be."""
    exchange.cancel_reason = code
    _end(exchange, "REJECT", at, by, "VENDOR")


def withdraw(
    state: SandboxState, exchange: Exchange, at: datetime, by: str, cause: str = "고객 철회"
) -> None:
    """Take the exchange back; a replacement that has not left is cancelled."""
    exchange.cancel_reason = cause
    _end(exchange, "CANCEL", at, by, "CUSTOMER" if by == "customer" else "COUNSELOR")
    if exchange.new_box_id is not None:
        box = state.box(exchange.new_box_id)
        if box.status == "INSTRUCT":
            for line in box.lines:
                line.canceled = line.count
            state.move(box, CANCELLED, at, by)


def _new_box(state: SandboxState, exchange: Exchange, at: datetime) -> None:
    old = state.box(exchange.box_id)
    vendor = state.vendors[exchange.vendor_id]
    box = Box(
        box_id=state.new_box_id(vendor),
        order_id=old.order_id,
        vendor_id=old.vendor_id,
        ordered_at=old.ordered_at,
        paid_at=old.paid_at,
        orderer=old.orderer,
        receiver=replace(exchange.receiver, safe_digits=exchange.delivery_digits),
        lines=[
            replace(one.line, count=one.count, canceled=0, held=0, claimed=0, planned="", invoice_at=None)
            for one in exchange.pieces
        ],
        shipping_krw=0,
        remote=old.remote,
        note=old.note,
        refer=old.refer,
        able_split=False,
        status="INSTRUCT",
        exchange_id=exchange.exchange_id,
    )
    vendor.replacements.add(box.box_id)
    state.put(box, at, "coupang")
    exchange.new_box_id = box.box_id
    exchange.modified_at = at

    def succeed(when: datetime) -> None:
        if exchange.is_open:
            _touch(exchange, when, "TRACKING")
            _set(exchange, "SUCCESS", when, "coupang")

    def delivered_by_seller(when: datetime) -> None:
        if state.rules.exchange_direct_success_s > 0:
            state.schedule(when + timedelta(seconds=state.rules.exchange_direct_success_s), succeed)

    state.when(box.box_id, "FINAL_DELIVERY", succeed)
    state.when(box.box_id, "NONE_TRACKING", delivered_by_seller)


def _end(exchange: Exchange, status: str, at: datetime, by: str, modified_by: str) -> None:
    if exchange.collected_at is None and exchange.pickup.scanned_at is None:
        exchange.collect = "Withdraw"
    for one in exchange.pieces:
        one.line.claimed -= one.count
    _touch(exchange, at, modified_by)
    _set(exchange, status, at, by)


def _set(exchange: Exchange, status: str, at: datetime, by: str) -> None:
    exchange.status = status
    exchange.history.append((status, at, by))


def _touch(exchange: Exchange, at: datetime, by: str) -> None:
    exchange.modified_at, exchange.modified_by = at, by


def _safe_digits(state: SandboxState, exchange_id: int, purpose: str) -> str:
    return f"503{state.chance('safe number', exchange_id, purpose).randrange(10**8):08d}"
