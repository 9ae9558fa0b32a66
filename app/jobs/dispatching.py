"""Send effects and read back doubtful ones: 50 boxes a call, every try recorded before and after."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from app.coupang.errors import CoupangError
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import InvoiceRow, Results, RowResult, Sheet, WireStatus
from app.flows import feeds, reading, sending
from app.flows.outcomes import Kind
from app.flows.sending import Batch
from app.jobs.answering import FIRST, READ_ALONE, SEND_ALONE, send_alone
from app.jobs.claiming import check_stops
from app.jobs.line import Line, OutOfTime, hush
from app.jobs.looking import look_at, look_single

RESERVE_S = 2.0
"""No write is sent when less than this is left of the visit: its answer must still be stored."""


ORDER = (*FIRST, *(kind for kind in Kind if kind not in FIRST))
"""Cancels first: what is stopped must not leave."""


async def dispatch(line: Line, kinds: Sequence[Kind] = ORDER) -> int:
    """Send everything that is due, kind by kind; return how many effects were sent."""
    sent = 0
    line.check_time(RESERVE_S)
    due = await sending.kinds_due(line.house, line.vendor_id)
    for kind in kinds:
        if kind not in due:
            continue
        while True:
            line.check_time(RESERVE_S)
            only = await _checked(line) if kind is Kind.SHIP else None
            if kind is Kind.SHIP and not only:
                break
            line.check_time(RESERVE_S)
            batch = await sending.take(line.house, line.vendor_id, line.epoch, kind, only=only)
            if batch is None:
                break
            await (send_alone if kind in SEND_ALONE else _send)(line, batch)
            sent += len(batch.effects)
        # Sending takes its time: what was asked for meanwhile goes along, if its turn is still to come.
        due = await sending.kinds_due(line.house, line.vendor_id)
    return sent


async def _checked(line: Line) -> list[int]:
    """Read stop requests and the boxes of waiting waybills right before they go; return what was read.

    This is the claim check. First the open stop requests, in one list: they block their boxes. Then the
    boxes: a pending cancel shows as held units before its receipt is listed. No waybill is sent for a box
    that could not be read just now, and none at all when the stop requests could not be.
    """
    due = await sending.waiting(line.house, line.vendor_id, Kind.SHIP)
    if not due:
        return []
    found = await read_right_now(line, due, "claim")
    unread = [effect["effect_id"] for effect in due if effect["shipment_box_id"] not in found]
    if unread:
        await sending.postpone(line.house, line.vendor_id, line.epoch, unread)
    return [effect["effect_id"] for effect in due if effect["shipment_box_id"] in found]


async def read_right_now(
    line: Line, due: Sequence[Mapping[str, Any]], purpose: str
) -> dict[int, list[Sheet]]:
    """Read the open stop requests and then these boxes; return the sheets of the boxes that were read.

    Args:
        line: The visit's line.
        due: Rows with `shipment_box_id`, `order_id` and `paid_at`.
        purpose: Why, for the tally.
    """
    found: dict[int, list[Sheet]] = {}
    try:
        await check_stops(line, min(row["paid_at"] for row in due), purpose)
        found = await look_at(line, due, (WireStatus.INSTRUCT,), purpose)
        for row in due:
            if row["shipment_box_id"] not in found:
                sheets = await look_single(line, row, purpose)
                if sheets is not None:
                    found[row["shipment_box_id"]] = sheets
    except CoupangError as error:
        hush(error)
    return found


async def _send(line: Line, batch: Batch) -> None:
    try:
        answer = await SEND[batch.kind](line, batch)
    except CoupangError as error:
        await sending.settle_error(line.house, line.vendor_id, line.epoch, batch, error)
        hush(error)
        return
    contradicted = await sending.settle(line.house, line.vendor_id, line.epoch, batch, answer)
    if contradicted and batch.kind is Kind.SHIP:
        await _look_for_the_stop(line, batch)


async def _look_for_the_stop(line: Line, batch: Batch) -> None:
    """Read the stop requests again at once: a waybill was refused, so that the decision shows."""
    since = min(effect["paid_at"] for effect in batch.effects)
    try:
        await check_stops(line, since, "claim")
    except CoupangError as error:
        hush(error)
    # Its receipt may be listed minutes after its hold.
    await feeds.hasten(line.house, line.vendor_id, line.epoch, feeds.STOPS, timedelta(minutes=1))


async def _acknowledge(line: Line, batch: Batch) -> Results:
    ids = [effect["shipment_box_id"] for effect in batch.effects]
    return await order_calls.acknowledge(line.client, ids, purpose="acknowledge")


async def _upload(line: Line, batch: Batch) -> Results:
    return await order_calls.upload_invoices(line.client, invoice_rows(batch.effects), purpose="invoice")


async def _update(line: Line, batch: Batch) -> Results:
    return await order_calls.update_invoices(line.client, invoice_rows(batch.effects), purpose="invoice")


async def _close(line: Line, batch: Batch) -> Results:
    effect = batch.effects[0]
    box_id = effect["shipment_box_id"]
    done = await order_calls.complete_undelivered(
        line.client, box_id, effect["payload"]["invoice_number"], purpose="close"
    )
    row = RowResult(box_id, done, "OK" if done else "")
    return Results(0, "", (row,), b"true" if done else b"false")


SEND: Mapping[Kind, Callable[[Line, Batch], Awaitable[Results]]] = {
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


async def read_back(line: Line) -> int:
    """Read what Coupang shows of every doubtful effect that is due; return how many were read."""
    due = await reading.doubtful(line.house, line.vendor_id)
    for kind in Kind:
        group = [effect for effect in due if effect["kind"] == kind]
        if not group:
            continue
        if kind in READ_ALONE:
            for effect in group:
                try:
                    await READ_ALONE[kind](line, effect)
                except OutOfTime:
                    return len(due)
            continue
        found: dict[int, list[Sheet]] = {}
        listed_at = line.house.now()
        if kind is Kind.ACKNOWLEDGE:
            try:
                found = await look_at(line, group, (WireStatus.INSTRUCT,), "readback")
            except CoupangError as error:
                hush(error)
        shown = [
            _finding(line, effect, found[effect["shipment_box_id"]], listed_at)
            for effect in group
            if effect["shipment_box_id"] in found
        ]
        if shown:
            await reading.settle_all(line.house, line.vendor_id, line.epoch, shown)
        for effect in group:
            if effect["shipment_box_id"] in found:
                continue
            sheets, at = None, line.house.now()
            try:
                # The order shows every box, also the one that a split has made.
                whole = {**effect, "split_shipping": effect["payload"].get("part", False)}
                sheets = await look_single(line, whole, "readback")
            except CoupangError as error:
                hush(error)
            except OutOfTime:
                return len(due)
            if sheets is None:
                await sending.postpone(line.house, line.vendor_id, line.epoch, [effect["effect_id"]])
                continue
            others = (
                await reading.others_cancels(line.house, effect)
                if kind is Kind.SELLER_CANCEL
                else reading.NOBODY
            )
            finding = _finding(line, effect, sheets, at, others)
            await reading.settle_all(line.house, line.vendor_id, line.epoch, [finding])
    return len(due)


def _finding(
    line: Line,
    effect: Mapping[str, Any],
    sheets: list[Sheet],
    at: datetime,
    others: reading.Others = reading.NOBODY,
) -> reading.Finding:
    raw = b"\n".join(sheet.raw for sheet in sheets) or b"gone"
    return reading.Finding(effect, reading.verdict_of(line.house, effect, sheets, at, others), raw)
