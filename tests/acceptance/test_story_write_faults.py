"""Answers that never came, came late, or said stop: every change ends right and is applied exactly once."""

from datetime import timedelta

import pytest

from app.backoffice.reviews import Ruling, settle_review
from app.engine.caller import US
from tests.support.shop import HOUR, MINUTE, SECOND, Shop, assert_promises

DOUBTFUL = (
    "504_before",
    "504_after",
    "504_late",
    "drop_before",
    "drop_after",
    "truncate_before",
    "truncate_after",
    "500",
    "500_after",
    "521",
    "521_after",
    "200_error",
)
CHANGES = {"acknowledge": "O6", "invoice": "O7"}


async def prepare(shop: Shop, change: str) -> list[int]:
    """Return three boxes for which the change is about to be sent."""
    shop.world.set_rules(couriers=False)
    ids = [shop.order().box_id for _ in range(3)]
    if change == "invoice":
        for box_id in ids:
            await shop.to_instruct(box_id)
    return ids


async def finish(shop: Shop, ids: list[int]) -> None:
    """Go on until every box has left."""

    async def left() -> bool:
        await shop.ship_ready()
        return {box["state"] for box in (await shop.boxes()).values()} == {"DEPARTURE"}

    await shop.until(left)
    for box_id in ids:
        assert sorted(shop.mutations(box_id)) == [("acknowledge", 1), ("invoice", 1)]
        assert {effect["state"] for effect in await shop.effects(box_id)} == {"CONFIRMED"}
    await assert_promises(shop)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", DOUBTFUL)
async def test_a_doubtful_answer_is_read_back_before_any_repeat(shop: Shop, kind: str, change: str) -> None:
    ids = await prepare(shop, change)
    fault = shop.world.add_fault(kind, route=CHANGES[change])
    if change == "invoice":
        await shop.ship_ready()

    async def met() -> bool:
        return bool(fault.hits)

    await shop.until(met)
    if change == "acknowledge":
        assert {effect["state"] for effect in await shop.effects()} <= {"UNKNOWN", "CONFIRMED"}
    await finish(shop, ids)
    repeats = shop.calls(CHANGES[change])
    # What had been applied was never sent again; what had not was sent once more.
    applied_at_once = kind.endswith("_after")
    assert (repeats == 1) == applied_at_once or kind == "504_late", repeats
    asked = [
        row
        for row in await shop.rows("SELECT * FROM attempt WHERE purpose = 'write' ORDER BY attempt_id")
        if row["outcome"] == "doubt"
    ]
    assert len(asked) >= len(ids)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("kind", "options", "silence"),
    [
        ("429", {"ban_real_s": 3600.0}, MINUTE),
        ("302", {}, 10 * MINUTE),
        ("401", {"variant": "unknown_key"}, 10 * MINUTE),
        ("403_ip", {}, 10 * MINUTE),
    ],
)
async def test_a_stop_silences_the_vendor_and_nothing_is_doubled(
    shop: Shop, kind: str, options: dict[str, object], silence: timedelta, change: str
) -> None:
    ids = await prepare(shop, change)
    fault = shop.world.add_fault(kind, route=CHANGES[change], **options)
    if change == "invoice":
        await shop.ship_ready()

    async def met() -> bool:
        return bool(fault.hits)

    await shop.until(met)
    vendor = await shop.vendor()
    assert vendor["stopped_until"] == shop.clock.now() + silence
    assert vendor["stops"] == 1
    assert vendor["stopped_reason"]
    calls = shop.ledger["calls"]
    for _ in range(3):
        shop.later((silence - SECOND) / 3)
        assert not await shop.visit(), "silent means silent"
    assert shop.ledger["calls"] == calls
    shop.world.pardon(shop.vendor_id)
    shop.clock.set(vendor["stopped_until"])
    assert await shop.visit()
    vendor = await shop.vendor()
    assert (vendor["stopped_until"], vendor["stops"]) == (None, 0)
    await finish(shop, ids)


