"""What a fault run measures: recoveries after kills, waits of due vendors, who is to be killed."""

import socket
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.devtools.chaos import monitor as watching
from app.devtools.chaos.monitor import Watch
from app.engine.context import Context
from app.engine.visits.status import LeaseStatus, list_lease_status
from tests.support.shop import Shop, newer_epoch

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
DEAD, ALIVE = 111, 222


def voice(epoch: int = 1, pid: int = DEAD, **told: Any) -> LeaseStatus:
    values = {"state": "ACTIVE", "due_at": NOW + timedelta(hours=1), "stopped_until": None, "waiting": False}
    values["tripped"] = False
    spoken_by = f"{socket.gethostname()}:{pid}"
    return LeaseStatus(
        "A00000001", epoch=epoch, spoken_by=spoken_by, visiting=told.pop("visiting", True), **(values | told)
    )


@pytest.fixture
def clock_s(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    passed = [100.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: passed[0])
    return passed


@pytest.fixture
def watch(clock_s: list[float]) -> Watch:
    return Watch(cast("Context", SimpleNamespace(now=lambda: NOW)), lambda: {ALIVE})


def test_a_recovery_lasts_from_the_kill_to_the_next_epoch(watch: Watch, clock_s: list[float]) -> None:
    watch.take([voice(pid=ALIVE)])
    watch.living = lambda: set()
    watch.killed({"A00000001": 1})
    clock_s[0] = 105.5
    watch.take([voice()])
    assert (watch.recoveries, watch.orphans) == ([], ["A00000001"])
    clock_s[0] = 107.5
    watch.living = lambda: {ALIVE}
    watch.take([voice(2, ALIVE)])
    assert ([one.took_s for one in watch.recoveries], watch.orphans) == ([7.5], [])
    assert str(watch.recoveries[0]) == "recovery took 7.5 s (A00000001: +5.5 s a visit)"
    assert watch.longest_wait_s == 7.5, "its visit is nobody's visit while its worker is dead"


def test_a_recovery_with_a_dead_database_is_told_apart(watch: Watch, clock_s: list[float]) -> None:
    watch.killed({"A00000001": 1})
    watch.database_was_down()
    clock_s[0] = 112.0
    watch.take([voice(2, ALIVE)])
    assert (watch.recoveries, [one.took_s for one in watch.disturbed]) == ([], [12.0])


def test_a_silent_vendor_neither_recovers_nor_waits(watch: Watch, clock_s: list[float]) -> None:
    watch.killed({"A00000001": 1})
    for clock_s[0] in (110.0, 150.0):
        watch.take([voice(due_at=NOW, stopped_until=NOW + timedelta(minutes=1))])
    assert (watch.orphans, watch.longest_wait_s, watch.silences) == ([], 0.0, 1)


def test_nobody_recovers_or_waits_while_everybody_is_silent(watch: Watch, clock_s: list[float]) -> None:
    watch.killed({"A00000001": 1})
    for clock_s[0] in (110.0, 150.0):
        watch.take([voice(due_at=NOW, tripped=True)])
    assert (watch.orphans, watch.longest_wait_s, watch.silences) == ([], 0.0, 0)


def test_a_vendor_that_is_visited_does_not_wait_and_one_in_the_queue_does(
    watch: Watch, clock_s: list[float]
) -> None:
    for clock_s[0] in (101.0, 120.0):
        watch.take([voice(pid=ALIVE, due_at=NOW)])
    assert watch.longest_wait_s == 0.0
    for clock_s[0] in (121.0, 124.0):
        watch.take([voice(pid=ALIVE, visiting=False, waiting=True)])
    assert watch.longest_wait_s == pytest.approx(4.0), "from the last look at which it did not wait"


async def test_the_voices_of_a_house(shop: Shop) -> None:
    await newer_epoch(shop)
    found = await list_lease_status(shop.context)
    mine = next(one for one in found if one.vendor_id == shop.vendor_id)
    assert (mine.spoken_by, mine.visiting, mine.waiting) == ("another", False, False)
    assert not mine.silent(shop.clock.now())
