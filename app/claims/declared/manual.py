"""Cancels, returns and goods that come back, by hand."""

from datetime import datetime
from typing import Any

from app.claims import store as claim_store
from app.claims.box_blocks import block_boxes
from app.claims.cancels import changes as cancel_changes
from app.claims.cancels.effects import Cancels
from app.claims.changes import locked
from app.claims.receptions import receptions
from app.claims.receptions import store as reception_store
from app.claims.returns import changes as return_changes
from app.claims.returns.effects import Returns, return_facts
from app.claims.transitions import ReceiptMove, move_receptions, move_returns
from app.engine.caller import Caller, Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.history import transitions
from app.engine.history.steps import ClaimMove
from app.engine.manual import Act, Given, ManualMoves, Row
from app.errors import Invalid
from app.machines import cancels, returns
from app.machines.cancels import CANCEL, CancelFacts
from app.machines.receptions import RECEPTION, ReceptionFacts, judged
from app.machines.returns import RETURN
from app.orders.declared.manual import WAYBILL, asked_waybill, given_waybill, waybill_form, waybill_of


class Cancel(ManualMoves):
    """A cancel: every step decides who pays, so a person answers it or has it read."""

    name, rules, subject, reread = "cancel", CANCEL, "cancel", "receipts"
    kept = cancels.OBSERVED

    def __init__(self) -> None:
        self.acts = {
            "stop_shipment": Act(
                lambda context, who, row_id, _: cancel_changes.answer_stop(context, who, row_id)
            ),
            "declare_shipped": Act(_declare_shipped, WAYBILL, check=waybill_form),
        }

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `ManualMoves`."""
        _, row = await locked(Cancels(), tx, vendor_ids, "cancel", row_id)
        return dict(row)

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `ManualMoves`."""
        return CancelFacts(
            handed_over=event == "declare_shipped",
            waybill=given is None or waybill_of(given) is not None,
            waybill_sent=row["leaving"],
            whole=True,
        )


class Return(ManualMoves):
    """A return; its refund and its withdrawal are Coupang's to show."""

    name, rules, subject, reread = "return", RETURN, "return", "receipts"
    kept = frozenset({"see_completed", "see_withdrawn"})
    words = returns.OBSERVED - kept

    def __init__(self) -> None:
        self.acts = {
            "register_pickup": Act(_return_pickup, (*WAYBILL, "reg_number"), check=waybill_form),
            "confirm_arrival": Act(
                lambda context, who, ident, _: return_changes.confirm_return(context, who, ident)
            ),
            "approve": Act(
                lambda context, who, row_id, _: return_changes.approve_return(context, who, row_id)
            ),
        }

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `ManualMoves`."""
        _, row = await locked(Returns(), tx, vendor_ids, "return", row_id)
        return dict(row)

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `ManualMoves`."""
        return return_facts(row, {**asked_waybill(given), "cancel_count": row["count_sum"]})

    async def walk(
        self, context: Context, tx: Connection, caller: Caller, row_id: int, row: Row, step: transitions.Step
    ) -> None:
        """Move the return; its boxes and itself are read soon: what they show settles a word."""
        at, vendor_id = context.now(), row["vendor_id"]
        await move_returns(tx, vendor_id, [ReceiptMove(row_id, row["version"], (step,))], at)
        await block_boxes(tx, vendor_id, [row_id], (), at)
        await claim_store.read_soon(tx, vendor_id, [row_id], at)


class Reception(ManualMoves):
    """Goods that come back: what the warehouse and the operator say is all there is to know."""

    rules = RECEPTION
    words = frozenset({"see_picked_up", "arrive", "accept_despite", "inspect_again", "call_off"})

    def __init__(self, goods: receptions.Goods) -> None:
        self.goods, self.claim, self.name = goods, goods.subject, f"{goods.subject}_reception"

        async def inspect(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
            return await receptions.inspect(context, who, goods, row_id, _found(given), who.reason)

        self.acts = dict.fromkeys(
            ("pass_inspection", "dispute"), Act(inspect, ("lines",), asks=False, check=_found_form)
        )

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `ManualMoves`; one that has not begun begins with the first word."""
        vendor_id, order_id, lines = await self.goods.find(tx, vendor_ids, row_id)
        row = await reception_store.find(tx, vendor_id, self.claim, row_id, lock=True)
        begun = row or {"vendor_id": vendor_id, "state": str(RECEPTION.initial), "version": 1}
        over = await self.goods.nothing_comes(tx, vendor_id, row_id)
        return {**begun, "order_id": order_id, "options": lines, "begun": row is not None, "over": over}

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `ManualMoves`."""
        if given is None:
            return ReceptionFacts(True, event == "pass_inspection", row["over"], True)
        found = _found(given)
        if not found:
            return ReceptionFacts(over=row["over"], reason=True)
        verdicts = {one.vendor_item_id: one.verdict for one in found}
        try:
            return judged(row["options"], verdicts, over=row["over"], reason=True)
        except ValueError as no:
            raise Invalid("unknown item", ("/lines", str(no))) from no

    async def walk(
        self, context: Context, tx: Connection, caller: Caller, row_id: int, row: Row, step: transitions.Step
    ) -> None:
        """Move the reception, after its beginning if nobody awaited the goods."""
        at, vendor_id = context.now(), row["vendor_id"]
        if not row["begun"]:
            birth = (row_id, row["order_id"])
            initial, actor = str(RECEPTION.initial), caller.actor
            await reception_store.begin(
                tx, vendor_id, self.claim, [birth], initial=initial, actor=actor, cause="operator", at=at
            )
        move = ClaimMove(row_id, row["version"], (step,))
        await move_receptions(tx, vendor_id, self.claim, [move], at)


async def _declare_shipped(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
    return await cancel_changes.answer_shipped(context, who, row_id, given_waybill(given))


async def _return_pickup(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
    return await return_changes.register_pickup(
        context, who, row_id, given_waybill(given), given.get("reg_number", "")
    )


def _found(given: Given) -> tuple[receptions.Found, ...]:
    lines = given.get("lines", ())
    return tuple(receptions.Found(one.vendor_item_id, one.verdict, one.note) for one in lines)


def _found_form(given: Given) -> None:
    receptions.check_once(_found(given))


MANUAL = {
    "cancels": Cancel(),
    "returns": Return(),
    "return-receptions": Reception(receptions.RETURN_GOODS),
}
