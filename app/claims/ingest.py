"""Take a page of receipts: compare with what is stored, store the differences, walk cancels and returns.

One transaction per page, as with order sheets. A row that contradicts us changes nothing: it may
be stale, so the receipt is read by itself. A claim that names its order but cannot be read may be a stop
request: it holds that order until it is read.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from app.claims import page_store as receipt_page_store
from app.claims import store as claim_store
from app.claims.box_blocks import block_boxes, keep_unreadable, unblock
from app.claims.page_store import Birth, LineContent, ReceiptContent
from app.claims.transitions import ReceiptMove, move_cancels, move_returns
from app.coupang.claims.types import Receipt, ReceiptPage, UnreadableClaim
from app.engine.context import PURPOSE_EVIDENCE, PURPOSE_REQUESTER, Context, until_fresh
from app.engine.feeds import coverage
from app.engine.feeds.windows import IngestResult, Window
from app.engine.history import transitions
from app.machines import cancels, returns
from app.machines.cancels import CANCEL, CancelFacts, CancelState
from app.machines.receipt_classification import Reading, completion_from_wire, from_wire, pickup_from_wire
from app.machines.returns import RETURN, ReturnFacts, ReturnState
from app.orders.quantities.quantities import settle_claims

CONTRADICTION = "Coupang shows a state of this receipt that does not follow from the one we hold"


@dataclass(slots=True)
class _Plan:
    cause: str
    at: datetime
    rows: list[ReceiptContent] = field(default_factory=list)
    cancels: list[Birth] = field(default_factory=list)
    returns: list[Birth] = field(default_factory=list)
    cancel_moves: list[ReceiptMove] = field(default_factory=list)
    return_moves: list[ReceiptMove] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    requested: list[int] = field(default_factory=list)
    """Receipts that ask to stop a shipment from now on."""
    touched: set[int] = field(default_factory=set)
    """Receipts whose boxes must be read: their quantities or their state change."""


def sound(page: ReceiptPage) -> tuple[dict[int, tuple[Receipt, Reading]], tuple[UnreadableClaim, ...]]:
    """Return what each receipt of a page says, by receipt id, and the rows that say nothing certain."""
    told: dict[int, tuple[Receipt, Reading]] = {}
    aside = list(page.unreadable)
    for receipt in page.receipts:
        released = [item.release_status for item in receipt.items]
        try:
            reading = from_wire(receipt.type, receipt.status, receipt.release_stop_status, released)
            if receipt.cancel_count_sum < 1:
                raise ValueError("cancelCountSum is not above zero")
        except ValueError as odd:
            aside.append(UnreadableClaim(receipt.raw, str(odd), receipt.receipt_id, receipt.order_id))
        else:
            told[receipt.receipt_id] = (receipt, reading)
    return told, tuple(aside)


def state_shown(page: ReceiptPage) -> CancelState | None:
    """Return the state of the cancel that a page of one receipt shows; None when it shows none."""
    told, _ = sound(page)
    for _, reading in told.values():
        # A stop request that reads as an ordinary return went on as one.
        return reading.cancel or CancelState.SHIPPED_ALREADY
    return None


async def take_receipts(
    context: Context,
    vendor_id: str,
    page: ReceiptPage,
    *,
    cause: str,
    at: datetime,
    epoch: int | None = None,
    proven: Set[int] = frozenset(),
    covered: Window | None = None,
) -> IngestResult:
    """Store what is new in a page of receipts and observe it.

    Args:
        context: What every use case is given.
        vendor_id: Whose page.
        page: As the client read it.
        cause: What led to the reading, for the history, e.g. `feed:receipts`.
        at: When the page was asked for.
        epoch: The visit's fencing token; None outside a visit.
        proven: Receipts read by themselves; what still contradicts us is put before a person.
        covered: The window this page completes; it is claimed in the same transaction.

    Returns:
        What became of the page; `doubtful` are receipts that must be read by themselves.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
        Stale: Others kept changing these receipts.
    """
    told, aside = sound(page)
    digests = {receipt_id: context.vault.digest(receipt.raw) for receipt_id, (receipt, _) in told.items()}

    async def work() -> IngestResult:
        plan = _Plan(cause, at)
        async with context.db.transaction() as tx:
            if epoch is not None:
                await transitions.fence(tx, vendor_id, epoch)
            differing = await receipt_page_store.differing(tx, vendor_id, digests, proven & told.keys())
            for receipt_id, (receipt, reading) in told.items():
                if receipt_id in differing:
                    _observe(context, plan, receipt, reading, differing[receipt_id], digests, proven)
            await receipt_page_store.write(tx, vendor_id, plan.rows, at)
            await receipt_page_store.begin_cancels(
                tx, vendor_id, plan.cancels, initial=str(CANCEL.initial), cause=cause, at=at
            )
            await receipt_page_store.begin_returns(
                tx, vendor_id, plan.returns, initial=str(RETURN.initial), cause=cause, at=at
            )
            await move_cancels(tx, vendor_id, plan.cancel_moves, at)
            await move_returns(tx, vendor_id, plan.return_moves, at)
            await block_boxes(tx, vendor_id, plan.touched, plan.requested, at)
            await keep_unreadable(context, tx, vendor_id, aside, cause, at)
            await unblock(tx, vendor_id, set(told) - set(plan.stale), at)
            await _settle_doubts(context, tx, vendor_id, plan, differing, told, digests, proven)
            await _put_off(context, tx, vendor_id, told.keys() - differing.keys())
            await settle_claims(tx, vendor_id, plan.touched | {row.receipt_id for row in plan.rows})
            if covered is not None:
                await coverage.grow(tx, vendor_id, covered.feed, covered.start, covered.end)
        moved = len(plan.cancel_moves) + len(plan.return_moves)
        unproven = tuple(receipt_id for receipt_id in plan.stale if receipt_id not in proven)
        return IngestResult(len(told), len(plan.rows), moved, unproven, len(aside))

    return await until_fresh(work)


def _observe(
    context: Context,
    plan: _Plan,
    receipt: Receipt,
    reading: Reading,
    old: Mapping[str, Any] | None,
    digests: Mapping[int, bytes],
    proven: Set[int],
) -> None:
    receipt_id, digest = receipt.receipt_id, digests[receipt.receipt_id]
    alone = receipt_id in proven
    cancel = CancelState(old["cancel_state"]) if old and old["cancel_state"] else None
    returned = ReturnState(old["return_state"]) if old and old["return_state"] else None
    shown = reading.cancel
    if shown is None and cancel is not None:
        # It went on as an ordinary return; a list row alone does not release a box that must not leave.
        answered = cancel is CancelState.REQUESTED and alone
        shown = CancelState.SHIPPED_ALREADY if answered else cancel
        if cancel is CancelState.REQUESTED and not alone:
            plan.stale.append(receipt_id)
            return
    cancel_road: tuple[Any, ...] | None = ()
    if shown is not None:
        cancel_road = cancels.walk(cancel or CancelState(CANCEL.initial), shown, CancelFacts())
    return_road: tuple[Any, ...] | None = ()
    if reading.returned is not None:
        here = returned or ReturnState(RETURN.initial)
        return_road = returns.walk(here, reading.returned, ReturnFacts(proven=alone))
    elif returned is not None:
        return_road = None
    if cancel_road is None or return_road is None:
        plan.stale.append(receipt_id)
        return
    if old is None or old["content_hash"] != digest:
        is_open = shown in cancels.OPEN or reading.returned in returns.OPEN
        plan.rows.append(_content(context, receipt, old, digest, is_open, plan.at))
    if shown is not None and cancel is None:
        asked = receipt.created_at or plan.at
        decide_by = asked + context.policy.stop_answer_within if shown in cancels.OPEN else None
        plan.cancels.append(Birth(receipt_id, receipt.order_id, digest, decide_by))
    if reading.returned is not None and returned is None:
        plan.returns.append(Birth(receipt_id, receipt.order_id, digest))
        plan.touched.add(receipt_id)
    if cancel_road:
        steps = _steps(cancel_road, plan.cause, digest)
        version = old["cancel_version"] if old and cancel is not None else 1
        plan.cancel_moves.append(ReceiptMove(receipt_id, version, steps))
        plan.touched.add(receipt_id)
        if shown is CancelState.REQUESTED:
            plan.requested.append(receipt_id)
    if return_road:
        steps = _steps(return_road, plan.cause, digest)
        version = old["return_version"] if old and returned is not None else 1
        plan.return_moves.append(ReceiptMove(receipt_id, version, steps))
        plan.touched.add(receipt_id)


def _steps(road: tuple[Any, ...], cause: str, digest: bytes) -> tuple[transitions.Step, ...]:
    return tuple(
        transitions.Step(move.event, move.source, move.target, "coupang", cause, digest) for move in road
    )


async def _settle_doubts(
    context: Context,
    tx: Any,
    vendor_id: str,
    plan: _Plan,
    differing: Mapping[int, Mapping[str, Any] | None],
    told: Mapping[int, tuple[Receipt, Reading]],
    digests: Mapping[int, bytes],
    proven: Set[int],
) -> None:
    """Ask for stale receipts to be read by themselves; what was, and still contradicts us, needs a person."""
    unproven = [receipt_id for receipt_id in plan.stale if receipt_id not in proven]
    if unproven:
        await claim_store.read_soon(tx, vendor_id, unproven, plan.at)
    reads: list[tuple[int, datetime | None, str | None]] = []
    rewritten = {row.receipt_id for row in plan.rows}
    for receipt_id in proven & told.keys():
        old = differing.get(receipt_id)
        if receipt_id in plan.stale:
            reads.append((receipt_id, context.policy.next_receipt_read(plan.at, 4), CONTRADICTION))
        elif old is not None and receipt_id not in rewritten:
            reading = told[receipt_id][1]
            is_open = reading.cancel in cancels.OPEN or reading.returned in returns.OPEN
            due = context.policy.next_receipt_read(plan.at, old["reads"] + 1) if is_open else None
            reads.append((receipt_id, due, None))
    if reads:
        await claim_store.schedule_reads(tx, vendor_id, reads)
    asking = [
        UnreadableClaim(receipt.raw, CONTRADICTION, receipt_id, receipt.order_id)
        for receipt_id, (receipt, reading) in told.items()
        if receipt_id in plan.stale and receipt_id in proven and reading.cancel is CancelState.REQUESTED
    ]
    # To us it is over, to Coupang it is an open stop request: nothing of that order leaves unseen.
    await keep_unreadable(context, tx, vendor_id, asking, plan.cause, plan.at)


async def _put_off(context: Context, tx: Any, vendor_id: str, unchanged: Set[int]) -> None:
    """Spare those the reading by themselves that a list has shown as we hold them."""
    if unchanged:
        now, policy = context.now(), context.policy
        pauses = [policy.next_receipt_read(now, reads) - now for reads in range(21)]
        # One that is not due soon needs no row written at every sweep.
        await claim_store.put_off(tx, vendor_id, unchanged, now, policy.receipt_most / 2, pauses)


def _content(
    context: Context,
    receipt: Receipt,
    old: Mapping[str, Any] | None,
    digest: bytes,
    is_open: bool,
    at: datetime,
) -> ReceiptContent:
    vault = context.vault
    person = {
        "requester": msgspec.to_builtins(receipt.requester),
        "cancel_reason": receipt.cancel_reason,
        "categories": list(receipt.reason_categories),
    }
    return ReceiptContent(
        receipt_id=receipt.receipt_id,
        order_id=receipt.order_id,
        was=old["content_hash"] if old else None,
        content_hash=digest,
        receipt_type=receipt.type,
        market_status=receipt.status,
        release_stop_status=receipt.release_stop_status,
        opened_at=receipt.created_at or (old["first_seen_at"] if old else at),
        modified_at=receipt.modified_at,
        count_sum=receipt.cancel_count_sum,
        pickup=_word(pickup_from_wire, receipt.return_delivery_type),
        pre_refund=receipt.pre_refund,
        completion=_word(completion_from_wire, receipt.complete_confirm_type),
        fault_by=receipt.fault_by,
        return_charge_krw=receipt.return_shipping_charge_krw,
        reason_code=receipt.reason_code,
        reason_text=receipt.reason_text,
        waybills=tuple(
            {"courier_code": one.courier_code, "invoice_number": one.invoice_number}
            for one in receipt.waybills
        ),
        next_read_at=context.policy.next_receipt_read(at, 0) if is_open else None,
        sealed_requester=vault.seal(msgspec.json.encode(person), PURPOSE_REQUESTER),
        sealed_evidence=vault.seal_packed(receipt.raw, PURPOSE_EVIDENCE),
        lines=_lines(receipt),
    )


def _word(translate: Any, told: str) -> str:
    """Return our word; an unknown one is kept as it is, because it decides nothing about the goods."""
    try:
        return str(translate(told))
    except ValueError:
        return told


def _lines(receipt: Receipt) -> tuple[LineContent, ...]:
    """Sum the rows of one option of one box; where they differ, what has not left counts."""
    counts: dict[tuple[int, int], int] = {}
    released: dict[tuple[int, int], set[str]] = {}
    for item in receipt.items:
        key = (item.shipment_box_id, item.vendor_item_id)
        counts[key] = counts.get(key, 0) + item.cancel_count
        if item.release_status:
            released.setdefault(key, set()).add(str(item.release_status))
    return tuple(
        LineContent(box_id, item_id, count, "N" if "N" in told else min(told, default=None))
        for (box_id, item_id), count in counts.items()
        if count > 0
        for told in [released.get((box_id, item_id), set())]
    )
