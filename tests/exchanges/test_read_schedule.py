"""Which windows of exchanges a visit reads, and which exchange is read by itself."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from app.claims.box_blocks import EXCHANGE as EXCHANGE_CLAIM
from app.claims.box_blocks import keep_unreadable, unblock
from app.clock import Frozen
from app.coupang.claims.types import UnreadableClaim
from app.engine.context import Context
from app.engine.feeds import coverage, feeds
from app.engine.visits import leases
from app.errors import Fenced
from app.exchanges import read_schedule as exchange_read_schedule
from app.exchanges import store as exchange_store
from app.exchanges.read_schedule import BOX_EVERY, BOX_WITHIN, OLDEST, SPAN
from app.machines.boxes import BoxState
from app.orders.ingest import Window
from tests.support.box_stock import OTHER, VENDOR, put, register
from tests.support.exchange_states import EXCHANGE, exchange, received, tell

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NAMED = EXCHANGE + 1


async def begin(context: Context) -> int:
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    return lease.epoch


async def cover(context: Context, until: datetime) -> None:
    """Claim all of the last month up to a time."""
    async with context.db.transaction() as tx:
        await coverage.ensure_feed(tx, VENDOR, feeds.EXCHANGES, context.now())
        start = context.now() - context.policy.catch_up - DAY
        await coverage.grow(tx, VENDOR, feeds.EXCHANGES, start, until)


def joined(windows: list[Window]) -> tuple[datetime, datetime] | None:
    """Return what windows cover together, after checking that they are askable and in one piece."""
    for one, following in pairwise(windows):
        assert one.end == following.start
    assert all(one.feed == feeds.EXCHANGES and one.start < one.end <= one.start + SPAN for one in windows)
    return (windows[0].start, windows[-1].end) if windows else None


async def test_exchange_windows_reach_from_the_oldest_concern_to_the_lag(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    now, policy = context.now(), context.policy
    end = now - policy.lag

    async def reach(vendor_id: str = VENDOR) -> tuple[datetime, datetime] | None:
        return joined(await exchange_read_schedule.windows(context, vendor_id))

    assert await reach() == (now - policy.catch_up, end), "nothing is covered yet"
    await cover(context, end)
    assert await reach() is None, "all is covered and nothing is open"
    await cover(context, now + DAY)
    assert await reach() is None
    assert await reach(OTHER) == (now - policy.catch_up, end)

    requested = datetime.fromisoformat("2026-11-01T09:00:00+09:00")
    await put(context, BoxState.FINAL_DELIVERING)
    await tell(context, exchange(createdAt="2026-11-01T09:00:00"))
    assert await reach() == (requested, end), "open exchanges change at any time"
    await tell(
        context,
        exchange(createdAt="2026-11-01T09:00:00", exchangeStatus="REJECT", modified="2026-11-20T12:01:00"),
    )
    assert await reach() is None

    # One that could not be read is open until it is; one that is older than half a year is not looked for.
    unread = UnreadableClaim(b"{}", "exchangeStatus is unknown", 5, 1, created_at=end - OLDEST - DAY)
    async with context.db.transaction() as tx:
        await keep_unreadable(context, tx, VENDOR, [unread], "feed:exchanges", now, EXCHANGE_CLAIM)
    assert await reach() == (end - OLDEST, end)
    async with context.db.transaction() as tx:
        await unblock(tx, VENDOR, [5], now, EXCHANGE_CLAIM)
    assert await reach() is None


async def test_exchange_round_goes_on_where_the_visit_before_stopped(context: Context) -> None:
    await register(context)
    old = await begin(context)
    windows = await exchange_read_schedule.windows(context, VENDOR)
    assert len(windows) == 5
    await exchange_read_schedule.keep_round(context, VENDOR, old, windows[1:3])
    assert await exchange_read_schedule.windows(context, VENDOR) == [windows[0], *windows[3:]]
    epoch = await begin(context)
    with pytest.raises(Fenced):
        await exchange_read_schedule.keep_round(context, VENDOR, old, windows)
    await exchange_read_schedule.keep_round(context, VENDOR, epoch, windows)
    assert await exchange_read_schedule.windows(context, VENDOR) == []
    await feeds.due_feeds(context, VENDOR)
    await feeds.finish(context, VENDOR, epoch, feeds.EXCHANGES)
    assert await exchange_read_schedule.windows(context, VENDOR) == windows, (
        "the end of a sweep forgets the round"
    )


async def test_oldest_exchange_window_is_asked_for_from_the_reading_before(context: Context) -> None:
    await register(context)
    now = context.now()
    window = Window(feeds.EXCHANGES, now - DAY, now - MINUTE)
    epoch = await begin(context)
    await feeds.due_feeds(context, VENDOR)

    async def asked_from() -> datetime:
        return await exchange_read_schedule.asked_from(context, VENDOR, window)

    assert await asked_from() == window.start, "nothing was read before"
    for length, wanted in ((DAY, window.start - DAY), (30 * DAY, window.end - SPAN)):
        before = Window(feeds.EXCHANGES, window.start - length, window.start)
        await feeds.record(context, VENDOR, epoch, feeds.Reading(before, now))
        assert await asked_from() == wanted
    await feeds.finish(context, VENDOR, epoch, feeds.EXCHANGES, "Unreachable")
    assert await asked_from() == window.start, "after a failure it is asked for alone"


async def test_exchange_is_read_by_itself_while_its_new_box_is_awaited(
    context: Context, clock: Frozen
) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.FINAL_DELIVERING)
    await tell(context, exchange(), received(NAMED))
    old, epoch = await begin(context), await begin(context)

    async def due(vendor_id: str = VENDOR) -> list[int]:
        return [row["exchange_id"] for row in await exchange_read_schedule.to_read(context, vendor_id)]

    async def read(*, failed: bool = False) -> None:
        await exchange_read_schedule.read(context, VENDOR, epoch, EXCHANGE, failed=failed)

    await read()
    clock.set(context.now() + DAY)
    assert await due() == [], "nothing of it is awaited"
    confirmed = context.now()
    async with context.db.transaction() as tx:
        await exchange_store.note_confirmed(tx, VENDOR, EXCHANGE, confirmed)
    with pytest.raises(Fenced):
        await exchange_read_schedule.read(context, VENDOR, old, EXCHANGE)
    await read()
    assert await due() == []
    clock.set(confirmed + BOX_EVERY)
    assert (await due(), await due(OTHER)) == ([EXCHANGE], [])
    clock.set(confirmed + BOX_WITHIN)
    await read()
    clock.set(context.now() + DAY)
    assert await due() == [], "the box does not come late; it comes with the others"
    await read(failed=True)
    clock.set(context.now() + BOX_EVERY)
    assert await due() == [EXCHANGE], "a reading that failed is tried again"

    # One whose box is named is not awaited, however young its confirmation is.
    async with context.db.transaction() as tx:
        await exchange_store.note_confirmed(tx, VENDOR, NAMED, context.now())
    await exchange_read_schedule.read(context, VENDOR, epoch, NAMED)
    clock.set(context.now() + BOX_EVERY)
    assert NAMED not in await due()
    found = await exchange_read_schedule.find(context, VENDOR, NAMED)
    assert found is not None
    assert (len(found["boxes"]), await exchange_read_schedule.find(context, OTHER, NAMED)) == (1, None)
    await exchange_read_schedule.read(context, VENDOR, epoch, EXCHANGE + 9)
