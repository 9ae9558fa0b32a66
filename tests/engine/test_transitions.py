"""The doors: all or nothing, nobody overwrites anybody, and history cannot be changed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from app.coupang.orders.decode import Results, RowResult
from app.engine.caller import US
from app.engine.context import until_fresh
from app.engine.db.database import fetch_one
from app.engine.effects import outbox
from app.engine.effects import store as effect_store
from app.engine.effects.transitions import EffectMove, move_effects
from app.engine.history import transitions
from app.engine.visits import leases
from app.errors import Conflict, Fenced, Stale
from app.machines.effects import EFFECT
from app.orders import changes as box_changes
from app.orders import store as box_store
from app.orders.effects.kinds import OrderKind
from app.orders.effects.sends import settle_rows
from app.orders.transitions import BoxMove, move_boxes
from tests.support.shop import MINUTE, Shop, assert_promises, newer_epoch, set_vendor


async def three_boxes(shop: Shop) -> list[dict[str, Any]]:
    """Return three stored boxes in ACCEPT that nobody acknowledges."""
    await set_vendor(shop, auto_acknowledge=False)
    shop.world.order(shop.vendor_id, count=3)
    await shop.until_state("ACCEPT")
    return list((await shop.boxes()).values())


def seen(box: dict[str, Any], *, version: int | None = None, evidence: bytes | None = None) -> BoxMove:
    step = transitions.Step(
        "see_instruct", "ACCEPT", "INSTRUCT", "coupang", "test", evidence or box["content_hash"]
    )
    return BoxMove(box["shipment_box_id"], version or box["version"], (step,), None)


async def test_a_page_of_moves_is_written_whole_or_not_at_all(shop: Shop) -> None:
    held = await three_boxes(shop)
    before = await shop.rows("SELECT * FROM history ORDER BY history_id")
    moves = [seen(held[0]), seen(held[1], version=held[1]["version"] + 1), seen(held[2])]
    with pytest.raises(Stale, match="1 of 3 rows"):
        async with shop.context.db.transaction() as tx:
            await move_boxes(tx, shop.vendor_id, moves, shop.clock.now())
    assert list((await shop.boxes()).values()) == held
    assert await shop.rows("SELECT * FROM history ORDER BY history_id") == before


async def test_of_two_writers_the_slower_one_is_told_and_decides_again(shop: Shop) -> None:
    held = await three_boxes(shop)
    context, at = shop.context, shop.clock.now()
    first_has_written, second_has_read = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        await second_has_read.wait()
        async with context.db.transaction() as tx:
            await move_boxes(tx, shop.vendor_id, [seen(held[0])], at)
        first_has_written.set()

    tries: list[str] = []

    async def second() -> None:
        async def work() -> None:
            async with context.db.transaction() as tx:
                found = await tx.execute(
                    "SELECT * FROM box WHERE shipment_box_id = ANY(%s) ORDER BY 2",
                    [[box["shipment_box_id"] for box in held[:2]]],
                )
                rows = await found.fetchall()
                tries.append(rows[0]["state"])
                second_has_read.set()
                await first_has_written.wait()
                await move_boxes(
                    tx, shop.vendor_id, [seen(row) for row in rows if row["state"] == "ACCEPT"], at
                )

        await until_fresh(work)

    await asyncio.gather(first(), second())
    assert tries == ["ACCEPT", "INSTRUCT"]
    for box in held[:2]:
        assert await shop.road(box["shipment_box_id"]) == [("appear", "ACCEPT"), ("see_instruct", "INSTRUCT")]
    assert await shop.state(held[2]["shipment_box_id"]) == "ACCEPT"


async def test_who_is_always_slower_gives_up(shop: Shop) -> None:
    held = await three_boxes(shop)

    async def hopeless() -> None:
        async with shop.context.db.transaction() as tx:
            await move_boxes(tx, shop.vendor_id, [seen(held[0], version=99)], shop.clock.now())

    with pytest.raises(Stale):
        await until_fresh(hopeless)


async def test_effects_move_whole_or_not_at_all(shop: Shop) -> None:
    held = await three_boxes(shop)
    for box in held:
        await box_changes.acknowledge(shop.context, US, box["shipment_box_id"])
    asked = await shop.effects()
    step = transitions.Step("send_out", "PENDING", "SENDING", "us", "test")
    moves = [EffectMove(one["effect_id"], one["version"], (step,), sent=True) for one in asked]
    with pytest.raises(Stale):
        async with shop.context.db.transaction() as tx:
            await move_effects(
                tx, shop.vendor_id, [*moves[:2], replace(moves[2], version=7)], shop.clock.now()
            )
    assert await shop.effects() == asked


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE history SET reason = 'another'",
        "DELETE FROM history",
        "TRUNCATE history",
        "UPDATE history SET target = 'CANCELLED' WHERE version = 1",
    ],
)
async def test_history_cannot_be_changed(shop: Shop, statement: Any) -> None:
    await three_boxes(shop)
    before = await shop.rows("SELECT * FROM history ORDER BY history_id")
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        async with shop.context.db.transaction() as tx:
            await tx.execute(statement)
    assert await shop.rows("SELECT * FROM history ORDER BY history_id") == before
    await assert_promises(shop)


async def test_the_same_version_cannot_be_told_twice(shop: Shop) -> None:
    await three_boxes(shop)
    with pytest.raises(psycopg.errors.UniqueViolation):
        async with shop.context.db.transaction() as tx:
            await tx.execute(
                """INSERT INTO history (vendor_id, aggregate, aggregate_id, version, target, event, actor,
                                        cause, at, hash)
                   SELECT vendor_id, aggregate, aggregate_id, version, target, event, actor, cause, at, hash
                   FROM history"""
            )


async def test_a_box_has_one_open_effect_at_most(shop: Shop) -> None:
    box_id = (await three_boxes(shop))[0]["shipment_box_id"]
    first = await box_changes.acknowledge(shop.context, US, box_id)
    with pytest.raises(Conflict) as told:
        await box_changes.acknowledge(shop.context, US, box_id)
    assert told.value.members == {
        "effect": str(first["effect_id"]),
        "effect_kind": "ACKNOWLEDGE",
        "effect_state": "PENDING",
    }
    # The database itself keeps the rule, whoever writes.
    with pytest.raises(psycopg.errors.UniqueViolation):
        async with shop.context.db.transaction() as tx:
            await tx.execute(
                """INSERT INTO effect (vendor_id, kind, event, subject, subject_id, shipment_box_id,
                                       order_id, payload, state, version, box_state, asked_by, asked_at,
                                       not_before)
                   SELECT vendor_id, kind, event, subject, subject_id, shipment_box_id, order_id, payload,
                          'UNKNOWN', 1, box_state, asked_by, asked_at, not_before FROM effect"""
            )
    assert len(await shop.effects()) == 1


async def test_two_who_ask_at_once_get_one_effect(shop: Shop) -> None:
    box_id = (await three_boxes(shop))[0]["shipment_box_id"]
    answers = await asyncio.gather(
        *(box_changes.acknowledge(shop.context, US, box_id) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, Conflict) for one in answers) == 3
    assert len(await shop.effects()) == 1


@pytest.mark.parametrize(
    "numbers",
    [
        "held = 9",
        "cancelled = ordered + 1",
        "held = -1",
        "ordered = 0",
        "cancelled = -1",
        "shipped = ordered + 1",
        "shipped = ordered, cancelled = 1",
        "cancelled = 1, returned = 1",
        "shipped = 1, returned = 1",
        "returned = -1",
        "market_held = ordered + 1",
        "market_cancelled = -1",
    ],
)
async def test_quantities_must_add_up(shop: Shop, numbers: str) -> None:
    await three_boxes(shop)
    with pytest.raises(psycopg.errors.CheckViolation, match=r"line_(quantities|goods|market)"):
        async with shop.context.db.transaction() as tx:
            await tx.execute(f"UPDATE line SET {numbers}".encode())


async def test_an_older_epoch_writes_nothing(shop: Shop) -> None:
    sent, asked, _ = await three_boxes(shop)
    context = shop.context
    lease = await leases.begin(context, shop.vendor_id)
    assert lease is not None
    await box_changes.acknowledge(context, US, sent["shipment_box_id"])
    assert await outbox.take(context, shop.vendor_id, lease.epoch, OrderKind.ACKNOWLEDGE) is not None
    await box_changes.acknowledge(context, US, asked["shipment_box_id"])
    before = await shop.effects()
    assert [effect["state"] for effect in before] == ["SENDING", "PENDING"]
    # There is something to do for each of them.
    await newer_epoch(shop)
    with pytest.raises(Fenced):
        await box_changes.acknowledge_all_due(context, shop.vendor_id, lease.epoch)
    with pytest.raises(Fenced):
        await outbox.recover(context, shop.vendor_id, lease.epoch)
    with pytest.raises(Fenced):
        await outbox.take(context, shop.vendor_id, lease.epoch, OrderKind.ACKNOWLEDGE)
    assert await shop.effects() == before


async def test_a_fence_holds_until_the_transaction_ends(shop: Shop) -> None:
    epoch = await newer_epoch(shop)
    async with shop.context.db.transaction() as tx:
        await transitions.fence(tx, shop.vendor_id, epoch)
        overtaking = asyncio.create_task(newer_epoch(shop))
        await waits(shop, overtaking)
    assert await overtaking == epoch + 1


async def waits(shop: Shop, task: "asyncio.Task[Any]") -> None:
    """Wait until somebody waits for a lock in the database."""
    for _ in range(500):
        assert not task.done()
        if await shop.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            return
        await asyncio.sleep(0.005)
    raise AssertionError("nobody waits for a lock")


async def test_who_asks_for_a_change_never_deadlocks_with_a_visit(shop: Shop) -> None:
    box_id = (await three_boxes(shop))[0]["shipment_box_id"]
    lease = await leases.begin(shop.context, shop.vendor_id)
    assert lease is not None
    # As the tick does when it asks for a visit: from now on, waking the vendor is a write.
    await set_vendor(shop, due_at=shop.clock.now() + MINUTE)
    async with shop.context.db.transaction() as tx:
        await transitions.fence(tx, shop.vendor_id, lease.epoch)
        asking_now = asyncio.create_task(box_changes.acknowledge(shop.context, US, box_id))
        for _ in range(500):
            if await shop.effects():
                break
            await asyncio.sleep(0.005)
        # The visit goes on to the box that the other one has just changed.
        await box_store.with_quantities(tx, shop.vendor_id, [box_id])
    assert (await asking_now)["state"] == "PENDING"
    assert (await shop.vendor())["due_at"] == shop.clock.now(), "woken after all"


async def test_settling_takes_its_boxes_before_its_effects(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    box_id = (await three_boxes(shop))[0]["shipment_box_id"]
    await box_changes.acknowledge(shop.context, US, box_id)
    lease = await leases.begin(shop.context, shop.vendor_id)
    assert lease is not None
    batch = await outbox.take(shop.context, shop.vendor_id, lease.epoch, OrderKind.ACKNOWLEDGE)
    assert batch is not None
    # Another caller holds the box, as everybody does who asks for a change of it.
    async with shop.context.db.transaction() as other:
        await box_store.find(other, None, box_id, lock=True)
        answer = Results(0, "", (RowResult(box_id, True, "OK"),), b"{}")
        settling = asyncio.create_task(settle_rows(shop.context, shop.vendor_id, lease.epoch, batch, answer))
        await waits(shop, settling)
        # Asking for an effect of this box answers at once: the visit does not hold the effect yet.
        stored = await asyncio.wait_for(
            effect_store.ask(
                other,
                shop.vendor_id,
                [
                    effect_store.Intent(
                        "SHIP", "ship", box_id, 1, "INSTRUCT", {}, shop.clock.now() + timedelta(days=1)
                    )
                ],
                initial=EFFECT.initial,
                asked_by="us",
                cause="us",
                at=shop.clock.now(),
            ),
            timeout=5,
        )
        assert stored == []
    assert await settling is False
    assert await shop.state(box_id) == "INSTRUCT"


async def test_only_the_newest_epoch_passes_the_fence(shop: Shop) -> None:
    old = await newer_epoch(shop)
    new = await newer_epoch(shop)
    async with shop.context.db.transaction() as tx:
        await transitions.fence(tx, shop.vendor_id, new)
        assert await fetch_one(tx, "SELECT 1 AS one") == {"one": 1}
        with pytest.raises(Fenced):
            await transitions.fence(tx, shop.vendor_id, old)
        with pytest.raises(Fenced):
            await transitions.fence(tx, "A00000000", new)
