"""What is erased of persons when its time is over, and what stays."""

from dataclasses import replace
from datetime import timedelta
from typing import LiteralString

from app.clock import Frozen
from app.engine.context import PURPOSE_EVIDENCE, Context
from app.engine.db.database import fetch
from app.engine.evidence import store as evidence_store
from app.engine.family import Examined, Family
from app.engine.registry import Registry
from app.integrity import erasure, stored_content
from app.machines.boxes import BoxState
from tests.support.box_stock import BOX, ORDER, VENDOR, put, register

DAY = timedelta(days=1)


async def test_persons_are_erased_when_their_time_is_over_and_nothing_else(
    context: Context, clock: Frozen
) -> None:
    await register(context)
    await put(context, BoxState.FINAL_DELIVERING)
    await put(context, BoxState.INSTRUCT, BOX + 1, order_id=ORDER + 1)
    await put(context, BoxState.FINAL_DELIVERING, BOX + 2, order_id=ORDER + 2)
    said = context.vault.digest(b'{"operator":"kim"}')
    async with context.db.transaction() as tx:
        sealed = context.vault.seal_packed(b'{"operator":"kim"}', PURPOSE_EVIDENCE)
        await evidence_store.keep(tx, VENDOR, [(said, "operator", sealed)], context.now())
    clock.set(context.now() + 30 * DAY + timedelta(seconds=1))
    assert erasure.before(context) is None
    assert await erasure.erase(context) == {}, "no time is set, so it is kept for ever"
    context = replace(context, policy=replace(context.policy, erase_after=31 * DAY))
    assert await erasure.erase(context) == {}, "its time is not over yet"
    context = replace(context, policy=replace(context.policy, erase_after=30 * DAY))
    assert await erasure.erase(context, batch=1, rounds=1) == {"receivers": 1, "answers": 1}, "in batches"
    done = await erasure.erase(context, batch=1)
    assert done == {"receivers": 1, "answers": 2}, "the order that is under way keeps its receiver"
    assert await erasure.erase(context) == {}
    async with context.db.connection() as connection:
        row = await evidence_store.find(connection, None, said)
        assert await erasure.late(context, connection, VENDOR) == {}
    assert row[0]["erased_at"] is None, "an operator's own words stay"
    assert await stored_content.all_faults(context) == []


async def test_an_order_is_kept_as_long_as_any_family_has_something_open_of_it(
    context: Context, clock: Frozen
) -> None:
    await register(context)
    await put(context, BoxState.FINAL_DELIVERING)
    await put(context, BoxState.FINAL_DELIVERING, BOX + 1, order_id=ORDER + 1)
    clock.set(context.now() + 30 * DAY + timedelta(seconds=1))
    disputed: LiteralString = f"k.order_id = {ORDER} OR k.order_id < 0"
    disputes = Family(name="disputes", examined=Examined(open_order=disputed))
    registry = Registry((*context.registry.families, disputes))
    policy = replace(context.policy, erase_after=30 * DAY)
    assert (await erasure.erase(replace(context, registry=registry, policy=policy)))["receivers"] == 1
    async with context.db.connection() as connection:
        rows = await fetch(connection, "SELECT shipment_box_id FROM receiver WHERE sealed IS NOT NULL")
    assert [row["shipment_box_id"] for row in rows] == [BOX]
    assert await erasure.erase(replace(context, policy=policy)) == {"receivers": 1}
