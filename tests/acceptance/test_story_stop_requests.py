"""A customer asks to stop a box that is being packed: it is blocked at once, and somebody decides."""

from datetime import timedelta
from typing import Any

import pytest

from app.claims.cancels import changes as cancel_changes
from app.coupang.claims import cancel_calls as calls
from app.engine.caller import US
from app.errors import Conflict, Refused
from app.orders import queries as box_queries
from app.sandbox.orders.checkout import LineSpec
from tests.support.shop import HOUR, MINUTE, SECOND, Shop, assert_promises
from tests.support.stop_requests import (
    SHIRT,
    SOCKS,
    cancel_of,
    options,
    packed,
    receipt_of,
    requested,
    state_of,
)


async def refused_by(shop: Shop, box_id: int) -> set[str]:
    with pytest.raises(Refused) as refused:
        await shop.ship(box_id)
    return {rule["rule"] for rule in refused.value.members["missing"]}


async def test_a_stopped_box_is_refunded_and_never_leaves(shop: Shop) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    assert "no_stop_requested" in await refused_by(shop, box_id)
    cancel = await cancel_of(shop, receipt_id)
    assert cancel["decision"]["deadline"] == cancel["opened_at"] + timedelta(hours=48)
    assert [one["shipment_box_id"] for one in cancel["boxes"]] == [box_id]
    assert await options(shop, receipt_id) == {"stop_shipment": True, "declare_shipped": True}
    costs = {one["action"]: one["who_pays"] for one in cancel["decision"]["options"]}
    assert "seller pays the return" in costs["declare_shipped"]

    await cancel_changes.answer_stop(shop.context, US, receipt_id)
    assert await options(shop, receipt_id) == {"stop_shipment": False, "declare_shipped": False}
    with pytest.raises(Conflict, match="still open"):
        await cancel_changes.answer_stop(shop.context, US, receipt_id)
    await shop.until_state("CANCELLED", box_id)
    assert await state_of(shop, receipt_id) == "STOPPED"
    assert (await cancel_of(shop, receipt_id))["decision"] is None
    steps = [(step["event"], step["actor"]) for step in (await cancel_of(shop, receipt_id))["history"]]
    assert steps == [("appear", "coupang"), ("see_stop_request", "coupang"), ("stop_shipment", "us")]
    assert receipt_of(shop, box_id).status == "RETURNS_COMPLETED"
    assert shop.mutations(box_id) == [("acknowledge", 1), ("stop_shipment", 1)]
    with pytest.raises(Refused):
        await cancel_changes.answer_stop(shop.context, US, receipt_id)
    await shop.run_for(HOUR)
    assert shop.calls("O7") == 0
    await assert_promises(shop)


async def test_a_part_is_stopped_and_the_rest_leaves(shop: Shop) -> None:
    box_id = await packed(shop, LineSpec(SHIRT, 2), LineSpec(SOCKS, 3))
    receipt_id = await requested(shop, box_id, {SOCKS: 2})
    assert {"no_stop_requested", "nothing_held"} <= await refused_by(shop, box_id)
    await cancel_changes.answer_stop(shop.context, US, receipt_id)

    async def ships() -> bool:
        return bool(await shop.ship_ready())

    await shop.until(ships)
    await shop.until_state("DEPARTURE", box_id)
    box = await shop.find(box_id)
    assert box is not None
    assert {line["vendor_item_id"]: line["shippable"] for line in box["lines"]} == {SHIRT: 2, SOCKS: 1}
    assert shop.mutations(box_id) == [("acknowledge", 1), ("stop_shipment", 1), ("invoice", 1)]
    await assert_promises(shop)


async def test_a_parcel_that_was_handed_over_goes_on_as_a_return(shop: Shop) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    waybill = shop.waybill()
    await cancel_changes.answer_shipped(shop.context, US, receipt_id, waybill)
    await shop.until_state("DEPARTURE", box_id)
    assert await state_of(shop, receipt_id) == "SHIPPED_ALREADY"
    assert await state_of(shop, receipt_id, "return") == "RETURNS_UNCHECKED"
    box = await shop.find(box_id)
    assert box is not None
    assert (box["courier_code"], box["invoice_number"]) == (waybill.courier_code, waybill.invoice_number)
    assert shop.mutations(box_id) == [("acknowledge", 1), ("already_shipped", 1)]
    assert shop.calls("O7") == 0
    await shop.visit()
    assert await shop.one("SELECT sum(held) FROM line") == 2
    assert shop.ledger["applied_twice"] == 0


