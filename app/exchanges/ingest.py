"""Take a page of exchanges: compare with what is stored, store the differences, walk exchange and tracks.

One transaction per page and a fixed number of statements, as with receipts (`receipts`). There is no single
read of an exchange. A row that was modified earlier than the one we hold is stale and changes nothing; a
later one that does not follow from what we hold is put before a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from app.claims.box_blocks import EXCHANGE as EXCHANGE_CLAIM
from app.claims.box_blocks import keep_unreadable, unblock
from app.coupang.claims.types import Exchange, ExchangePage, ReplacementBox, UnreadableClaim
from app.engine.context import PURPOSE_EVIDENCE, PURPOSE_REQUESTER, Context, until_fresh
from app.engine.feeds import coverage
from app.engine.feeds.windows import IngestResult, Window
from app.engine.history import transitions
from app.engine.history.steps import ClaimMove
from app.exchanges import page_store as exchange_page_store
from app.exchanges import receptions as exchange_receptions
from app.exchanges import store as exchange_store
from app.exchanges.page_store import ExchangeColumns, ExchangeContent, LineContent, NewBoxContent
from app.exchanges.transitions import move_exchanges
from app.machines import collects, redeliveries
from app.machines import exchanges as exchange_machine
from app.machines.collects import COLLECT, CollectFacts, CollectState
from app.machines.exchanges import EXCHANGE, ExchangeState
from app.machines.redeliveries import REDELIVERY, RedeliveryFacts, RedeliveryState
from app.orders import replacement_boxes

CONTRADICTION = "Coupang shows a state of this exchange that does not follow from the one we hold"
TRACKS = {"exchange": "", "collect": "collect_", "redelivery": "redelivery_"}
"""What walks, and the prefix of its columns."""
INITIALS = (str(EXCHANGE.initial), str(COLLECT.initial), str(REDELIVERY.initial))


@dataclass(frozen=True, slots=True)
class Shown:
    """The three states that a row shows."""

    exchange: ExchangeState
    collect: CollectState
    redelivery: RedeliveryState


@dataclass(slots=True)
class _Plan:
    cause: str
    at: datetime
    rows: list[ExchangeContent] = field(default_factory=list)
    moves: dict[str, list[ClaimMove]] = field(default_factory=lambda: {track: [] for track in TRACKS})
    torn: list[int] = field(default_factory=list)
    """Exchanges that contradict us and are not stored."""
    goods: list[exchange_receptions.Goods] = field(default_factory=list)


def sound(page: ExchangePage) -> tuple[dict[int, tuple[Exchange, Shown]], tuple[UnreadableClaim, ...]]:
    """Return what each exchange of a page shows, by id, and the rows that say nothing certain."""
    told: dict[int, tuple[Exchange, Shown]] = {}
    aside = list(page.unreadable)
    for one in page.exchanges:
        try:
            shown = Shown(
                exchange_machine.from_wire(one.status),
                collects.from_wire(one.collect_status),
                redeliveries.from_wire(one.redelivery_status),
            )
        except ValueError as odd:
            aside.append(
                UnreadableClaim(one.raw, str(odd), one.exchange_id, one.order_id, created_at=one.created_at)
            )
        else:
            told[one.exchange_id] = (one, shown)
    return told, tuple(aside)


async def take_exchanges(
    context: Context,
    vendor_id: str,
    page: ExchangePage,
    *,
    cause: str,
    at: datetime,
    epoch: int,
    covered: Window | None = None,
) -> IngestResult:
    """Store what is new in a page of exchanges and observe it; `covered` is claimed with it.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
        Stale: Others kept changing these exchanges.
    """
    told, aside = sound(page)
    digests = {exchange_id: context.vault.digest(row.raw) for exchange_id, (row, _) in told.items()}

    async def work() -> IngestResult:
        plan = _Plan(cause, at)
        async with context.db.transaction() as tx:
            await transitions.fence(tx, vendor_id, epoch)
            differing = await exchange_page_store.differing(tx, vendor_id, digests)
            for exchange_id, (row, shown) in told.items():
                if exchange_id in differing:
                    _observe(context, plan, row, shown, differing[exchange_id], digests[exchange_id])
            await exchange_page_store.write(tx, vendor_id, plan.rows, INITIALS, cause=cause, at=at)
            naming = [row.exchange.exchange_id for row in plan.rows if row.boxes]
            await replacement_boxes.join(tx, vendor_id, naming, at)
            for track, moves in plan.moves.items():
                await move_exchanges(tx, vendor_id, track, moves, at)
            if plan.torn:
                await exchange_store.call(tx, vendor_id, plan.torn, CONTRADICTION)
            await exchange_receptions.follow(tx, vendor_id, plan.goods, cause, at)
            await keep_unreadable(context, tx, vendor_id, aside, cause, at, EXCHANGE_CLAIM)
            await unblock(tx, vendor_id, set(told), at, EXCHANGE_CLAIM)
            if covered is not None:
                await coverage.grow(tx, vendor_id, covered.feed, covered.start, covered.end)
        changed = len(plan.rows)
        return IngestResult(len(told), changed, changed, (), len(aside))

    return await until_fresh(work)


def _observe(
    context: Context, plan: _Plan, row: Exchange, shown: Shown, old: Mapping[str, Any] | None, digest: bytes
) -> None:
    known = old["modified_at"] if old else None
    if known is not None and row.modified_at is not None and row.modified_at < known:
        return
    proven = (
        old is None
        # Somebody's word moved it, or asked to have it read: what Coupang shows now settles it.
        or not old["content_hash"]
        or (row.modified_at is not None and (known is None or row.modified_at > known))
    )
    exchange, collect, redelivery = (
        (old["state"], old["collect_state"], old["redelivery_state"]) if old else INITIALS
    )
    roads: dict[str, Any] = {
        "exchange": exchange_machine.walk(ExchangeState(exchange), shown.exchange),
        "collect": collects.walk(CollectState(collect), shown.collect, CollectFacts(proven=proven)),
        "redelivery": redeliveries.walk(
            RedeliveryState(redelivery), shown.redelivery, RedeliveryFacts(proven=proven)
        ),
    }
    torn = old is not None and proven and None in roads.values()
    if None in roads.values() and (not torn or roads["exchange"] is None):
        if torn:
            plan.torn.append(row.exchange_id)
        return
    # A track that contradicts us waits for a person; whether the exchange is over must be known all the same.
    plan.rows.append(_content(context, row, digest, old, plan.at, CONTRADICTION if torn else None))
    for track, prefix in TRACKS.items():
        steps = tuple(
            transitions.Step(move.event, move.source, move.target, "coupang", plan.cause, digest)
            for move in roads[track] or ()
        )
        if steps:
            version = old[f"{prefix}version"] if old else 1
            plan.moves[track].append(ClaimMove(row.exchange_id, version, steps))
    state, version = (old["reception_state"], old["reception_version"]) if old else (None, None)
    plan.goods.append(
        exchange_receptions.Goods(
            row.exchange_id, row.order_id, shown.exchange, shown.collect, state, version
        )
    )


def _content(
    context: Context,
    row: Exchange,
    digest: bytes,
    old: Mapping[str, Any] | None,
    at: datetime,
    attention: str | None,
) -> ExchangeContent:
    person = {
        "collect_from": msgspec.to_builtins(row.collect_from),
        "deliver_to": msgspec.to_builtins(row.deliver_to),
        "reason_detail": row.reason_detail,
        "cancel_reason": row.cancel_reason,
    }
    # Of a box that is listed twice the last row counts.
    boxes = {box.shipment_box_id: _new_box(row.exchange_id, box) for box in row.boxes}
    return ExchangeContent(
        exchange=ExchangeColumns(
            exchange_id=row.exchange_id,
            order_id=row.order_id,
            was=old["content_hash"] if old else None,
            hash=digest,
            rejectable=row.rejectable,
            fault_by=row.fault_by,
            reason_code=row.reason_code,
            reason_text=row.reason_text,
            waybills=tuple(
                {"courier_code": one.courier_code, "invoice_number": one.invoice_number}
                for one in row.waybills
            ),
            collector_named=row.collector_named,
            requested_at=row.created_at or (old["requested_at"] if old else at),
            modified_at=row.modified_at,
            attention=attention,
        ),
        sealed_contacts=context.vault.seal(msgspec.json.encode(person), PURPOSE_REQUESTER),
        sealed_evidence=context.vault.seal_packed(row.raw, PURPOSE_EVIDENCE),
        lines=tuple(
            LineContent(
                row.exchange_id,
                one.exchange_item_id,
                one.vendor_item_id,
                one.original_shipment_box_id,
                one.quantity,
            )
            for one in row.items
        ),
        boxes=tuple(boxes.values()),
    )


def _new_box(exchange_id: int, box: ReplacementBox) -> NewBoxContent:
    return NewBoxContent(
        exchange_id,
        box.shipment_box_id,
        next((one.status for one in box.invoices), ""),
        next((one.courier_code for one in box.invoices if one.courier_code), None),
        next((one.invoice_number for one in box.invoices if one.invoice_number), None),
    )
