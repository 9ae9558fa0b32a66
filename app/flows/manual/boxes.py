"""Boxes and effects by hand."""

from datetime import datetime
from typing import Any

from app.coupang.couriers import DIRECT
from app.flows import asking, lookups, reviews
from app.flows.asking import Caller
from app.flows.deciding import box_facts
from app.flows.house import House
from app.flows.lookups import Vendors, with_sums
from app.flows.manual.base import WAYBILL, Act, Aggregate, Given, Row, Run, given_waybill
from app.flows.quantities import settle_boxes
from app.machines.boxes import BOX, OBSERVED, BoxState
from app.machines.effects import CAUSES, EFFECT, EffectFacts
from app.store import doors, effects
from app.store.database import Connection


class Box(Aggregate):
    """A box; a word is no proof, so a cancel and steps backwards are read."""

    name, rules, subject, reread = "box", BOX, "box", "boxes"
    words = OBSERVED

    def __init__(self) -> None:
        self.acts = {
            "acknowledge": Act(lambda house, who, box_id, _: asking.acknowledge(house, who, box_id)),
            "close_undelivered": Act(
                lambda house, who, box_id, _: asking.close_undelivered(house, who, box_id)
            ),
            **dict.fromkeys(("ship", "ship_direct"), Act(_ship, WAYBILL)),
            "ship_part": Act(_ship, (*WAYBILL, "later", "later_date")),
            **dict.fromkeys(("change_invoice", "change_invoice_direct"), Act(_change_invoice, WAYBILL)),
        }

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `Aggregate`."""
        return with_sums(await lookups.box(tx, vendor_ids, row_id, lock=True))

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
        self, house: House, tx: Connection, caller: Caller, row_id: int, row: Row, step: doors.Step
    ) -> None:
        """Move the box; the door revokes its permits."""
        at = house.now()
        due = house.policy.next_read(BoxState(step.target), row["address_final"], at)
        move = doors.BoxMove(row_id, row["version"], (step,), due)
        await doors.move_boxes(tx, row["vendor_id"], [move], at)
        await settle_boxes(tx, row["vendor_id"], [row_id])


class Effect(Aggregate):
    """A change asked of Coupang: a person drops it before it is sent, or rules on it in REVIEW."""

    name, rules = "effect", EFFECT
    words = frozenset({"drop"})

    def __init__(self) -> None:
        self.acts = {f"rule_{ruling}": Act(_rule(ruling), asks=False) for ruling in reviews.Ruling}

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `Aggregate`."""
        found = await lookups.effect(tx, vendor_ids, row_id)
        return {
            **(await effects.by_ids(tx, found["vendor_id"], [row_id]))[0],
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
        self, house: House, tx: Connection, caller: Caller, row_id: int, row: Row, step: doors.Step
    ) -> None:
        """Drop it; nothing was sent, so its subject stays as it is."""
        move = doors.EffectMove(
            row_id,
            row["version"],
            (step,),
            result_code="DROPPED",
            result_message=step.reason,
            settled=True,
        )
        await doors.move_effects(tx, row["vendor_id"], [move], house.now())


async def _ship(house: House, who: Caller, box_id: int, given: Given) -> dict[str, Any]:
    return await asking.ship(
        house, who, box_id, given_waybill(given), later=given.later, later_date=given.later_date
    )


async def _change_invoice(house: House, who: Caller, box_id: int, given: Given) -> dict[str, Any]:
    return await asking.change_invoice(house, who, box_id, given_waybill(given))


def _rule(ruling: reviews.Ruling) -> Run:
    async def rule(house: House, who: Caller, effect_id: int, given: Given) -> dict[str, Any]:
        return await reviews.rule(house, who, effect_id, ruling, who.reason or "")

    return rule
