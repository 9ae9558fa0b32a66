"""Read receipts by themselves, and ask which of them were withdrawn."""

from collections.abc import Sequence

from app.coupang.claims import return_calls
from app.coupang.claims.types import ReceiptPage
from app.coupang.errors import CoupangError, NotExisting
from app.flows import claim_reads
from app.flows.receipts import take_receipts
from app.flows.withdrawals import take_withdrawals
from app.jobs.line import Line, hush

SINGLES_MOST = 20
"""Receipts read by themselves in one visit."""


async def ask_for_withdrawals(line: Line, only: Sequence[int] | None = None) -> set[int]:
    """Ask which of our open receipts (or of these) were withdrawn; return those that were."""
    house, withdrawn = line.house, set[int]()
    receipt_ids = list(only) if only is not None else await claim_reads.open_ids(house, line.vendor_id)
    for first in range(0, len(receipt_ids), return_calls.MOST_RECEIPTS):
        line.check_time()
        at = house.now()
        asked = receipt_ids[first : first + return_calls.MOST_RECEIPTS]
        page = await return_calls.list_withdrawals_of(line.client, asked, purpose="claims")
        await take_withdrawals(house, line.vendor_id, page, cause="look:withdrawals", at=at, epoch=line.epoch)
        withdrawn |= {one.receipt_id for one in page.withdrawals}
    return withdrawn


async def reread_receipts(line: Line) -> int:
    """Read every receipt that is due by itself; return how many were."""
    house = line.house
    due = await claim_reads.to_read(house, line.vendor_id, SINGLES_MOST)
    for receipt in due:
        try:
            await look_at_receipt(line, receipt["receipt_id"], "receipt")
        except CoupangError as error:
            hush(error)
            await claim_reads.postpone(house, line.vendor_id, line.epoch, receipt["receipt_id"])
    return len(due)


async def look_at_receipt(line: Line, receipt_id: int, purpose: str) -> tuple[ReceiptPage | None, bool]:
    """Read one receipt by itself, store and observe it.

    Returns:
        The page and False; None and whether it was withdrawn when there is no such receipt (any more).
    """
    line.check_time()
    house, at = line.house, line.house.now()
    try:
        page = await return_calls.get_receipt(line.client, receipt_id, purpose=purpose)
    except NotExisting:
        withdrawn = receipt_id in await ask_for_withdrawals(line, [receipt_id])
        if not withdrawn:
            await claim_reads.vanished(house, line.vendor_id, line.epoch, receipt_id)
        return None, withdrawn
    proven = frozenset(one.receipt_id for one in page.receipts)
    await take_receipts(
        house, line.vendor_id, page, cause=f"look:{purpose}", at=at, epoch=line.epoch, proven=proven
    )
    if not proven:
        await claim_reads.postpone(house, line.vendor_id, line.epoch, receipt_id)
    return page, False
