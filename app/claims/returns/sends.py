"""Send what returns ask for, one call each, and read back what is of unknown outcome."""

from collections.abc import Mapping
from typing import Any

from app.claims.ingest import take_receipts
from app.claims.kinds import ClaimKind
from app.claims.reread import ask_for_withdrawals
from app.claims.returns.verdicts import REFUNDED, read_return, told_by
from app.coupang.claims import return_calls
from app.coupang.claims.types import PickupOf, ReceiptPage
from app.coupang.errors import CoupangError, NotExisting
from app.engine.effects import outbox, readback
from app.engine.effects.dispatch import alone
from app.engine.effects.senders import DONE
from app.engine.effects.verdicts import Verdict
from app.engine.visits.session import VisitSession, raise_if_stopped
from app.machines.returns import ReturnState


async def _confirm(session: VisitSession, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    """Confirm the arrival, then look: only the outcome shows whether it refunded at once."""
    done = await return_calls.confirm_receipt(session.client, effect["subject_id"], purpose="return")
    try:
        page = await return_calls.get_receipt(session.client, effect["subject_id"], purpose="return")
    except CoupangError as error:
        return Verdict("doubt", "OUTCOME_UNREAD", f"taken, then {type(error).__name__}", True), done.raw
    match told_by(page)[0]:
        case ReturnState.RETURNS_COMPLETED:
            return Verdict("confirm", REFUNDED, "quick refund"), page.raw
        case ReturnState.VENDOR_WAREHOUSE_CONFIRM:
            return DONE, page.raw
        case shown:
            return Verdict("doubt", "OUTCOME_UNREAD", f"taken, and the receipt shows {shown}", True), page.raw


async def _approve(session: VisitSession, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    count = effect["payload"]["cancel_count"]
    done = await return_calls.approve(session.client, effect["subject_id"], count, purpose="return")
    return DONE, done.raw


async def _pickup(session: VisitSession, effect: Mapping[str, Any]) -> tuple[Verdict, bytes]:
    payload = effect["payload"]
    done = await return_calls.register_pickup_waybill(
        session.client,
        PickupOf(payload["pickup_of"]),
        effect["subject_id"],
        payload["courier_code"],
        payload["invoice_number"],
        payload["reg_number"],
        purpose="return",
    )
    if (done.courier_code, done.invoice_number) != (payload["courier_code"], payload["invoice_number"]):
        return Verdict("doubt", "OTHER_WAYBILL", "the answer names another waybill", True), done.raw
    return DONE, done.raw


register_pickup = alone(_pickup)
confirm_return = alone(_confirm)
approve_return = alone(_approve)


async def read_back_return(session: VisitSession, effect: Mapping[str, Any]) -> None:
    """Read the receipt of a doubtful change, settle the change by what it shows, then store the reading.

    Raises:
        OutOfTime: The visit is over; the effect waits.
    """
    session.check_time()
    context, vendor_id, receipt_id = session.context, session.vendor_id, effect["subject_id"]
    at = context.now()
    try:
        page, withdrawn = await _look(session, receipt_id)
    except CoupangError as error:
        raise_if_stopped(error)
        await outbox.postpone(context, vendor_id, session.epoch, [effect["effect_id"]])
        return
    shown, waybills = told_by(page) if page else (ReturnState.WITHDRAWN if withdrawn else None, ())
    if page is not None and shown is None:
        # Its row could not be read, or is no return: that says nothing about the change.
        await outbox.postpone(context, vendor_id, session.epoch, [effect["effect_id"]])
        return
    verdict = read_return(
        ClaimKind(effect["kind"]),
        effect["payload"],
        shown,
        waybills,
        readback.silent_for(context, effect, at),
        context.policy.write_shows_within,
    )
    raw = page.raw if page else b"withdrawn" if withdrawn else b"no receipt"
    await readback.settle(context, vendor_id, session.epoch, effect, verdict, raw)
    if page is not None:
        await take_receipts(
            context,
            vendor_id,
            page,
            cause="look:readback",
            at=at,
            epoch=session.epoch,
            proven=frozenset(one.receipt_id for one in page.receipts),
        )


async def _look(session: VisitSession, receipt_id: int) -> tuple[ReceiptPage | None, bool]:
    """Return the page of a receipt; None and whether it was withdrawn when there is none."""
    try:
        return await return_calls.get_receipt(session.client, receipt_id, purpose="readback"), False
    except NotExisting:
        return None, receipt_id in await ask_for_withdrawals(session, [receipt_id])
