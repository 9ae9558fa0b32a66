"""Boxes by hand."""

from datetime import datetime
from typing import Any

from app.coupang.couriers import DIRECT
from app.engine.caller import Caller, Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.history import transitions
from app.engine.manual import Act, Given, ManualMoves, Row
from app.errors import Invalid
from app.machines.boxes import BOX, OBSERVED, BoxState
from app.orders import changes as box_changes
from app.orders import lookup
from app.orders.decide import box_facts
from app.orders.lookup import with_sums
from app.orders.quantities.quantities import settle_boxes
from app.orders.transitions import BoxMove, move_boxes
from app.orders.waybills.waybills import Waybill, check_waybill

WAYBILL = ("courier_code", "invoice_number")
"""The fields of a waybill, as an act takes them."""


def waybill_of(given: Given) -> Waybill | None:
    """Return the waybill, None when none was given."""
    code, number = given.get("courier_code"), given.get("invoice_number")
    return None if code is None or number is None else Waybill(code, number)


def given_waybill(given: Given) -> Waybill:
    """Return the waybill.

    Raises:
        Invalid: None was given.
    """
    waybill = waybill_of(given)
    if waybill is None:
        raise Invalid("a waybill is missing", ("/invoice_number", "give courier_code and invoice_number"))
    return waybill


def asked_waybill(given: Given | None) -> dict[str, Any]:
    """Return the waybill as a change names it; taken for granted while nothing is `given`."""
    if given is None:
        return {"courier_code": "", "invoice_number": ""}
    waybill = waybill_of(given)
    return waybill.payload() if waybill is not None else {}


def waybill_form(given: Given) -> None:
    """Check the form of a waybill that is given.

    Raises:
        Invalid: Unknown courier, or a number that is not the courier's.
    """
    waybill = waybill_of(given)
    if waybill is not None:
        check_waybill(waybill)


def _part_form(given: Given) -> None:
    if not given.get("later"):
        raise Invalid("a part needs its rest", ("/later", "name what ships later, with `later_date`"))
    waybill_form(given)


class Box(ManualMoves):
    """A box; a word is no proof, so a cancel and steps backwards are read."""

    name, rules, subject, reread = "box", BOX, "box", "boxes"
    words = OBSERVED

    def __init__(self) -> None:
        self.acts = {
            "acknowledge": Act(lambda context, who, box_id, _: box_changes.acknowledge(context, who, box_id)),
            "close_undelivered": Act(
                lambda context, who, box_id, _: box_changes.close_undelivered(context, who, box_id)
            ),
            **dict.fromkeys(("ship", "ship_direct"), Act(_ship, WAYBILL, check=waybill_form)),
            "ship_part": Act(_ship, (*WAYBILL, "later", "later_date"), check=_part_form),
            **dict.fromkeys(
                ("change_invoice", "change_invoice_direct"), Act(_change_invoice, WAYBILL, check=waybill_form)
            ),
        }

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `ManualMoves`."""
        return with_sums(await lookup.require_box(tx, vendor_ids, row_id, lock=True))

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `ManualMoves`."""
        if given is None:
            return box_facts(row, at, waybill=True, direct=event.endswith("_direct"))
        waybill = waybill_of(given)
        direct = waybill is not None and waybill.courier_code == DIRECT
        return box_facts(row, at, waybill=waybill is not None, direct=direct)

    def beside(self, row: Row, event: str, given: Given | None, at: datetime) -> list[tuple[str, str]]:
        """See `ManualMoves`."""
        if event == "close_undelivered" and not row["invoice_number"]:
            return [("has_waybill", "only a box with a waybill can be closed")]
        return []

    async def walk(
        self, context: Context, tx: Connection, caller: Caller, row_id: int, row: Row, step: transitions.Step
    ) -> None:
        """Move the box; the door revokes its permits."""
        at = context.now()
        due = context.policy.next_read(BoxState(step.target), row["address_final"], at)
        move = BoxMove(row_id, row["version"], (step,), due)
        await move_boxes(tx, row["vendor_id"], [move], at)
        await settle_boxes(tx, row["vendor_id"], [row_id])


async def _ship(context: Context, who: Caller, box_id: int, given: Given) -> dict[str, Any]:
    return await box_changes.ship(
        context,
        who,
        box_id,
        given_waybill(given),
        later=given.get("later", ()),
        later_date=given.get("later_date"),
    )


async def _change_invoice(context: Context, who: Caller, box_id: int, given: Given) -> dict[str, Any]:
    return await box_changes.change_invoice(context, who, box_id, given_waybill(given))


MANUAL = {"boxes": Box()}
