"""Read receipts by themselves, and ask which of them were withdrawn."""

from collections.abc import Sequence

from app.claims import read_schedule as claim_read_schedule
from app.claims.ingest import take_receipts
from app.claims.ingest_withdrawals import take_withdrawals
from app.coupang.claims import return_calls
from app.coupang.claims.types import ReceiptPage
from app.coupang.errors import CoupangError, NotExisting
from app.engine.visits.session import SINGLES_MOST, VisitSession, raise_if_stopped


async def ask_for_withdrawals(session: VisitSession, only: Sequence[int] | None = None) -> set[int]:
    """Ask which of our open receipts (or of these) were withdrawn; return those that were."""
    context, withdrawn = session.context, set[int]()
    receipt_ids = (
        list(only) if only is not None else await claim_read_schedule.open_ids(context, session.vendor_id)
    )
    for first in range(0, len(receipt_ids), return_calls.MOST_RECEIPTS):
        session.check_time()
        at = context.now()
        asked = receipt_ids[first : first + return_calls.MOST_RECEIPTS]
        page = await return_calls.list_withdrawals_of(session.client, asked, purpose="claims")
        await take_withdrawals(
            context, session.vendor_id, page, cause="look:withdrawals", at=at, epoch=session.epoch
        )
        withdrawn |= {one.receipt_id for one in page.withdrawals}
    return withdrawn


async def reread_receipts(session: VisitSession) -> int:
    """Read every receipt that is due by itself; return how many were."""
    context = session.context
    due = await claim_read_schedule.to_read(context, session.vendor_id, SINGLES_MOST)
    for receipt in due:
        try:
            await look_at_receipt(session, receipt["receipt_id"], "receipt")
        except CoupangError as error:
            raise_if_stopped(error)
            await claim_read_schedule.postpone(
                context, session.vendor_id, session.epoch, receipt["receipt_id"]
            )
    return len(due)


async def look_at_receipt(
    session: VisitSession, receipt_id: int, purpose: str
) -> tuple[ReceiptPage | None, bool]:
    """Read one receipt by itself, store and observe it.

    Returns:
        The page and False; None and whether it was withdrawn when there is no such receipt (any more).
    """
    session.check_time()
    context, at = session.context, session.context.now()
    try:
        page = await return_calls.get_receipt(session.client, receipt_id, purpose=purpose)
    except NotExisting:
        withdrawn = receipt_id in await ask_for_withdrawals(session, [receipt_id])
        if not withdrawn:
            await claim_read_schedule.vanished(context, session.vendor_id, session.epoch, receipt_id)
        return None, withdrawn
    proven = frozenset(one.receipt_id for one in page.receipts)
    await take_receipts(
        context, session.vendor_id, page, cause=f"look:{purpose}", at=at, epoch=session.epoch, proven=proven
    )
    if not proven:
        await claim_read_schedule.postpone(context, session.vendor_id, session.epoch, receipt_id)
    return page, False
