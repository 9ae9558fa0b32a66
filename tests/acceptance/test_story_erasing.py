"""When its time is over nobody can be told from what we hold any more, and what happened still can."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.engine.context import PURPOSE_EVIDENCE, PURPOSE_QUARANTINE, PURPOSE_RECEIVER, PURPOSE_REQUESTER
from app.engine.history.point_in_time import moment
from app.engine.visits.engine import Engine
from app.engine.visits.scheduler import build_scheduler
from app.integrity import doctor, erasure
from app.orders import queries as box_queries
from app.sandbox.core.order_entities import Receiver
from tests.support.shop import DAY, HOUR, Shop, open_shop, run_sql
from tests.support.workers import until

PERSON = Receiver("홍비밀", "50377778888", "제주특별자치도 비밀시 숨은길 31", "909동 1717호", "63999")
AFTER = timedelta(days=100)
HELD = (
    ("receiver", "sealed", PURPOSE_RECEIVER, False),
    ("receipt", "sealed_requester", PURPOSE_REQUESTER, False),
    ("exchange", "sealed_contacts", PURPOSE_REQUESTER, False),
    ("evidence", "sealed", PURPOSE_EVIDENCE, True),
    ("quarantine", "sealed", PURPOSE_QUARANTINE, True),
)


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Shop]:
    async with open_shop(database_url) as opened:
        opened.context = replace(opened.context, policy=replace(opened.context.policy, erase_after=AFTER))
        opened.world.set_rules(couriers=False)
        yield opened


async def told_of(shop: Shop, *texts: str) -> dict[str, int]:
    """Open everything that is sealed; return by table how many values tell of somebody."""
    found: dict[str, int] = {}
    for table, column, purpose, packed in HELD:
        for row in await shop.rows(f"SELECT {column} AS sealed FROM {table} WHERE {column} IS NOT NULL"):
            opened = shop.context.vault.open_packed if packed else shop.context.vault.open
            plain = opened(row["sealed"], purpose).decode()
            if any(text in plain for text in texts):
                found[table] = found.get(table, 0) + 1
    return found


async def delivered(shop: Shop) -> int:
    """Let somebody buy a box and get it."""
    box_id = shop.order(receiver=PERSON).box_id
    await shop.to_instruct(box_id)
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    shop.world.deliver(box_id)
    await shop.until_state("FINAL_DELIVERING", box_id)
    return box_id


async def persons(shop: Shop) -> list[str]:
    """Return what the doctor says of persons."""
    return [
        one.told
        async for report in doctor.examine(shop.context)
        for one in report.findings
        if one.check == "persons"
    ]


async def with_claims(shop: Shop, sent_back: int, exchanged: int) -> tuple[int, int]:
    """Let one box be sent back and another exchanged, until we know of both; return the claims' ids."""
    receipt_id = shop.world.request_return(sent_back).receipt_id
    exchange_id = shop.world.request_exchange(exchanged).exchange_id

    async def known() -> bool:
        return bool(
            await shop.rows("SELECT 1 FROM exchange WHERE sealed_contacts IS NOT NULL")
            and await shop.rows("SELECT 1 FROM receipt WHERE sealed_requester IS NOT NULL")
        )

    await shop.until(known)
    return receipt_id, exchange_id


async def test_who_somebody_is_goes_when_the_order_is_over_and_what_happened_stays(shop: Shop) -> None:
    done, back, swapped = [await delivered(shop) for _ in range(3)]
    waiting = shop.order(receiver=PERSON).box_id
    await shop.to_instruct(waiting)
    broken = shop.order(receiver=PERSON).box_id
    shop.world.add_fault("unreadable_row", times=1000, box_id=broken, set={"orderItems": PERSON.name})
    await with_claims(shop, back, swapped)
    await shop.run_for(HOUR)
    at = shop.clock.now()
    before = await moment(shop.context, None, "box", done, at)
    assert (await told_of(shop, PERSON.name)).keys() == {
        "receiver",
        "receipt",
        "exchange",
        "evidence",
        "quarantine",
    }

    # Not a day too early.
    shop.later(AFTER - DAY)
    assert (await erasure.erase(shop.context)).keys() == {"readings"}
    shop.later(3 * DAY)
    late = await persons(shop)
    assert any("receivers should have been erased" in told for told in late)
    assert any("answers should have been erased" in told for told in late)

    # One by one, as if there were many.
    erased = await erasure.erase(shop.context, batch=1)
    assert erased["receivers"] == 1, "the claims of two are open, the fourth waits for its parcel"
    assert erased["unreadable rows"] == 1
    assert erased["answers"] > 10
    assert await erasure.erase(shop.context) == {}
    assert await persons(shop) == []
    everything = (PERSON.name, PERSON.safe_digits, PERSON.addr1, PERSON.addr2)
    assert await told_of(shop, *everything) == {"receiver": 3, "receipt": 1, "exchange": 1}

    # The open ones can still be shipped and collected; of the other one nobody can be told any more.
    assert (await box_queries.receiver(shop.context, None, waiting))["receiver"]["name"] == PERSON.name
    gone = await box_queries.receiver(shop.context, None, done)
    assert set(gone["receiver"].values()) == {None}
    assert all(version["erased"] for version in gone["versions"])
    # What happened is told as before, from what is left of the same evidence.
    assert await moment(shop.context, None, "box", done, at) == before
    assert before["market"]["status"] == "FINAL_DELIVERY"
    rows = await shop.rows("SELECT shipment_box_id, reason FROM quarantine")
    assert [row["shipment_box_id"] for row in rows] == [broken]


