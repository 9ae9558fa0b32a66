"""A batch whose answer is lost is read back as it was sent: together."""

from typing import Any

import pytest

from tests.support.shop import MINUTE, Shop, assert_promises
from tests.support.statements import listen


@pytest.fixture
async def prompt(shop: Shop) -> Shop:
    """A shop whose lists show at once what was ordered and acknowledged."""
    shop.world.set_rules(list_lag_s=0.0, acknowledge_lag_max_s=0.0)
    return shop


async def lost(shop: Shop, orders: int, fault: str = "504_after") -> None:
    """Order, and lose the answer to the acknowledgement of them all."""
    for _ in range(orders):
        shop.order()
    shop.world.add_fault(fault, route="O6")

    async def unknown() -> bool:
        found = await shop.rows("SELECT FROM effect WHERE state = 'UNKNOWN'")
        return len(found) == orders

    await shop.until(unknown)
    shop.later(2 * MINUTE)


async def test_many_that_one_list_shows_are_settled_in_one_transaction(
    prompt: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = listen(monkeypatch)
    counts = []
    for orders in (5, 30):
        await lost(prompt, orders)
        said.clear()
        await prompt.visit()
        counts.append(len(said))
        states = await prompt.rows("SELECT DISTINCT state FROM effect")
        assert states == [{"state": "CONFIRMED"}]
    assert counts[0] == counts[1]
    assert prompt.ledger["applied_twice"] == 0
    await assert_promises(prompt)


async def test_what_the_list_does_not_show_is_read_alone_and_waits(prompt: Shop) -> None:
    """One of five shows as acknowledged; of the others nothing is proven, and nothing is sent again."""
    await lost(prompt, 5, "504_before")
    shown = next(iter(await prompt.boxes()))
    prompt.world.wing_acknowledge(shown)
    sent = prompt.calls("O6")
    await prompt.visit()
    effects = {effect["shipment_box_id"]: effect for effect in await prompt.effects()}
    assert effects.pop(shown)["state"] == "CONFIRMED"
    assert {effect["state"] for effect in effects.values()} == {"UNKNOWN"}
    assert min(effect["not_before"] for effect in effects.values()) > prompt.clock.now()
    assert prompt.calls("O6") == sent


async def test_each_keeps_its_own_evidence(prompt: Shop) -> None:
    await lost(prompt, 5)
    await prompt.visit()
    effects: list[dict[str, Any]] = await prompt.effects()
    assert len({effect["evidence"] for effect in effects}) == 5
    steps = await prompt.rows(
        """SELECT h.evidence, e.evidence AS proof FROM history h
           JOIN effect e ON h.aggregate_id = e.effect_id AND h.version = e.version
           WHERE h.aggregate = 'effect'"""
    )
    assert [step["evidence"] for step in steps] == [step["proof"] for step in steps]
    tries = await prompt.rows("SELECT outcome, evidence FROM attempt WHERE purpose = 'readback'")
    assert {row["outcome"] for row in tries} == {"prove"}
    assert len({row["evidence"] for row in tries}) == 5
