import asyncio
import itertools
import random

import pytest

from app.coupang.pacing import Pacer


class Time:
    """Seconds that pass only when somebody sleeps or says so."""

    def __init__(self, late_s: float = 0.0) -> None:
        self.now_s = 100.0
        self.late_s = late_s

    def monotonic(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds + self.late_s
        await asyncio.sleep(0)


async def test_turns_are_evenly_spaced_and_the_first_waits_too() -> None:
    time = Time()
    pacer = Pacer(4.0, time.monotonic, time.sleep)
    starts = []
    for _ in range(4):
        async with pacer.lease():
            starts.append(time.now_s)
    assert starts == [100.25, 100.5, 100.75, 101.0]
    assert pacer.calls == 4


async def test_a_pause_is_not_saved_up_for_a_burst() -> None:
    time = Time()
    pacer = Pacer(4.0, time.monotonic, time.sleep)
    await pacer.wait()
    time.now_s += 60.0
    starts = []
    for _ in range(3):
        await pacer.wait()
        starts.append(time.now_s)
    assert starts == [160.25, 160.5, 160.75]


async def test_a_late_wake_up_does_not_shorten_the_next_gap() -> None:
    time = Time(late_s=0.2)
    pacer = Pacer(4.0, time.monotonic, time.sleep)
    starts = []
    for _ in range(3):
        await pacer.wait()
        starts.append(time.now_s)
    gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert min(gaps) >= 0.25


async def test_a_slow_call_is_followed_at_once_but_never_overlapped() -> None:
    time = Time()
    pacer = Pacer(4.0, time.monotonic, time.sleep)
    under_way = 0
    most = 0

    async def call() -> None:
        nonlocal under_way, most
        async with pacer.lease():
            under_way += 1
            most = max(most, under_way)
            await time.sleep(1.0)
            under_way -= 1

    await asyncio.gather(*(call() for _ in range(5)))
    assert most == 1
    assert pacer.calls == 5
    assert time.now_s == pytest.approx(105.25)


async def test_a_failed_call_gives_its_turn_back() -> None:
    time = Time()
    pacer = Pacer(4.0, time.monotonic, time.sleep)
    with pytest.raises(RuntimeError, match="lost"):
        async with pacer.lease():
            raise RuntimeError("lost")
    async with asyncio.timeout(5), pacer.lease():
        assert pacer.calls == 2


def test_a_pace_is_above_zero() -> None:
    with pytest.raises(ValueError, match="above zero"):
        Pacer(0)


async def test_calls_that_travel_slowly_do_not_arrive_in_a_crowd() -> None:
    """The first of five takes 90 ms longer to arrive: the fifth waits for the second after it was there."""
    time = Time()
    pacer = Pacer(4.0, time.monotonic, time.sleep)
    arrivals = []
    for travel_s in (0.1, 0.01, 0.01, 0.01, 0.01, 0.01):
        async with pacer.lease():
            time.now_s += travel_s
            arrivals.append(time.now_s)
    assert min(fifth - first for first, fifth in zip(arrivals, arrivals[4:], strict=False)) >= 1.0


@pytest.mark.parametrize("seed", range(20))
async def test_visits_that_follow_each_other_keep_the_pace_together(seed: int) -> None:
    """A call was there when it was answered at the latest: a second from then holds three more calls."""
    luck, time = random.Random(seed), Time()
    sent: list[float] = []
    answered: list[float] = []
    for _ in range(60):
        pacer = Pacer(4.0, time.monotonic, time.sleep)
        for _ in range(luck.randrange(1, 7)):
            async with pacer.lease():
                sent.append(time.now_s)
                time.now_s += luck.choice((0.0, 0.01, 0.2, 0.6))
                answered.append(time.now_s)
        before_s = time.now_s
        await pacer.rest()
        assert time.now_s - before_s <= 0.75 + 1e-9
    gaps = [later - earlier for earlier, later in zip(answered, sent[4:], strict=False)]
    assert min(gaps) >= 1.0 - 1e-9
