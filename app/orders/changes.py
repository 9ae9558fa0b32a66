"""Ask for changes: decide now, send later. One function = one intent = one transaction.

Each writes an effect with the box state it was decided on. The dispatcher sends it only while the box is
still in that state; the box itself moves when Coupang has confirmed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app.clock import KST
from app.coupang.couriers import DIRECT
from app.coupang.limits import MOST_BOXES
from app.engine.caller import US, Caller
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.effects.idempotency import fingerprint, same_request, still_open
from app.engine.history import transitions
from app.engine.visits import leases
from app.errors import Conflict, Invalid, NotFound, Refused, Stale
from app.machines.boxes import BoxFacts
from app.machines.effects import EFFECT
from app.machines.kernel import Move
from app.orders import store as box_store
from app.orders.decide import box_facts, decide_box
from app.orders.effects.kinds import OrderKind
from app.orders.lookup import with_sums
from app.orders.permits import checks as permit_checks
from app.orders.permits import store as permit_store
from app.orders.waybills import checks as waybill_checks
from app.orders.waybills.waybills import Waybill, check_waybill

TRIES = 4
"""How often a change is decided again when the box changes under our hands."""
Plan = Callable[[Mapping[str, Any], datetime], effect_store.Intent]


async def acknowledge(
    context: Context, caller: Caller, shipment_box_id: int, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Ask Coupang to move a box from ACCEPT to INSTRUCT (O6); return the effect.

    Raises:
        NotFound: No such box for this caller.
        Refused: The machine refuses; names the rules.
        Conflict: Another change of this box is still open.
    """

    def plan(box: Mapping[str, Any], at: datetime) -> effect_store.Intent:
        move = decide_box(box["state"], "acknowledge", box_facts(box, at))
        return _intent(OrderKind.ACKNOWLEDGE, move.event, box, {}, at, intent_key)

    request = {"kind": OrderKind.ACKNOWLEDGE, "box": shipment_box_id}
    return await _ask(context, caller, shipment_box_id, plan, request, intent_key)


async def ship(
    context: Context,
    caller: Caller,
    shipment_box_id: int,
    waybill: Waybill,
    *,
    later: Sequence[int] = (),
    later_date: date | None = None,
    intent_key: str | None = None,
    urgent: bool = False,
    permit_id: int | None = None,
) -> dict[str, Any]:
    """Ask Coupang to take a waybill for a box (O7); return the effect.

    Args:
        context: What every use case is given.
        caller: Who asks.
        shipment_box_id: Which box.
        waybill: For what is shipped now.
        later: `vendorItemId`s that stay behind; the others leave under a new box id.
        later_date: When the rest is planned to ship; required exactly when `later` is given.
        intent_key: The caller's idempotency key.
        urgent: Do not wait for other waybills to share the call.
        permit_id: Ask only while this permit of the box is valid; it must still be when the waybill goes.

    Raises:
        Invalid: A field breaks a rule, before anything is asked.
        NotFound: No such box for this caller.
        Refused: The machine refuses; names the rules.
        Conflict: Another change of this box is still open.
    """
    check_waybill(waybill)
    direct = waybill.courier_code == DIRECT
    if bool(later) != (later_date is not None):
        raise Invalid(
            "a split needs both", ("/later_date", "give `later` and `later_date` together, or neither")
        )
    today = context.now().astimezone(KST).date()
    if later_date is not None and later_date < today:
        raise Invalid(
            "a date that has passed", ("/later_date", f"{today.isoformat()} or later; the rest ships then")
        )
    if later and direct:
        raise Invalid("DIRECT cannot be split", ("/courier_code", "a split needs a tracked courier"))

    def plan(box: Mapping[str, Any], at: datetime) -> effect_store.Intent:
        items = {line["vendor_item_id"]: line for line in box["lines"]}
        if unknown := [item for item in later if item not in items]:
            raise Invalid("unknown item", ("/later", f"{unknown[0]} is not an item of this box"))
        now = [item for item, line in items.items() if item not in later and line["shippable"] > 0]
        if later and not now:
            raise Invalid("nothing to ship now", ("/later", "at least one item must ship now"))
        event = "ship_part" if later else "ship_direct" if direct else "ship"
        move = _decide_waybill(event, box, at, direct)
        planned = [item for item in later if items[item]["planned_shipping_date"]]
        if planned:
            raise Invalid("planned already", ("/later", f"{planned[0]} has its planned day; it ships now"))
        # The rest of a box that was split before must say so in its own call.
        part = bool(later) or box["split_shipping"]
        left = {item: line for item, line in items.items() if line["shippable"] > 0}
        payload = _waybill_payload(waybill, left, later, later_date) | {
            "part": bool(later),
            "split_shipping": part,
            "pre_split_shipped": box["split_shipping"],
        }
        if permit_id is not None:
            payload["permit"] = str(permit_id)
        ready = at if urgent else at + context.policy.ship_linger
        return _intent(OrderKind.SHIP, move.event, box, payload, ready, intent_key)

    request: dict[str, Any] = {
        "kind": OrderKind.SHIP,
        "box": shipment_box_id,
        "waybill": [waybill.courier_code, waybill.invoice_number],
        "later": sorted(later),
        "later_date": later_date,
    }
    if permit_id is not None:
        request["permit"] = permit_id
    return await _ask(context, caller, shipment_box_id, plan, request, intent_key, permit_id)


