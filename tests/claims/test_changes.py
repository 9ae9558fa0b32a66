"""Asking for a change of a claim: decided on the locked row, once per key, one change at a time."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.claims.changes import Change, Plan, ask_claim, locked, pickup_payload
from app.coupang.claims.types import PickupOf
from app.engine.context import Context
from app.engine.effects import store as effect_store
from app.engine.vendors import store as vendor_store
from app.errors import Conflict, Invalid, NotFound, Refused
from app.machines.boxes import BoxState
from app.orders.changes import Caller, Waybill
from tests.support import exchange_states, receipt_stock
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register
from tests.support.exchange_states import EXCHANGE, exchange
from tests.support.receipt_stock import receipt, returned

RETURN, STOP, SHIPPED = 7, 8, BOX + 1
KEY = Caller("key:1", [VENDOR])


def test_pickup_payload_names_the_claim_and_checks_the_waybill() -> None:
    assert pickup_payload(PickupOf.EXCHANGE, Waybill("CJGLS", "600000000001"), "R1") == {
        "pickup_of": PickupOf.EXCHANGE.value,
        "courier_code": "CJGLS",
        "invoice_number": "600000000001",
        "reg_number": "R1",
    }
    for waybill, pointer in (
        (Waybill("NOBODY", "600000000001"), "/courier_code"),
        (Waybill("CJGLS", "6000-0000"), "/invoice_number"),
    ):
        with pytest.raises(Invalid) as no:
            pickup_payload(PickupOf.RETURN, waybill, "")
        assert no.value.members["errors"][0]["pointer"] == pointer


def plan(seen: list[Mapping[str, Any]], kind: str = "CONFIRM_RETURN", event: str = "confirm_arrival") -> Plan:
    """Plan the same change whatever the row is, and keep the row."""

    def decided(row: Mapping[str, Any]) -> Change:
        seen.append(row)
        return Change(kind, event, {"count": 1})

    return decided


async def ask(
    context: Context, decided: Plan, key: str | None, number: int = RETURN, **more: Any
) -> dict[str, Any]:
    subject, caller = more.pop("subject", "return"), more.pop("caller", KEY)
    request = {"kind": "CONFIRM_RETURN", "return": number, **more}
    return await ask_claim(context, caller, subject, number, decided, request, key)


async def stock(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    await put(context, BoxState.FINAL_DELIVERING, SHIPPED, order_id=ORDER + 1)
    await receipt_stock.tell(context, receipt(STOP), returned(RETURN, box_id=SHIPPED, order_id=ORDER + 1))
    await exchange_states.tell(context, exchange(box_id=SHIPPED, order_id=ORDER + 1))


async def test_claim_change_is_stored_with_what_it_was_decided_on(context: Context) -> None:
    await stock(context)
    async with context.db.transaction() as tx:
        await vendor_store.change(tx, VENDOR, due_at=context.now().replace(year=2030))
    seen: list[Mapping[str, Any]] = []
    effect = await ask(context, plan(seen), "k1")
    assert (seen[0]["receipt_id"], seen[0]["state"], seen[0]["reception"]) == (
        RETURN,
        "RETURNS_UNCHECKED",
        None,
    )
    told = ("kind", "event", "state", "subject", "subject_id", "shipment_box_id", "order_id", "box_state")
    assert tuple(effect[name] for name in told) == (
        "CONFIRM_RETURN",
        "confirm_arrival",
        "PENDING",
        "return",
        RETURN,
        SHIPPED,
        ORDER + 1,
        "RETURNS_UNCHECKED",
    )
    assert (effect["asked_by"], effect["intent_key"], effect["payload"]["count"]) == ("key:1", "k1", 1)
    async with context.db.connection() as connection:
        row = await vendor_store.find(connection, VENDOR)
    assert row is not None
    assert row["due_at"] == context.now(), "the next visit sends it"


async def test_claim_change_with_the_same_key_is_asked_once(context: Context) -> None:
    await stock(context)
    seen: list[Mapping[str, Any]] = []
    effect = await ask(context, plan(seen), "k1")
    again = await ask(context, plan(seen), "k1")
    assert (again["effect_id"], len(seen)) == (effect["effect_id"], 1), "it is not decided a second time"
    with pytest.raises(Conflict, match="Idempotency-Key") as no:
        await ask(context, plan(seen), "k1", waybill="other")
    assert no.value.members == {"effect": str(effect["effect_id"])}


async def test_claim_change_waits_for_the_open_one_of_its_own_subject(context: Context) -> None:
    await stock(context)
    seen: list[Mapping[str, Any]] = []
    first = await ask(context, plan(seen), None)
    for key in (None, "k2"):
        with pytest.raises(Conflict, match="another change of this return is still open") as no:
            await ask(context, plan(seen), key)
        assert no.value.members == {
            "effect": str(first["effect_id"]),
            "effect_kind": "CONFIRM_RETURN",
            "effect_state": "PENDING",
        }
    swap = await ask(context, plan(seen, "CONFIRM_EXCHANGE"), None, EXCHANGE, subject="exchange")
    assert (swap["subject"], swap["shipment_box_id"], swap["box_state"]) == ("exchange", SHIPPED, "RECEIPT")


async def test_claim_change_that_is_refused_stores_nothing(context: Context) -> None:
    await stock(context)

    def refuse(row: Mapping[str, Any]) -> Change:
        raise Refused("confirm_arrival needs goods_arrived")

    with pytest.raises(Refused):
        await ask(context, refuse, "k1")
    async with context.db.connection() as connection:
        assert await effect_store.find_by_key(connection, VENDOR, "k1") is None
        assert await effect_store.find_open(connection, VENDOR, RETURN, "return") is None


async def test_claim_is_locked_for_its_vendor_and_as_what_it_is(context: Context) -> None:
    await stock(context)
    known = (
        ("cancel", STOP, "receipt_id"),
        ("return", RETURN, "receipt_id"),
        ("exchange", EXCHANGE, "exchange_id"),
    )
    async with context.db.transaction() as tx:
        for subject, number, name in known:
            for vendor_ids in (None, [VENDOR]):
                owner, row = await locked(context.registry.subjects[subject], tx, vendor_ids, subject, number)
                assert (owner, row[name], row["vendor_id"]) == (VENDOR, number, VENDOR)
            with pytest.raises(NotFound) as no:
                await locked(context.registry.subjects[subject], tx, [OTHER], subject, number)
            assert no.value.members == {name: str(number)}
        for subject, number in (("return", STOP), ("cancel", RETURN), ("exchange", RETURN)):
            with pytest.raises(NotFound, match=f"no such {subject}"):
                await locked(context.registry.subjects[subject], tx, None, subject, number)
