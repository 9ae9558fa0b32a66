"""Ask for changes of returns, and say which may be asked: pick-up waybill, arrival confirmed, approved."""

from collections.abc import Mapping
from typing import Any

from app.claims.changes import Change, ask_claim, locked, pickup_payload
from app.claims.kinds import ClaimKind
from app.claims.returns.effects import return_facts
from app.coupang.claims.types import PickupOf
from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.effects import store as effect_store
from app.engine.history.actions import action, judge, reception_actions
from app.machines.returns import RETURN
from app.orders.decide import decide
from app.orders.lookup import Vendors
from app.orders.waybills.waybills import Waybill

RETURN_EVENTS = {"register_pickup": "pickup", "confirm_arrival": "confirm", "approve": "approve"}
"""Event → the last part of the address that asks for it."""


async def register_pickup(
    context: Context,
    caller: Caller,
    receipt_id: int,
    waybill: Waybill,
    reg_number: str = "",
    *,
    intent_key: str | None = None,
) -> dict[str, Any]:
    """Ask Coupang to take the waybill of a pick-up that the seller booked (R7); return the effect.

    Raises:
        Invalid: Unknown courier or malformed number.
        NotFound: No such return for this caller.
        Refused: The pick-up is not the seller's, or the return is past it.
        Conflict: Another change of this return is still open.
    """
    payload = pickup_payload(PickupOf.RETURN, waybill, reg_number)
    return await _ask(
        context, caller, receipt_id, ClaimKind.PICKUP_WAYBILL, "register_pickup", payload, intent_key
    )


async def confirm_return(
    context: Context, caller: Caller, receipt_id: int, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Ask Coupang to confirm that the goods arrived (R3); return the effect. It may refund at once.

    Raises:
        NotFound: No such return for this caller.
        Refused: The goods did not arrive, or their inspection did not pass; names the rules.
        Conflict: Another change of this return is still open.
    """
    return await _ask(
        context, caller, receipt_id, ClaimKind.CONFIRM_RETURN, "confirm_arrival", {}, intent_key
    )


async def approve_return(
    context: Context, caller: Caller, receipt_id: int, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Ask Coupang to refund the whole return (R4); return the effect. Errors: see `confirm_return`."""
    return await _ask(context, caller, receipt_id, ClaimKind.APPROVE_RETURN, "approve", {}, intent_key)


async def _ask(
    context: Context,
    caller: Caller,
    receipt_id: int,
    kind: ClaimKind,
    event: str,
    payload: Mapping[str, Any],
    intent_key: str | None,
) -> dict[str, Any]:
    def plan(row: Mapping[str, Any]) -> Change:
        counted = {"cancel_count": row["count_sum"]} if kind is ClaimKind.APPROVE_RETURN else {}
        asked = {**payload, **counted}
        move = decide(RETURN, row["state"], event, return_facts(row, asked))
        return Change(kind, move.event, asked)

    request = {"kind": kind, "return": receipt_id, **payload}
    return await ask_claim(context, caller, "return", receipt_id, plan, request, intent_key)


async def return_actions(context: Context, vendor_ids: Vendors, receipt_id: int) -> list[dict[str, Any]]:
    """Judge every change that may be asked for a return: allowed, or refused by which rules and why.

    A waybill is taken for granted where one is asked for. This and the change itself decide alike.

    Raises:
        NotFound: No such return for this caller.
    """
    async with context.db.transaction() as tx:
        vendor_id, row = await locked(
            context.registry.subjects["return"], tx, vendor_ids, "return", receipt_id
        )
        busy = await effect_store.find_open(tx, vendor_id, receipt_id, "return")
    facts = return_facts(row, {"invoice_number": "", "cancel_count": row["count_sum"]})
    place = f"/v1/returns/{receipt_id}"
    told = reception_actions(row["reception"], place)
    for event, way in RETURN_EVENTS.items():
        target, refused = judge(RETURN, row["state"], event, facts, busy)
        told.append(action(way, place, target, refused))
    return told
