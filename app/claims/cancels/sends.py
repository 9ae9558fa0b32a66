"""Send what claims ask for, one call each: answers to stop requests, cancels, returns."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.claims.cancels import changes as cancel_changes
from app.claims.cancels.verdicts import judge_cancel
from app.claims.ingest import state_shown
from app.claims.reread import look_at_receipt
from app.claims.returns.sends import SEND_RETURNS, read_back_return
from app.coupang.claims import cancel_calls
from app.coupang.claims.types import MiddleCancelCode
from app.coupang.errors import CoupangError
from app.engine.effects import outbox, readback
from app.engine.effects.outbox import Batch
from app.engine.effects.senders import DONE, Send
from app.engine.effects.verdicts import Kind, Verdict
from app.engine.visits.session import VisitSession, raise_if_stopped
from app.exchanges.poll import SEND_EXCHANGES, read_back_exchange
from app.machines.cancels import CancelState
from app.orders.seller_cancels import NO_WING_USER

FIRST = (Kind.STOP_SHIPMENT, Kind.DECLARE_SHIPPED, Kind.SELLER_CANCEL)
"""Kinds that go before all others."""


async def _stop(session: VisitSession, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    count = effect["payload"]["cancel_count"]
    done = await cancel_calls.stop_shipment(session.client, effect["subject_id"], count, purpose="cancel")
    return DONE, done.raw


async def _shipped(session: VisitSession, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    payload = effect["payload"]
    done = await cancel_calls.declare_shipped(
        session.client,
        effect["subject_id"],
        payload["courier_code"],
        payload["invoice_number"],
        purpose="cancel",
    )
    return DONE, done.raw


async def _cancel(session: VisitSession, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    user_id = session.lease.wing_user_id
    if not user_id:
        # It was forgotten after this was asked: nothing is sent.
        return Verdict("reject", "NO_WING_USER", NO_WING_USER), b"no wing_user_id"
    payload = effect["payload"]
    counts = {item["vendor_item_id"]: item["count"] for item in payload["items"]}
    reason = MiddleCancelCode(payload["reason"])
    answer = await cancel_calls.cancel(
        session.client, effect["order_id"], counts, reason, user_id, purpose="cancel"
    )
    await cancel_changes.join(session.context, session.vendor_id, session.epoch, effect, answer)
    return judge_cancel(answer, payload), answer.raw


SEND_ALONE: Mapping[Kind, Send] = {
    Kind.STOP_SHIPMENT: _stop,
    Kind.DECLARE_SHIPPED: _shipped,
    Kind.SELLER_CANCEL: _cancel,
    **SEND_RETURNS,
    **SEND_EXCHANGES,
}


async def send_alone(session: VisitSession, batch: Batch) -> None:
    """Send the one effect of a batch and settle it."""
    try:
        verdict, raw = await SEND_ALONE[batch.kind](session, batch.effects[0])
    except CoupangError as error:
        await outbox.settle_error(session.context, session.vendor_id, session.epoch, batch, error)
        raise_if_stopped(error)
        return
    await outbox.settle_verdict(session.context, session.vendor_id, session.epoch, batch, verdict, raw)


async def read_back_answer(session: VisitSession, effect: Mapping[str, Any]) -> None:
    """Read the receipt of a doubtful answer, and settle the answer by what it shows.

    Raises:
        OutOfTime: The visit is over; the effect waits.
    """
    at = session.context.now()
    try:
        page, withdrawn = await look_at_receipt(session, effect["subject_id"], "readback")
    except CoupangError as error:
        raise_if_stopped(error)
        await outbox.postpone(session.context, session.vendor_id, session.epoch, [effect["effect_id"]])
        return
    shown = CancelState.WITHDRAWN if withdrawn else state_shown(page) if page else None
    if page is not None and shown is None:
        # Its row could not be read, or is no cancel at all: that says nothing about the answer.
        await outbox.postpone(session.context, session.vendor_id, session.epoch, [effect["effect_id"]])
        return
    verdict = readback.verdict_of_answer(session.context, effect, shown, at)
    raw = page.raw if page else b"withdrawn" if withdrawn else b"no receipt"
    await readback.settle(session.context, session.vendor_id, session.epoch, effect, verdict, raw)


async def read_back_pickup(session: VisitSession, effect: Mapping[str, Any]) -> None:
    """Read the claim of a doubtful pick-up waybill, a return or an exchange."""
    read = read_back_exchange if effect["subject"] == "exchange" else read_back_return
    await read(session, effect)


READ_ALONE: Mapping[Kind, Callable[[VisitSession, Mapping[str, Any]], Awaitable[None]]] = {
    Kind.STOP_SHIPMENT: read_back_answer,
    Kind.DECLARE_SHIPPED: read_back_answer,
    **dict.fromkeys(SEND_RETURNS, read_back_return),
    **dict.fromkeys(SEND_EXCHANGES, read_back_exchange),
    Kind.PICKUP_WAYBILL: read_back_pickup,
}
"""Kinds whose outcome shows in a claim, and how it is read."""
