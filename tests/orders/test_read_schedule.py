"""Which boxes are read again, when, and what a look that missed one means."""

from datetime import timedelta
from typing import Any

import pytest

from app.backoffice import manual_moves
from app.clock import Frozen
from app.engine.context import Context
from app.engine.db.database import fetch
from app.engine.visits import leases
from app.errors import Fenced
from app.machines.boxes import BoxState
from app.orders import read_schedule as box_read_schedule
from app.orders import store
from app.orders.changes import US
from app.orders.read_schedule import must_be_found
from tests.support.box_stock import BOX, OTHER, VENDOR, put, register, sheet, take

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("reads", "thorough"),
    [
        ([0], False),
        ([1], False),
        ([2], True),
        ([5], True),
        ([2, 0], True),
        ([2, 0, 0], False),
        ([2, 2, 0, 1], True),
        ([8, 0, 0, 0], True),
        ([7, 0, 0, 0], False),
        ([9, 0, 0, 0], False),
        ([9, 2, 0, 0, 0], True),
    ],
)
def test_every_third_look_at_a_box_is_thorough(reads: list[int], thorough: bool) -> None:
    """For half the boxes of a look, or for one that has waited for three such turns."""
    assert must_be_found([{"reads": number} for number in reads]) is thorough


async def row_of(context: Context, box_id: int = BOX) -> dict[str, Any]:
    async with context.db.connection() as connection:
        return (await fetch(connection, "SELECT * FROM box WHERE shipment_box_id = %(id)s", id=box_id))[0]


async def epoch_of(context: Context) -> int:
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    return lease.epoch


async def schedule(context: Context, *reads: tuple[int, timedelta | None]) -> None:
    async with context.db.transaction() as tx:
        times = [(box_id, None if pause is None else context.now() + pause) for box_id, pause in reads]
        await store.schedule_reads(tx, VENDOR, times)


