"""What a claim means for boxes: none leaves that a customer asked to stop, or that may be one of those."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from app.claims import store as claim_store
from app.coupang.claims.types import UnreadableClaim
from app.engine.context import PURPOSE_QUARANTINE, Context
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.effects.transitions import EffectMove, move_effects
from app.engine.evidence import store as evidence_store
from app.engine.history import transitions
from app.machines.boxes import GONE
from app.machines.effects import EFFECT, EffectFacts, EffectState
from app.orders import store as box_store
from app.orders.effects.kinds import OrderKind
from app.orders.order_blocks.store import free_orders, hold_orders, orders_of_boxes
from app.orders.permits import store as permit_store

UNREAD = "a claim of this order could not be read; it may be a stop request"
UNREAD_EXCHANGE = "an exchange of this order could not be read; one of its boxes may be a replacement"
RECEIPT, EXCHANGE = "receipt", "exchange"
_WHY = {RECEIPT: UNREAD, EXCHANGE: UNREAD_EXCHANGE}


async def block_boxes(
    tx: Connection,
    vendor_id: str,
    receipt_ids: Collection[int],
    requested: Collection[int],
    at: datetime,
) -> None:
    """Have the boxes of these receipts read again; drop the waybills of those that are to be stopped.

    Args:
        tx: The transaction that stored the receipts.
        vendor_id: Whose receipts.
        receipt_ids: Receipts that took a step.
        requested: Those of them that ask to stop a shipment.
        at: The time of the reading.
    """
    if not receipt_ids:
        return
    meant = await claim_store.boxes_of(tx, vendor_id, receipt_ids)
    alive = sorted({row["shipment_box_id"] for row in meant if row["state"] not in GONE})
    if not alive:
        return
    await box_store.doubt(tx, vendor_id, alive, at)
    stopped = {row["shipment_box_id"]: row["receipt_id"] for row in meant if row["receipt_id"] in requested}
    if stopped:
        why = [
            (box_id, f"receipt {receipt_id} asks to stop this box") for box_id, receipt_id in stopped.items()
        ]
        await permit_store.revoke(tx, vendor_id, why, at)
    waiting = (
        await effect_store.open_for(tx, vendor_id, sorted(stopped), EffectState.PENDING) if stopped else []
    )
    drops = []
    for effect in waiting:
        if effect["kind"] != OrderKind.SHIP:
            continue
        # It was packed before the customer asked; what may leave now must be asked anew.
        receipt_id = stopped[effect["shipment_box_id"]]
        reason = f"receipt {receipt_id} asks to stop this box: no_stop_requested, nothing_held"
        move = EFFECT.decide(effect["state"], "drop", EffectFacts(reason=True))
        step = transitions.Step(
            move.event, move.source, move.target, "us", f"receipt:{receipt_id}", None, reason
        )
        drops.append(
            EffectMove(
                effect["effect_id"],
                effect["version"],
                (step,),
                result_code="REFUSED_HERE",
                result_message=reason,
                settled=True,
            )
        )
    await move_effects(tx, vendor_id, drops, at)


async def keep_unreadable(
    context: Context,
    tx: Connection,
    vendor_id: str,
    rows: Sequence[UnreadableClaim],
    cause: str,
    at: datetime,
    subject: str = RECEIPT,
) -> None:
    """Keep claims that could not be read, and hold the orders they name, by themselves or by a box."""
    if not rows:
        return
    digests = {id(row): context.vault.digest(row.raw) for row in rows}
    kept = [
        (
            digests[id(row)],
            next(iter(row.box_ids), None),
            _told(row, subject),
            context.vault.seal_packed(row.raw, PURPOSE_QUARANTINE),
        )
        for row in rows
    ]
    await evidence_store.quarantine(tx, vendor_id, cause, kept, at)
    named = {box_id for row in rows if row.order_id is None for box_id in row.box_ids}
    orders = await orders_of_boxes(tx, vendor_id, named) if named else {}
    naming = [
        (digests[id(row)], order_id, row.claim_id, row.reason, row.created_at)
        for row in rows
        if (order_id := row.order_id or _order_of(row, orders)) is not None
    ]
    if naming:
        why = _WHY[subject]
        await hold_orders(tx, vendor_id, naming, why, at, subject)
        await permit_store.revoke_orders(tx, vendor_id, [order_id for _, order_id, *_ in naming], why, at)


def _told(row: UnreadableClaim, subject: str) -> str:
    """Return the reason; who can name no order for the row finds it in WING by its own number."""
    return row.reason if row.claim_id is None else f"{row.reason} ({subject} {row.claim_id})"


def _order_of(row: UnreadableClaim, orders: Mapping[int, int]) -> int | None:
    return next((orders[box_id] for box_id in row.box_ids if box_id in orders), None)


async def unblock(
    tx: Connection, vendor_id: str, claim_ids: Collection[int], at: datetime, subject: str = RECEIPT
) -> None:
    """Let orders go that were held by claims which have been read now."""
    if claim_ids:
        await free_orders(tx, vendor_id, (_WHY[subject],), at, subject=subject, claim_ids=claim_ids)