async def change_invoice(
    context: Context, caller: Caller, shipment_box_id: int, waybill: Waybill, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Ask Coupang to replace the waybill of a shipped box (O8); return the effect. Errors: see `ship`."""
    check_waybill(waybill)
    direct = waybill.courier_code == DIRECT

    def plan(box: Mapping[str, Any], at: datetime) -> effect_store.Intent:
        event = "change_invoice_direct" if direct else "change_invoice"
        move = _decide_waybill(event, box, at, direct)
        items = {line["vendor_item_id"]: line for line in box["lines"]}
        payload = _waybill_payload(waybill, items, (), None)
        payload |= {"part": False, "split_shipping": False, "pre_split_shipped": False}
        return _intent(OrderKind.CHANGE_INVOICE, move.event, box, payload, at, intent_key)

    request = {
        "kind": OrderKind.CHANGE_INVOICE,
        "box": shipment_box_id,
        "waybill": [waybill.courier_code, waybill.invoice_number],
    }
    return await _ask(context, caller, shipment_box_id, plan, request, intent_key)


async def close_undelivered(
    context: Context, caller: Caller, shipment_box_id: int, *, intent_key: str | None = None
) -> dict[str, Any]:
    """Ask Coupang to close a box that nobody scanned for 30 days (O12); return the effect."""

    def plan(box: Mapping[str, Any], at: datetime) -> effect_store.Intent:
        move = decide_box(box["state"], "close_undelivered", box_facts(box, at))
        if not box["invoice_number"]:
            raise Conflict("this box has no waybill that could be closed")
        payload = {"invoice_number": box["invoice_number"]}
        return _intent(OrderKind.CLOSE_UNDELIVERED, move.event, box, payload, at, intent_key)

    request = {"kind": OrderKind.CLOSE_UNDELIVERED, "box": shipment_box_id}
    return await _ask(context, caller, shipment_box_id, plan, request, intent_key)


async def acknowledge_all_due(context: Context, vendor_id: str, epoch: int, *, most: int = 500) -> int:
    """Ask to acknowledge every stored box in ACCEPT that may be; return how many were asked.

    Raises:
        Fenced: A newer visit holds the lease of this vendor.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        found = await box_store.to_acknowledge(tx, vendor_id, most)
        # A full call need not wait for company.
        ready = at if len(found) >= MOST_BOXES else at + context.policy.acknowledge_linger
        intents = [
            effect_store.Intent(
                OrderKind.ACKNOWLEDGE,
                "acknowledge",
                box["shipment_box_id"],
                box["order_id"],
                box["state"],
                {},
                ready,
            )
            for box in found
            if box["held"] == 0
        ]
        if not intents:
            return 0
        await transitions.fence(tx, vendor_id, epoch)
        asked = await effect_store.ask(
            tx,
            vendor_id,
            intents,
            initial=EFFECT.initial,
            asked_by=US.actor,
            cause="policy:auto_acknowledge",
            at=at,
        )
        return len(asked)


def _decide_waybill(event: str, box: Mapping[str, Any], at: datetime, direct: bool) -> Move[BoxFacts]:
    try:
        return decide_box(box["state"], event, box_facts(box, at, waybill=True, direct=direct))
    except Refused as no:
        # Upload and update are two calls; asking for the wrong one is answered with the right one.
        if right := waybill_checks.right_way(event, box):
            no.members["instead"] = right
        raise


def _waybill_payload(
    waybill: Waybill, items: Mapping[int, Any], later: Sequence[int], later_date: date | None
) -> dict[str, Any]:
    # Every item that is left of the box is in every call, or Coupang answers NOT_FOUND_VENDOR_ITEM; what is
    # cancelled whole gets no waybill.
    return {
        **waybill.payload(),
        "later_date": later_date.isoformat() if later_date else None,
        "lines": [{"vendor_item_id": item, "now": item not in later} for item in items],
    }


def _intent(
    kind: OrderKind,
    event: str,
    box: Mapping[str, Any],
    payload: dict[str, Any],
    not_before: datetime,
    intent_key: str | None,
) -> effect_store.Intent:
    return effect_store.Intent(
        kind, event, box["shipment_box_id"], box["order_id"], box["state"], payload, not_before, intent_key
    )


async def _ask(
    context: Context,
    caller: Caller,
    shipment_box_id: int,
    plan: Plan,
    request: Mapping[str, Any],
    intent_key: str | None,
    permit_id: int | None = None,
) -> dict[str, Any]:
    """Decide on the box as it is and store the effect while it is still so: two statements, no lock.

    What changes the box afterwards is no danger: every effect is decided again, under lock, before it is
    sent.
    """
    told = fingerprint(request) if intent_key else None
    number_checked = False
    for _ in range(TRIES):
        at = context.now()
        async with context.db.connection() as connection:
            box = await _box_to_change(connection, caller, shipment_box_id)
            vendor_id = box["vendor_id"]
            if intent_key and (asked := await effect_store.find_by_key(connection, vendor_id, intent_key)):
                return same_request(asked, told)
            intent = plan(box, at)
            if permit_id is not None:
                await permit_checks.check(connection, box, permit_id, at)
            courier = str(intent.payload.get("courier_code", DIRECT))
            number = None if courier == DIRECT else str(intent.payload["invoice_number"])
            if told:
                intent = replace(intent, payload={**intent.payload, "request": told})
            stored = await effect_store.ask_while(
                connection,
                vendor_id,
                intent,
                box_version=box["version"],
                initial=EFFECT.initial,
                asked_by=caller.actor,
                reason=caller.reason,
                at=at,
                fresh_number=None if number_checked else number,
            )
            if stored is None and number is not None and not number_checked:
                # A number that some box carries may still be free: the same receiver, or long ago.
                await waybill_checks.check_free(connection, vendor_id, shipment_box_id, courier, number, at)
                number_checked = True
            if stored is None:
                other = await effect_store.find_open(connection, vendor_id, shipment_box_id)
                if other is not None and (intent_key is None or other["intent_key"] != intent_key):
                    raise still_open("box", other)
                continue
            if permit_id is not None:
                await permit_store.use(connection, vendor_id, permit_id, stored["effect_id"])
        await leases.wake(context, vendor_id)
        return stored
    raise Stale("this box changes too fast to be decided on; try again", shipment_box_id=str(shipment_box_id))


async def _box_to_change(connection: Connection, caller: Caller, shipment_box_id: int) -> dict[str, Any]:
    box = await box_store.find_to_change(connection, caller.vendor_ids, shipment_box_id)
    if box is None:
        raise NotFound("no such box", shipment_box_id=str(shipment_box_id))
    return with_sums(box)
