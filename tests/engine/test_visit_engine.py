"""The engine: one visit per vendor at a time, one more waiting, and nobody waits for the dead."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from app.clock import Frozen, Real
from app.engine.visits import engine as engines
from app.engine.visits import visit as visits
from app.engine.visits.engine import LEASE_S, QUEUE, STALLED_S, Engine
from app.engine.visits.leases import AGAIN
from app.engine.visits.scheduler import build_scheduler, erase, tick
from tests.support.shop import Shop, assert_promises


@asynccontextmanager
async def opened(
    shop: Shop, visit: Callable[[str], Awaitable[object]] | None = None
) -> AsyncIterator[Engine]:
    made = None if visit is None else lambda vendor_id, _: visit(vendor_id)
    engine = Engine(shop.context.db.url, made, concurrency=4)
    async with engine.app.open_async():
        yield engine


async def work(engine: Engine) -> None:
    """Run visits until none is waiting."""
    await engine.app.run_worker_async(
        queues=[QUEUE],
        concurrency=engine.concurrency,
        wait=False,
        delete_jobs="always",
        install_signal_handlers=False,
        listen_notify=False,
    )


async def jobs(shop: Shop) -> list[tuple[str, str]]:
    rows = await shop.rows("SELECT lock, status::text FROM procrastinate_jobs ORDER BY id")
    return [(row["lock"], row["status"]) for row in rows]


async def test_any_number_of_ticks_asks_for_one_visit(shop: Shop) -> None:
    async with opened(shop) as one, opened(shop) as another:
        due = await asyncio.gather(
            *(tick(shop.context, engine) for engine in (one, another) for _ in range(5))
        )
        assert sum(due) == 1
        assert await jobs(shop) == [(shop.vendor_id, "todo")]
        # Should the visit be lost, the vendor is due again; the one that waits serves as well.
        shop.later(AGAIN)
        assert await tick(shop.context, one) == 1
        assert await jobs(shop) == [(shop.vendor_id, "todo")]


async def test_the_clockwork_ticks_and_erases_and_does_nothing_else(shop: Shop) -> None:
    async with opened(shop) as engine:
        scheduler = build_scheduler(shop.context, engine, 0.01, 600.0)
        assert {job.id for job in scheduler.get_jobs()} == {"tick", "erase"}
        scheduler.start()
        try:
            for _ in range(500):
                if await jobs(shop):
                    break
                await asyncio.sleep(0.01)
        finally:
            scheduler.shutdown(wait=False)
        assert await jobs(shop) == [(shop.vendor_id, "todo")]


async def test_a_tick_without_a_database_waits_for_the_next(shop: Shop) -> None:
    async with opened(shop) as engine:
        async with shop.context.db.transaction() as tx:
            await tx.execute("ALTER TABLE procrastinate_jobs RENAME TO away")
        assert await tick(shop.context, engine) == 0
        await engine.wake(shop.vendor_id)
        async with shop.context.db.transaction() as tx:
            await tx.execute("ALTER TABLE away RENAME TO procrastinate_jobs")
        shop.later(AGAIN)
        assert await tick(shop.context, engine) == 1


async def test_one_visit_at_a_time_per_vendor_and_one_more_waiting(shop: Shop) -> None:
    running: list[str] = []
    together: list[int] = []
    vendors = [shop.vendor_id, "A00000002", "A00000003"]
    asked = {"again": 0}

    async def visit(vendor_id: str) -> None:
        running.append(vendor_id)
        together.append(running.count(vendor_id))
        if asked["again"] < 3:
            asked["again"] += 1
            for one in vendors * 3:
                await engine.ask(one)
        await asyncio.sleep(0.01)
        running.remove(vendor_id)

    async with opened(shop, visit) as engine:
        for one in vendors * 3:
            await engine.ask(one)
        assert len(await jobs(shop)) == 3
        while await jobs(shop):
            await work(engine)
        assert set(together) == {1}
        assert 6 <= len(together) <= 12


async def test_the_visit_of_a_dead_worker_is_finished_not_repeated(shop: Shop) -> None:
    visits: list[str] = []

    async def visit(vendor_id: str) -> None:
        visits.append(vendor_id)
        await shop.visit()

    async with opened(shop, visit) as engine:
        await engine.ask(shop.vendor_id)
        manager = engine.app.job_manager
        worker_id = await manager.register_worker()
        taken = await manager.fetch_job([QUEUE], worker_id)
        assert taken is not None
        await engine.ask(shop.vendor_id)
        assert await jobs(shop) == [(shop.vendor_id, "doing"), (shop.vendor_id, "todo")]
        # Its worker still beats: nobody else may visit this vendor.
        assert await engine.sweep() == 0
        await work(engine)
        assert visits == []
        # Killed: it beats no more.
        async with shop.context.db.transaction() as tx:
            await tx.execute(
                """UPDATE procrastinate_workers
                   SET last_heartbeat = last_heartbeat - make_interval(secs => %s)""",
                [STALLED_S + 1],
            )
        assert await engine.sweep() == 1
        assert await jobs(shop) == [(shop.vendor_id, "todo")]
        await work(engine)
        assert visits == [shop.vendor_id]
        assert await jobs(shop) == []
        assert await engine.sweep() == 0
    await assert_promises(shop)


async def stop_beating(shop: Shop) -> None:
    async with shop.context.db.transaction() as tx:
        await tx.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - make_interval(secs => %s)",
            [STALLED_S + 1],
        )


async def test_the_vendor_of_a_dead_worker_is_visited_at_once(shop: Shop) -> None:
    """Nobody waits for its next turn: with no visit waiting, the sweep asks for one."""
    async with opened(shop) as engine:
        await engine.ask(shop.vendor_id)
        manager = engine.app.job_manager
        assert await manager.fetch_job([QUEUE], await manager.register_worker()) is not None
        await stop_beating(shop)
        assert await engine.sweep() == 1
        assert await jobs(shop) == [(shop.vendor_id, "todo")]


async def test_a_sweeper_that_dies_has_asked_already(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(shop) as engine, opened(shop) as another:
        await engine.ask(shop.vendor_id)
        manager = engine.app.job_manager
        assert await manager.fetch_job([QUEUE], await manager.register_worker()) is not None
        await stop_beating(shop)

        async def die(*args: object, **options: object) -> None:
            raise asyncio.CancelledError

        monkeypatch.setattr(manager, "finish_job_by_id_async", die)
        with pytest.raises(asyncio.CancelledError):
            await engine.sweep()
        assert await jobs(shop) == [(shop.vendor_id, "doing"), (shop.vendor_id, "todo")]
        monkeypatch.undo()
        # Of two sweepers one is faster, and the other goes on with its next.
        assert sum(await asyncio.gather(engine.sweep(), another.sweep())) == 1
        assert await jobs(shop) == [(shop.vendor_id, "todo")]


@pytest.mark.parametrize("blow", ["cut", "struck off"])
async def test_work_goes_on_after_the_database_was_away(shop: Shop, blow: str) -> None:
    """Connections cut, or taken for dead after a pause: the worker neither ends nor idles for ever."""
    visits = asyncio.Queue[str]()
    async with opened(shop, visits.put) as engine:
        working = asyncio.create_task(engine.work())
        sweeping = asyncio.create_task(engine.keep_sweeping())
        try:
            await engine.ask(shop.vendor_id)
            await asyncio.wait_for(visits.get(), 10)
            async with shop.context.db.connection() as connection:
                if blow == "struck off":
                    await connection.execute("DELETE FROM procrastinate_workers")
                else:
                    await connection.execute(
                        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                           WHERE datname = current_database() AND pid <> pg_backend_pid()"""
                    )
            for _ in range(100):
                await engine.wake(shop.vendor_id)
                with suppress(TimeoutError):
                    await asyncio.wait_for(visits.get(), 0.2)
                    break
            else:
                pytest.fail("it works no more")
            assert not working.done()
        finally:
            await engine.settle()
            working.cancel()
            sweeping.cancel()
            await asyncio.gather(working, sweeping, return_exceptions=True)


