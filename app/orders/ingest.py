"""Take a page of order sheets: compare with what is stored, store the differences, walk the machines.

One statement compares, and is all there is to do when nothing differs; what differs is stored in one
transaction. An unchanged row costs a hash and nothing else. A row that contradicts us (it
would lead backwards) changes nothing: it may be stale. The box is marked to be read by itself.
"""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from app.coupang.couriers import code_of
from app.coupang.orders.decode import Line, Receiver, Sheet, SheetPage, Unreadable
from app.engine.context import PURPOSE_EVIDENCE, PURPOSE_QUARANTINE, PURPOSE_RECEIVER, Context, until_fresh
from app.engine.db.database import Connection
from app.engine.evidence import store as evidence_store
from app.engine.feeds import coverage
from app.engine.feeds.windows import IngestResult, Window
from app.engine.history import transitions
from app.machines.boxes import BOX, IN_HOUSE, RESTING, BoxFacts, BoxState, from_wire, walk
from app.orders import page_store as box_page_store
from app.orders import replacement_boxes
from app.orders import store as box_store
from app.orders.permits import store as permit_store
from app.orders.quantities.quantities import settle_page
from app.orders.transitions import BoxMove, move_boxes

LAG_ALARM = timedelta(minutes=60)
"""Coupang: an acknowledge that does not show within an hour is a case for its support (900001688666)."""


@dataclass(slots=True)
class _Plan:
    rows: list[box_page_store.BoxContent]
    moves: list[BoxMove]
    doubtful: list[int]
    unreadable: list[Unreadable]
    settling: list[int] = field(default_factory=list)
    """Orders whose units need more than what Coupang says of each line."""
    resting: list[int] = field(default_factory=list)
    """Boxes that rest with units on hold."""


def sound(page: SheetPage) -> SheetPage:
    """Return the page with rows of impossible quantities as unreadable: one must not stop the rest."""
    rows = [_sound(page.row(place)) for place in range(len(page.rows))]
    return SheetPage(
        tuple(row for row in rows if isinstance(row, Sheet)),
        tuple(row for row in rows if isinstance(row, Unreadable)),
        page.next_token,
        page.raw,
    )


def _sound(row: Sheet | Unreadable) -> Sheet | Unreadable:
    if isinstance(row, Unreadable) or all(_adds_up(line) for line in row.lines):
        return row
    told = "quantities do not add up: shippingCount, holdCountForCancel, cancelCount"
    return Unreadable(row.raw, told, row.shipment_box_id)


def _adds_up(line: Line) -> bool:
    return line.ordered > 0 and line.held + line.cancelled <= line.ordered


def _dealt(page: SheetPage) -> tuple[dict[int, int], list[Unreadable]]:
    """Return the place of each box in the page, and rows that name none.

    Of a box that is shown twice the last readable row counts.
    """
    places: dict[int, int] = {}
    aside: list[Unreadable] = []
    for place, (box_id, _) in enumerate(page.rows):
        if box_id is None or box_id in places:
            row = _sound(page.row(place))
            if isinstance(row, Unreadable):
                aside.append(row)
                continue
            earlier = _sound(page.row(places[row.shipment_box_id]))
            if isinstance(earlier, Unreadable):
                aside.append(earlier)
        if box_id is not None:
            places[box_id] = place
    return places, aside


async def take_page(
    context: Context,
    vendor_id: str,
    page: SheetPage,
    *,
    cause: str,
    at: datetime,
    epoch: int | None = None,
    proven: Set[int] = frozenset(),
    covered: Window | None = None,
) -> IngestResult:
    """Store what is new in a page and observe it.

    Args:
        context: What every use case is given.
        vendor_id: Whose page.
        page: As the client read it.
        cause: What led to the reading, for the history, e.g. `feed:orders`.
        at: When the page was asked for.
        epoch: The visit's fencing token; None outside a visit.
        proven: Boxes read by themselves together with their history; only these may walk backwards.
        covered: The window this page completes; it is claimed in the same transaction.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
        Stale: Others kept changing these boxes.
    """
    places, aside = _dealt(page)
    digests = {box_id: context.vault.digest(page.rows[place][1]) for box_id, place in places.items()}
    window = None if covered is None else (covered.feed, covered.start, covered.end)

    async def work() -> IngestResult:
        async with context.db.connection() as connection:
            # Unreadable rows are stored in the transaction that claims their window.
            claimed = None if aside else window
            differing = await box_page_store.differing(
                connection, vendor_id, digests, epoch=epoch, covered=claimed
            )
        if not differing and not aside:
            return IngestResult(len(page.rows), 0, 0, (), 0)
        plan = _Plan([], [], [], list(aside))
        for box_id, place in places.items():
            # Only what differs is read: a row that is stored as it stands was readable and sound.
            if box_id not in differing:
                continue
            row, old = _sound(page.row(place)), differing[box_id]
            if isinstance(row, Unreadable):
                plan.unreadable.append(row)
            else:
                _observe(context, plan, row, old, digests[box_id], cause, at, box_id in proven)
        async with context.db.transaction() as tx:
            if epoch is not None:
                await transitions.fence(tx, vendor_id, epoch)
            initial = str(BOX.initial)
            born = await box_page_store.write(tx, vendor_id, plan.rows, initial=initial, cause=cause, at=at)
            await move_boxes(tx, vendor_id, plan.moves, at)
            await settle_page(tx, vendor_id, {row.box.order_id for row in plan.rows}, plan.settling)
            await replacement_boxes.look_at_births(tx, vendor_id, plan.rows, born, at)
            if changed := _ends_of_permits(plan):
                await permit_store.revoke(tx, vendor_id, changed, at)
            if plan.doubtful:
                await box_store.doubt(tx, vendor_id, plan.doubtful, at)
            if plan.resting:
                await box_store.doubt_holds(
                    tx, vendor_id, plan.resting, RESTING, at + context.policy.receipt_first
                )
            if plan.unreadable:
                await _quarantine(context, tx, vendor_id, plan.unreadable, cause, at)
            if window is not None:
                await coverage.grow(tx, vendor_id, *window)
        odd = len(plan.unreadable)
        rows = len(page.rows) - odd
        return IngestResult(rows, len(plan.rows), len(plan.moves), tuple(plan.doubtful), odd)

    return await until_fresh(work)


