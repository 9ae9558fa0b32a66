"""The doctor: silent on a shop in order, precise on what is overdue."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from app.clock import Frozen, to_second
from app.engine.context import Context
from app.engine.core_family import CORE
from app.engine.db.database import Connection
from app.engine.family import Examined, Family, Row
from app.engine.registry import Registry
from app.engine.vendors import store as vendor_store
from app.integrity import doctor
from app.integrity.family import FAMILY as INTEGRITY
from app.machines.boxes import BoxState
from tests.support.box_stock import BOX, VENDOR, put, register


async def test_doctor_finds_nothing_of_a_young_shop_and_tells_what_is_overdue(
    context: Context, clock: Frozen
) -> None:
    await register(context)
    await put(context, BoxState.INSTRUCT)
    found = [one async for one in doctor.examine(context)]
    assert [one.vendor_id for one in found] == [VENDOR]
    assert found[0].findings == []
    clock.set(context.now() + timedelta(days=2))
    (late,) = [one async for one in doctor.examine(context, VENDOR)]
    told = [one.told for one in late.findings if one.check == "feeds"]
    assert any(one.startswith(f"box {BOX} was to be read at ") for one in told)
    assert f"BAD feeds{' ' * 5}" in late.text()
    async with context.db.transaction() as tx:
        await vendor_store.change(tx, VENDOR, state="PAUSED")
    (paused,) = [one async for one in doctor.examine(context, VENDOR)]
    assert [one.told for one in paused.findings if one.check == "feeds"] == []
    assert paused.facts["feeds"] == "paused"


async def broken(_: Context, connection: Connection, vendor_id: str) -> AsyncIterator[tuple[str, str]]:
    yield "rows", f"a parcel of {vendor_id} is broken"


async def delayed(connection: Connection, asked: Row) -> AsyncIterator[tuple[str, str]]:
    yield "effects", f"a parcel is late for {asked['at'] - asked['overdue']}"


async def uneven(connection: Connection, vendor_id: str) -> AsyncIterator[tuple[int, str, str]]:
    for order_id in (1, 2):
        yield order_id, "quantities", f"order {order_id} is uneven"


PARCELS = Family(
    name="parcels",
    examined=Examined(
        overdue="SELECT 'parcel' AS aggregate, 1 AS aggregate_id, %(overdue)s::timestamptz AS since",
        never="SELECT 'parcel' AS aggregate, 2 AS aggregate_id, NULL::timestamptz AS due",
        incomplete="SELECT 'parcel' AS aggregate, 3 AS aggregate_id, 'no lid' AS lacks",
        young="o.order_id = 2",
        untimely="SELECT 'parcel 4' AS named, %(at)s::timestamptz AS seen_at",
        faults=(broken,),
        delays=(delayed,),
        order_faults=(uneven,),
    ),
)


async def test_doctor_asks_whatever_a_family_declares_and_nothing_else(context: Context) -> None:
    await register(context)
    bare = replace(context, registry=Registry((CORE, INTEGRITY)))
    (sound,) = [one async for one in doctor.examine(bare)]
    assert sound.findings == []
    (found,) = [
        one async for one in doctor.examine(replace(context, registry=Registry((CORE, PARCELS, INTEGRITY))))
    ]
    at = context.now()
    assert [(one.check, one.told) for one in found.findings] == [
        ("feeds", "parcel 2 is open and will be read never"),
        ("feeds", f"parcel 1 was to be read at {to_second(at - doctor.OVERDUE)}"),
        ("effects", "a parcel is late for 1:00:00"),
        ("rows", "parcel 3 has no lid"),
        ("rows", f"a parcel of {VENDOR} is broken"),
        ("quantities", "order 1 is uneven"),
        ("persons", f"parcel 4, read at {to_second(at)}, was erased, not by us"),
    ]
    assert found.facts["quantities"] == "1 orders are being read"