async def test_a_stop_doubles_with_each_and_is_not_forgotten_by_what_was_heard_before_it(shop: Shop) -> None:
    silences = []
    for number in range(3):
        # The first call of each visit is answered well, the next one is one too many.
        shop.world.add_fault("429", skip=1, ban_real_s=3600.0)
        shop.later(HOUR)
        await shop.visit()
        vendor = await shop.vendor()
        assert vendor["stops"] == number + 1
        silences.append(vendor["stopped_until"] - shop.clock.now())
        assert not await shop.visit()
        shop.world.pardon(shop.vendor_id)
        shop.clock.set(vendor["stopped_until"])
    assert silences == [MINUTE, 2 * MINUTE, 4 * MINUTE]
    await shop.visit()
    assert (await shop.vendor())["stops"] == 0
    await assert_promises(shop)


@pytest.mark.parametrize("kind", ["504_before", "500", "truncate_before", "drop_before", "429"])
async def test_a_claim_check_that_fails_sends_no_waybill(shop: Shop, kind: str) -> None:
    ids = await prepare(shop, "invoice")
    await shop.ship_ready()
    shop.later(5 * SECOND)
    # All reads fail for a while; the vendor is asked again later, not at once and not for ever.
    for route in ("O1", "O3"):
        shop.world.add_fault(kind, route=route, times=2)
    assert await shop.visit()
    assert shop.calls("O7") == 0
    assert {effect["state"] for effect in await shop.effects() if effect["kind"] == "SHIP"} == {"PENDING"}
    assert await shop.due_at() > shop.clock.now()
    shop.world.pardon(shop.vendor_id)
    shop.world.faults.clear()
    shop.later(2 * MINUTE)
    await finish(shop, ids)


async def test_a_row_that_is_always_refused_does_not_spoil_the_others(shop: Shop) -> None:
    ids = await prepare(shop, "invoice")
    code = "INVALID_INVOICE_NUMBER"
    shop.world.add_fault("row_error", route="O7", times=None, box_id=ids[1], result_code=code)
    await shop.ship_ready()
    await shop.until_state("DEPARTURE", ids[0], ids[2])
    refused = (await shop.effects(ids[1]))[-1]
    assert (refused["state"], refused["result_code"]) == ("REJECTED", code)
    shop.world.faults.clear()
    await finish_after_refusal(shop, ids)


async def finish_after_refusal(shop: Shop, ids: list[int]) -> None:
    async def left() -> bool:
        await shop.ship_ready()
        return {box["state"] for box in (await shop.boxes()).values()} == {"DEPARTURE"}

    await shop.until(left)
    assert [times for kind, times in shop.mutations(ids[1]) if kind == "invoice"] == [1]
    await assert_promises(shop)


async def test_a_change_that_never_shows_is_put_before_a_person(shop: Shop) -> None:
    ids = await prepare(shop, "invoice")
    shop.world.add_fault("504_before", route="O7", times=None)
    await shop.ship(ids[0])

    async def given_up() -> bool:
        return (await shop.effects(ids[0]))[-1]["state"] == "REVIEW"

    await shop.until(given_up, most=100)
    assert shop.calls("O7") == shop.context.policy.tries_most
    calls = shop.calls("O7")
    await shop.run_for(HOUR)
    assert shop.calls("O7") == calls
    await assert_promises(shop)


@pytest.mark.parametrize("true", [True, False])
async def test_a_verdict_is_held_against_what_coupang_shows_at_once(shop: Shop, true: bool) -> None:
    box_id = (await prepare(shop, "invoice"))[0]
    shop.world.add_fault("504_before", route="O7", times=None)
    await shop.ship(box_id)

    async def given_up() -> bool:
        return (await shop.effects(box_id))[-1]["state"] == "REVIEW"

    await shop.until(given_up, most=100)
    effect = (await shop.effects(box_id))[-1]
    if true:
        # By hand, where the sellers' console is.
        payload = effect["payload"]
        shop.world.wing_ship(box_id, payload["courier_code"], payload["invoice_number"])
    await settle_review(shop.context, US, effect["effect_id"], Ruling.APPLIED, "looked at WING")
    box = (await shop.boxes())[box_id]
    assert (box["state"], box["attention"]) == ("DEPARTURE", None)
    await shop.visit()
    box = (await shop.boxes())[box_id]
    assert box["state"] == "DEPARTURE"
    if true:
        assert box["attention"] is None
    else:
        assert "Coupang shows INSTRUCT" in box["attention"]
