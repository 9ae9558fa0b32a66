"""Take a page of exchanges: compare with what is stored, store the differences, walk exchange and tracks.

There is no single read of an exchange. A row that was modified earlier than the one we hold is stale and
changes nothing; a later one that does not follow from what we hold is put before a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from app.coupang.claims import Exchange, ExchangePage, UnreadableClaim
from app.flows import replacing
from app.flows.blocking import EXCHANGE as EXCHANGE_CLAIM
from app.flows.blocking import keep_unreadable, let_go
from app.flows.house import PURPOSE_EVIDENCE, PURPOSE_REQUESTER, House, until_fresh
from app.flows.pages import Taken, Window
from app.machines import collects, redeliveries
from app.machines import exchanges as exchange_machine
from app.machines.collects import COLLECT, CollectFacts, CollectState
from app.machines.exchanges import EXCHANGE, ExchangeState
from app.machines.receptions import RECEPTION, ReceptionFacts, ReceptionState
from app.machines.redeliveries import REDELIVERY, RedeliveryFacts, RedeliveryState
from app.store import coverage, doors, evidence, exchanges, receptions
from app.store.database import Connection
from app.store.exchanges import ExchangeContent

CONTRADICTION = "Coupang shows a state of this exchange that does not follow from the one we hold"


@dataclass(frozen=True, slots=True)
class Shown:
    """The three states that a row shows."""

    exchange: ExchangeState
    collect: CollectState
    redelivery: RedeliveryState


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
    house: House,
    vendor_id: str,
    page: ExchangePage,
    *,
    cause: str,
    at: datetime,
    epoch: int,
    covered: Window | None = None,
) -> Taken:
    """Store what is new in a page of exchanges and observe it; `covered` is claimed with it.

    Raises:
        Fenced: A newer visit speaks for this vendor.
        Stale: Others kept changing these exchanges.
    """
    told, aside = sound(page)

    async def work() -> Taken:
        changed = 0
        async with house.db.transaction() as tx:
            await doors.fence(tx, vendor_id, epoch)
            olds = await exchanges.stored(tx, vendor_id, told)
            for exchange_id, (row, shown) in told.items():
                changed += await _observe(house, tx, vendor_id, row, shown, olds.get(exchange_id), cause, at)
            await keep_unreadable(house, tx, vendor_id, aside, cause, at, EXCHANGE_CLAIM)
            await let_go(tx, vendor_id, set(told), at, EXCHANGE_CLAIM)
            if covered is not None:
                await coverage.grow(tx, vendor_id, covered.feed, covered.start, covered.end)
        return Taken(len(told), changed, changed, (), len(aside))

    return await until_fresh(work)


async def _observe(
    house: House,
    tx: Connection,
    vendor_id: str,
    row: Exchange,
    shown: Shown,
    old: Mapping[str, Any] | None,
    cause: str,
    at: datetime,
) -> bool:
    digest = house.vault.digest(row.raw)
    if old is not None and old["content_hash"] == digest:
        return False
    known = old["modified_at"] if old else None
    if known is not None and row.modified_at is not None and row.modified_at < known:
        return False
    proven = (
        old is None
        # Somebody's word moved it, or asked to have it read: what Coupang shows now settles it.
        or not old["content_hash"]
        or (row.modified_at is not None and (known is None or row.modified_at > known))
    )
    here = {
        "exchange": old["state"] if old else str(EXCHANGE.initial),
        "collect": old["collect_state"] if old else str(COLLECT.initial),
        "redelivery": old["redelivery_state"] if old else str(REDELIVERY.initial),
    }
    roads: dict[str, Any] = {
        "exchange": exchange_machine.walk(ExchangeState(here["exchange"]), shown.exchange),
        "collect": collects.walk(CollectState(here["collect"]), shown.collect, CollectFacts(proven=proven)),
        "redelivery": redeliveries.walk(
            RedeliveryState(here["redelivery"]), shown.redelivery, RedeliveryFacts(proven=proven)
        ),
    }
    torn = old is not None and proven and None in roads.values()
    if None in roads.values() and (not torn or roads["exchange"] is None):
        if torn:
            await exchanges.call(tx, vendor_id, row.exchange_id, CONTRADICTION)
        return False
    # A track that contradicts us waits for a person; whether the exchange is over must be known all the same.
    roads = {track: road or () for track, road in roads.items()}
    content = _content(house, row, digest, old, at)
    sealed = house.vault.seal_packed(row.raw, PURPOSE_EVIDENCE)
    await evidence.keep(tx, vendor_id, [(digest, "exchange", sealed)], at)
    if old is None:
        initials = (here["exchange"], here["collect"], here["redelivery"])
        await exchanges.begin(tx, vendor_id, content, initials, cause, at)
    await exchanges.write(tx, vendor_id, content, at)
    if content.boxes:
        await replacing.join(tx, vendor_id, row.exchange_id, at)
    for track, prefix in (("exchange", ""), ("collect", "collect_"), ("redelivery", "redelivery_")):
        steps = tuple(
            doors.Step(move.event, move.source, move.target, "coupang", cause, digest)
            for move in roads[track]
        )
        if steps:
            version = old[f"{prefix}version"] if old else 1
            await doors.move_exchanges(
                tx, vendor_id, track, [doors.ClaimMove(row.exchange_id, version, steps)], at
            )
    if torn:
        await exchanges.call(tx, vendor_id, row.exchange_id, CONTRADICTION)
    await follow(tx, vendor_id, row.exchange_id, row.order_id, shown, cause, at)
    return True


async def follow(
    tx: Connection,
    vendor_id: str,
    exchange_id: int,
    order_id: int,
    shown: Shown,
    cause: str,
    at: datetime,
) -> None:
    """Let the reception of the goods follow what the exchange shows."""
    reception = await receptions.find(tx, vendor_id, "exchange", exchange_id, lock=True)
    if reception is None:
        await receptions.begin(
            tx,
            vendor_id,
            "exchange",
            [(exchange_id, order_id)],
            initial=str(RECEPTION.initial),
            actor="coupang",
            cause=cause,
            at=at,
        )
    state = reception["state"] if reception else str(RECEPTION.initial)
    over = shown.exchange in (ExchangeState.REJECT, ExchangeState.CANCEL) or shown.collect in (
        CollectState.WITHDRAW,
        CollectState.NO_COLLECT,
    )
    event = None
    if over and state in (ReceptionState.EXPECTED, ReceptionState.PICKED_UP):
        event = "call_off"
    elif shown.collect is CollectState.COLLECTING and state == ReceptionState.EXPECTED:
        event = "see_picked_up"
    if event is None:
        return
    move = RECEPTION.decide(state, event, ReceptionFacts(over=over))
    step = doors.Step(move.event, move.source, move.target, "coupang", cause)
    version = reception["version"] if reception else 1
    await doors.move_receptions(
        tx, vendor_id, "exchange", [doors.ClaimMove(exchange_id, version, (step,))], at
    )


def _content(
    house: House, row: Exchange, digest: bytes, old: Mapping[str, Any] | None, at: datetime
) -> ExchangeContent:
    person = {
        "collect_from": msgspec.to_builtins(row.collect_from),
        "deliver_to": msgspec.to_builtins(row.deliver_to),
        "reason_detail": row.reason_detail,
        "cancel_reason": row.cancel_reason,
    }
    return ExchangeContent(
        exchange_id=row.exchange_id,
        order_id=row.order_id,
        content_hash=digest,
        rejectable=row.rejectable,
        fault_by=row.fault_by,
        reason_code=row.reason_code,
        reason_text=row.reason_text,
        waybills=tuple(
            {"courier_code": one.courier_code, "invoice_number": one.invoice_number} for one in row.waybills
        ),
        collector_named=row.collector_named,
        sealed_contacts=house.vault.seal(msgspec.json.encode(person), PURPOSE_REQUESTER),
        requested_at=row.created_at or (old["requested_at"] if old else at),
        modified_at=row.modified_at,
        lines=tuple(
            (one.exchange_item_id, one.vendor_item_id, one.original_shipment_box_id, one.quantity)
            for one in row.items
        ),
        boxes=tuple(
            (
                box.shipment_box_id,
                next((one.status for one in box.invoices), ""),
                next((one.courier_code for one in box.invoices if one.courier_code), None),
                next((one.invoice_number for one in box.invoices if one.invoice_number), None),
            )
            for box in row.boxes
        ),
    )
