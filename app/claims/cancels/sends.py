"""Send answers to stop requests and cancels by the seller, one call each, and read them back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.claims import store as claim_store
from app.claims.cancels import changes as cancel_changes
from app.claims.cancels.verdicts import judge_cancel, read_answer, read_cancel
from app.claims.ingest import state_shown
from app.claims.kinds import ClaimKind
from app.claims.reread import look_at_receipt
from app.coupang.claims import cancel_calls
from app.coupang.claims.types import MiddleCancelCode
from app.coupang.errors import CoupangError
from app.coupang.orders.decode import Sheet
from app.engine.effects import outbox, readback
from app.engine.effects.dispatch import alone
from app.engine.effects.senders import DONE
from app.engine.effects.verdicts import Verdict
from app.engine.visits.session import VisitSession, raise_if_stopped
from app.machines.cancels import CancelState
from app.orders.effects.read_back import read_singly
from app.orders.seller_cancels import NO_WING_USER


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


stop_shipment = alone(_stop)
declare_shipped = alone(_shipped)
seller_cancel = alone(_cancel)


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
    verdict = read_answer(
        ClaimKind(effect["kind"]),
        shown,
        readback.silent_for(session.context, effect, at),
        session.context.policy.write_shows_within,
    )
    raw = page.raw if page else b"withdrawn" if withdrawn else b"no receipt"
    await readback.settle(session.context, session.vendor_id, session.epoch, effect, verdict, raw)


async def read_back_seller_cancel(session: VisitSession, effects: Sequence[Mapping[str, Any]]) -> None:
    """Read the boxes of doubtful seller's cancels; what customers had stopped meanwhile proves nothing."""
    await read_singly(session, effects, _judge_seller_cancel)


async def _judge_seller_cancel(
    session: VisitSession, effect: Mapping[str, Any], sheets: list[Sheet], at: datetime
) -> Verdict:
    context = session.context
    async with context.db.connection() as connection:
        rows = await claim_store.asked_to_stop(
            connection, effect["vendor_id"], effect["shipment_box_id"], effect["asked_at"]
        )
    return read_cancel(
        effect["payload"],
        sheets,
        effect["shipment_box_id"],
        readback.silent_for(context, effect, at),
        context.policy.write_shows_within,
        {row["vendor_item_id"]: (row["stopped"], row["requested"]) for row in rows},
    )
