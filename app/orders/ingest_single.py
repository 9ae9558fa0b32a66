"""Take what a single reading proves: the box itself with its history, or its absence."""

from datetime import datetime

from app.coupang.orders.decode import BoxHistory, SheetPage
from app.engine.context import PURPOSE_EVIDENCE, Context, until_fresh
from app.engine.evidence import store as evidence_store
from app.engine.feeds.windows import IngestResult
from app.engine.history import transitions
from app.machines.boxes import BOX, RESTING, BoxState, from_wire
from app.orders import store as box_store
from app.orders.decide import box_facts
from app.orders.ingest import LAG_ALARM, take_page
from app.orders.quantities.quantities import GONE, is_explained, settle_boxes
from app.orders.transitions import BoxMove, move_boxes


async def ingest_single(
    context: Context,
    vendor_id: str,
    page: SheetPage,
    history: BoxHistory | None,
    *,
    cause: str,
    at: datetime,
    epoch: int | None = None,
) -> IngestResult:
    """Store a box that was read by itself, and clear its mark.

    It counts as proven when its history was read too and ends in the status that the box shows; then it
    may lead backwards. A contradiction that remains is put before a person.
    """
    proven = {
        sheet.shipment_box_id
        for sheet in page.sheets
        if history
        and history.shipment_box_id == sheet.shipment_box_id
        and history.steps
        and history.steps[0].status == sheet.status
    }
    taken = await take_page(context, vendor_id, page, cause=cause, at=at, epoch=epoch, proven=proven)

    async def settle() -> None:
        async with context.db.transaction() as tx:
            if epoch is not None:
                await transitions.fence(tx, vendor_id, epoch)
            ids = [sheet.shipment_box_id for sheet in page.sheets]
            now_known = {
                row["shipment_box_id"]: row for row in await box_store.with_quantities(tx, vendor_id, ids)
            }
            for sheet in page.sheets:
                box = now_known.get(sheet.shipment_box_id)
                if box is None:
                    continue
                state, shown = BoxState(box["state"]), from_wire(sheet.status)
                attention = None
                if shown is not state:
                    lag = state is BoxState.INSTRUCT and shown is BoxState.ACCEPT
                    late = at - box["state_at"] >= LAG_ALARM
                    own = history is not None and history.shipment_box_id == sheet.shipment_box_id
                    if (not lag or late) and not own:
                        # Without its history a single reading proves no more than a list row.
                        await box_store.doubt(tx, vendor_id, [sheet.shipment_box_id], at)
                        continue
                    if not lag or late:
                        attention = f"we hold {state}, Coupang shows {sheet.status}"
                due = context.policy.next_read(state, box["address_final"], at, reads=2)
                await box_store.settle_doubt(tx, vendor_id, sheet.shipment_box_id, due, attention)
            await box_store.doubt_holds(tx, vendor_id, ids, RESTING, at + context.policy.receipt_first)

    await until_fresh(settle)
    return taken


async def ingest_gone(
    context: Context,
    vendor_id: str,
    shipment_box_id: int,
    body: bytes,
    *,
    cause: str,
    at: datetime,
    epoch: int | None = None,
) -> bool:
    """Store that Coupang answered "cancelled or returned" for a box; True when it moved to CANCELLED.

    From DEPARTURE on that answer means a return, which is not a state of the box: it is flagged, unless
    the claims we know account for every unit of it.
    """
    digest = context.vault.digest(body)

    async def work() -> bool:
        async with context.db.transaction() as tx:
            if epoch is not None:
                await transitions.fence(tx, vendor_id, epoch)
            found = await box_store.with_quantities(tx, vendor_id, [shipment_box_id])
            if not found or found[0]["state"] == BoxState.CANCELLED:
                if found:
                    await box_store.settle_doubt(tx, vendor_id, shipment_box_id, None, None)
                return False
            sealed = context.vault.seal_packed(body, PURPOSE_EVIDENCE)
            await evidence_store.keep(tx, vendor_id, [(digest, "gone", sealed)], at)
            box = found[0]
            facts = box_facts(box, at, proven=True)
            if "see_cancelled" not in BOX.allowed(box["state"], facts):
                known = await is_explained(tx, vendor_id, box["order_id"], shipment_box_id)
                await box_store.settle_doubt(tx, vendor_id, shipment_box_id, None, None if known else GONE)
                return False
            move = BOX.decide(box["state"], "see_cancelled", facts)
            step = transitions.Step(move.event, move.source, move.target, "coupang", cause, digest)
            await move_boxes(tx, vendor_id, [BoxMove(shipment_box_id, box["version"], (step,), None)], at)
            await settle_boxes(tx, vendor_id, [shipment_box_id])
            return True

    return await until_fresh(work)