@pytest.mark.parametrize("answered", [False, True])
async def test_a_withdrawal_frees_the_box_and_says_so(shop: Shop, answered: bool) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    if answered:
        # Asked, and the customer is faster than our call.
        await cancel_changes.answer_stop(shop.context, US, receipt_id)
    shop.world.withdraw_cancel(box_id)

    async def ships() -> bool:
        return bool(await shop.ship_ready())

    await shop.until(ships, step=5 * MINUTE)
    assert await state_of(shop, receipt_id) == "WITHDRAWN"
    last = (await cancel_of(shop, receipt_id))["history"][-1]
    assert (last["event"], last["actor"], last["target"]) == ("see_withdrawn", "coupang", "WITHDRAWN")
    assert shop.clock.now() - receipt_of(shop, box_id).withdrawn_at <= 20 * MINUTE  # type: ignore[operator]
    await shop.until_state("DEPARTURE", box_id)
    if answered:
        effect = (await shop.rows("SELECT * FROM effect WHERE kind = 'STOP_SHIPMENT'"))[0]
        assert (effect["state"], effect["result_code"]) == ("REJECTED", "WITHDRAWN")
    assert shop.mutations(box_id) == [("acknowledge", 1), ("invoice", 1)]
    await assert_promises(shop)


async def test_a_waybill_that_waits_is_dropped_when_the_request_is_seen(shop: Shop) -> None:
    box_id = await packed(shop)
    await shop.ship(box_id)
    shop.world.request_cancel(box_id)
    # The waybill waits for company; meanwhile the look for stop requests is due.
    await shop.rows("UPDATE feed SET due_at = '2000-01-01' WHERE feed = 'stops' RETURNING feed")
    await shop.rows("UPDATE effect SET not_before = not_before + interval '1 hour' RETURNING effect_id")
    await shop.visit()
    effect = (await shop.effects(box_id))[-1]
    assert (effect["state"], effect["result_code"], effect["attempts"]) == ("REJECTED", "REFUSED_HERE", 0)
    assert "no_stop_requested" in effect["result_message"]
    shop.later(2 * HOUR)
    await shop.visit()
    assert shop.calls("O7") == 0
    assert shop.ledger["attempted_cancelled"] == []


async def test_somebody_answers_in_wing(shop: Shop) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    shop.world.wing_stop(receipt_id)
    await shop.until_state("CANCELLED", box_id, step=5 * MINUTE)
    assert await state_of(shop, receipt_id) == "STOPPED"
    other = await packed(shop)
    other_id = await requested(shop, other)
    waybill = shop.waybill()
    shop.world.wing_already_shipped(other_id, waybill.courier_code, waybill.invoice_number)
    await shop.until_state("DEPARTURE", other, step=5 * MINUTE)
    assert await state_of(shop, other_id) == "SHIPPED_ALREADY"
    assert await state_of(shop, other_id, "return") == "RETURNS_UNCHECKED"


async def test_coupang_refunds_what_nobody_answers(shop: Shop) -> None:
    box_id = await packed(shop)
    shop.world.set_rules(stop_refund_s=48 * 3600.0)
    receipt_id = await requested(shop, box_id)
    await shop.until_state("CANCELLED", box_id, step=6 * HOUR, least=10 * MINUTE)
    await shop.run_for(10 * MINUTE)
    assert await state_of(shop, receipt_id) == "STOPPED"
    assert [step["event"] for step in (await cancel_of(shop, receipt_id))["history"]] == [
        "appear",
        "see_stop_request",
        "see_stopped",
    ]
    await assert_promises(shop)


async def test_one_answer_for_one_key(shop: Shop) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    first = await cancel_changes.answer_stop(shop.context, US, receipt_id, intent_key="k:1")
    again = await cancel_changes.answer_stop(shop.context, US, receipt_id, intent_key="k:1")
    assert first["effect_id"] == again["effect_id"]
    with pytest.raises(Conflict, match="another request"):
        await cancel_changes.answer_shipped(shop.context, US, receipt_id, shop.waybill(), intent_key="k:1")
    await shop.until_state("CANCELLED", box_id)
    late = await cancel_changes.answer_stop(shop.context, US, receipt_id, intent_key="k:1")
    assert (late["effect_id"], late["state"]) == (first["effect_id"], "CONFIRMED")


