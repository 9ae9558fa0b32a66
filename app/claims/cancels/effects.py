"""Effects that answer a stop request: stopped, or shipped already."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.claims import store as claim_store
from app.claims.effects import Receipts
from app.claims.kinds import ClaimKind
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects.subjects import Effects, Proofs, Rows, confirmed_step
from app.engine.history import transitions
from app.machines.boxes import BoxState
from app.machines.cancels import CANCEL, CancelFacts, CancelState
from app.machines.kernel import Refused
from app.orders import store as box_store
from app.orders.quantities.quantities import settle_claims


class Cancels(Receipts):
    """The subject `cancel`."""

    aggregate = "cancel"
    lock_order = 10

    async def lock(self, tx: Connection, vendor_id: str, effects: Effects) -> Rows:
        """Lock the cancels and then their boxes; each row says with `leaving` whether a waybill is out."""
        found: dict[int, Mapping[str, Any]] = {}
        for receipt_id in sorted({effect["subject_id"] for effect in effects}):
            row = await claim_store.find(tx, "cancel", [vendor_id], receipt_id, lock=True)
            if row is None:
                continue
            meant = await claim_store.boxes_of(tx, vendor_id, [receipt_id])
            await box_store.with_quantities(tx, vendor_id, [one["shipment_box_id"] for one in meant])
            leaving = await claim_store.is_leaving(tx, vendor_id, receipt_id)
            found[receipt_id] = {**row, "boxes": meant, "leaving": leaving}
        return found

    def decide(self, row: Mapping[str, Any], effect: Mapping[str, Any], at: datetime) -> None:
        """Decide an answer again: the stop request is open, and nothing left meanwhile.

        Raises:
            Refused: The machine refuses by now; names the rules.
        """
        CANCEL.decide(row["state"], effect["event"], _facts(row, effect))

    async def confirm(
        self, context: Context, tx: Connection, vendor_id: str, effects: Effects, proofs: Proofs, at: datetime
    ) -> None:
        """End the stop requests; their receipts and boxes are read, for there the rest shows."""
        moves = []
        present = await self.lock(tx, vendor_id, effects)
        for effect in effects:
            row = present.get(effect["subject_id"])
            # Seen already: the reading that proves it walked the cancel to its end.
            if row is None or row["state"] != CancelState.REQUESTED:
                continue
            try:
                move = CANCEL.decide(row["state"], effect["event"], _facts(row, effect, answered=True))
            except Refused:
                continue
            step = confirmed_step(effect, move, proofs)
            moves.append(transitions.ReceiptMove(row["receipt_id"], row["version"], (step,)))
            if effect["kind"] == ClaimKind.DECLARE_SHIPPED:
                inside = [one for one in row["boxes"] if one["state"] == BoxState.INSTRUCT]
                # Of several boxes nobody said which one left with this number: they will show it.
                if len(inside) == 1:
                    payload = effect["payload"]
                    waybill = (payload["courier_code"], payload["invoice_number"], False)
                    await box_store.set_waybills(tx, vendor_id, [(inside[0]["shipment_box_id"], *waybill)])
        await transitions.move_cancels(tx, vendor_id, moves, at)
        await settle_claims(tx, vendor_id, [move.receipt_id for move in moves])
        await self.doubt(tx, vendor_id, effects, at)


def _facts(row: Mapping[str, Any], effect: Mapping[str, Any], *, answered: bool = False) -> CancelFacts:
    """Build the guards' facts; `answered`: Coupang has taken it, so what left meanwhile changes nothing."""
    payload = effect["payload"]
    return CancelFacts(
        handed_over=effect["kind"] == ClaimKind.DECLARE_SHIPPED,
        waybill="invoice_number" in payload,
        waybill_sent=row["leaving"] and not answered,
        whole=payload.get("cancel_count") == row["count_sum"] or answered,
    )
