"""Real workers that are killed, put to sleep, told to stop, and that share one vendor.

Longer forms: `TAKEOVER_KILLS=10` kills one worker after the other, `SLEEP_S=60` puts one to sleep for a
minute, `SHARE_S=600` lets two share a vendor for ten minutes (docs/reliability.md has their figures).
"""

import asyncio
import os
import signal
import statistics
import time
from pathlib import Path
from typing import Any

import pytest

from app.engine.caller import US
from app.engine.vendors import vendors
from app.orders.effects.kinds import OrderKind
from tests.support.change_scenes import asked
from tests.support.prepared_shops import Scene, Stages
from tests.support.rest_app import Desk
from tests.support.shop import Shop, assert_promises
from tests.support.workers import Hand, open_crew, until

KILLS = int(os.environ.get("TAKEOVER_KILLS", "1"))
SLEEP_S = float(os.environ.get("SLEEP_S", "0"))
SHARE_S = float(os.environ.get("SHARE_S", "12"))
OTHERS = [f"A{number:08}" for number in range(1, 10)]
pytestmark = pytest.mark.slow


async def empty(stages: Stages) -> Scene:
    """A shop that has been looked at once."""

    async def prepare(shop: Shop, desk: Desk) -> None:
        await shop.visit()

    return await stages.scene("looked at", prepare)


async def make_due(shop: Shop) -> None:
    """Let there be something to read at every vendor, now."""
    async with shop.context.db.transaction() as tx:
        # The vendor first, as everybody who writes.
        await tx.execute("UPDATE vendor SET due_at = %s", [shop.clock.now()])
        await tx.execute("UPDATE feed SET due_at = %s", [shop.clock.now()])


def seen(hand: Hand, vendor_id: str, since_s: float = 0.0) -> float | None:
    """When this worker first spoke for a vendor since then."""
    return next((at_s for at_s, who in hand.door.calls if who == vendor_id and at_s >= since_s), None)


async def test_another_worker_speaks_within_ten_seconds(
    stages: Stages, tmp_path: Path, record_testsuite_property: Any
) -> None:
    took: list[float] = []
    async with open_crew(stages, await empty(stages), tmp_path, JOBS__CONCURRENCY="10") as crew:
        shop = crew.shop
        for vendor_id in OTHERS:
            shop.world.add_vendor(vendor_id, f"access-{vendor_id}", f"secret-{vendor_id}")
            await vendors.register(
                shop.context,
                US,
                vendor_id,
                name=vendor_id,
                access_key=f"access-{vendor_id}",
                secret_key=f"secret-{vendor_id}",
            )
        everybody = [shop.vendor_id, *OTHERS]
        for kill in range(KILLS):
            shop.world.faults.clear()
            for vendor_id in everybody:
                shop.world.add_fault("delay", vendor_id=vendor_id, delay_ms=15_000)
            holder = await crew.hire(f"holder{kill}")
            await make_due(shop)

            async def held(holder: Hand = holder) -> bool:
                return all(seen(holder, one) for one in everybody)

            await until(held)
            heir = await crew.hire(f"heir{kill}")
            await holder.kill()
            killed_s = time.monotonic()

            async def taken(heir: Hand = heir) -> bool:
                return all(seen(heir, one) for one in everybody)

            await until(taken)
            took += [(seen(heir, one) or 0.0) - killed_s for one in everybody]
            crew.fleet._children.remove(holder.child)
            await heir.kill()
            crew.fleet._children.remove(heir.child)
    figures = f"n {len(took)}, median {statistics.median(took):.1f} s, longest {max(took):.1f} s"
    record_testsuite_property("takeover", figures)
    print(f"takeover after kill -9: {figures}")  # noqa: T201
    assert len(took) >= 10
    assert min(took) > 0
    assert max(took) <= 10.0, figures


