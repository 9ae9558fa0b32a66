"""The circuit breaker: each stop silences the right ones for the right time, and one call comes back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.coupang.errors import Blocked
from app.devtools import up
from app.engine.access import audit_log
from app.engine.caller import US, Caller
from app.engine.context import PURPOSE_SECRETS
from app.engine.vendors import store as vendor_rows
from app.engine.vendors import vendors
from app.engine.visits import circuit_breaker, leases
from app.engine.visits.visit import visit
from app.errors import Forbidden
from app.integrity import doctor, invariants
from tests.support.shop import ACCESS_KEY, HOUR, MINUTE, SECOND, SECRET_KEY, VENDOR, Shop, assert_promises

OTHERS = ("A00012346", "A00012347")
EVERYTHING = "circuit:everything"


@pytest.fixture
async def mall(shop: Shop) -> Shop:
    """The shop, and two more vendors behind the same address."""
    for vendor_id in OTHERS:
        access, secret = ACCESS_KEY[:-3] + vendor_id[-3:], SECRET_KEY[:-3] + vendor_id[-3:]
        shop.world.add_vendor(vendor_id, access, secret)
        await vendors.register_or_rotate(shop.context, vendor_id, access, secret)
    return shop


async def visits(shop: Shop) -> dict[str, bool]:
    """Visit everybody; tell who could be."""
    return {name: await visit(shop.context, shop.reach, name) for name in (VENDOR, *OTHERS)}


async def status(shop: Shop) -> str:
    """What `make run` shows."""
    return up.status_line(await invariants.live(shop.context), shop.clock.now(), 0.0)


async def due(shop: Shop) -> list[str]:
    """Whom a tick would visit."""
    async with shop.context.db.transaction() as tx:
        return await vendor_rows.claim_due(tx, shop.clock.now(), timedelta(0), 100)


def counting(shop: Shop) -> Callable[[], int]:
    """Return a function that tells how many calls Coupang has had since it was asked last."""
    before = shop.ledger["calls"]

    def since() -> int:
        nonlocal before
        was, before = before, shop.ledger["calls"]
        return int(before - was)

    return since


async def everything(shop: Shop) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (await circuit_breaker.report(shop.context, US))["everything"]
    return found


async def test_a_429_silences_its_vendor_alone(mall: Shop) -> None:
    mall.world.add_fault("429", vendor_id=VENDOR, ban_real_s=3600.0)
    assert all((await visits(mall)).values())
    assert await visits(mall) == {VENDOR: False, OTHERS[0]: True, OTHERS[1]: True}
    report = await circuit_breaker.report(mall.context, US)
    assert report["everything"] is None
    assert [(row["vendor_id"], row["stopped_kind"], row["probing"]) for row in report["vendors"]] == [
        (VENDOR, "throttled", False)
    ]


async def test_an_html_403_silences_everybody_until_one_call_is_answered(mall: Shop) -> None:
    fault = mall.world.add_fault("403_html", times=3)
    since = counting(mall)
    assert await visits(mall) == {VENDOR: True, OTHERS[0]: False, OTHERS[1]: False}
    assert since() == 1
    # A tick finds nobody to visit, however long everybody has been due.
    mall.later(10 * MINUTE - SECOND)
    assert await due(mall) == []
    assert not any((await visits(mall)).values())
    assert since() == 0
    # Then one may try, and only one; each failure doubles the pause.
    for pause in (20 * MINUTE, 40 * MINUTE):
        mall.later(SECOND)
        assert len(await due(mall)) == 1
        assert list((await visits(mall)).values()).count(True) == 1
        assert since() == 1
        circuit = await everything(mall)
        assert circuit is not None
        assert circuit["until"] == mall.clock.now() + pause
        mall.later(pause - SECOND)
        assert not any((await visits(mall)).values())
    assert fault.hits == 3
    mall.later(SECOND)
    assert await visits(mall) == {VENDOR: True, OTHERS[0]: True, OTHERS[1]: True}
    assert await everything(mall) is None
    # Nobody was blamed for it.
    assert (await circuit_breaker.report(mall.context, US))["vendors"] == []
    await assert_promises(mall)


async def test_who_was_asked_for_during_a_silence_is_due_when_it_ends(mall: Shop) -> None:
    """A tick has put it off already, for the case that its visit is lost; nothing was lost."""
    mall.world.add_fault("429", vendor_id=VENDOR, ban_real_s=3600.0)
    mall.world.add_fault("403_html", vendor_id=OTHERS[0])
    await visits(mall)
    async with mall.context.db.transaction() as tx:
        await tx.execute("UPDATE vendor SET due_at = due_at + interval '1 day'")
    assert not any((await visits(mall)).values())
    rows = await mall.rows("SELECT vendor_id, due_at, stopped_until FROM vendor ORDER BY vendor_id")
    told = {row["vendor_id"]: row["due_at"] for row in rows}
    stopped = {row["vendor_id"]: row["stopped_until"] for row in rows}
    assert told == {VENDOR: stopped[VENDOR]} | dict.fromkeys(OTHERS, mall.clock.now())
    assert stopped[VENDOR] > mall.clock.now()
    # Nobody is asked for while it lasts.
    assert await due(mall) == []


async def test_a_door_that_shuts_again_within_the_hour_stays_shut_for_longer(mall: Shop) -> None:
    mall.world.add_fault("403_html")
    await visits(mall)
    mall.later(10 * MINUTE)
    await visits(mall)
    mall.world.add_fault("403_html")
    mall.later(40 * MINUTE)
    await visits(mall)
    circuit = await everything(mall)
    assert circuit is not None
    assert (circuit["trips"], circuit["until"] - circuit["opened_at"]) == (2, 20 * MINUTE)


async def test_visits_under_way_that_meet_the_same_door_count_as_one_trip(mall: Shop) -> None:
    shut = Blocked(status=403)
    shut.stop = "everything"
    under_way = [await leases.begin(mall.context, name) for name in (VENDOR, *OTHERS)]
    for lease in under_way:
        assert lease is not None
        await circuit_breaker.stop(mall.context, lease, shut)
    circuit = await everything(mall)
    assert circuit is not None
    assert (circuit["trips"], circuit["until"]) == (1, mall.clock.now() + 10 * MINUTE)


async def test_a_probe_that_is_lost_lets_the_next_one_try(mall: Shop) -> None:
    mall.world.add_fault("403_html")
    await visits(mall)
    mall.later(10 * MINUTE)
    taken = await leases.begin(mall.context, VENDOR)
    assert taken is not None
    assert taken.probing
    # Its worker dies here.
    assert await due(mall) == []
    assert not await visit(mall.context, mall.reach, OTHERS[0])
    mall.later(MINUTE)
    assert await visit(mall.context, mall.reach, OTHERS[0])
    assert await everything(mall) is None


async def test_a_302_silences_one_vendor_and_two_of_them_everybody(
    mall: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mall.world.add_fault("302", vendor_id=VENDOR)
    assert all((await visits(mall)).values())
    assert await everything(mall) is None
    assert await visits(mall) == {VENDOR: False, OTHERS[0]: True, OTHERS[1]: True}
    assert (await status(mall)).endswith(f"SILENT {VENDOR} until {mall.clock.now() + 10 * MINUTE:%H:%M}")
    mall.world.add_fault("302", vendor_id=OTHERS[0])
    mall.later(9 * MINUTE)
    await visit(mall.context, mall.reach, OTHERS[0])
    assert await everything(mall) is not None
    assert not any((await visits(mall)).values())
    # The doctor tells who is silent, until when and why; being behind meanwhile is no finding.
    told = {one.vendor_id: one async for one in doctor.examine(mall.context)}
    assert "(everybody): Blocked HTTP 302 GET" in told[OTHERS[1]].facts["feeds"]
    assert "(blocked): Blocked HTTP 302 GET" in told[VENDOR].facts["feeds"]
    assert "SILENT everybody until" in await status(mall)
    mall.later(2 * HOUR)
    await visits(mall)
    said = [one.getMessage() for one in caplog.records if one.name.startswith("app.")]
    assert any(one.startswith("everybody is silent until ") for one in said)
    assert any(one.startswith("everybody speaks again: ") for one in said)
    assert f"vendor {VENDOR} speaks again" in said


async def test_a_refused_key_is_silent_until_it_is_replaced(mall: Shop) -> None:
    mall.world.add_fault("401", vendor_id=VENDOR, variant="unknown_key", times=100)
    await visits(mall)
    since = counting(mall)
    pauses = []
    for _ in range(6):
        row = (await circuit_breaker.report(mall.context, US))["vendors"][0]
        assert row["stopped_kind"] == "denied"
        pauses.append(row["stopped_until"] - mall.clock.now())
        assert not await mall.visit()
        mall.clock.set(row["stopped_until"])
        assert await mall.visit()
        # One call, a reading, and nothing else.
        assert since() == 1
    assert pauses == [10 * MINUTE * 2**n for n in (0, 1, 2, 3, 4, 4)]
    mall.world.faults.clear()
    access, secret = "00000000-acce-5500-0000-00000000beef", "feed" * 10
    mall.world.add_vendor(VENDOR, access, secret)
    await vendors.rotate(mall.context, US, VENDOR, access_key=access, secret_key=secret)
    # Not the pause ends the silence, but the new key.
    assert await mall.visit()
    assert (await mall.vendor())["stopped_until"] is None
    purpose = PURPOSE_SECRETS + VENDOR.encode()
    assert mall.context.vault.open((await mall.vendor())["sealed_access_key"], purpose) == access.encode()


async def test_a_burst_of_errors_stops_the_vendor_and_half_a_minute_later_one_call_tries(mall: Shop) -> None:
    # Feeds back off one by one, so a burst takes more of them than this quiet vendor has.
    most = 8
    policy = replace(mall.context.policy, circuit=replace(mall.context.policy.circuit, errors_most=most))
    mall.context = replace(mall.context, policy=policy)
    fault = mall.world.add_fault("500", vendor_id=VENDOR, times=1000)
    since = counting(mall)
    for _ in range(60):
        if not await mall.visit():
            break
        mall.later(SECOND)
    assert fault.hits == most, "no call more than the budget"
    row = (await circuit_breaker.report(mall.context, US))["vendors"][0]
    assert row["stopped_kind"] == "errors"
    assert row["stopped_reason"].startswith(f"ErrorBurst: {most} calls failed since")
    since()
    mall.clock.set(row["stopped_until"])
    assert await mall.visit()
    assert since() == 1
    row = (await circuit_breaker.report(mall.context, US))["vendors"][0]
    assert row["stopped_until"] == mall.clock.now() + MINUTE
    mall.world.faults.clear()
    mall.later(MINUTE)
    assert await mall.visit()
    assert (await circuit_breaker.report(mall.context, US))["vendors"] == []
    await assert_promises(mall)


async def test_errors_far_apart_are_no_burst(mall: Shop) -> None:
    mall.world.add_fault("500", vendor_id=VENDOR, times=60)
    for _ in range(60):
        mall.later(HOUR)
        assert await mall.visit()
    assert (await circuit_breaker.report(mall.context, US))["vendors"] == []


async def test_an_operator_ends_everybodys_silence_and_a_sellers_key_may_not(mall: Shop) -> None:
    mall.world.add_fault("403_html")
    await visits(mall)
    seller = Caller("key:seller", [OTHERS[0]])
    with pytest.raises(Forbidden):
        await circuit_breaker.close(mall.context, seller)
    shown = (await circuit_breaker.report(mall.context, seller))["everything"]
    assert shown is not None
    assert shown["opened_by"] is None
    assert (await circuit_breaker.close(mall.context, US))["everything"] is None
    assert (await circuit_breaker.close(mall.context, US))["everything"] is None
    # Who ended a silence that was there, and which.
    (entry,) = (await audit_log.list_entries(mall.context, None, subject=EVERYTHING, before=None, most=9))[0]
    assert (entry["actor"], entry["action"], entry["vendor_ids"]) == ("us", "circuit.close", None)
    assert entry["detail"]["reason"].startswith("Blocked HTTP 403")
    assert all((await visits(mall)).values())


async def test_an_operator_who_ends_a_vendors_silence_is_told_with_what_was_ended(mall: Shop) -> None:
    mall.world.add_fault("302", vendor_id=VENDOR)
    await visits(mall)
    until = (await mall.vendor())["stopped_until"]
    await vendors.resume(mall.context, US, VENDOR)
    (entry,) = (
        await audit_log.list_entries(mall.context, [VENDOR], subject=f"vendor:{VENDOR}", before=None, most=1)
    )[0]
    ended = entry["detail"]["ended_silence"]
    assert (entry["action"], ended["kind"], ended["until"]) == ("vendor.resume", "blocked", until.isoformat())
    assert ended["reason"].startswith("Blocked HTTP 302")
