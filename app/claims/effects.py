"""What cancels and returns have in common: both are aggregates of one receipt."""

from datetime import datetime

from app.claims import store as claim_store
from app.engine.db.database import Connection
from app.engine.effects.subjects import Effects, PlainSubject
from app.machines.boxes import GONE
from app.orders import store as box_store


class Receipts(PlainSubject):
    """The part of a subject that is the same for each aggregate of a receipt."""

    id_name = "receipt_id"
    aggregate: str
    """`cancel` or `return`."""

    async def owner(self, tx: Connection, vendor_ids: list[str] | None, subject_id: int) -> str | None:
        """Return whose a receipt is that is read as this aggregate; None: there is none for this caller."""
        return await claim_store.owner(tx, self.aggregate, vendor_ids, subject_id)

    async def doubt(self, tx: Connection, vendor_id: str, effects: Effects, at: datetime) -> None:
        """Have these receipts and their boxes read by themselves."""
        receipt_ids = [effect["subject_id"] for effect in effects]
        await claim_store.read_soon(tx, vendor_id, receipt_ids, at)
        meant = await claim_store.boxes_of(tx, vendor_id, receipt_ids)
        alive = [row["shipment_box_id"] for row in meant if row["state"] not in GONE]
        if alive:
            await box_store.doubt(tx, vendor_id, alive, at)