async def test_killed_workers_have_asked_coupang_and_heard_nothing(stages: Stages, tmp_path: Path) -> None:
    roads = ((OrderKind.SHIP, "O7"), (OrderKind.SELLER_CANCEL, "O9"))
    scenes = [await asked(stages, name) for name, _ in roads]
    await asyncio.gather(
        *(
            killed_while_it_waits(stages, scene, tmp_path / route, route)
            for scene, (_, route) in zip(scenes, roads, strict=True)
        )
    )


async def killed_while_it_waits(stages: Stages, scene: Scene, run_dir: Path, route: str) -> None:
    async with open_crew(stages, scene, run_dir) as crew:
        shop = crew.shop
        shop.world.add_fault("delay", route=route, delay_ms=20_000)
        holder = await crew.hire("holder")

        async def applied() -> bool:
            return shop.calls(route) == 1

        before = len(shop.world.ledger.mutations)
        await until(applied)
        await until(lambda: mutated(shop, before))
        await holder.kill()
        crew.fleet._children.remove(holder.child)
        heir = await crew.hire("heir")
        await until(lambda: in_state(shop, scene.told, "CONFIRMED"))
        tries = await shop.rows(
            "SELECT purpose, worker FROM attempt WHERE effect_id = %(id)s ORDER BY attempt_id", id=scene.told
        )
        workers = [one["worker"].rpartition(":")[2] for one in tries]
        assert [one["purpose"] for one in tries] == ["write", "readback"]
        assert workers == [str(holder.pid), str(heir.pid)]
        assert shop.calls(route) == 1
        assert (shop.ledger["applied_twice"], shop.ledger["repeated"]) == (0, 0)
        await rest(shop)
        await assert_promises(shop)


async def mutated(shop: Shop, before: int) -> bool:
    return len(shop.world.ledger.mutations) > before


async def in_state(shop: Shop, effect_id: int, state: str) -> bool:
    query = "SELECT state FROM effect WHERE effect_id = %(id)s"
    return bool(await shop.one(query, id=effect_id) == state)


async def rest(shop: Shop) -> None:
    """Wait until nothing is under way and nothing is due."""

    async def rested() -> bool:
        jobs = await shop.one("SELECT count(*) FROM procrastinate_jobs")
        return not jobs and (await shop.due_at()) > shop.clock.now()

    await until(rested)


async def memory(shop: Shop) -> dict[str, Any]:
    """Everything that a visit writes."""
    tables = ("box", "line", "receiver", "history", "effect", "attempt", "evidence", "poll_run", "feed")
    tables += ("receipt", "cancel", "tally", "vendor")
    return {name: await shop.rows(f"SELECT * FROM {name} ORDER BY 1, 2, 3") for name in tables}


async def test_who_slept_writes_nothing_and_sends_nothing(stages: Stages, tmp_path: Path) -> None:
    """Stopped while Coupang answers its waybill; it wakes up when another speaks for the vendor."""
    scene = await asked(stages, OrderKind.SHIP)
    async with open_crew(stages, scene, tmp_path) as crew:
        shop = crew.shop
        shop.world.add_fault("delay", route="O7", delay_ms=1_000)
        sleeper = await crew.hire("sleeper")

        async def sent() -> bool:
            return shop.calls("O7") == 1

        await until(sent)
        sleeper.signal(signal.SIGSTOP)
        stopped_s = time.monotonic()
        epoch = (await shop.vendor())["epoch"]
        heir = await crew.hire("heir")
        await until(lambda: in_state(shop, scene.told, "CONFIRMED"))
        await asyncio.sleep(max(0.0, SLEEP_S - (time.monotonic() - stopped_s)))
        await rest(shop)
        # The heir speaks for the vendor, and will for a while: what changes now was done by the sleeper.
        shop.world.add_fault("delay", delay_ms=12_000)
        speaking_s = time.monotonic()
        await make_due(shop)

        async def speaks() -> bool:
            return seen(heir, shop.vendor_id, speaking_s) is not None

        await until(speaks)
        before, said = await memory(shop), len(sleeper.door.calls)
        sleeper.signal(signal.SIGCONT)
        woken_s = time.monotonic()

        async def overtaken() -> bool:
            return f"visit {epoch} of vendor {shop.vendor_id} was overtaken" in sleeper.log()

        await until(overtaken, 10)
        await asyncio.sleep(2.0)
        assert time.monotonic() - speaking_s < 12, "the heir still holds the vendor"
        assert len(sleeper.door.calls) == said
        assert await memory(shop) == before
        assert (await shop.vendor())["epoch"] > epoch
        await rest(shop)
        # It works on: under new epochs, like any other.
        assert not sleeper.child.ended
        tries = await shop.rows(
            "SELECT epoch, purpose FROM attempt WHERE effect_id = %(id)s ORDER BY attempt_id", id=scene.told
        )
        assert [one["purpose"] for one in tries] == ["write", "readback"]
        assert tries[0]["epoch"] == epoch < tries[1]["epoch"]
        assert shop.calls("O7") == 1
        assert shop.ledger["applied_twice"] == 0
        print(f"slept {woken_s - stopped_s:.1f} s")  # noqa: T201
        await assert_promises(shop)


