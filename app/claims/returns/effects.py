"""Effects that change a return: pick-up waybill, arrival confirmed, refund approved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.claims import store as claim_store
from app.claims.effects import Receipts
from app.claims.kinds import ClaimKind
from app.claims.receptions import store as reception_store
from app.claims.returns.verdicts import REFUNDED
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects.subjects import Effects, Proofs, Rows, confirmed_step
from app.engine.history import transitions
from app.machines.kernel import Refused
from app.machines.receipt_classification import Pickup, is_ours_to_collect
from app.machines.receptions import ReceptionState, is_in_house, is_inspected
from app.machines.returns import RETURN, ReturnFacts
from app.orders import store as box_store
from app.orders.quantities.quantities import settle_claims


class Returns(Receipts):
    """The subject `return`."""

    aggregate = "return"
    lock_order = 20

    async def lock(self, tx: Connection, vendor_id: str, effects: Effects) -> Rows:
        """Lock the returns, their receptions (each row names its state as `reception`) and their boxes."""
        found: dict[int, Mapping[str, Any]] = {}
        for receipt_id in sorted({effect["subject_id"] for effect in effects}):
            row = await claim_store.find(tx, "return", [vendor_id], receipt_id, lock=True)
            if row is not None:
                reception = await reception_store.find(tx, vendor_id, "return", receipt_id, lock=True)
                found[receipt_id] = {**row, "reception": reception["state"] if reception else None}
        meant = await claim_store.boxes_of(tx, vendor_id, list(found))
        await box_store.with_quantities(tx, vendor_id, sorted({one["shipment_box_id"] for one in meant}))
        return found

    def decide(self, row: Mapping[str, Any], effect: Mapping[str, Any], at: datetime) -> None:
        """Decide a change of a return again, on its goods as they are now.

        Raises:
            Refused: The machine refuses by now; names the rules.
        """
        RETURN.decide(row["state"], effect["event"], return_facts(row, effect["payload"]))

    async def confirm(
        self, context: Context, tx: Connection, vendor_id: str, effects: Effects, proofs: Proofs, at: datetime
    ) -> None:
        """Move the returns; their receipts and boxes are read, for there the rest shows."""
        moves = []
        present = await self.lock(tx, vendor_id, effects)
        for effect in effects:
            row = present.get(effect["subject_id"])
            if row is None:
                continue
            refunded = effect["kind"] == ClaimKind.CONFIRM_RETURN and effect.get("result_code") == REFUNDED
            event = "confirm_arrival_refunded" if refunded else effect["event"]
            try:
                move = RETURN.decide(row["state"], event, _DONE)
            except Refused:
                # Seen already: the reading that shows it walked the return there.
                continue
            step = confirmed_step(effect, move, proofs)
            moves.append(transitions.ReceiptMove(row["receipt_id"], row["version"], (step,)))
        await transitions.move_returns(tx, vendor_id, moves, at)
        await settle_claims(tx, vendor_id, [move.receipt_id for move in moves])
        await self.doubt(tx, vendor_id, effects, at)


# Coupang has done it, so what our guards would say by now changes nothing.
_DONE = ReturnFacts(
    ours_to_collect=True,
    waybill=True,
    arrived=True,
    inspected=True,
    passed=True,
    whole=True,
    refunded=True,
    proven=True,
)


def return_facts(row: Mapping[str, Any], payload: Mapping[str, Any]) -> ReturnFacts:
    """Build the guards' facts of a return.

    Args:
        row: The return with its receipt, and `reception`: where its goods are (None: not known yet).
        payload: Of the change that is asked: `invoice_number`, `cancel_count`.
    """
    reception = ReceptionState(row["reception"]) if row["reception"] else ReceptionState.EXPECTED
    known = row["pickup"] in set(Pickup)
    return ReturnFacts(
        ours_to_collect=known and is_ours_to_collect(Pickup(row["pickup"])),
        waybill="invoice_number" in payload,
        arrived=is_in_house(reception),
        inspected=is_inspected(reception),
        passed=reception is ReceptionState.PASSED,
        whole=payload.get("cancel_count") == row["count_sum"],
    )
