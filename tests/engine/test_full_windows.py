"""Windows of claims that are too full for one visit: cut, claimed by pieces, never begun for ever."""

from collections.abc import Awaitable, Callable

import pytest

from app.claims import poll as claim_poll
from app.claims import poll_withdrawals
from app.coupang.claims.return_calls import list_withdrawals
from app.engine.feeds import feeds
from app.engine.feeds.windows import Window
from app.engine.visits.session import OutOfTime, VisitSession, open_session
from app.exchanges import poll as exchange_poll
from app.orders import poll as order_poll
from app.sandbox.world.population import Shop as People
from tests.support.current_lease import present_turn
from tests.support.shop import DAY, HOUR, Shop
from tests.support.stop_requests import ON

Sweep = Callable[[VisitSession], Awaitable[bool]]


def limited(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    """Let a visit be over after so many calls."""
    real = VisitSession.check_time

    def check_time(session: VisitSession, reserve_s: float = 0.0) -> None:
        if session.calls.total() >= calls:
            raise OutOfTime
        real(session, reserve_s)

    monkeypatch.setattr(VisitSession, "check_time", check_time)


async def delivered(shop: Shop, count: int, days: int, claim: Callable[[int], object]) -> None:
    """Let customers of `count` delivered boxes claim something, spread over some days; nobody visits."""
    shop.world.set_rules(**ON, pickup_book_min_s=9e9, pickup_book_max_s=9e9)
    pause = days * DAY / count
    for number in range(count):
        shop.later(pause)
        box_id = shop.order().box_id
        shop.world.wing_acknowledge(box_id)
        shop.world.wing_ship(box_id, "CJGLS", str(700_000_000_000 + number))
        shop.world.deliver(box_id)
        claim(box_id)
    shop.later(HOUR)


async def swept(shop: Shop, feed: str, sweep: Sweep, most: int = 12) -> int:
    """Sweep in short visits until the feed has covered all; return how many visits it took."""
    for visits in range(1, most + 1):
        async with open_session(shop.context, await present_turn(shop), shop.reach) as line:
            left = await sweep(line)
        if not left:
            assert await feeds.holes(shop.context, shop.vendor_id, feed) == []
            return visits
    raise AssertionError(f"{feed} was not covered after {most} visits: {await shop.rows('TABLE feed')}")


async def known(shop: Shop, table: str) -> set[int]:
    return {next(iter(row.values())) for row in await shop.rows(f"SELECT {table}_id FROM {table}")}


async def begin(shop: Shop) -> None:
    """Make the shop's feeds, as long as there is nothing to find."""
    await shop.visit()


async def test_receipts_that_are_too_many_for_one_visit(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await begin(shop)
    await delivered(shop, 600, 6, shop.world.request_return)
    before = shop.calls("R1")
    monkeypatch.setattr(claim_poll, "MOST_PAGES", 6)
    # As days: two readings of 12 pages, and three lists more.
    limited(monkeypatch, 20)
    visits = await swept(shop, feeds.RECEIPTS, claim_poll.sweep_receipts)
    assert 1 < visits <= 4
    assert await known(shop, "receipt") == set(shop.world.receipts)
    # What two visits read in vain; four lists for each of the seven pieces, of which two were broken off.
    assert shop.calls("R1") - before <= 2 * 7 + 4 * 7 + 2 * 3


async def test_cancels_that_are_too_many_for_one_list(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await begin(shop)
    shop.world.set_rules(**ON)
    begins = shop.clock.now()
    plan = People(600, begins, begins + 5 * DAY, cancel_share=0, cancel_accept_share=1, two_box_share=0)
    shop.world.shop(shop.vendor_id, plan)
    shop.later(5 * DAY + 2 * HOUR)
    shop.world.cancel(shop.order().box_id)
    monkeypatch.setattr(claim_poll, "MOST_PAGES", 6)
    limited(monkeypatch, 20)

    async def look(session: VisitSession) -> bool:
        try:
            await claim_poll.look_for_cancels(session)
        except OutOfTime:
            return True
        return False

    visits = await swept(shop, feeds.CANCELS, look)
    assert visits <= 3
    # The newest too, which is younger than anything that may be claimed.
    assert await known(shop, "receipt") == set(shop.world.receipts)
    assert len(shop.world.receipts) == 601


async def test_withdrawals_that_are_too_many_for_one_visit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begin(shop)
    await delivered(shop, 90, 4, shop.world.request_return)
    await swept(shop, feeds.RECEIPTS, claim_poll.sweep_receipts)
    for receipt_id in shop.world.receipts:
        shop.later(HOUR)
        shop.world.withdraw(receipt_id)
    shop.later(HOUR)
    monkeypatch.setattr(poll_withdrawals, "MOST_PAGES", 3)
    monkeypatch.setitem(list_withdrawals.__kwdefaults__, "page_rows", 10)
    # They are nine pages, and a list that ends with the visit is not claimed.
    limited(monkeypatch, 9)
    before = shop.calls("R5")
    visits = await swept(shop, feeds.WITHDRAWALS, poll_withdrawals.sweep_withdrawals)
    assert 1 < visits <= 6
    assert await shop.one("SELECT count(*) FROM return_ WHERE state <> 'WITHDRAWN'") == 0
    assert shop.calls("R5") - before <= 3 * 12


async def test_exchanges_that_are_too_many_for_one_visit(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await begin(shop)
    await delivered(shop, 450, 9, shop.world.request_exchange)
    before = shop.calls("E1")
    monkeypatch.setattr(exchange_poll, "MOST_PAGES", 4)
    # Six days of them are six pages, which are read twice.
    limited(monkeypatch, 11)
    visits = await swept(shop, feeds.EXCHANGES, exchange_poll.sweep_exchanges)
    assert 1 < visits <= 6
    assert await known(shop, "exchange") == set(shop.world.exchanges)
    assert shop.calls("E1") - before <= 4 * 9


async def test_a_round_over_open_exchanges_goes_on_where_it_ended(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is covered already, and every window is read again for as long as an exchange in it is open."""
    await begin(shop)
    await delivered(shop, 40, 25, shop.world.request_exchange)
    await swept(shop, feeds.EXCHANGES, exchange_poll.sweep_exchanges)
    newest, oldest = max(shop.world.exchanges), min(shop.world.exchanges)
    for exchange_id in (newest, oldest):
        shop.world.withdraw(exchange_id)
    shop.later(HOUR)
    # Its last call is not claimed: the time is up before that.
    limited(monkeypatch, 3)
    for visits, left in ((1, True), (2, True), (3, False)):
        async with open_session(shop.context, await present_turn(shop), shop.reach) as line:
            assert await exchange_poll.sweep_exchanges(line) is left, visits
    ended = {one["exchange_id"] for one in await shop.rows("SELECT * FROM exchange WHERE state = 'CANCEL'")}
    assert ended == {newest, oldest}
    # The next round begins from the start: four windows back to what is the oldest open one now.
    shop.later(HOUR)
    before = shop.calls("E1")
    monkeypatch.undo()
    await swept(shop, feeds.EXCHANGES, exchange_poll.sweep_exchanges)
    assert shop.calls("E1") - before == 4
    progress = "SELECT isempty(covered) FROM feed WHERE feed = 'round_exchanges'"
    assert await shop.one(progress) is True


async def test_pieces_of_a_census_are_counted_too(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a piece shows was seen; else the census would take it for vanished."""
    await begin(shop)
    begins = shop.clock.now()
    shop.world.shop(shop.vendor_id, People(120, begins, begins + 2 * DAY, cancel_share=0, two_box_share=0))
    shop.later(3 * DAY)
    monkeypatch.setattr(order_poll, "MOST_PAGES", 1)
    seen: set[int] = set()
    async with open_session(shop.context, await present_turn(shop), shop.reach) as line:
        window = Window(feeds.ORDERS, begins, shop.clock.now() - HOUR)
        await order_poll.sweep_window(line, window, purpose="census", seen=seen)
        assert {purpose for purpose, _, _ in line.calls} == {"census"}
    assert seen == set(shop.world.boxes)
