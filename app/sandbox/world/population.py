"""A seeded population: it buys, moves house, changes its mind, gives back and exchanges."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from app.errors import AppError, Invalid
from app.sandbox.claims.create_claims import Why
from app.sandbox.core.claim_entities import BY_HAND, COUPANG, LINKED, NOTHING, OPEN
from app.sandbox.core.claim_reasons import CUSTOMERS_MIND, REASONS, SELLERS_FAULT
from app.sandbox.core.order_entities import Box, Vendor
from app.sandbox.core.state import Act, SandboxState
from app.sandbox.orders.checkout import OPTIONS_SOLD, BoxSpec, LineSpec, place
from app.sandbox.world import claim_actors, order_actors


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
    """Among stop requests, returns and exchanges: how many are withdrawn, within a day."""
    cancel_accept_share: float = 0.0
    """Customers who cancel while the box is ACCEPT, or not at all."""
    cancel_accept_within_s: float = 3_600.0
    cancel_instruct_share: float = 0.0
    """Customers who ask for a stop once the box is INSTRUCT; after the waybill this is a return."""
    cancel_instruct_within_s: float = 14_400.0
    """After INSTRUCT."""
    return_share: float = 0.0
    """Customers who give back what they got; at most one claim per delivered box."""
    exchange_share: float = 0.0
    claim_within_s: float = 259_200.0
    """After the delivery: when returns and exchanges are asked for."""
    manual_pickup_share: float = 0.2
    """Among returns and exchanges: how many the seller fetches (수기관리)."""
    coupang_pickup_share: float = 0.2
    """Among returns: how many Coupang's own courier fetches (전담택배); all others go by 연동택배."""
    no_pickup_share: float = 0.0
    """Among returns: how many have nothing to collect."""
    vendor_fault_share: float = 0.3
    """Among returns and exchanges: how many are the seller's fault."""
    partial_share: float = 0.3
    """Among stop requests, returns and exchanges: how many are about one piece only."""


def shop(state: SandboxState, vendor: Vendor, plan: Shop) -> list[Box]:
    """Let a population buy: `plan.orders` orders, spread evenly by chance over the window.

    Raises:
        Invalid: An empty window or a negative number.
    """
    if plan.orders < 0 or plan.ends < plan.begins:
        raise Invalid("a shop needs orders and a window", ("orders", "negative or ends before it begins"))
    if plan.manual_pickup_share + plan.coupang_pickup_share + plan.no_pickup_share > 1:
        raise Invalid("pick-ups are more than all", ("manual_pickup_share", "shares of pick-ups exceed 1"))
    vendor.shops += 1
    luck = state.chance("shop", vendor.vendor_id, vendor.shops)
    window_s = (plan.ends - plan.begins).total_seconds()
    claiming = any(
        (plan.cancel_accept_share, plan.cancel_instruct_share, plan.return_share, plan.exchange_share)
    )
    made: list[Box] = []
    for paid_s in sorted(luck.random() * window_s for _ in range(plan.orders)):
        specs = []
        for _ in range(2 if luck.random() < plan.two_box_share else 1):
            several = luck.random() < plan.multi_line_share
            able = several and luck.random() < plan.split_able_share
            base = 85_000_000_000 + vendor.slot * 1_000
            options = luck.sample(range(OPTIONS_SOLD), luck.choice((2, 2, 3)) if several else 1)
            specs.append(BoxSpec([LineSpec(vendor_item_id=base + one) for one in options], able_split=able))
        boxes = place(state, vendor, specs, plan.begins + timedelta(seconds=paid_s))
        for box in boxes:
            # One draw each, whatever the shares are: moving one share leaves all other luck as it was.
            moves_house, moves_s, regrets, regrets_s, withdraws, withdraws_s = (
                luck.random() for _ in range(6)
            )
            if moves_house < plan.address_change_share:
                state.schedule(_after(box, moves_s * plan.address_change_within_s), _moving(state, box))
            if regrets < plan.cancel_share:
                back_s = withdraws_s * 86_400.0 if withdraws < plan.withdraw_share else None
                state.schedule(_after(box, regrets_s * plan.cancel_within_s), _regret(state, box, back_s))
            if claiming:
                _claims(state, plan, box, state.chance("claims", vendor.vendor_id, vendor.shops, box.box_id))
        made += boxes
    return made


def _after(box: Box, seconds: float) -> datetime:
    return (box.paid_at + timedelta(seconds=seconds)).replace(microsecond=0)


def _moving(state: SandboxState, box: Box) -> Act:
    def act(at: datetime) -> None:
        if box.status == "ACCEPT":
            order_actors.change_address(state, box, at)

    return act


def _regret(state: SandboxState, box: Box, back_s: float | None) -> Act:
    def act(at: datetime) -> None:
        if box.status == "ACCEPT" and not box.hold_kind:
            order_actors.cancel(state, box, at)
        elif box.status == "INSTRUCT" and not box.hold_kind:
            _ask_stop(state, box, at, None, back_s)

    return act