async def test_two_workers_share_one_vendor(stages: Stages, tmp_path: Path) -> None:
    """Every look is due every second and no visit lasts longer than four: it changes hands all the time."""
    every = {f"JOBS__{name}_EVERY_S": "1" for name in ("ACCEPT", "SWEEP", "CLAIMS", "RETURNS")}
    scene = await empty(stages)
    async with open_crew(stages, scene, tmp_path, **every, JOBS__VISIT_S="4", JOBS__TICK_S="0.1") as crew:
        shop = crew.shop
        one, other = [await crew.hire(name) for name in ("one", "other")]
        before = len(shop.world.ledger.calls)
        # The scene was made in no pace at all.
        shop.world.meters[shop.vendor_id].max_calls_in_a_second = 0
        began_s = time.monotonic()
        # Who takes a visit is a matter of luck: go on until both have, within reason.
        while (passed_s := time.monotonic() - began_s) < SHARE_S or (
            passed_s < SHARE_S + 30 and not (one.door.calls and other.door.calls)
        ):
            await make_due(shop)
            await asyncio.sleep(0.2)
        calls = len(shop.world.ledger.calls) - before
        figures = shop.ledger["vendors"][shop.vendor_id]
        shares = [len(hand.door.calls) for hand in (one, other)]
        print(f"{calls} calls in {SHARE_S:.0f} s by two workers {shares}: {figures}")  # noqa: T201
        assert min(shares) > 0, "both have spoken"
        assert calls > SHARE_S
        assert figures["max_in_flight"] == 1
        assert figures["max_calls_in_a_second"] <= 4, "the pace is 4 calls a second"


async def test_a_worker_that_is_told_to_stop_finishes_what_it_has_begun(
    stages: Stages, tmp_path: Path
) -> None:
    scene = await asked(stages, OrderKind.SHIP)
    async with open_crew(stages, scene, tmp_path) as crew:
        shop = crew.shop
        shop.world.add_fault("delay", route="O7", delay_ms=3_000)
        worker = await crew.hire("worker")

        async def sent() -> bool:
            return shop.calls("O7") == 1

        await until(sent)
        worker.signal(signal.SIGTERM)
        told_s = time.monotonic()
        await asyncio.sleep(0.3)
        # Somebody else becomes due while it drains.
        other = OTHERS[0]
        shop.world.add_vendor(other, "access", "secret")
        await vendors.register(shop.context, US, other, name="x", access_key="access", secret_key="secret")
        assert await asyncio.wait_for(worker.child.process.wait(), 35) == 0
        took_s = time.monotonic() - told_s
        crew.fleet._children.remove(worker.child)
        assert seen(worker, other) is None, "no new visit"
        assert await in_state(shop, scene.told, "CONFIRMED")
        assert await shop.rows("SELECT * FROM procrastinate_jobs WHERE status = 'doing'") == []
        tries = await shop.rows("SELECT purpose, outcome FROM attempt WHERE effect_id = %(i)s", i=scene.told)
        assert [tuple(one.values()) for one in tries] == [("write", "confirm")]
        assert took_s < 35
        await assert_promises(shop)