async def test_boxes_to_read_longest_waiting_first_with_deliveries_along(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    waiting, late, soon, parcel, resting = (BOX + number for number in range(5))
    for box_id in (waiting, late, soon):
        await put(context, BoxState.INSTRUCT, box_id)
    await put(context, BoxState.DEPARTURE, parcel)
    await put(context, BoxState.FINAL_DELIVERING, resting)
    await put(context, BoxState.DEPARTURE, BOX + 9, vendor_id=OTHER)
    first = context.policy.track_first
    await schedule(context, (waiting, timedelta(0)), (late, -MINUTE), (soon, MINUTE), (parcel, first))

    async def ask(**options: Any) -> list[int]:
        return [row["shipment_box_id"] for row in await box_read_schedule.to_read(context, VENDOR, **options)]

    assert await ask() == [late, waiting], "no delivery is due, so none comes along"
    assert await ask(most=1) == [late]
    await put(context, BoxState.DELIVERING, BOX + 5)
    await schedule(context, (BOX + 5, -HOUR))
    assert await ask() == [BOX + 5, late, waiting, parcel]
    await schedule(context, (parcel, first + MINUTE))
    assert await ask() == [BOX + 5, late, waiting], "one that is due much later does not come along"


async def test_pages_of_a_list_are_estimated_from_what_it_showed(context: Context) -> None:
    await register(context)
    paid, day = context.now(), timedelta(days=1)
    await take(context, *(sheet(BOX + number, BoxState.ACCEPT, paid_at=paid) for number in range(51)))
    assert await box_read_schedule.likely_pages(context, VENDOR, "ACCEPT", paid, paid, 0) == 2
    assert await box_read_schedule.likely_pages(context, VENDOR, "ACCEPT", paid + day, paid + day, 0) == 2, (
        "a day of slack"
    )
    assert (
        await box_read_schedule.likely_pages(context, VENDOR, "ACCEPT", paid + 2 * day, paid + 3 * day, 0)
        == 1
    )
    assert await box_read_schedule.likely_pages(context, VENDOR, "INSTRUCT", paid, paid, 101) == 3, (
        "never shown: the least"
    )
    assert await box_read_schedule.likely_pages(context, VENDOR, "ACCEPT", paid, paid, 101) == 2


async def test_thorough_look_that_misses_a_box_has_it_read_by_itself(context: Context, clock: Frozen) -> None:
    await register(context)
    seen, missed, news = BOX, BOX + 1, BOX + 2
    for box_id in (seen, missed, news):
        await put(context, BoxState.DEPARTURE, box_id)
    clock.set(context.now() + HOUR)
    await schedule(context, *((box_id, timedelta(0)) for box_id in (seen, missed, news)))
    looked = [await row_of(context, box_id) for box_id in (seen, missed, news)]
    # The list has brought news of one in the meantime; its next look is set already.
    await schedule(context, (news, 3 * HOUR))
    epoch = await epoch_of(context)

    await box_read_schedule.seen_or_not(context, VENDOR, epoch, looked, {seen}, thorough=False)
    rows = {box_id: await row_of(context, box_id) for box_id in (seen, missed, news)}
    wait = context.policy.next_read(BoxState.DEPARTURE, True, context.now(), 2)
    assert wait is not None
    assert [row["next_read_at"] for row in rows.values()] == [wait, wait, context.now() + 3 * HOUR]
    assert not any(row["doubtful"] for row in rows.values()), "absence from a hasty look means nothing"

    await box_read_schedule.seen_or_not(context, VENDOR, epoch, list(rows.values()), {seen}, thorough=True)
    rows = {box_id: await row_of(context, box_id) for box_id in (seen, missed, news)}
    assert [row["doubtful"] for row in rows.values()] == [False, True, True]
    assert rows[missed]["next_read_at"] == rows[news]["next_read_at"] == context.now()
    assert rows[seen]["next_read_at"] > context.now() + 3 * HOUR, "later each time"


async def test_thorough_look_grants_an_acknowledge_its_hour(context: Context, clock: Frozen) -> None:
    await register(context)
    await put(context, BoxState.ACCEPT)
    await manual_moves.move(context, US, "boxes", BOX, "see_instruct", "WING shows it")
    epoch, row = await epoch_of(context), await row_of(context)
    assert not row["address_final"]
    await box_read_schedule.seen_or_not(context, VENDOR, epoch, [row], set(), thorough=True)
    assert not (await row_of(context))["doubtful"]
    clock.set(row["state_at"] + HOUR)
    await box_read_schedule.seen_or_not(context, VENDOR, epoch, [await row_of(context)], set(), thorough=True)
    assert (await row_of(context))["doubtful"]


async def test_looks_of_an_old_visit_change_nothing(context: Context) -> None:
    await register(context)
    await put(context, BoxState.DEPARTURE)
    before = await row_of(context)
    old = await epoch_of(context)
    new = await epoch_of(context)
    with pytest.raises(Fenced):
        await box_read_schedule.seen_or_not(context, VENDOR, old, [before], set(), thorough=True)
    with pytest.raises(Fenced):
        await box_read_schedule.postpone(context, VENDOR, old, [BOX])
    assert await row_of(context) == before
    await box_read_schedule.postpone(context, VENDOR, new, [BOX])
    after = await row_of(context)
    assert (after["next_read_at"], after["reads"]) == (context.now() + 5 * MINUTE, before["reads"] + 1)


async def test_box_is_contradicted_by_a_status_it_cannot_have_gone_on_to(context: Context) -> None:
    await register(context)
    await put(context, BoxState.DEPARTURE)
    told = {
        status: await box_read_schedule.is_contradicted(context, VENDOR, BOX, status)
        for status in ("ACCEPT", "INSTRUCT", "DEPARTURE", "DELIVERING", "FINAL_DELIVERY", "NONE_TRACKING")
    }
    assert [status for status, no in told.items() if no] == ["ACCEPT", "INSTRUCT", "NONE_TRACKING"]
    assert not await box_read_schedule.is_contradicted(context, VENDOR, BOX + 1, "ACCEPT"), (
        "an unknown box has no past"
    )
    assert not await box_read_schedule.is_contradicted(context, OTHER, BOX, "ACCEPT")
