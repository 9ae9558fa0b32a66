"""Effects that change a box: acknowledge, waybills, the end of an undelivered one, the seller's cancel."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.coupang.couriers import DIRECT
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects.subjects import Effects, PlainSubject, Proofs, Rows, confirmed_step
from app.engine.history import transitions
from app.machines.boxes import BOX, BoxFacts, BoxState, walk
from app.machines.cancels import CANCEL
from app.machines.kernel import Refused
from app.orders import store as box_store
from app.orders.decide import box_facts
from app.orders.effects.kinds import OrderKind
from app.orders.permits import checks as permit_checks
from app.orders.quantities.quantities import settle_boxes
from app.orders.seller_cancels import seller_cancel_facts
from app.orders.transitions import BoxMove, move_boxes
from app.orders.waybills import checks as waybill_checks
from app.orders.waybills.parcel_lines import lines_now


class Boxes(PlainSubject):
    """The subject `box`."""

    id_name = "shipment_box_id"
    lock_order = 90

    async def owner(self, tx: Connection, vendor_ids: list[str] | None, subject_id: int) -> str | None:
        """Return whose a box is; None: there is none for this caller."""
        row = await box_store.find(tx, vendor_ids, subject_id)
        return row["vendor_id"] if row else None

    async def forbidden(
        self, tx: Connection, vendor_id: str, effects: Effects, at: datetime
    ) -> Mapping[int, str]:
        """Return the waybills that another receiver's box carries, and those whose permit was revoked."""
        taken = await waybill_checks.taken(tx, vendor_id, waybill_checks.waybills_of(effects), at)
        found = {
            effect["effect_id"]: f"{waybill_checks.RULE} (box {taken[effect['subject_id']]} carries it)"
            for effect in effects
            if effect["subject_id"] in taken
        }
        return {**await permit_checks.revoked_since(tx, vendor_id, effects), **found}

    def payload_now(self, row: Mapping[str, Any], effect: Mapping[str, Any]) -> dict[str, Any]:
        """Return a waybill without lines that were cancelled whole since it was asked."""
        payload: dict[str, Any] = effect["payload"]
        if effect["kind"] != OrderKind.SHIP:
            return payload
        lines = lines_now(row["state"], effect["event"], payload, row["lines"])
        return payload if lines == payload["lines"] else {**payload, "lines": lines}

    async def lock(self, tx: Connection, vendor_id: str, effects: Effects) -> Rows:
        """Lock the boxes; those that a waybill or a seller's cancel is about come with their `lines`."""
        ids = [effect["subject_id"] for effect in effects]
        found = {row["shipment_box_id"]: row for row in await box_store.with_quantities(tx, vendor_id, ids)}
        by_line = (OrderKind.SELLER_CANCEL, OrderKind.SHIP)
        asked = [effect["subject_id"] for effect in effects if effect["kind"] in by_line]
        if asked:
            for box_id, lines in (await box_store.lines_of(tx, vendor_id, asked)).items():
                if box_id in found:
                    found[box_id]["lines"] = lines
        return found

    def decide(self, row: Mapping[str, Any], effect: Mapping[str, Any], at: datetime) -> None:
        """Decide a box's effect again; a seller's cancel is decided as the cancel it will open.

        Raises:
            Refused: The machine refuses by now; names the rules.
        """
        payload = effect["payload"]
        if effect["kind"] == OrderKind.SELLER_CANCEL:
            counts = {item["vendor_item_id"]: item["count"] for item in payload["items"]}
            CANCEL.decide(CANCEL.initial, effect["event"], seller_cancel_facts(row, counts))
            return
        direct = payload.get("courier_code") == DIRECT
        BOX.decide(row["state"], effect["event"], box_facts(row, at, waybill=True, direct=direct))
        if effect["kind"] == OrderKind.SHIP:
            lines_now(row["state"], effect["event"], payload, row["lines"])

    async def confirm(
        self, context: Context, tx: Connection, vendor_id: str, effects: Effects, proofs: Proofs, at: datetime
    ) -> None:
        """Fire the box events of confirmed effects; what a cancel leaves of its box is read."""
        cancelled = [effect["subject_id"] for effect in effects if effect["kind"] == OrderKind.SELLER_CANCEL]
        if cancelled:
            await box_store.doubt(tx, vendor_id, cancelled, at)
        moved = [effect for effect in effects if effect["kind"] != OrderKind.SELLER_CANCEL]
        if moved:
            await _confirm(context, tx, vendor_id, moved, proofs, at)

    async def doubt(self, tx: Connection, vendor_id: str, effects: Effects, at: datetime) -> None:
        """Have these boxes read by themselves."""
        await box_store.doubt(tx, vendor_id, [effect["subject_id"] for effect in effects], at)


async def _confirm(
    context: Context,
    tx: Connection,
    vendor_id: str,
    confirmed: Sequence[Mapping[str, Any]],
    proofs: Proofs,
    at: datetime,
) -> None:
    ids = [effect["subject_id"] for effect in confirmed]
    present = {row["shipment_box_id"]: row for row in await box_store.with_quantities(tx, vendor_id, ids)}
    moves: list[BoxMove] = []
    doubtful: list[int] = []
    waybills: list[tuple[int, str | None, str | None, bool]] = []
    for effect in confirmed:
        box, payload = present.get(effect["subject_id"]), effect["payload"]
        if box is None:
            continue
        steps = _confirmed_steps(box, effect, proofs, at)
        if steps:
            reached = BoxState(steps[-1].target)
            due = context.policy.next_read(reached, box["address_final"], at)
            moves.append(BoxMove(box["shipment_box_id"], box["version"], steps, due))
        if payload.get("part"):
            # The shipped part now has a new box id: read the order to find it.
            waybills.append((box["shipment_box_id"], None, None, True))
            doubtful.append(box["shipment_box_id"])
        elif "courier_code" in payload:
            waybills.append(
                (box["shipment_box_id"], payload["courier_code"], payload["invoice_number"], False)
            )
    await move_boxes(tx, vendor_id, moves, at)
    await settle_boxes(tx, vendor_id, [move.shipment_box_id for move in moves])
    if waybills:
        await box_store.set_waybills(tx, vendor_id, waybills)
    if doubtful:
        await box_store.doubt(tx, vendor_id, doubtful, at)


def _confirmed_steps(
    box: Mapping[str, Any], effect: Mapping[str, Any], proofs: Proofs, at: datetime
) -> tuple[transitions.Step, ...]:
    cause, digest = f"effect:{effect['effect_id']}", proofs[effect["effect_id"]]
    direct = effect["payload"].get("courier_code") == DIRECT
    try:
        move = BOX.decide(
            box["state"], effect["event"], box_facts(box, at, waybill=True, direct=direct, proven=True)
        )
    except Refused:
        # Coupang has done it although our guards would refuse by now (a cancel came in between), or the
        # box was seen further on already: walk the observed path, if there is one.
        targets = {target for _, event, target in BOX.edges() if event == effect["event"]}
        target = BoxState(next(iter(targets)))
        if (box["state"], effect["event"], box["state"]) in BOX.edges():
            # A split leaves the rest where it was: no path, but a step for the history.
            return (transitions.Step(effect["event"], box["state"], box["state"], "us", cause, digest),)
        road = walk(BoxState(box["state"]), target, BoxFacts()) or ()
        return tuple(transitions.Step(m.event, m.source, m.target, "coupang", cause, digest) for m in road)
    return (confirmed_step(effect, move, proofs),)
