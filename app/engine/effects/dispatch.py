"""Send effects and read back those of unknown outcome: 50 boxes a call, tries recorded before and after."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from app.claims.cancels.sends import FIRST, READ_ALONE, SEND_ALONE, send_alone
from app.claims.poll import check_stops
from app.coupang.errors import CoupangError
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import InvoiceRow, Results, RowResult, Sheet, WireStatus
from app.engine.effects import outbox, readback
from app.engine.effects.outbox import Batch
from app.engine.effects.verdicts import Kind
from app.engine.feeds import feeds
from app.engine.visits.session import OutOfTime, VisitSession, raise_if_stopped
from app.orders.reread import look_at, look_single

RESERVE_S = 2.0
"""No write is sent when less than this is left of the visit: its answer must still be stored."""


ORDER = (*FIRST, *(kind for kind in Kind if kind not in FIRST))
"""Cancels first: what is stopped must not leave."""


async def dispatch(session: VisitSession, kinds: Sequence[Kind] = ORDER) -> int:
    """Send everything that is due, kind by kind; return how many effects were sent."""
    sent = 0
    session.check_time(RESERVE_S)
    due = await outbox.kinds_due(session.context, session.vendor_id)
    for kind in kinds:
        if kind not in due:
            continue
        while True:
            session.check_time(RESERVE_S)
            only = await _checked(session) if kind is Kind.SHIP else None
            if kind is Kind.SHIP and not only:
                break
            session.check_time(RESERVE_S)
            batch = await outbox.take(session.context, session.vendor_id, session.epoch, kind, only=only)
            if batch is None:
                break
            await (send_alone if kind in SEND_ALONE else _send)(session, batch)
            sent += len(batch.effects)
        # Sending takes time: what was asked for meanwhile is sent too, if its kind comes later.
        due = await outbox.kinds_due(session.context, session.vendor_id)
    return sent


async def _checked(session: VisitSession) -> list[int]:
    """Read stop requests and the boxes of waiting waybills right before they go; return what was read.

    This is the claim check. First the open stop requests, in one list: they block their boxes. Then the
    boxes: a pending cancel shows as held units before its receipt is listed. No waybill is sent for a box
    that could not be read just now, and none at all when the stop requests could not be.
    """
    due = await outbox.waiting(session.context, session.vendor_id, Kind.SHIP)
    if not due:
        return []
    found = await read_right_now(session, due, "claim")
    unread = [effect["effect_id"] for effect in due if effect["shipment_box_id"] not in found]
    if unread:
        await outbox.postpone(session.context, session.vendor_id, session.epoch, unread)
    return [effect["effect_id"] for effect in due if effect["shipment_box_id"] in found]


async def read_right_now(
    session: VisitSession, due: Sequence[Mapping[str, Any]], purpose: str
) -> dict[int, list[Sheet]]:
    """Read the open stop requests and then these boxes; return the sheets of the boxes that were read.

    Args:
        session: The visit's session.
        due: Rows with `shipment_box_id`, `order_id` and `paid_at`.
        purpose: Why, for the tally.
    """
    found: dict[int, list[Sheet]] = {}
    try:
        await check_stops(session, min(row["paid_at"] for row in due), purpose)
        found = await look_at(session, due, (WireStatus.INSTRUCT,), purpose)
        for row in due:
            if row["shipment_box_id"] not in found:
                sheets = await look_single(session, row, purpose)
                if sheets is not None:
                    found[row["shipment_box_id"]] = sheets
    except CoupangError as error:
        raise_if_stopped(error)
    return found


async def _send(session: VisitSession, batch: Batch) -> None:
    try:
        answer = await SEND[batch.kind](session, batch)
    except CoupangError as error:
        await outbox.settle_error(session.context, session.vendor_id, session.epoch, batch, error)
        raise_if_stopped(error)
        return
    contradicted = await outbox.settle(session.context, session.vendor_id, session.epoch, batch, answer)
    if contradicted and batch.kind is Kind.SHIP:
        await _look_for_the_stop(session, batch)


async def _look_for_the_stop(session: VisitSession, batch: Batch) -> None:
    """Read the stop requests again at once: a waybill was refused, so that the decision shows."""
    since = min(effect["paid_at"] for effect in batch.effects)
    try:
        await check_stops(session, since, "claim")
    except CoupangError as error:
        raise_if_stopped(error)
    # Its receipt may be listed minutes after its hold.
    await feeds.hasten(session.context, session.vendor_id, session.epoch, feeds.STOPS, timedelta(minutes=1))


async def _acknowledge(session: VisitSession, batch: Batch) -> Results:
    ids = [effect["shipment_box_id"] for effect in batch.effects]
    return await order_calls.acknowledge(session.client, ids, purpose="acknowledge")


async def _upload(session: VisitSession, batch: Batch) -> Results:
    return await order_calls.upload_invoices(session.client, invoice_rows(batch.effects), purpose="invoice")


async def _update(session: VisitSession, batch: Batch) -> Results:
    return await order_calls.update_invoices(session.client, invoice_rows(batch.effects), purpose="invoice")


async def _close(session: VisitSession, batch: Batch) -> Results:
    effect = batch.effects[0]
    box_id = effect["shipment_box_id"]
    done = await order_calls.complete_undelivered(
        session.client, box_id, effect["payload"]["invoice_number"], purpose="close"
    )
    row = RowResult(box_id, done, "OK" if done else "")
    return Results(0, "", (row,), b"true" if done else b"false")


SEND: Mapping[Kind, Callable[[VisitSession, Batch], Awaitable[Results]]] = {
    Kind.ACKNOWLEDGE: _acknowledge,
    Kind.SHIP: _upload,
    Kind.CHANGE_INVOICE: _update,
    Kind.CLOSE_UNDELIVERED: _close,
}


def invoice_rows(effects: Sequence[Mapping[str, Any]]) -> list[InvoiceRow]:
    """Spell effects as invoice rows: every item of every box, with a number now or a date for later."""
    rows = []
    for effect in effects:
        payload = effect["payload"]
        later = date.fromisoformat(payload["later_date"]) if payload["later_date"] else None
        rows += [
            InvoiceRow(
                effect["shipment_box_id"],
                effect["order_id"],
                item["vendor_item_id"],
                payload["courier_code"],
                payload["invoice_number"] if item["now"] else "",
                payload["split_shipping"],
                payload["pre_split_shipped"],
                None if item["now"] else later,
            )
            for item in payload["lines"]
        ]
    return rows


async def read_back(session: VisitSession) -> int:
    """Read what Coupang shows of every effect of unknown outcome that is due; return how many were read."""
    due = await readback.doubtful(session.context, session.vendor_id)
    for kind in Kind:
        group = [effect for effect in due if effect["kind"] == kind]
        if not group:
            continue
        if kind in READ_ALONE:
            for effect in group:
                try:
                    await READ_ALONE[kind](session, effect)
                except OutOfTime:
                    return len(due)
            continue
        found: dict[int, list[Sheet]] = {}
        listed_at = session.context.now()
        if kind is Kind.ACKNOWLEDGE:
            try:
                found = await look_at(session, group, (WireStatus.INSTRUCT,), "readback")
            except CoupangError as error:
                raise_if_stopped(error)
        shown = [
            _finding(session, effect, found[effect["shipment_box_id"]], listed_at)
            for effect in group
            if effect["shipment_box_id"] in found
        ]
        if shown:
            await readback.settle_all(session.context, session.vendor_id, session.epoch, shown)
        for effect in group:
            if effect["shipment_box_id"] in found:
                continue
            sheets, at = None, session.context.now()
            try:
                # The order shows every box, also the one that a split has made.
                whole = {**effect, "split_shipping": effect["payload"].get("part", False)}
                sheets = await look_single(session, whole, "readback")
            except CoupangError as error:
                raise_if_stopped(error)
            except OutOfTime:
                return len(due)
            if sheets is None:
                await outbox.postpone(
                    session.context, session.vendor_id, session.epoch, [effect["effect_id"]]
                )
                continue
            others = (
                await readback.others_cancels(session.context, effect)
                if kind is Kind.SELLER_CANCEL
                else readback.NOBODY
            )
            finding = _finding(session, effect, sheets, at, others)
            await readback.settle_all(session.context, session.vendor_id, session.epoch, [finding])
    return len(due)


def _finding(
    session: VisitSession,
    effect: Mapping[str, Any],
    sheets: list[Sheet],
    at: datetime,
    others: readback.Others = readback.NOBODY,
) -> readback.Finding:
    raw = b"\n".join(sheet.raw for sheet in sheets) or b"gone"
    return readback.Finding(effect, readback.verdict_of(session.context, effect, sheets, at, others), raw)