def _ask_stop(
    state: SandboxState, box: Box, at: datetime, pieces: dict[int, int] | None, back_s: float | None
) -> None:
    before = len(state.claims.get(box.order_id, ()))
    try:
        order_actors.request_cancel(state, box, at, pieces)
    except AppError:
        # Somebody was faster: the pieces are gone or held already.
        return
    receipt = state.claims[box.order_id][before]

    def back(when: datetime) -> None:
        if receipt.status in OPEN and receipt.pickup.scanned_at is None:
            claim_actors.withdraw(state, receipt, when)

    if back_s is not None:
        state.schedule(at + timedelta(seconds=back_s), back)


def _claims(state: SandboxState, plan: Shop, box: Box, luck: Random) -> None:
    """Plan what this customer does about the box at each later stage of its life."""
    # One draw each, whatever the shares are; the same draw decides between return and exchange.
    early, early_s, stops, stops_s, claims, claims_s, withdraws, withdraws_s, part, fault, how, why = (
        luck.random() for _ in range(12)
    )
    back_s = withdraws_s * 86_400.0 if withdraws < plan.withdraw_share else None
    partly = part < plan.partial_share
    if early < plan.cancel_accept_share:
        state.schedule(_after(box, early_s * plan.cancel_accept_within_s), _cancel_early(state, box))
    if stops < plan.cancel_instruct_share:
        wait_s = stops_s * plan.cancel_instruct_within_s
        stop = _while(
            box, ("INSTRUCT", "DEPARTURE"), lambda at: _ask_stop(state, box, at, _part(box, partly), back_s)
        )
        state.when(box.box_id, "INSTRUCT", lambda at: _in(state, at, wait_s, stop))
    if claims >= plan.return_share + plan.exchange_share:
        return
    reasons = SELLERS_FAULT if fault < plan.vendor_fault_share else CUSTOMERS_MIND
    reason = REASONS[reasons[int(why * len(reasons))]]
    told = Why(reason, reason.fault)
    ask = _ask_return if claims < plan.return_share else _ask_exchange
    collect = _collection(plan, how, exchange=ask is _ask_exchange)
    claim = _while(
        box, claim_actors.SHIPPED, lambda at: ask(state, box, at, _part(box, partly), told, collect, back_s)
    )
    for status in ("FINAL_DELIVERY", "NONE_TRACKING"):
        state.when(box.box_id, status, lambda at: _in(state, at, claims_s * plan.claim_within_s, claim))


def _cancel_early(state: SandboxState, box: Box) -> Act:
    def act(at: datetime) -> None:
        if box.status == "ACCEPT" and not box.hold_kind:
            order_actors.cancel(state, box, at)

    return act


def _ask_return(
    state: SandboxState,
    box: Box,
    at: datetime,
    pieces: dict[int, int],
    why: Why,
    collect: str,
    back_s: float | None,
) -> None:
    receipt = claim_actors.request_return(state, box, at, pieces, why, collect)

    def back(when: datetime) -> None:
        if receipt.status in OPEN and receipt.pickup.scanned_at is None:
            claim_actors.withdraw(state, receipt, when)

    if back_s is not None:
        state.schedule(at + timedelta(seconds=back_s), back)


def _ask_exchange(
    state: SandboxState,
    box: Box,
    at: datetime,
    pieces: dict[int, int],
    why: Why,
    collect: str,
    back_s: float | None,
) -> None:
    exchange = claim_actors.request_exchange(state, box, at, pieces, why, collect)

    def back(when: datetime) -> None:
        if exchange.rejectable:
            claim_actors.withdraw_exchange(state, exchange, when)

    if back_s is not None:
        state.schedule(at + timedelta(seconds=back_s), back)


def _collection(plan: Shop, draw: float, *, exchange: bool) -> str:
    if draw < plan.manual_pickup_share:
        return BY_HAND
    if exchange:
        return LINKED
    draw -= plan.manual_pickup_share
    if draw < plan.coupang_pickup_share:
        return COUPANG
    return NOTHING if draw < plan.coupang_pickup_share + plan.no_pickup_share else LINKED


def _part(box: Box, partly: bool) -> dict[int, int]:
    free = {line.vendor_item_id: line.free for line in box.lines if line.free}
    return {next(iter(free)): 1} if partly and free else free


def _while(box: Box, statuses: tuple[str, ...], act: Act) -> Act:
    """Return `act` for a time when the box still has one of these statuses and pieces to claim."""

    def happen(at: datetime) -> None:
        if box.status in statuses and any(line.free for line in box.lines):
            act(at)

    return happen


def _in(state: SandboxState, at: datetime, seconds: float, act: Act) -> None:
    state.schedule((at + timedelta(seconds=seconds)).replace(microsecond=0), act)