@pytest.mark.parametrize("fault", ["504_after", "drop_after", "504_before", "521_after", "truncate_after"])
@pytest.mark.parametrize("answer", ["stop", "shipped"])
async def test_an_answer_that_was_lost_is_read_back(shop: Shop, answer: str, fault: str) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    if answer == "stop":
        route, kind, reached = "O10", "stop_shipment", "CANCELLED"
        await cancel_changes.answer_stop(shop.context, US, receipt_id)
    else:
        route, kind, reached = "O11", "already_shipped", "DEPARTURE"
        await cancel_changes.answer_shipped(shop.context, US, receipt_id, shop.waybill())
    shop.world.add_fault(fault, route=route)
    await shop.until_state(reached, box_id)

    async def settled() -> bool:
        return all(one["state"] in ("CONFIRMED", "REJECTED") for one in await shop.effects())

    await shop.until(settled)
    assert shop.mutations(box_id) == [("acknowledge", 1), (kind, 1)]
    assert shop.calls(route) == (1 if fault.endswith("after") else 2)
    assert (await shop.effects())[-1]["state"] == "CONFIRMED"
    assert shop.ledger["repeated"] == 0


async def test_an_answer_that_comes_after_somebody_elses_is_no_success(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    await cancel_changes.answer_stop(shop.context, US, receipt_id)
    real, waybill = calls.stop_shipment, shop.waybill()

    async def too_late(*args: Any, **options: Any) -> Any:
        shop.world.wing_already_shipped(receipt_id, waybill.courier_code, waybill.invoice_number)
        return await real(*args, **options)

    monkeypatch.setattr(calls, "stop_shipment", too_late)
    await shop.until_state("DEPARTURE", box_id)
    monkeypatch.undo()
    effect = (await shop.rows("SELECT * FROM effect WHERE kind = 'STOP_SHIPMENT'"))[0]
    assert effect["state"] == "REJECTED"
    assert await state_of(shop, receipt_id) == "SHIPPED_ALREADY"


async def test_what_left_cannot_be_stopped(shop: Shop) -> None:
    box_id = await packed(shop)
    shop.world.add_fault("504_before", route="O7")
    await shop.ship(box_id, urgent=True)
    await shop.visit()
    assert (await shop.effects(box_id))[-1]["state"] == "UNKNOWN"
    shop.world.request_cancel(box_id)
    receipt_id = receipt_of(shop, box_id).receipt_id
    shop.later(20 * SECOND)
    await shop.rows("UPDATE feed SET due_at = '2000-01-01' WHERE feed = 'stops' RETURNING feed")
    await shop.visit()
    assert await state_of(shop, receipt_id) == "REQUESTED"
    if (await shop.effects(box_id))[-1]["state"] == "UNKNOWN":
        with pytest.raises(Refused) as refused:
            await cancel_changes.answer_stop(shop.context, US, receipt_id)
        assert [one["rule"] for one in refused.value.members["missing"]] == ["no_waybill_sent"]
    # Read back: it was never applied. It is not sent again, for the box is blocked.

    async def settled() -> bool:
        return (await shop.effects(box_id))[-1]["state"] == "REJECTED"

    await shop.until(settled)
    assert shop.calls("O7") == 1
    await cancel_changes.answer_stop(shop.context, US, receipt_id)
    await shop.until_state("CANCELLED", box_id)
    await assert_promises(shop)


async def test_the_box_tells_what_blocks_it(shop: Shop) -> None:
    box_id = await packed(shop)
    await requested(shop, box_id, {SHIRT: 1})
    listed, _ = await box_queries.list_boxes(shop.context, None, states=["INSTRUCT"], most=10)
    assert [(row["stop_open"], row["claim_unread"]) for row in listed] == [(True, False)]
    judged = {one["action"]: one for one in await box_queries.actions(shop.context, None, box_id)}
    rules = {one["rule"]: one["unblock"] for one in judged["ship"]["refused_by"]}
    assert "withdrawal" in rules["no_stop_requested"]


async def test_a_parcel_declared_as_shipped_and_taken_back_before_anybody_looked(shop: Shop) -> None:
    """It became a return and was withdrawn at once: no list ever showed it as a return (found by chaos)."""
    box_id = await packed(shop)
    receipt_id = await requested(shop, box_id)
    await cancel_changes.answer_shipped(shop.context, US, receipt_id, shop.waybill())
    # Taken, but nobody can read what became of it until the customer takes it back.
    shop.world.add_fault("500", route="R2", times=None)
    await shop.visit()
    assert await state_of(shop, receipt_id) == "SHIPPED_ALREADY"
    assert await state_of(shop, receipt_id, "return") is None
    shop.world.withdraw(receipt_id)
    shop.world.faults.clear()

    async def seen() -> bool:
        return await state_of(shop, receipt_id, "return") == "WITHDRAWN"

    await shop.until(seen)
    await shop.until_state("DEPARTURE", box_id)
    assert await state_of(shop, receipt_id) == "SHIPPED_ALREADY"
    assert await shop.one("SELECT held FROM line WHERE shipment_box_id = %(id)s", id=box_id) == 0
    assert await shop.one("SELECT next_read_at FROM receipt WHERE receipt_id = %(id)s", id=receipt_id) is None
    await assert_promises(shop)
