"""Cancels, returns and goods that come back, by hand."""

from datetime import datetime
from typing import Any

from app.backoffice.aggregates.base import WAYBILL, Act, Aggregate, Given, Row, asked_waybill, given_waybill
from app.claims import store as claim_store
from app.claims.box_blocks import block_boxes
from app.claims.cancels import changes as cancel_changes
from app.claims.cancels.effects import Cancels
from app.claims.changes import locked
from app.claims.receptions import receptions
from app.claims.receptions import store as reception_store
from app.claims.returns import changes as return_changes
from app.claims.returns.effects import Returns, return_facts
from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.history import transitions
from app.errors import Invalid
from app.machines import cancels, returns
from app.machines.cancels import CANCEL, CancelFacts
from app.machines.receptions import RECEPTION, ReceptionFacts, judged
from app.machines.returns import RETURN
from app.orders.lookup import Vendors


class Cancel(Aggregate):
    """A cancel: every step decides who pays, so a person answers it or has it read."""

    name, rules, subject, reread = "cancel", CANCEL, "cancel", "receipts"
    kept = cancels.OBSERVED

    def __init__(self) -> None:
        self.acts = {
            "stop_shipment": Act(
                lambda context, who, row_id, _: cancel_changes.answer_stop(context, who, row_id)
            ),
            "declare_shipped": Act(_declare_shipped, WAYBILL),
        }

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `Aggregate`."""
        _, row = await locked(Cancels(), tx, vendor_ids, "cancel", row_id)
        return dict(row)

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `Aggregate`."""
        return CancelFacts(
            handed_over=event == "declare_shipped",
            waybill=given is None or given.waybill is not None,
            waybill_sent=row["leaving"],
            whole=True,
        )


class Return(Aggregate):
    """A return; its refund and its withdrawal are Coupang's to show."""

    name, rules, subject, reread = "return", RETURN, "return", "receipts"
    kept = frozenset({"see_completed", "see_withdrawn"})
    words = returns.OBSERVED - kept

    def __init__(self) -> None:
        self.acts = {
            "register_pickup": Act(_return_pickup, (*WAYBILL, "reg_number")),
            "confirm_arrival": Act(
                lambda context, who, ident, _: return_changes.confirm_return(context, who, ident)
            ),
            "approve": Act(
                lambda context, who, row_id, _: return_changes.approve_return(context, who, row_id)
            ),
        }

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `Aggregate`."""
        _, row = await locked(Returns(), tx, vendor_ids, "return", row_id)
        return dict(row)

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `Aggregate`."""
        return return_facts(row, {**asked_waybill(given), "cancel_count": row["count_sum"]})

    async def walk(
        self, context: Context, tx: Connection, caller: Caller, row_id: int, row: Row, step: transitions.Step
    ) -> None:
        """Move the return; its boxes and itself are read soon: what they show settles a word."""
        at, vendor_id = context.now(), row["vendor_id"]
        await transitions.move_returns(
            tx, vendor_id, [transitions.ReceiptMove(row_id, row["version"], (step,))], at
        )
        await block_boxes(tx, vendor_id, [row_id], (), at)
        await claim_store.read_soon(tx, vendor_id, [row_id], at)


class Reception(Aggregate):
    """Goods that come back: what the warehouse and the operator say is all there is to know."""

    rules = RECEPTION
    words = frozenset({"see_picked_up", "arrive", "accept_despite", "inspect_again", "call_off"})

    def __init__(self, claim: str) -> None:
        self.claim, self.name = claim, f"{claim}_reception"

        async def inspect(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
            return await receptions.inspect(context, who, claim, row_id, given.lines, who.reason)

        self.acts = dict.fromkeys(("pass_inspection", "dispute"), Act(inspect, ("lines",), asks=False))

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `Aggregate`; one that has not begun begins with the first word."""
        vendor_id, order_id, lines = await receptions.CLAIMS[self.claim](tx, vendor_ids, row_id)
        row = await reception_store.find(tx, vendor_id, self.claim, row_id, lock=True)
        begun = row or {"vendor_id": vendor_id, "state": str(RECEPTION.initial), "version": 1}
        over = await receptions.nothing_comes(tx, vendor_id, self.claim, row_id)
        return {**begun, "order_id": order_id, "options": lines, "begun": row is not None, "over": over}

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `Aggregate`."""
        if given is None:
            return ReceptionFacts(True, event == "pass_inspection", row["over"], True)
        if not given.lines:
            return ReceptionFacts(over=row["over"], reason=True)
        verdicts = {one.vendor_item_id: one.verdict for one in given.lines}
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
        move = transitions.ClaimMove(row_id, row["version"], (step,))
        await transitions.move_receptions(tx, vendor_id, self.claim, [move], at)


async def _declare_shipped(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
    return await cancel_changes.answer_shipped(context, who, row_id, given_waybill(given))


async def _return_pickup(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
    return await return_changes.register_pickup(context, who, row_id, given_waybill(given), given.reg_number)
