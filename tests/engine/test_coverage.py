"""What coverage claims: never too much, nothing for a window that failed, and holes are read oldest first."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.engine.feeds import coverage, feeds
from app.engine.visits.session import OutOfTime, VisitSession
from app.sandbox.world.population import Shop as People
from tests.support.shop import DAY, HOUR, MINUTE, Shop, assert_promises, set_vendor

LAG = timedelta(minutes=10)


async def covered(shop: Shop) -> list[tuple[datetime, datetime]]:
    rows = await shop.rows(
        """SELECT lower(part) AS start, upper(part) AS until
           FROM feed, unnest(covered) AS part WHERE feed = 'orders' ORDER BY 1"""
    )
    return [(row["start"], row["until"]) for row in rows]


async def test_nothing_is_claimed_that_the_lists_may_not_show_yet(shop: Shop) -> None:
    for _ in range(8):
        await shop.visit()
        (_, until), *more = await covered(shop)
        assert not more
        assert until <= shop.clock.now() - LAG
        shop.later(7 * MINUTE)
    # An order that was paid just inside the lag is beyond every claim until it can be seen.
    box_id = shop.order().box_id
    paid_at = shop.clock.now()
    await shop.visit()
    while box_id not in await shop.boxes():
        assert (await covered(shop))[-1][1] <= paid_at
        shop.later(MINUTE)
        await shop.visit()


async def test_a_window_that_fails_at_its_fourth_status_claims_nothing(shop: Shop) -> None:
    await shop.visit()
    before = await covered(shop)
    shop.later(40 * MINUTE)
    # The look for new orders, the first of its half hour, goes by days; every O2 is the sweep's.
    shop.world.add_fault("500", route="O2", skip=3)
    await shop.visit()
    assert await covered(shop) == before
    run = (await shop.rows("SELECT * FROM poll_run WHERE feed = 'orders' ORDER BY run_id DESC"))[0]
    assert (run["outcome"], run["pages"]) == ("failed", 3)
    assert run["error"].startswith("Broken HTTP 500")
    feed = (await shop.rows("SELECT * FROM feed WHERE feed = 'orders'"))[0]
    assert feed["failures"] == 1
    # Not at once and not half an hour later: two minutes.
    assert feed["due_at"] == shop.clock.now() + 2 * MINUTE
    shop.clock.set(feed["due_at"])
    await shop.visit()
    (start, until), *more = await covered(shop)
    assert (start, until, more) == (before[0][0], shop.clock.now() - LAG, [])
    feed = (await shop.rows("SELECT * FROM feed WHERE feed = 'orders'"))[0]
    assert (feed["failures"], feed["last_error"]) == (0, None)


async def test_two_holes_are_read_oldest_first(shop: Shop) -> None:
    await shop.visit()
    shop.later(3 * DAY)
    now = shop.clock.now()
    cuts = [(now - 20 * HOUR, now - 18 * HOUR), (now - 9 * HOUR, now - LAG)]
    await shop.visit()
    async with shop.context.db.transaction() as tx:
        for start, end in cuts:
            await tx.execute(
                "UPDATE feed SET covered = covered - tstzmultirange(tstzrange(%s, %s))", [start, end]
            )
        await tx.execute("UPDATE feed SET due_at = %s", [now])
    assert await shop.holes() == cuts
    windows = await feeds.holes(shop.context, shop.vendor_id)
    assert [(window.start, window.end) for window in windows] == cuts
    await shop.visit()
    runs = await shop.rows(
        "SELECT lower(w.window) AS start FROM poll_run w WHERE feed = 'orders' ORDER BY run_id"
    )
    assert [run["start"] for run in runs][-2:] == [start for start, _ in cuts]
    assert await shop.holes() == []


async def test_of_two_holes_the_one_that_fails_stays_the_other_closes(shop: Shop) -> None:
    await shop.visit()
    shop.later(3 * DAY)
    await shop.visit()
    now = shop.clock.now()
    cuts = [(now - 20 * HOUR, now - 18 * HOUR), (now - 9 * HOUR, now - LAG)]
    async with shop.context.db.transaction() as tx:
        for start, end in cuts:
            await tx.execute(
                "UPDATE feed SET covered = covered - tstzmultirange(tstzrange(%s, %s))", [start, end]
            )
        await tx.execute("UPDATE feed SET due_at = %s WHERE feed = 'orders'", [now])
    shop.world.add_fault("504_before", route="O2", skip=2)
    await shop.visit()
    assert await shop.holes() == cuts[:1]
    assert (await shop.one("SELECT failures FROM feed WHERE feed = 'orders'")) == 1


async def test_a_hole_is_closed_only_within_the_transaction_of_its_last_page(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.visit()
    before = await covered(shop)
    # It stands in the last list of the road: the page that brings it is the one that claims the window.
    box_id = shop.order().box_id
    shop.world.wing_acknowledge(box_id)
    shop.world.wing_ship(box_id, "CJGLS", "512345678901")
    shop.world.deliver(box_id)
    shop.later(2 * HOUR)
    real = coverage.grow

    async def grow(*args: Any) -> None:
        await real(*args)
        raise ConnectionResetError("the database goes away before the commit")

    monkeypatch.setattr(coverage, "grow", grow)
    with pytest.raises(ConnectionResetError):
        await shop.visit()
    assert await covered(shop) == before
    assert await shop.state(box_id) is None
    monkeypatch.undo()
    shop.later(MINUTE)
    await shop.visit()
    assert (await covered(shop))[-1][1] == shop.clock.now() - LAG
    await assert_promises(shop)


async def test_a_window_that_is_too_wide_is_cut_in_half(shop: Shop) -> None:
    await shop.visit()
    shop.order()
    shop.later(4 * HOUR)
    message = "endTime-startTime range should less than31."
    # First together with the window before it, then alone.
    shop.world.add_fault("status", route="O2", times=2, status=400, message=message)
    await shop.visit()
    runs = await shop.rows(
        """SELECT outcome, upper(w.window) - lower(w.window) AS length
           FROM poll_run w WHERE feed = 'orders' ORDER BY run_id"""
    )
    assert [run["outcome"] for run in runs[-2:]] == ["ok", "ok"]
    assert [run["length"] for run in runs[-2:]] == [2 * HOUR, 2 * HOUR]
    assert await shop.holes() == []
    await assert_promises(shop)


async def test_a_window_that_is_too_full_for_one_visit_is_caught_up_all_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claimed only as a whole, days that take longer than a visit would be begun again for ever."""
    await set_vendor(shop, auto_acknowledge=False)
    await shop.visit()
    begins = shop.clock.now()
    plan = People(900, begins, begins + 6 * DAY, cancel_share=0, two_box_share=0)
    shop.world.shop(shop.vendor_id, plan)
    shop.later(6 * DAY + HOUR)
    real = VisitSession.check_time

    def check_time(session: VisitSession, reserve_s: float = 0.0) -> None:
        # 18 pages of ACCEPT, read twice, and five more lists are 41 calls.
        if session.calls.total() >= 38:
            raise OutOfTime
        real(session, reserve_s)

    monkeypatch.setattr(VisitSession, "check_time", check_time)
    for _ in range(8):
        await shop.visit()
        if not await shop.holes():
            break
        async with shop.context.db.transaction() as tx:
            await tx.execute("UPDATE feed SET due_at = %s WHERE feed = 'orders'", [shop.clock.now()])
    assert await shop.holes() == []
    assert len(await shop.boxes()) == 900
    await assert_promises(shop)


async def test_old_coverage_is_forgotten_but_not_what_is_still_needed(shop: Shop) -> None:
    for _ in range(8):
        await shop.visit()
        shop.later(10 * DAY)
    (start, _), *more = await covered(shop)
    assert not more
    catch_up = shop.context.policy.catch_up
    assert timedelta(0) <= (shop.clock.now() - 10 * DAY - catch_up) - start <= DAY
