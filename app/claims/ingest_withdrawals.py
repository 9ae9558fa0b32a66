"""Take withdrawals: a receipt the customer took back vanishes from the lists, and only this proves it."""

from datetime import datetime
from typing import Any

from app.claims import page_store as receipt_page_store
from app.claims import store as claim_store
from app.claims.box_blocks import block_boxes, unblock
from app.claims.page_store import Birth
from app.claims.transitions import ReceiptMove, move_cancels, move_returns
from app.coupang.claims.types import WithdrawalPage
from app.engine.context import PURPOSE_EVIDENCE, PURPOSE_QUARANTINE, Context, until_fresh
from app.engine.evidence import store as evidence_store
from app.engine.feeds import coverage
from app.engine.feeds.windows import IngestResult, Window
from app.engine.history import transitions
from app.machines import cancels, returns
from app.machines.cancels import CancelFacts, CancelState
from app.machines.returns import RETURN, ReturnFacts, ReturnState
from app.orders.quantities import store as quantity_store
from app.orders.quantities.quantities import settle_claims


async def take_withdrawals(
    context: Context,
    vendor_id: str,
    page: WithdrawalPage,
    *,
    cause: str,
    at: datetime,
    epoch: int | None = None,
    covered: Window | None = None,
) -> IngestResult:
    """Store which of our receipts were withdrawn; their boxes are free again, and are read.

    A withdrawal of a receipt that we never saw changes nothing here, for it held nothing here.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
        Stale: Others kept changing these receipts.
    """
    told = {one.receipt_id: one for one in page.withdrawals}

    async def work() -> IngestResult:
        cancel_moves: list[ReceiptMove] = []
        return_moves: list[ReceiptMove] = []
        births: list[Birth] = []
        proofs: list[tuple[bytes, str, bytes]] = []
        async with context.db.transaction() as tx:
            if epoch is not None:
                await transitions.fence(tx, vendor_id, epoch)
            lives = await claim_store.lives_of(tx, vendor_id, told)
            moved: set[int] = set()
            for life in lives:
                receipt_id = life["receipt_id"]
                raw = told[receipt_id].raw
                digest = context.vault.digest(raw)
                if life["cancel_state"] == CancelState.SHIPPED_ALREADY and life["return_state"] is None:
                    # It went on as a return, and was taken back before anybody saw it as one.
                    births.append(Birth(receipt_id, life["order_id"], digest))
                    life |= {"return_state": str(RETURN.initial), "return_version": 1}
                steps, back = _steps(life, cause, digest)
                if not steps and not back:
                    continue
                moved.add(receipt_id)
                proofs.append((digest, "withdrawal", context.vault.seal_packed(raw, PURPOSE_EVIDENCE)))
                if steps:
                    cancel_moves.append(ReceiptMove(receipt_id, life["cancel_version"], steps))
                if back:
                    return_moves.append(ReceiptMove(receipt_id, life["return_version"], back))
            if proofs:
                await evidence_store.keep(tx, vendor_id, proofs, at)
            await receipt_page_store.begin_returns(
                tx, vendor_id, births, initial=str(RETURN.initial), cause=cause, at=at
            )
            await move_cancels(tx, vendor_id, cancel_moves, at)
            await move_returns(tx, vendor_id, return_moves, at)
            await claim_store.schedule_reads(
                tx, vendor_id, [(receipt_id, None, None) for receipt_id in moved]
            )
            await block_boxes(tx, vendor_id, moved, (), at)
            await quantity_store.give_back(tx, vendor_id, moved)
            await settle_claims(tx, vendor_id, moved)
            await unblock(tx, vendor_id, set(told), at)
            if page.unreadable:
                rows = [
                    (
                        context.vault.digest(row.raw),
                        None,
                        row.reason,
                        context.vault.seal_packed(row.raw, PURPOSE_QUARANTINE),
                    )
                    for row in page.unreadable
                ]
                await evidence_store.quarantine(tx, vendor_id, cause, rows, at)
            if covered is not None:
                await coverage.grow(tx, vendor_id, covered.feed, covered.start, covered.end)
        return IngestResult(
            len(told), len(moved), len(cancel_moves) + len(return_moves), (), len(page.unreadable)
        )

    return await until_fresh(work)


def _steps(
    life: dict[str, Any], cause: str, digest: bytes
) -> tuple[tuple[transitions.Step, ...], tuple[transitions.Step, ...]]:
    """Return the steps of the cancel and of the return; one that is over takes none."""
    cancel_road: tuple[Any, ...] = ()
    return_road: tuple[Any, ...] = ()
    if life["cancel_state"]:
        cancel_road = (
            cancels.walk(CancelState(life["cancel_state"]), CancelState.WITHDRAWN, CancelFacts(proven=True))
            or ()
        )
    if life["return_state"]:
        return_road = (
            returns.walk(ReturnState(life["return_state"]), ReturnState.WITHDRAWN, ReturnFacts(proven=True))
            or ()
        )

    def told(road: tuple[Any, ...]) -> tuple[transitions.Step, ...]:
        return tuple(
            transitions.Step(move.event, move.source, move.target, "coupang", cause, digest) for move in road
        )

    return told(cancel_road), told(return_road)
