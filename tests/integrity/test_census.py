"""The nightly count: when a vendor's turn comes, and what it reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import KST, Frozen
from app.engine.context import Context
from app.engine.feeds import coverage
from app.engine.visits import leases
from app.errors import Fenced
from app.integrity import census
from app.integrity.census import FEED, PIECE, RETRY, SPREAD_S, Count, next_night, parts
from app.machines.boxes import BoxState
from tests.support.box_stock import BOX, VENDOR, put, register

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
VENDORS = st.integers(0, 10**8 - 1).map("A{:08}".format)


@given(VENDORS, st.integers(0, 23), TIMES)
def test_census_night_is_the_vendors_own_minute_after_its_hour(
    vendor_id: str, hour: int, at: datetime
) -> None:
    night = next_night(vendor_id, hour, at)
    assert at < night <= at + DAY
    begins = night.astimezone(KST).replace(hour=hour, minute=0, second=0, microsecond=0)
    past = (night - begins) % DAY
    assert past < timedelta(seconds=SPREAD_S)
    assert next_night(vendor_id, hour, night - SECOND) == night
    assert next_night(vendor_id, hour, night) == night + DAY


def test_census_night_after_midnight_belongs_to_the_hour_before_it() -> None:
    hour, midnight = 23, datetime(2026, 11, 20, tzinfo=KST)
    late = next(
        name for name in map("A{:08}".format, range(99)) if next_night(name, hour, midnight).hour == 0
    )
    assert next_night(late, hour, midnight).date() == midnight.date()


def test_census_nights_of_many_vendors_are_spread() -> None:
    at = datetime(2026, 11, 20, 3, tzinfo=UTC)
    nights = {next_night(f"A{number:08}", 3, at) for number in range(200)}
    assert len(nights) > 190


async def begin(context: Context) -> int:
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    return lease.epoch


async def test_census_reads_every_part_of_the_month_and_goes_on_later(
    context: Context, clock: Frozen
) -> None:
    await register(context)
    epoch = await begin(context)
    assert await census.under_way(context, VENDOR, epoch) is None, "no hour is set"
    context = replace(context, policy=replace(context.policy, census_hour=3))
    night = next_night(VENDOR, 3, context.now())
    assert await census.under_way(context, VENDOR, epoch) is None
    clock.set(night - SECOND)
    assert await census.under_way(context, VENDOR, epoch) is None
    clock.set(night)
    count = await census.under_way(context, VENDOR, epoch)
    assert isinstance(count, Count)
    policy = context.policy
    end = night - policy.lag - max(policy.sweep_every, policy.returns_every)
    assert list(parts(context.registry)) == [
        "census_orders",
        "census_cancels",
        "census_receipts",
        "census_exchanges",
    ]
    assert [window.feed for window in count.left] == [
        part for part in parts(context.registry) for _ in range(5)
    ]
    for part in parts(context.registry):
        pieces = [window for window in count.left if window.feed == part]
        assert (pieces[0].start, pieces[-1].end) == (end - policy.catch_up, end)
        assert all(window.end - window.start <= PIECE for window in pieces)

    first = count.left[0]
    async with context.db.transaction() as tx:
        await coverage.grow(tx, VENDOR, first.feed, first.start, first.end)
    await census.put_off(context, VENDOR, epoch, "Unreachable")
    assert await census.under_way(context, VENDOR, epoch) is None
    clock.set(night + RETRY)
    again = await census.under_way(context, VENDOR, epoch)
    assert again is not None
    assert (again.row["census_id"], again.left) == (count.row["census_id"], count.left[1:]), "it goes on"


async def test_census_finds_what_no_list_shows(context: Context, clock: Frozen) -> None:
    await register(context)
    context = replace(context, policy=replace(context.policy, census_hour=3))
    paid = context.now() - DAY
    for box_id in (BOX, BOX + 1):
        await put(context, BoxState.DEPARTURE, box_id, paid_at=paid)
    old = await begin(context)
    await census.under_way(context, VENDOR, old)
    clock.set(next_night(VENDOR, 3, context.now()))
    epoch = await begin(context)
    count = await census.under_way(context, VENDOR, epoch)
    assert count is not None
    window = next(one for one in count.left if one.start <= paid < one.end)
    with pytest.raises(Fenced):
        await census.compare(context, VENDOR, old, count, window, {BOX}, context.now())
    await census.compare(context, VENDOR, epoch, count, window, {BOX}, context.now())
    with pytest.raises(Fenced):
        await census.conclude(context, VENDOR, old, count)
    await census.conclude(context, VENDOR, epoch, count)
    told, then = await census.list_census(context, [VENDOR], before=None, most=10)
    assert then is None
    found = [(one["kind"], int(one["aggregate_id"])) for one in told[0]["findings"]]
    assert found == [("vanished", BOX + 1)]
    async with context.db.connection() as connection:
        feed = await coverage.find_feed(connection, VENDOR, FEED)
    assert feed is not None
    assert feed["due_at"] == next_night(VENDOR, 3, context.now())
    assert await census.under_way(context, VENDOR, epoch) is None
