"""Boxes and effects by hand."""

from datetime import datetime
from typing import Any

from app.backoffice.aggregates.base import WAYBILL, Act, Aggregate, Given, Row, Run, given_waybill
from app.backoffice.reviews import Ruling, settle_review
from app.coupang.couriers import DIRECT
from app.engine.caller import Caller, Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.effects.queries import require_effect
from app.engine.history import transitions
from app.machines.boxes import BOX, OBSERVED, BoxState
from app.machines.effects import CAUSES, EFFECT, EffectFacts
from app.orders import changes as box_changes
from app.orders import lookup
from app.orders.decide import box_facts
from app.orders.lookup import with_sums
from app.orders.quantities.quantities import settle_boxes


class Box(Aggregate):
    """A box; a word is no proof, so a cancel and steps backwards are read."""

    name, rules, subject, reread = "box", BOX, "box", "boxes"
    words = OBSERVED

    def __init__(self) -> None:
        self.acts = {
            "acknowledge": Act(lambda context, who, box_id, _: box_changes.acknowledge(context, who, box_id)),
            "close_undelivered": Act(
                lambda context, who, box_id, _: box_changes.close_undelivered(context, who, box_id)
            ),
            **dict.fromkeys(("ship", "ship_direct"), Act(_ship, WAYBILL)),
            "ship_part": Act(_ship, (*WAYBILL, "later", "later_date")),
            **dict.fromkeys(("change_invoice", "change_invoice_direct"), Act(_change_invoice, WAYBILL)),
        }

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `Aggregate`."""
        return with_sums(await lookup.require_box(tx, vendor_ids, row_id, lock=True))

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `Aggregate`."""
        if given is None:
            return box_facts(row, at, waybill=True, direct=event.endswith("_direct"))
        direct = given.waybill is not None and given.waybill.courier_code == DIRECT
        return box_facts(row, at, waybill=given.waybill is not None, direct=direct)

    def beside(self, row: Row, event: str, given: Given | None, at: datetime) -> list[tuple[str, str]]:
        """See `Aggregate`."""
        if event == "close_undelivered" and not row["invoice_number"]:
            return [("has_waybill", "only a box with a waybill can be closed")]
        return []

    async def walk(
        self, context: Context, tx: Connection, caller: Caller, row_id: int, row: Row, step: transitions.Step
    ) -> None:
        """Move the box; the door revokes its permits."""
        at = context.now()
        due = context.policy.next_read(BoxState(step.target), row["address_final"], at)
        move = transitions.BoxMove(row_id, row["version"], (step,), due)
        await transitions.move_boxes(tx, row["vendor_id"], [move], at)
        await settle_boxes(tx, row["vendor_id"], [row_id])


class Effect(Aggregate):
    """A change asked of Coupang: a person drops it before it is sent, or rules on it in REVIEW."""

    name, rules = "effect", EFFECT
    words = frozenset({"drop"})

    def __init__(self) -> None:
        self.acts = {f"rule_{ruling}": Act(_rule(ruling), asks=False) for ruling in Ruling}

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `Aggregate`."""
        found = await require_effect(tx, vendor_ids, row_id)
        return {
            **(await effect_store.by_ids(tx, found["vendor_id"], [row_id]))[0],
            "vendor_id": found["vendor_id"],
        }

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `Aggregate`."""
        return EffectFacts(reason=True)

    def beside(self, row: Row, event: str, given: Given | None, at: datetime) -> list[tuple[str, str]]:
        """See `Aggregate`."""
        by = CAUSES[event]
        return [] if by == "operator" else [("not_by_hand", f"the {by} does this by itself, on evidence")]

    async def walk(
        self, context: Context, tx: Connection, caller: Caller, row_id: int, row: Row, step: transitions.Step
    ) -> None:
        """Drop it; nothing was sent, so its subject stays as it is."""
        move = transitions.EffectMove(
            row_id,
            row["version"],
            (step,),
            result_code="DROPPED",
            result_message=step.reason,
            settled=True,
        )
        await transitions.move_effects(tx, row["vendor_id"], [move], context.now())


async def _ship(context: Context, who: Caller, box_id: int, given: Given) -> dict[str, Any]:
    return await box_changes.ship(
        context, who, box_id, given_waybill(given), later=given.later, later_date=given.later_date
    )


async def _change_invoice(context: Context, who: Caller, box_id: int, given: Given) -> dict[str, Any]:
    return await box_changes.change_invoice(context, who, box_id, given_waybill(given))


def _rule(ruling: Ruling) -> Run:
    async def rule(context: Context, who: Caller, effect_id: int, given: Given) -> dict[str, Any]:
        return await settle_review(context, who, effect_id, ruling, who.reason or "")

    return rule
