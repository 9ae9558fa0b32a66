"""Which receipts are read by themselves, and from when on stop requests are looked for."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.claims import read_schedule as claim_read_schedule
from app.claims import store as claim_store
from app.claims.read_schedule import VANISHED
from app.clock import Frozen
from app.engine.context import Context
from app.engine.feeds.feeds import STOPS, Due
from app.engine.visits import leases
from app.errors import Fenced
from app.machines.boxes import BoxState
from app.orders.ingest import Window
from tests.support.box_stock import OTHER, VENDOR, put, register
from tests.support.receipt_stock import cancelled, receipt, returned, tell

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STOP, OLD_STOP, BACK, OVER = 1, 2, 3, 4


def on(text: str) -> str:
    return f"{text}:00+09:00"


async def stock(context: Context) -> int:
    """Two open stop requests, an open return and a cancel; noon of the 20th in Seoul. Returns the epoch."""
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    await tell(
        context,
        receipt(STOP, created=on("2026-11-20T00:00")),
        receipt(OLD_STOP, created=on("2026-11-19T23:59")),
        returned(BACK, created=on("2026-11-18T09:00")),
        cancelled(OVER, created=on("2026-11-17T09:00")),
    )
    return await begin(context)


async def begin(context: Context) -> int:
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    return lease.epoch


async def due(context: Context) -> list[int]:
    return [row["receipt_id"] for row in await claim_read_schedule.to_read(context, VENDOR, 10)]


async def shown(context: Context, receipt_id: int) -> dict[str, Any]:
    async with context.db.connection() as connection:
        row = await claim_store.find(connection, "return", [VENDOR], receipt_id)
    assert row is not None
    return row


async def test_open_receipts_are_those_that_may_be_withdrawn(context: Context) -> None:
    await stock(context)
    assert await claim_read_schedule.open_ids(context, VENDOR) == [BACK, OLD_STOP, STOP]
    assert await claim_read_schedule.open_ids(context, OTHER) == []


async def test_stops_window_reaches_back_to_the_oldest_open_request(context: Context) -> None:
    await stock(context)
    at, policy = context.now(), context.policy
    oldest = datetime.fromisoformat(on("2026-11-19T23:59"))

    async def ask(last_ok_at: datetime | None, vendor_id: str = VENDOR) -> Window:
        return await claim_read_schedule.stops_window(context, vendor_id, Due(STOPS, last_ok_at))

    assert await ask(None) == Window(STOPS, at - policy.catch_up, at)
    assert await ask(at - 5 * MINUTE) == Window(STOPS, oldest, at)
    overlap = policy.lag + policy.overlap
    assert await ask(at - 5 * MINUTE, OTHER) == Window(STOPS, at - 5 * MINUTE - overlap, at)
    assert await ask(at - DAY) == Window(STOPS, at - DAY - overlap, at)
    assert await ask(at - 40 * DAY) == Window(STOPS, at - policy.catch_up, at)


async def test_stop_request_missing_from_a_whole_list_is_read_by_itself(context: Context) -> None:
    epoch = await stock(context)
    first = date(2026, 11, 20)
    await claim_read_schedule.missed(context, VENDOR, epoch, first, {STOP})
    assert await due(context) == [], "of the day before the list says nothing, and a return has its own list"
    await claim_read_schedule.missed(context, VENDOR, epoch, first, set())
    assert await due(context) == [STOP]
    await claim_read_schedule.missed(context, VENDOR, epoch, first - DAY, {STOP})
    assert sorted(await due(context)) == [STOP, OLD_STOP]


async def test_receipt_that_cannot_be_read_or_has_vanished_is_tried_again(
    context: Context, clock: Frozen
) -> None:
    epoch = await stock(context)
    clock.set(context.now() + HOUR)
    assert set(await due(context)) == {STOP, OLD_STOP, BACK}, "no list has shown them for an hour"
    assert len(await claim_read_schedule.to_read(context, VENDOR, 2)) == 2
    assert await claim_read_schedule.to_read(context, OTHER, 10) == []

    await claim_read_schedule.postpone(context, VENDOR, epoch, BACK)
    clock.set(context.now() + 5 * MINUTE - timedelta(seconds=1))
    assert BACK not in await due(context)
    clock.set(context.now() + timedelta(seconds=1))
    assert BACK in await due(context)
    assert (await shown(context, BACK))["attention"] is None

    await claim_read_schedule.vanished(context, VENDOR, epoch, BACK)
    row = await shown(context, BACK)
    assert (row["attention"], row["state"]) == (VANISHED, "RETURNS_UNCHECKED"), "absence proves nothing"
    clock.set(context.now() + context.policy.receipt_first - timedelta(seconds=1))
    assert BACK not in await due(context)
    clock.set(context.now() + timedelta(seconds=1))
    assert BACK in await due(context)


async def test_receipt_reads_of_an_old_visit_change_nothing(context: Context) -> None:
    old = await stock(context)
    await begin(context)
    before = await shown(context, BACK)
    for call in (
        claim_read_schedule.postpone(context, VENDOR, old, BACK),
        claim_read_schedule.vanished(context, VENDOR, old, BACK),
        claim_read_schedule.missed(context, VENDOR, old, date(2026, 11, 1), set()),
    ):
        with pytest.raises(Fenced):
            await call
    assert await shown(context, BACK) == before
    assert await due(context) == []