async def test_an_order_whose_claims_have_ended_is_over_too(shop: Shop) -> None:
    back, swapped = [await delivered(shop) for _ in range(2)]
    receipt_id, exchange_id = await with_claims(shop, back, swapped)
    shop.world.withdraw(receipt_id)
    shop.world.withdraw(exchange_id)

    async def ended() -> bool:
        open_ones = await shop.rows(
            """SELECT 1 FROM return_ WHERE state <> 'WITHDRAWN'
               UNION ALL SELECT 1 FROM exchange WHERE state <> 'CANCEL'"""
        )
        return not open_ones

    await shop.until(ended)
    shop.later(AFTER - DAY)
    assert "receivers" not in await erasure.erase(shop.context)
    shop.later(2 * DAY)
    erased = await erasure.erase(shop.context)
    assert (erased["receivers"], erased["requesters"], erased["contacts"]) == (2, 1, 1)
    everything = (PERSON.name, PERSON.safe_digits, PERSON.addr1, PERSON.addr2)
    assert await told_of(shop, *everything) == {}
    assert await persons(shop) == []


async def test_every_worker_erases_by_itself(shop: Shop) -> None:
    await delivered(shop)
    shop.later(AFTER + 2 * DAY)
    engine = Engine(shop.context.db.url)
    async with engine.app.open_async():
        scheduler = build_scheduler(shop.context, engine, 60.0, 0.05)
        scheduler.start()
        try:
            await until(lambda: nothing_sealed(shop))
        finally:
            scheduler.shutdown(wait=False)


async def nothing_sealed(shop: Shop) -> bool:
    """Tell whether every receiver is erased."""
    return not await shop.rows("SELECT 1 FROM receiver WHERE sealed IS NOT NULL")


async def test_without_a_time_nothing_is_erased(shop: Shop) -> None:
    await delivered(shop)
    shop.context = replace(shop.context, policy=replace(shop.context.policy, erase_after=None))
    shop.later(5 * AFTER)
    assert (await erasure.erase(shop.context)).keys() == {"readings"}
    assert await persons(shop) == []
    assert (await told_of(shop, PERSON.name))["receiver"] == 1


async def test_readings_are_kept_for_some_weeks_and_contradictions_for_ever(shop: Shop) -> None:
    await shop.run_for(3 * HOUR)
    await run_sql(
        shop, "UPDATE poll_run SET contradicted = 1 WHERE run_id = (SELECT min(run_id) FROM poll_run)"
    )
    old = await shop.one("SELECT count(*) FROM poll_run")
    shop.later(shop.context.policy.keep_readings)
    await shop.run_for(HOUR)
    young = await shop.one("SELECT count(*) FROM poll_run") - old
    assert old > 5
    assert young > 1
    assert (await erasure.erase(shop.context, batch=2))["readings"] == old - 1
    assert await shop.one("SELECT count(*) FROM poll_run") == young + 1


async def test_what_somebody_else_has_erased_is_found(shop: Shop) -> None:
    box_id = shop.order(receiver=PERSON).box_id
    await shop.to_instruct(box_id)
    assert await persons(shop) == []
    await run_sql(shop, "UPDATE receiver SET sealed = NULL")
    await run_sql(shop, "UPDATE evidence SET sealed = NULL")
    told = await persons(shop)
    assert any(f"receiver of box {box_id}" in one for one in told)
    assert any(one.startswith("answer ") for one in told)
