"""Send what claims ask for, one call each: answers to stop requests, cancels, returns."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.coupang.claims import cancel_calls
from app.coupang.claims.types import MiddleCancelCode
from app.coupang.errors import CoupangError
from app.flows import cancelling, reading, sending
from app.flows.cancel_outcomes import judge_cancel
from app.flows.outcomes import Kind, Verdict
from app.flows.receipts import state_shown
from app.flows.sending import Batch
from app.jobs.exchanging import SEND_EXCHANGES, read_back_exchange
from app.jobs.line import Line, hush
from app.jobs.lone_receipts import look_at_receipt
from app.jobs.returning import SEND_RETURNS, read_back_return
from app.jobs.sends import DONE, Send
from app.machines.cancels import CancelState

FIRST = (Kind.STOP_SHIPMENT, Kind.DECLARE_SHIPPED, Kind.SELLER_CANCEL)
"""Kinds that go before all others."""


async def _stop(line: Line, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    count = effect["payload"]["cancel_count"]
    done = await cancel_calls.stop_shipment(line.client, effect["subject_id"], count, purpose="cancel")
    return DONE, done.raw


async def _shipped(line: Line, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    payload = effect["payload"]
    done = await cancel_calls.declare_shipped(
        line.client,
        effect["subject_id"],
        payload["courier_code"],
        payload["invoice_number"],
        purpose="cancel",
    )
    return DONE, done.raw


async def _cancel(line: Line, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    user_id = line.turn.wing_user_id
    if not user_id:
        # It was forgotten after this was asked: nothing is sent.
        return Verdict("reject", "NO_WING_USER", cancelling.NO_WING_USER), b"no wing_user_id"
    payload = effect["payload"]
    counts = {item["vendor_item_id"]: item["count"] for item in payload["items"]}
    reason = MiddleCancelCode(payload["reason"])
    answer = await cancel_calls.cancel(
        line.client, effect["order_id"], counts, reason, user_id, purpose="cancel"
    )
    await cancelling.join(line.house, line.vendor_id, line.epoch, effect, answer)
    return judge_cancel(answer, payload), answer.raw


SEND_ALONE: Mapping[Kind, Send] = {
    Kind.STOP_SHIPMENT: _stop,
    Kind.DECLARE_SHIPPED: _shipped,
    Kind.SELLER_CANCEL: _cancel,
    **SEND_RETURNS,
    **SEND_EXCHANGES,
}


async def send_alone(line: Line, batch: Batch) -> None:
    """Send the one effect of a batch and settle it."""
    try:
        verdict, raw = await SEND_ALONE[batch.kind](line, batch.effects[0])
    except CoupangError as error:
        await sending.settle_error(line.house, line.vendor_id, line.epoch, batch, error)
        hush(error)
        return
    await sending.settle_verdict(line.house, line.vendor_id, line.epoch, batch, verdict, raw)


async def read_back_answer(line: Line, effect: Mapping[str, Any]) -> None:
    """Read the receipt of a doubtful answer, and settle the answer by what it shows.

    Raises:
        OutOfTime: The visit is over; the effect waits.
    """
    at = line.house.now()
    try:
        page, withdrawn = await look_at_receipt(line, effect["subject_id"], "readback")
    except CoupangError as error:
        hush(error)
        await sending.postpone(line.house, line.vendor_id, line.epoch, [effect["effect_id"]])
        return
    shown = CancelState.WITHDRAWN if withdrawn else state_shown(page) if page else None
    if page is not None and shown is None:
        # Its row could not be read, or is no cancel at all: that says nothing about the answer.
        await sending.postpone(line.house, line.vendor_id, line.epoch, [effect["effect_id"]])
        return
    verdict = reading.verdict_of_answer(line.house, effect, shown, at)
    raw = page.raw if page else b"withdrawn" if withdrawn else b"no receipt"
    await reading.settle(line.house, line.vendor_id, line.epoch, effect, verdict, raw)


async def read_back_pickup(line: Line, effect: Mapping[str, Any]) -> None:
    """Read the claim of a doubtful pick-up waybill, a return or an exchange."""
    read = read_back_exchange if effect["subject"] == "exchange" else read_back_return
    await read(line, effect)


READ_ALONE: Mapping[Kind, Callable[[Line, Mapping[str, Any]], Awaitable[None]]] = {
    Kind.STOP_SHIPMENT: read_back_answer,
    Kind.DECLARE_SHIPPED: read_back_answer,
    **dict.fromkeys(SEND_RETURNS, read_back_return),
    **dict.fromkeys(SEND_EXCHANGES, read_back_exchange),
    Kind.PICKUP_WAYBILL: read_back_pickup,
}
"""Kinds whose outcome shows in a claim, and how it is read."""
