"""Visits that die at any moment, and visits that were overtaken: nothing lost, nothing doubled."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from app.coupang.orders import calls as order_calls
from app.engine.effects import outbox, readback
from app.engine.feeds import feeds
from app.engine.visits import session
from app.orders import changes as box_changes
from tests.support.crash_points import mortal
from tests.support.shop import Shop, assert_promises, newer_epoch, set_vendor

Arm = Callable[[str, str], list[int]]


@pytest.fixture
def die(monkeypatch: pytest.MonkeyPatch) -> Arm:
    """Let the visit die before, or right after, the next call of a function; returns a tally of deaths."""

    def arm(place: str, when: str) -> list[int]:
        home, name, dying, deaths = mortal(place, when)
        monkeypatch.setattr(home, name, dying)
        return deaths

    return arm


async def mortal_visit(shop: Shop) -> bool:
    try:
        return await type(shop).visit(shop)
    except asyncio.CancelledError:
        return True


POINTS = [
    ("app.engine.effects.outbox.take", "after"),
    ("app.engine.effects.store.begin_attempts", "before"),
    ("app.engine.effects.store.begin_attempts", "after"),
    ("app.coupang.orders.calls.{call}", "before"),
    ("app.coupang.orders.calls.{call}", "after"),
    ("app.engine.effects.outbox.settle", "before"),
    ("app.engine.evidence.store.keep", "before"),
    ("app.engine.effects.outbox.apply_confirmed", "before"),
    ("app.engine.effects.outbox.apply_confirmed", "after"),
    ("app.engine.effects.store.end_attempts", "before"),
    ("app.engine.effects.store.end_attempts", "after"),
    ("app.engine.effects.outbox.settle", "after"),
    ("app.engine.visits.leases.end", "before"),
]


@pytest.mark.parametrize("call", ["acknowledge", "upload_invoices"])
@pytest.mark.parametrize(("place", "when"), POINTS)
async def test_a_visit_that_dies_while_it_sends(
    shop: Shop, die: Arm, place: str, when: str, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.world.set_rules(couriers=False)
    ids = [shop.order().box_id for _ in range(2)]
    if call == "upload_invoices":
        for box_id in ids:
            await shop.to_instruct(box_id)
        for box_id in ids:
            await shop.ship(box_id, urgent=True)
    else:

        async def asked() -> bool:
            return len(await shop.effects()) == len(ids)

        await shop.until(asked)
        shop.clock.set((await shop.effects())[0]["not_before"])
    deaths = die(place.format(call=call), when)
    monkeypatch.setattr(shop, "visit", lambda: mortal_visit(shop))
    await shop.visit()
    assert deaths, "it died where it should"

    async def left() -> bool:
        await shop.ship_ready()
        return {box["state"] for box in (await shop.boxes()).values()} == {"DEPARTURE"}

    await shop.until(left)
    for box_id in ids:
        assert sorted(shop.mutations(box_id)) == [("acknowledge", 1), ("invoice", 1)]
        assert {effect["state"] for effect in await shop.effects(box_id)} == {"CONFIRMED"}
    await assert_promises(shop)


@pytest.mark.parametrize(
    ("place", "when"),
    [
        ("app.engine.effects.readback.settle_all", "before"),
        ("app.engine.effects.readback.settle_all", "after"),
        ("app.engine.effects.readback.apply_confirmed", "before"),
        ("app.orders.reread.ingest_single", "after"),
        ("app.orders.reread.ingest_single", "before"),
        ("app.engine.effects.outbox.recover", "after"),
    ],
)
async def test_a_visit_that_dies_while_it_reads_back(
    shop: Shop, die: Arm, place: str, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    shop.world.add_fault("504_after", route="O7")
    await shop.ship(box_id, urgent=True)
    await shop.visit()
    assert (await shop.effects(box_id))[-1]["state"] == "UNKNOWN"
    deaths = die(place, when)
    monkeypatch.setattr(shop, "visit", lambda: mortal_visit(shop))

    async def proven() -> bool:
        return bool((await shop.effects(box_id))[-1]["state"] == "CONFIRMED" and deaths)

    await shop.until(proven)
    assert shop.calls("O7") == 1
    await assert_promises(shop)


async def memory(shop: Shop) -> dict[str, Any]:
    """Everything we hold, except whose turn it is."""
    tables = ("box", "line", "receiver", "history", "effect", "attempt", "evidence", "poll_run", "quarantine")
    held = {name: await shop.rows(f"SELECT * FROM {name} ORDER BY 1, 2, 3") for name in tables}
    # The looks for claims come before those for orders, and are over when a visit is overtaken there.
    feeds = (
        "SELECT feed, covered, failures, last_ok_at FROM feed WHERE feed IN ('accept', 'orders') ORDER BY 1"
    )
    return held | {"feed": await shop.rows(feeds)}


@pytest.mark.parametrize("reading", ["list_minutes", "list_days"])
async def test_an_overtaken_visit_stores_no_page_and_claims_nothing(
    shop: Shop, reading: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.visit()
    shop.order()
    shop.later(timedelta(hours=2) if reading == "list_minutes" else timedelta(days=3))
    before = await memory(shop)
    real = getattr(order_calls, reading)
    overtaken: list[int] = []

    async def minutes(*args: Any, **options: Any) -> Any:
        page = await real(*args, **options)
        overtaken.append(await newer_epoch(shop))
        return page

    async def days(*args: Any, **options: Any) -> Any:
        async for page in real(*args, **options):
            overtaken.append(await newer_epoch(shop))
            yield page

    if reading == "list_days":
        # The look for new orders comes first and is not what this is about.
        async with shop.context.db.transaction() as tx:
            await tx.execute("UPDATE feed SET due_at = due_at + interval '9 days' WHERE feed = 'accept'")
    else:
        # The first look of a half hour goes by days.
        monkeypatch.setattr(feeds, "looks_far", lambda *_: False)
    monkeypatch.setattr(order_calls, reading, minutes if reading == "list_minutes" else days)
    await shop.visit()
    assert len(overtaken) == 1, "it stopped at once"
    assert await memory(shop) == before
    monkeypatch.undo()
    shop.later(timedelta(minutes=5))
    await shop.visit()
    assert len(await shop.boxes()) == 1
    await assert_promises(shop)


async def test_an_overtaken_visit_asks_and_takes_and_settles_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    await set_vendor(shop, auto_acknowledge=False)
    await shop.until_state("ACCEPT", box_id)
    await set_vendor(shop, auto_acknowledge=True)
    held: list[dict[str, Any]] = []

    def overtake(home: Any, name: str, *, after: bool) -> None:
        real = getattr(home, name)

        async def wrapped(*args: Any, **options: Any) -> Any:
            monkeypatch.setattr(home, name, real)
            answer = await real(*args, **options) if after else None
            await newer_epoch(shop)
            held.append(await memory(shop))
            return answer if after else await real(*args, **options)

        monkeypatch.setattr(home, name, wrapped)

    for home, name, after in (
        (box_changes, "acknowledge_all_due", False),
        (outbox, "take", False),
        (order_calls, "acknowledge", True),
        (readback, "settle_all", False),
        (order_calls, "get_box", True),
    ):
        overtake(home, name, after=after)
        seen = len(held)

        async def overtaken(seen: int = seen) -> bool:
            return len(held) > seen

        await shop.until(overtaken)
        assert await memory(shop) == held[-1], name
    # The call of the third had been answered: it is proven by reading, not by asking again.
    await shop.to_instruct(box_id)
    assert shop.calls("O6") == 1
    await assert_promises(shop)


@pytest.mark.parametrize("gap", ["overtaken", "too late", "nobody has heard of it"])
async def test_a_visit_that_slept_before_its_write_sends_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, gap: str
) -> None:
    """Stopped between "it is being sent" and the sending, it wakes up when others have read it back."""
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    await shop.ship(box_id, urgent=True)
    real, slept = outbox.take, []

    async def take(*args: Any, **options: Any) -> Any:
        batch = await real(*args, **options)
        if batch is not None and not slept:
            slept.append(await newer_epoch(shop) if gap == "overtaken" else 0)
            if gap != "nobody has heard of it":
                monkeypatch.setattr(session, "CONFIRM_S", -1.0)
            if gap == "too late":
                clock_s = time.monotonic
                monkeypatch.setattr(session.time, "monotonic", lambda: clock_s() + 3600.0)
        return batch

    monkeypatch.setattr(outbox, "take", take)
    awake = shop.reach
    if gap == "nobody has heard of it":
        shop.reach = replace(awake, speaks=lambda: not slept)
    await shop.visit()
    assert slept
    assert shop.calls("O7") == 0
    monkeypatch.undo()
    shop.reach = awake
    await shop.until_state("DEPARTURE", box_id)
    assert sorted(shop.mutations(box_id)) == [("acknowledge", 1), ("invoice", 1)]
    await assert_promises(shop)


@pytest.mark.parametrize("moment", ["before", "between sending and storing"])
async def test_a_visit_whose_connections_were_cut_leaves_nothing_half_done(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """It ends; the next one, on a connection that lives, reads back what was under way."""
    shop.world.set_rules(couriers=False)
    box_id = shop.order().box_id
    await shop.to_instruct(box_id)
    await shop.ship(box_id, urgent=True)
    real, cuts = order_calls.upload_invoices, []

    async def upload(*args: Any, **options: Any) -> Any:
        answer = await real(*args, **options)
        if moment != "before":
            cuts.append(await cut_connections(shop))
        return answer

    monkeypatch.setattr(order_calls, "upload_invoices", upload)
    # As many as a worker has, all idle, all dead.
    await asyncio.gather(*(shop.boxes() for _ in range(4)))
    if moment == "before":
        cuts.append(await cut_connections(shop))
    with pytest.raises(psycopg.OperationalError):
        await shop.visit()
    assert [cut >= 1 for cut in cuts] == [True]
    await shop.until_state("DEPARTURE", box_id)
    assert shop.calls("O7") == 1
    assert sorted(shop.mutations(box_id)) == [("acknowledge", 1), ("invoice", 1)]
    await assert_promises(shop)


async def cut_connections(shop: Shop) -> int:
    """Have the server end every connection of ours; return how many there were."""
    query = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    async with await psycopg.AsyncConnection.connect(shop.context.db.url, autocommit=True) as connection:
        return len(await (await connection.execute(query)).fetchall())
