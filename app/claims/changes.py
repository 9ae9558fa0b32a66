"""Ask for a change of a claim: decided on it as it is, under its lock, and stored with that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.claims import store as claim_store
from app.coupang.claims.types import PickupOf
from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.effects.idempotency import fingerprint, same_request, still_open
from app.engine.effects.subjects import Subject
from app.engine.visits import leases
from app.errors import NotFound
from app.machines.effects import EFFECT
from app.orders.waybills.waybills import Waybill, check_waybill


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked: kind, the event that its confirmation fires, and what the call needs."""

    kind: str
    event: str
    payload: Mapping[str, Any]


Plan = Callable[[Mapping[str, Any]], Change]


async def ask_claim(
    context: Context,
    caller: Caller,
    subject: str,
    subject_id: int,
    plan: Plan,
    request: Mapping[str, Any],
    intent_key: str | None,
) -> dict[str, Any]:
    """Decide on a return or an exchange and store the effect; return it.

    Args:
        context: What every use case is given.
        caller: Who asks.
        subject: `return` or `exchange`.
        subject_id: Receipt id or exchange id.
        plan: Decides on the locked row; raises what the machine refuses.
        request: What was asked for, in the caller's words; tells two uses of one key apart.
        intent_key: The caller's idempotency key.

    Raises:
        NotFound: No such claim for this caller.
        Refused: The machine refuses; names the rules.
        Conflict: Another change of it is open, or the key was used for another request.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        vendor_id, row = await locked(
            context.registry.subjects[subject], tx, caller.vendor_ids, subject, subject_id
        )
        told = fingerprint(request) if intent_key else None
        if intent_key and (known := await effect_store.find_by_key(tx, vendor_id, intent_key)):
            return same_request(known, told)
        change = plan(row)
        payload = {**change.payload, **({"request": told} if told else {})}
        intent = await _intent(tx, vendor_id, subject, subject_id, row, change, at)
        intent = replace(intent, payload=payload, intent_key=intent_key)
        effect = await store_effect(tx, vendor_id, intent, caller, at)
    await leases.wake(context, vendor_id)
    return effect


def pickup_payload(claim: PickupOf, waybill: Waybill, reg_number: str) -> dict[str, Any]:
    """Return what the call for a pick-up that the seller booked needs (R7).

    Raises:
        Invalid: Unknown courier or malformed number.
    """
    check_waybill(waybill)
    return {"pickup_of": claim.value, **waybill.payload(), "reg_number": reg_number}


async def store_effect(
    tx: Connection, vendor_id: str, intent: effect_store.Intent, caller: Caller, at: datetime
) -> dict[str, Any]:
    """Store what was decided under the lock of its subject; return the effect.

    Raises:
        Conflict: Another change of the subject is open; names it.
    """
    stored = await effect_store.ask(
        tx,
        vendor_id,
        [intent],
        initial=EFFECT.initial,
        asked_by=caller.actor,
        cause=caller.actor,
        at=at,
    )
    if stored:
        return stored[0]
    subject_id = intent.shipment_box_id if intent.subject_id is None else intent.subject_id
    other = await effect_store.find_open(tx, vendor_id, subject_id or 0, intent.subject)
    raise still_open(intent.subject, other)


async def locked(
    about: Subject, tx: Connection, vendor_ids: list[str] | None, subject: str, subject_id: int
) -> tuple[str, Mapping[str, Any]]:
    """Lock a claim and what belongs to it; return the vendor's id and the row as its subject gives it.

    Args:
        about: How such a claim is found and locked.
        tx: A transaction.
        vendor_ids: Vendors to look at; None means every vendor.
        subject: `cancel`, `return` or `exchange`.
        subject_id: Receipt id or exchange id.

    Raises:
        NotFound: No such claim for this caller.
    """
    owner = await about.owner(tx, vendor_ids, subject_id)
    if owner is not None:
        rows = await about.lock(tx, owner, [{"subject_id": subject_id}])
        if subject_id in rows:
            return owner, rows[subject_id]
    raise NotFound(f"no such {subject}", **{about.id_name: str(subject_id)})


async def _intent(
    tx: Connection,
    vendor_id: str,
    subject: str,
    subject_id: int,
    row: Mapping[str, Any],
    change: Change,
    at: datetime,
) -> effect_store.Intent:
    if subject == "return":
        lines = await claim_store.lines_of(tx, vendor_id, subject_id)
        box_id = lines[0]["shipment_box_id"] if lines else None
    else:
        box_id = next((line["shipment_box_id"] for line in row["lines"]), None)
    return effect_store.Intent(
        change.kind, change.event, box_id, row["order_id"], row["state"], {}, at, None, subject, subject_id
    )