def _observe(
    context: Context,
    plan: _Plan,
    sheet: Sheet,
    old: dict[str, Any] | None,
    digest: bytes,
    cause: str,
    at: datetime,
    proven: bool,
) -> None:
    state = BoxState(old["state"]) if old else BoxState(BOX.initial)
    shown = from_wire(sheet.status)
    road = walk(state, shown, BoxFacts(proven=proven))
    if road is None:
        lagging = old is not None and state is BoxState.INSTRUCT and shown is BoxState.ACCEPT
        # For an hour after an acknowledge Coupang may still show ACCEPT: that contradicts nothing.
        if not proven and not (lagging and old is not None and at - old["state_at"] < LAG_ALARM):
            plan.doubtful.append(sheet.shipment_box_id)
        return
    steps = tuple(
        transitions.Step(move.event, move.source, move.target, "coupang", cause, digest) for move in road
    )
    plan.rows.append(_content(context, sheet, old, digest, shown, at))
    moved = BoxState(steps[-1].target) if steps else state
    if state not in IN_HOUSE or moved not in IN_HOUSE:
        plan.settling.append(sheet.order_id)
    if moved in RESTING and any(line.held for line in sheet.lines):
        plan.resting.append(sheet.shipment_box_id)
    if steps:
        version = old["version"] if old else 1
        due = context.policy.next_read(moved, shown is not BoxState.ACCEPT, at)
        plan.moves.append(BoxMove(sheet.shipment_box_id, version, steps, due))


def _content(
    context: Context, sheet: Sheet, old: dict[str, Any] | None, digest: bytes, shown: BoxState, at: datetime
) -> box_page_store.BoxContent:
    vault = context.vault
    receiver = msgspec.json.encode(sheet.receiver)
    receiver_digest = vault.digest(receiver)
    version, sealed = 1, None
    final = shown is not BoxState.ACCEPT
    if old is None:
        sealed = vault.seal(receiver, PURPOSE_RECEIVER)
    else:
        version, final = old["address_version"], old["address_final"] or final
        # Later than INSTRUCT the receiver cannot change any more, but Coupang may mask it: keep ours,
        # unless ours was only ever read while it could still change.
        kept = old["address_final"] and shown not in IN_HOUSE
        if receiver_digest != old["receiver_digest"] and not kept:
            version, sealed = version + 1, vault.seal(receiver, PURPOSE_RECEIVER)
    days = [line.estimated_shipping_date for line in sheet.lines if line.estimated_shipping_date]
    return box_page_store.BoxContent(
        box=box_page_store.BoxColumns(
            shipment_box_id=sheet.shipment_box_id,
            order_id=sheet.order_id,
            was=old["content_hash"] if old else None,
            hash=digest,
            market_status=sheet.status,
            ordered_at=sheet.ordered_at,
            paid_at=sheet.paid_at,
            ship_by=min(days, default=None),
            address_version=version,
            address_final=final,
            courier_code=code_of(sheet.courier_name) if sheet.courier_name else None,
            invoice_number=sheet.invoice_number,
            split_shipping=sheet.split_shipping,
            able_split_shipping=sheet.able_split_shipping,
            departed_at=sheet.in_transit_at,
            delivered_at=sheet.delivered_at,
            next_read_at=context.policy.next_read(shown, final, at),
        ),
        receiver_digest=receiver_digest,
        place_digest=b"" if sealed is None else vault.digest(_place(sheet.receiver)),
        sealed_receiver=sealed,
        sealed_evidence=vault.seal_packed(sheet.raw, PURPOSE_EVIDENCE),
        lines=tuple(
            box_page_store.LineContent(
                sheet.shipment_box_id,
                line.vendor_item_id,
                line.ordered,
                line.held,
                line.cancelled,
                line.name,
                line.seller_product_name,
                line.seller_item_name,
                line.sku,
                line.sales_price_krw,
                line.planned_shipping_date,
            )
            for line in sheet.lines
        ),
    )


def _ends_of_permits(plan: _Plan) -> list[tuple[int, str]]:
    """Return the known boxes that must not leave on an earlier word any more, with the reason."""
    ends = {
        row.box.shipment_box_id: "the receiver was changed"
        for row in plan.rows
        if row.box.was is not None and row.sealed_receiver is not None
    }
    ends |= {
        row.box.shipment_box_id: "a cancel is pending"
        for row in plan.rows
        if row.box.was is not None and any(line.held for line in row.lines)
    }
    return list(ends.items())


def _place(receiver: Receiver) -> bytes:
    """Return what must be the same in two boxes that share a waybill; phone and message may differ."""
    return msgspec.json.encode([receiver.name, receiver.addr1, receiver.addr2, receiver.post_code])


async def _quarantine(
    context: Context, tx: Connection, vendor_id: str, unreadable: list[Unreadable], cause: str, at: datetime
) -> None:
    rows = [
        (
            context.vault.digest(row.raw),
            row.shipment_box_id,
            row.reason,
            context.vault.seal_packed(row.raw, PURPOSE_QUARANTINE),
        )
        for row in unreadable
    ]
    await evidence_store.quarantine(tx, vendor_id, cause, rows, at)
