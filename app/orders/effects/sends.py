"""Send changes of boxes: 50 boxes a call, results box by box; waybills only after a live claim check."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from app.coupang.errors import CoupangError
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import InvoiceRow, Results, RowResult, Sheet, WireStatus
from app.engine.context import Context
from app.engine.effects import outbox
from app.engine.effects.outbox import Batch
from app.engine.feeds import feeds
from app.engine.visits.session import VisitSession, raise_if_stopped
from app.orders.effects.kinds import OrderKind
from app.orders.effects.verdicts import judge
from app.orders.reread import look_at, look_single


async def claim_check(session: VisitSession) -> list[int]:
    """Read stop requests and the boxes of waiting waybills right before they go; return what was read.

    First the open stop requests, in one list: they block their boxes. Then the boxes: a pending cancel shows
    as held units before its receipt is listed. No waybill is sent for a box that could not be read just now,
    and none at all when the stop requests could not be.
    """
    due = await outbox.waiting(session.context, session.vendor_id, OrderKind.SHIP)
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
    """Read what could forbid a waybill and then these boxes; return the sheets of the boxes that were read.

    Args:
        session: The visit's session.
        due: Rows with `shipment_box_id`, `order_id` and `paid_at`.
        purpose: Why, for the call counts.
    """
    found: dict[int, list[Sheet]] = {}
    try:
        for check in session.context.registry.shipping_checks:
            await check.read(session, min(row["paid_at"] for row in due), purpose)
        found = await look_at(session, due, (WireStatus.INSTRUCT,), purpose)
        for row in due:
            if row["shipment_box_id"] not in found:
                sheets = await look_single(session, row, purpose)
                if sheets is not None:
                    found[row["shipment_box_id"]] = sheets
    except CoupangError as error:
        raise_if_stopped(error)
    return found


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


def in_batches(
    call: Callable[[VisitSession, Batch], Awaitable[Results]],
) -> Callable[[VisitSession, Batch], Awaitable[None]]:
    """Return a sender that makes one call for a batch and settles it box by box."""

    async def send(session: VisitSession, batch: Batch) -> None:
        try:
            answer = await call(session, batch)
        except CoupangError as error:
            await outbox.settle_error(session.context, session.vendor_id, session.epoch, batch, error)
            raise_if_stopped(error)
            return
        contradicted = await settle_rows(session.context, session.vendor_id, session.epoch, batch, answer)
        if contradicted and batch.kind == OrderKind.SHIP:
            await _look_for_the_stop(session, batch)

    return send


async def settle_rows(context: Context, vendor_id: str, epoch: int, batch: Batch, answer: Results) -> bool:
    """Settle each box by its rows; True when the answer contradicts our picture of one."""
    verdicts = {
        effect["effect_id"]: judge(
            batch.kind, [row for row in answer.rows if row.shipment_box_id == effect["shipment_box_id"]]
        )
        for effect in batch.effects
    }
    await outbox.settle(context, vendor_id, epoch, batch, verdicts, answer.raw)
    return any(verdict.reread for verdict in verdicts.values())


async def _look_for_the_stop(session: VisitSession, batch: Batch) -> None:
    """Read the stop requests again at once: a waybill was refused, so that the decision shows."""
    since = min(effect["paid_at"] for effect in batch.effects)
    for check in session.context.registry.shipping_checks:
        try:
            await check.read(session, since, "claim")
        except CoupangError as error:
            raise_if_stopped(error)
        # Its receipt may be listed minutes after its hold.
        await feeds.hasten(
            session.context, session.vendor_id, session.epoch, check.feed, timedelta(minutes=1)
        )


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


acknowledge = in_batches(_acknowledge)
upload_invoices = in_batches(_upload)
update_invoices = in_batches(_update)
close_undelivered = in_batches(_close)
