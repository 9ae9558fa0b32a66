"""Open returns: how far the lists of a sweep reach back, and which returns they leave out."""

from datetime import date, datetime, timedelta

import pytest

from app.claims import list_plan
from app.claims import read_schedule as claim_read_schedule
from app.claims.list_plan import WATCHED_MOST, Watch
from app.clock import Frozen
from app.engine.context import Context
from app.engine.visits import leases
from app.errors import Fenced
from app.orders.ingest import Window
from tests.support.box_stock import OTHER, VENDOR, register
from tests.support.receipt_stock import receipt, returned, tell

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime.fromisoformat("2026-11-20T12:00:00+09:00")
WINDOW = Window("receipts", NOON - HOUR, NOON)


def midnight(day: int) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day:02}T00:00:00+09:00")


async def epoch_of(context: Context) -> int:
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    return lease.epoch


async def opened(context: Context, first: int, count: int, day: int, hour: int = 9) -> None:
    """Store open returns of one day."""
    made = (midnight(day) + hour * HOUR).isoformat()
    await tell(context, *(returned(first + number, created=made) for number in range(count)))


async def test_watched_returns_reach_back_to_the_midnight_of_the_oldest(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)

    async def since() -> datetime | None:
        watch = await list_plan.watch(context, VENDOR, WINDOW)
        return watch.since if watch else None

    assert await since() is None, "nothing is open"
    await opened(context, 1, 1, 20, 11)
    assert await since() is None, "the window shows it anyway"
    await opened(context, 2, 1, 17, 0)
    assert await since() == midnight(17), "from a midnight in Seoul on"
    await opened(context, 10, WATCHED_MOST - 2, 15, 23)
    assert await since() == midnight(15)
    await tell(context, receipt(90, created=(midnight(14) + HOUR).isoformat()))
    assert await since() == midnight(15), "one more than a page shows, a stop request counts as well"
    await opened(context, 100, 1, 16)
    assert await since() == midnight(16), "the youngest are watched"
    assert await list_plan.watch(context, OTHER, WINDOW) is None


async def test_watched_returns_are_not_older_than_a_month(context: Context) -> None:
    await register(context)
    await tell(context, returned(1, created="2026-10-24T09:00:00+09:00"))
    watch = await list_plan.watch(context, VENDOR, WINDOW)
    assert watch is not None
    assert watch.since == datetime.fromisoformat("2026-10-24T00:00:00+09:00")
    await tell(context, returned(2, created="2026-10-23T00:00:00+09:00"))
    again = await list_plan.watch(context, VENDOR, WINDOW)
    assert again is not None
    assert again.since == watch.since, "28 days back is noon of the 23rd"
    later = Window("receipts", WINDOW.start + 5 * DAY, WINDOW.end + 5 * DAY)
    assert await list_plan.watch(context, VENDOR, later) is None


async def test_return_that_watched_lists_leave_out_is_read_once(context: Context, clock: Frozen) -> None:
    await register(context)
    for number, day in ((1, 16), (2, 17), (3, 18)):
        await opened(context, number, 1, day)
    await tell(context, receipt(4, created=midnight(18).isoformat()))
    old, epoch = await epoch_of(context), await epoch_of(context)
    watch = Watch(midnight(17), seen={3})
    assert await list_plan.missing(context, VENDOR, watch, WINDOW) == [2], (
        "neither older, nor seen, nor a stop"
    )
    with pytest.raises(Fenced):
        await list_plan.read_alone(context, VENDOR, old, [2])
    await list_plan.read_alone(context, VENDOR, epoch, [2])
    assert [row["receipt_id"] for row in await claim_read_schedule.to_read(context, VENDOR, 10)] == [2]
    assert await list_plan.missing(context, VENDOR, watch, WINDOW) == [], "it has its own turns from now on"


async def test_crowded_days_are_listed_where_that_costs_fewer_calls(context: Context, clock: Frozen) -> None:
    await register(context)
    await opened(context, 100, 2, 10)
    await opened(context, 200, 2, 11)
    await opened(context, 300, 1, 12)
    await opened(context, 400, 2, 14)
    await tell(context, *(receipt(500 + number, created=midnight(15).isoformat()) for number in range(3)))
    due = context.policy.next_receipt_read(context.now(), 0)
    within = context.policy.receipt_seen_within

    async def crowded() -> list[tuple[date, date]]:
        return await list_plan.crowded(context, VENDOR)

    clock.set(due - within - timedelta(seconds=1))
    assert await crowded() == [], "none is read soon"
    clock.set(due - within)
    one = date(2026, 11, 14)
    assert await crowded() == [(date(2026, 11, 10), date(2026, 11, 11)), (one, one)], (
        "one return of a day costs one call either way; stop requests have their own list"
    )
    clock.set(due)
    assert await crowded() == [], "what is due already was asked for by somebody"
