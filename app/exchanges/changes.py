"""Ask for changes of exchanges, read them, and say which changes may be asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from app.claims.changes import Change, ask_claim, locked, pickup_payload
from app.claims.kinds import ClaimKind
from app.coupang.claims.types import PickupOf, RejectCode
from app.coupang.couriers import DIRECT
from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.effects import store as effect_store
from app.engine.history.actions import action, judge, reception_actions
from app.engine.pagination import split_page
from app.exchanges import store as exchange_store
from app.exchanges.effects import COLUMNS, MOVES, TRACKS, exchange_facts, granted
from app.exchanges.kinds import ExchangeKind
from app.orders import lookup
from app.orders import store as box_store
from app.orders.decide import decide
from app.orders.lookup import Vendors
from app.orders.waybills.waybills import Waybill, check_waybill

EVENTS = {
    "reject": ("reject", "reject"),
    "pickup": ("pickup", "register_pickup"),
    "confirm": ("confirm", "confirm_arrival"),
    "ship": ("ship", "ship_replacement"),
    "ship_direct": ("ship", "ship_replacement_direct"),
}
"""Action → the last part of its address and the event it asks for."""


async def reject(
    context: Context, caller: Caller, exchange_id: int, code: RejectCode, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Ask Coupang to reject an exchange (E3); return the effect.

    Raises:
        NotFound: No such exchange for this caller.
        Refused: Coupang does not let it be rejected now.
        Conflict: Another change of this exchange is still open.
    """
    payload = {"code": code.value}
    return await _ask(
        context, caller, exchange_id, ExchangeKind.REJECT_EXCHANGE, "reject", payload, intent_key
    )


async def register_pickup(
    context: Context,
    caller: Caller,
    exchange_id: int,
    waybill: Waybill,
    reg_number: str = "",
    *,
    intent_key: str | None = None,
) -> dict[str, Any]:
    """Ask Coupang to take the waybill of a pick-up that the seller booked (R7). Errors: see `ship`."""
    payload = pickup_payload(PickupOf.EXCHANGE, waybill, reg_number)
    return await _ask(
        context, caller, exchange_id, ClaimKind.PICKUP_WAYBILL, "register_pickup", payload, intent_key
    )


async def confirm(
    context: Context, caller: Caller, exchange_id: int, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Ask Coupang to confirm that the goods arrived (E2). Errors: see `reject`."""
    return await _ask(
        context, caller, exchange_id, ExchangeKind.CONFIRM_EXCHANGE, "confirm_arrival", {}, intent_key
    )


async def ship(
    context: Context,
    caller: Caller,
    exchange_id: int,
    shipment_box_id: int,
    waybill: Waybill,
    *,
    intent_key: str | None = None,
) -> dict[str, Any]:
    """Ask Coupang to take the waybill of the replacement, on its new box (E4); return the effect.

    Raises:
        Invalid: Unknown courier or malformed number.
        NotFound: No such exchange for this caller.
        Refused: The goods are not confirmed, or the box is not the new one.
        Conflict: Another change of this exchange is still open.
    """
    check_waybill(waybill)
    event = "ship_replacement_direct" if waybill.courier_code == DIRECT else "ship_replacement"
    payload = {"shipment_box_id": shipment_box_id, **waybill.payload()}
    return await _ask(context, caller, exchange_id, ExchangeKind.SHIP_EXCHANGE, event, payload, intent_key)


async def _ask(
    context: Context,
    caller: Caller,
    exchange_id: int,
    kind: ExchangeKind | ClaimKind,
    event: str,
    payload: Mapping[str, Any],
    intent_key: str | None,
) -> dict[str, Any]:
    def plan(row: Mapping[str, Any]) -> Change:
        track = MOVES[event][0]
        facts = exchange_facts(row, payload)[track]
        decide(TRACKS[track], row[f"{COLUMNS[track]}state"], event, facts)
        return Change(kind, event, payload)

    request = {"kind": kind, "exchange": exchange_id, **payload}
    return await ask_claim(context, caller, "exchange", exchange_id, plan, request, intent_key)


async def exchange_actions(context: Context, vendor_ids: Vendors, exchange_id: int) -> list[dict[str, Any]]:
    """Judge every change that may be asked for an exchange; the change itself decides alike.

    Raises:
        NotFound: No such exchange for this caller.
    """
    async with context.db.transaction() as tx:
        vendor_id, row = await locked(
            context.registry.subjects["exchange"], tx, vendor_ids, "exchange", exchange_id
        )
        busy = await effect_store.find_open(tx, vendor_id, exchange_id, "exchange")
    place = f"/v1/exchanges/{exchange_id}"
    told = reception_actions(row["reception"], place)
    for name, (way, event) in EVENTS.items():
        track = MOVES[event][0]
        facts = exchange_facts(row, granted(row, event))[track]
        target, refused = judge(TRACKS[track], row[f"{COLUMNS[track]}state"], event, facts, busy)
        told.append(action(way, place, target, refused, name))
    return told


async def get_exchange(context: Context, vendor_ids: Vendors, exchange_id: int) -> dict[str, Any]:
    """Return one exchange with `lines`, new `boxes` and the `history` of it and its tracks.

    Raises:
        NotFound: No such exchange for this caller.
    """
    async with context.db.transaction() as tx:
        row = await lookup.exchange(tx, vendor_ids, exchange_id)
        lives = {
            track: await box_store.history_of(tx, row["vendor_id"], track, exchange_id) for track in TRACKS
        }
    return {
        **row,
        "history": lives["exchange"],
        "collect": lives["collect"],
        "redelivery": lives["redelivery"],
    }


async def list_exchanges(
    context: Context,
    vendor_ids: Vendors,
    *,
    states: Sequence[str] = (),
    order_id: int | None = None,
    after: tuple[datetime, int] | None = None,
    most: int,
) -> tuple[list[dict[str, Any]], tuple[datetime, int] | None]:
    """Return exchanges, oldest first, and where the next page begins (None: there is none)."""
    async with context.db.connection() as connection:
        rows = await exchange_store.list_exchanges(
            connection, vendor_ids, states=states, order_id=order_id, after=after, most=most + 1
        )
    return split_page(rows, most, itemgetter("requested_at", "exchange_id"))