async def test_a_visit_that_fails_leaves_nothing_behind(shop: Shop) -> None:
    async def visit(vendor_id: str) -> None:
        raise ConnectionResetError("the database went away")

    async with opened(shop, visit) as engine:
        await engine.ask(shop.vendor_id)
        await work(engine)
        assert await jobs(shop) == []
        # The tick that asked has set the next turn already.
        await engine.ask(shop.vendor_id)
        assert await jobs(shop) == [(shop.vendor_id, "todo")]


async def test_visits_hand_back_when_their_process_is_to_end(shop: Shop) -> None:
    """It fetches nothing while it waits for them, so they must not take their whole time."""
    said: list[bool] = []

    async def visit(vendor_id: str) -> None:
        said.append(engine.speaks())
        while engine.speaks():
            await asyncio.sleep(0.01)
        said.append(False)

    async with opened(shop, visit) as engine:
        assert not engine.speaks(), "nobody knows of it yet"
        working = asyncio.create_task(engine.work())
        await engine.ask(shop.vendor_id)
        async with asyncio.timeout(10):
            while not said:
                await asyncio.sleep(0.01)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        assert said == [True, False]
        assert await jobs(shop) == []


async def test_a_process_nobody_has_heard_of_speaks_for_nobody(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(shop) as engine:
        manager = engine.app.job_manager
        worker_id = await manager.register_worker()
        assert engine.speaks()
        later_s = time.monotonic() + LEASE_S
        monkeypatch.setattr(engines, "time", SimpleNamespace(monotonic=lambda: later_s))
        assert not engine.speaks(), "stopped, or cut off from the database"
        await manager.update_heartbeat(worker_id)
        assert engine.speaks()


async def test_the_heart_beats_until_the_last_call_is_answered(shop: Shop) -> None:
    """Otherwise the visit is taken for dead after a while, and another speaks beside its call."""
    calling, answered = asyncio.Event(), asyncio.Event()

    async def visit(vendor_id: str) -> None:
        calling.set()
        await answered.wait()

    async def beat() -> datetime:
        rows = await shop.rows("SELECT last_heartbeat FROM procrastinate_workers")
        return cast("datetime", rows[0]["last_heartbeat"])

    async with opened(shop, visit) as engine:
        working = asyncio.create_task(engine.work())
        await engine.ask(shop.vendor_id)
        async with asyncio.timeout(20):
            await calling.wait()
            working.cancel()
            while engine.speaks():
                await asyncio.sleep(0.01)
            last = await beat()
            while await beat() <= last:
                await asyncio.sleep(0.05)
            assert not working.done()
            answered.set()
            await asyncio.gather(working, return_exceptions=True)
        assert await shop.rows("SELECT id FROM procrastinate_workers") == []


async def test_a_heart_outlives_a_failed_beat_and_a_dead_listener(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library notices neither; its worker would go on without a heart and be taken for dead."""
    real, failed = JobManager.update_heartbeat, []

    async def update_heartbeat(manager: JobManager, worker_id: int) -> None:
        if len(failed) < 3:
            failed.append(worker_id)
            raise ConnectorException
        await real(manager, worker_id)

    monkeypatch.setattr(JobManager, "update_heartbeat", update_heartbeat)
    monkeypatch.setattr(engines, "HEARTBEAT_S", 0.05)
    visits = asyncio.Queue[str]()
    async with opened(shop, visits.put) as engine:
        working = asyncio.create_task(engine.work())
        try:
            async with asyncio.timeout(20):
                while not engine.speaks():
                    await asyncio.sleep(0.01)
                born_s = engine.manager.beat_s
                async with shop.context.db.connection() as connection:
                    await connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen%'"
                    )
                while engine.manager.beat_s <= born_s:
                    await asyncio.sleep(0.01)
                assert len(failed) == 3
                await engine.ask(shop.vendor_id)
                assert await visits.get() == shop.vendor_id
            rows = await shop.rows("SELECT id FROM procrastinate_workers")
            assert [row["id"] for row in rows] == failed[:1], "the same worker as before"
            assert engine.speaks()
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


@pytest.mark.parametrize("off_s", [3600.0, -3600.0])
async def test_whose_clock_is_wrong_leaves_the_visits_to_others(shop: Shop, off_s: float) -> None:
    ahead = [off_s]
    made: list[str] = []

    async def visit(vendor_id: str, _: int | None) -> None:
        made.append(vendor_id)

    def now() -> datetime:
        return Real().now() + timedelta(seconds=ahead[0])

    shop.order()
    shop.later(timedelta(minutes=15))
    await shop.visit()
    policy = replace(shop.context.policy, erase_after=timedelta(days=100))
    in_years = replace(shop.context, policy=policy, clock=Frozen(shop.clock.now() + timedelta(days=999)))
    engine = Engine(shop.context.db.url, visit, now=now)
    async with engine.app.open_async():
        assert await tick(shop.context, engine) == 0, "nobody has told it the time yet"
        await engine.ask(shop.vendor_id)
        working = asyncio.create_task(engine.work())
        try:
            manager = engine.manager
            for _ in range(500):
                if manager.clocks is not None and manager.clocks.ahead_s:
                    break
                await asyncio.sleep(0.01)
            assert not manager.agrees
            assert not engine.speaks()
            assert await tick(shop.context, engine) == 0
            # What it would erase does not come back.
            assert await erase(in_years, engine) == {}
            assert manager.worker_id is not None
            assert await manager.fetch_job([QUEUE], manager.worker_id) is None
            assert (made, await jobs(shop)) == ([], [(shop.vendor_id, "todo")])
            ahead[0] = 0.0
            for _ in range(500):
                if made:
                    break
                await asyncio.sleep(0.01)
            assert made == [shop.vendor_id]
            assert engine.speaks()
            assert (await erase(in_years, engine))["answers"] > 0
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


async def test_a_visit_that_lost_the_database_is_made_anew_by_another_job(shop: Shop) -> None:
    """Its vendor need not wait until it is due again; and it may have been taken for dead meanwhile."""
    made: list[tuple[str, int | None]] = []

    async def visit(vendor_id: str, job_id: int | None) -> None:
        made.append((vendor_id, job_id))
        if len(made) == 1:
            raise psycopg.errors.AdminShutdown

    async with opened(shop) as asking:
        engine = Engine(shop.context.db.url, visit)
        async with engine.app.open_async():
            await asking.ask(shop.vendor_id)
            while await jobs(shop):
                await work(engine)
    (first, job), (second, other) = made
    assert (first, second) == (shop.vendor_id, shop.vendor_id)
    assert job is not None
    assert other is not None
    assert other > job


async def test_a_visit_begins_only_while_its_job_holds_the_vendor(shop: Shop) -> None:
    """Stopped between fetching and beginning, it wakes up when another speaks already."""
    async with opened(shop) as engine:
        manager = engine.app.job_manager
        await engine.ask(shop.vendor_id)
        job = await manager.fetch_job([QUEUE], await manager.register_worker())
        assert job is not None
        assert await visits.visit(shop.context, shop.reach, shop.vendor_id, job.id)
        assert shop.calls("O1") > 0
        await stop_beating(shop)
        assert await engine.sweep() == 1
        calls, epoch = shop.ledger["calls"], (await shop.vendor())["epoch"]
        assert not await visits.visit(shop.context, shop.reach, shop.vendor_id, job.id)
        assert (shop.ledger["calls"], (await shop.vendor())["epoch"]) == (calls, epoch)
