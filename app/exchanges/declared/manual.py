"""Exchanges and their tracks by hand."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.claims.changes import locked
from app.claims.declared.manual import Reception
from app.claims.receptions import store as reception_store
from app.coupang.claims.types import RejectCode
from app.engine.caller import Caller, Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.history import transitions
from app.engine.history.refusals import unblock
from app.engine.history.steps import ClaimMove
from app.engine.manual import Act, Given, ManualMoves, Row
from app.errors import Invalid
from app.exchanges import changes as exchange_changes
from app.exchanges import receptions as exchange_receptions
from app.exchanges import store as exchange_rows
from app.exchanges.effects import COLUMNS, MOVES, TRACKS, Exchanges, exchange_facts, granted
from app.exchanges.transitions import move_exchanges
from app.machines import collects, exchanges, redeliveries
from app.orders.declared.manual import WAYBILL, asked_waybill, given_waybill, waybill_form


class Exchange(ManualMoves):
    """An exchange or one of its tracks; where one ends, or has nothing to collect, Coupang shows it."""

    subject, reread = "exchange", "exchanges"

    def __init__(self, track: str, observed: frozenset[str], acts: Mapping[str, Act]) -> None:
        self.name, self.rules, self.acts = track, TRACKS[track], acts
        ends = {event for _, event, target in self.rules.edges() if target in self.rules.finals}
        self.kept = observed & (ends | {"see_nothing_to_collect"})
        self.words = observed - self.kept

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `ManualMoves`; `whole` is the exchange itself."""
        _, row = await locked(Exchanges(), tx, vendor_ids, "exchange", row_id)
        prefix = COLUMNS[self.name]
        return {
            **row,
            "whole": row,
            "state": row[f"{prefix}state"],
            "version": row[f"{prefix}version"],
        }

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `ManualMoves`."""
        return self._facts(row, event, given)[self.name]

    def _facts(self, row: Row, event: str, given: Given | None) -> dict[str, Any]:
        whole = row["whole"]
        if given is None:
            return exchange_facts(whole, granted(whole, event))
        asked: dict[str, Any] = {**asked_waybill(given), "shipment_box_id": given.get("shipment_box_id")}
        if given.get("code") is not None:
            asked["code"] = given.get("code")
        return exchange_facts(whole, asked)

    def beside(self, row: Row, event: str, given: Given | None, at: datetime) -> list[tuple[str, str]]:
        """Add what the life refuses that decides of a call which moves several."""
        first = MOVES.get(event, (self.name,))[0]
        if first == self.name:
            return []
        rules, whole = TRACKS[first], row["whole"]
        state, facts = whole[f"{COLUMNS[first]}state"], self._facts(row, event, given)[first]
        verdict = rules.judge(state, event, facts)
        if verdict.target is None:
            return [(f"{first}_state", f"the {first} is {state}")]
        return [(rule, unblock(rule, rules)) for rule in verdict.missing]

    async def walk(
        self, context: Context, tx: Connection, caller: Caller, row_id: int, row: Row, step: transitions.Step
    ) -> None:
        """Move it; its goods follow as if Coupang had shown it, and it is read soon."""
        at, vendor_id, whole = context.now(), row["vendor_id"], row["whole"]
        move = ClaimMove(row_id, row["version"], (step,))
        await move_exchanges(tx, vendor_id, self.name, [move], at)
        states = {track: whole[f"{prefix}state"] for track, prefix in COLUMNS.items()} | {
            self.name: step.target
        }
        reception = await reception_store.find(tx, vendor_id, "exchange", row_id, lock=True)
        goods = exchange_receptions.Goods(
            row_id,
            row["order_id"],
            exchanges.ExchangeState(states["exchange"]),
            collects.CollectState(states["collect"]),
            reception["state"] if reception else None,
            reception["version"] if reception else None,
        )
        await exchange_receptions.follow(tx, vendor_id, [goods], step.cause, at)
        await exchange_rows.read_again(tx, vendor_id, row_id, at)


async def _exchange_pickup(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
    return await exchange_changes.register_pickup(
        context, who, row_id, given_waybill(given), given.get("reg_number", "")
    )


async def _confirm_exchange(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
    return await exchange_changes.confirm(context, who, row_id)


async def _reject(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
    code = given.get("code")
    if code is None:
        raise Invalid("a reason for Coupang is missing", ("/code", f"one of {', '.join(RejectCode)}"))
    return await exchange_changes.reject(context, who, row_id, code)


async def _replace(context: Context, who: Caller, row_id: int, given: Given) -> dict[str, Any]:
    box_id = given.get("shipment_box_id")
    if box_id is None:
        raise Invalid("the new box is missing", ("/shipment_box_id", "the new box of this exchange"))
    return await exchange_changes.ship(context, who, row_id, box_id, given_waybill(given))


_REPLACE = Act(_replace, (*WAYBILL, "shipment_box_id"), check=waybill_form)
EXCHANGE = Exchange(
    "exchange",
    exchanges.OBSERVED,
    {"reject": Act(_reject, ("code",)), "confirm_arrival": Act(_confirm_exchange)},
)
COLLECT = Exchange(
    "collect",
    collects.OBSERVED,
    {
        "register_pickup": Act(_exchange_pickup, (*WAYBILL, "reg_number"), check=waybill_form),
        "confirm_arrival": Act(_confirm_exchange),
    },
)
REDELIVERY = Exchange(
    "redelivery",
    redeliveries.OBSERVED,
    dict.fromkeys(("ship_replacement", "ship_replacement_direct"), _REPLACE),
)
MANUAL = {
    "exchanges": EXCHANGE,
    "collects": COLLECT,
    "redeliveries": REDELIVERY,
    "exchange-receptions": Reception(exchange_receptions.EXCHANGE_GOODS),
}
