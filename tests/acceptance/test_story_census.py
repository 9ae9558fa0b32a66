"""The nightly count: a sound shop lacks nothing, and what is missing is found, stored and explained."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from app.clock import KST
from app.engine.policy import Policy
from app.integrity import census
from app.orders.empty_lists import check as empty_lists
from tests.support.shop import DAY, HOUR, MINUTE, START, Shop, assert_promises, open_shop
from tests.support.stop_requests import receipt_of

EVENING = START + 12 * HOUR
"""Midnight in Seoul: the hour of the count is near, so that few visits lie before it."""


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    """A shop that is counted at night, on the evening before."""
    async with open_shop(database_url, start=EVENING, policy=Policy(census_hour=3)) as opened:
        yield opened


async def counts(shop: Shop) -> list[dict[str, Any]]:
    rows, _ = await census.list_census(shop.context, None, before=None, most=100)
    return rows


async def counted(shop: Shop, times: int) -> dict[str, Any]:
    """Live on until a census more is done; return it."""

    async def done() -> bool:
        return sum(row["finished_at"] is not None for row in await counts(shop)) >= times

    await shop.until(done, least=30 * MINUTE)
    return (await counts(shop))[0]


async def forget(shop: Shop, box_id: int) -> None:
    """Lose a box, as if no poll had ever shown it."""
    async with shop.context.db.transaction() as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        for table in ("line", "receiver", "box"):
            await tx.execute(f"DELETE FROM {table} WHERE shipment_box_id = %s", (box_id,))
        await tx.execute("DELETE FROM history WHERE aggregate = 'box' AND aggregate_id = %s", (box_id,))


async def test_a_sound_shop_is_counted_each_night_and_lacks_nothing(shop: Shop) -> None:
    for _ in range(5):
        shop.order()
    first = await counted(shop, 1)
    night = first["started_at"].astimezone(KST)
    assert night.hour in (3, 4)
    assert first["window_end"] - first["window_start"] == 30 * DAY
    assert (first["boxes"], first["missing"], first["vanished"]) == (5, 0, 0)
    await shop.ship_ready()
    second = await counted(shop, 2)
    assert DAY - HOUR < second["started_at"] - first["started_at"] < DAY + HOUR
    assert (second["boxes"], second["missing"], second["vanished"]) == (5, 0, 0)
    # It is a reading of its own, and costs what thirty days in pieces of a week cost.
    calls = await shop.rows(
        "SELECT route, sum(calls)::int AS n FROM tally WHERE purpose = 'census' GROUP BY 1"
    )
    assert {row["route"]: row["n"] for row in calls} == {"O1": 2 * 30, "R1": 2 * 25, "E1": 2 * 5}
    await assert_promises(shop)


async def test_what_the_polls_should_have_shown_is_found_and_named(shop: Shop) -> None:
    lost, kept = shop.order().box_id, shop.order().box_id
    await shop.run_for(HOUR, least=MINUTE)
    assert {lost, kept} <= (await shop.boxes()).keys()
    await forget(shop, lost)
    found = await counted(shop, 1)
    assert (found["missing"], found["vanished"]) == (1, 0)
    finding = next(one for one in found["findings"] if one["kind"] == "missing")
    assert (finding["aggregate"], finding["aggregate_id"]) == ("box", str(lost))
    run = await shop.one(
        """SELECT run_id FROM poll_run WHERE feed = 'orders' AND outcome = 'ok' AND "window" @> %(at)s
           ORDER BY run_id DESC LIMIT 1""",
        at=datetime.fromisoformat(finding["begun_at"]),
    )
    assert finding["explanation"].startswith(f"reading {run} of feed orders, finished ")
    # What was missing is held from now on, in its true state.
    await assert_promises(shop)
    again = await counted(shop, 2)
    assert again["missing"] == 0


async def test_a_hole_in_the_coverage_explains_what_is_missing(shop: Shop) -> None:
    lost = shop.order().box_id
    await shop.run_for(HOUR, least=MINUTE)
    await forget(shop, lost)
    async with shop.context.db.transaction() as tx:
        await tx.execute("DELETE FROM poll_run")
    found = await counted(shop, 1)
    finding = next(one for one in found["findings"] if one["kind"] == "missing")
    assert finding["explanation"] == "no complete reading of feed orders had covered its time"


async def test_a_box_that_no_list_shows_is_noted_and_read_by_itself(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As when too many are gone for each of them to be asked at once.
    monkeypatch.setattr(empty_lists, "WITNESSES", 0)
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    # Gone at Coupang, and the receipt that would say so does not show.
    async with shop.context.db.transaction() as tx:
        await tx.execute("UPDATE box SET next_read_at = NULL")
    shop.world.set_rules(receipt_lag_min_s=864_000.0, receipt_lag_max_s=864_000.0)
    shop.world.cancel(box_id, by="support")
    found = await counted(shop, 1)
    assert found["vanished"] == 1
    finding = next(one for one in found["findings"] if one["kind"] == "vanished")
    assert (finding["aggregate_id"], finding["explanation"][:25]) == (
        str(box_id),
        "we hold it as INSTRUCT, a",
    )
    reads = shop.calls("O2") + shop.calls("O3")
    await shop.visit()
    assert shop.calls("O2") + shop.calls("O3") > reads


async def test_a_cancelled_box_with_its_receipt_is_no_finding(shop: Shop) -> None:
    box = shop.order()
    await shop.run_for(HOUR, least=MINUTE)
    shop.world.cancel(box.box_id, by="support")
    found = await counted(shop, 1)
    assert (found["missing"], found["vanished"]) == (0, 0)
    assert receipt_of(shop, box.box_id)
    assert await shop.state(box.box_id) == "CANCELLED"


async def test_a_census_goes_on_after_failures_and_short_visits(shop: Shop) -> None:
    for _ in range(3):
        shop.order()
    await shop.run_for(HOUR, least=MINUTE)
    due = await shop.one("SELECT due_at FROM feed WHERE feed = 'census'")
    shop.clock.set(due + MINUTE)
    # The feeds' own readings come first; the census meets the fault in its twelfth call.
    shop.world.add_fault("500", route="R1", skip=12)
    await shop.visit()
    under_way = (await counts(shop))[0]
    assert under_way["finished_at"] is None
    before = await shop.one("SELECT sum(calls) FROM tally WHERE purpose = 'census' AND route = 'O1'")
    done = await counted(shop, 1)
    assert done["census_id"] == under_way["census_id"]
    after = await shop.one("SELECT sum(calls) FROM tally WHERE purpose = 'census' AND route = 'O1'")
    assert after == before == 30, "what was read is not read twice"
    assert (done["missing"], done["boxes"]) == (0, 3)


def test_vendors_begin_at_their_own_minute_every_night() -> None:
    at = START
    times = {census.next_night(f"A000{number:05d}", 3, at) for number in range(50)}
    assert len(times) > 45
    for time in times:
        local = time.astimezone(KST)
        assert at < time <= at + DAY
        assert local.hour in (3, 4)
    assert census.next_night("A00012345", 3, min(times)) > min(times)
