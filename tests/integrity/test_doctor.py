"""The doctor: silent on a shop in order, precise on what is overdue."""

from datetime import timedelta

from app.clock import Frozen
from app.engine.context import Context
from app.engine.vendors import store as vendor_store
from app.integrity import doctor
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
