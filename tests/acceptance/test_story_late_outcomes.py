"""Outcomes that show late, or are read by somebody who sleeps: nothing is sent twice, nothing believed."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.claims.cancels import changes as cancel_changes
from app.coupang.claims.types import MiddleCancelCode
from app.engine.caller import US
from app.orders import changes as box_changes
from app.orders.permits import permits
from app.orders.waybills.waybills import Waybill
from app.sandbox.orders.checkout import LineSpec
from tests.support.mid_call import meanwhile
from tests.support.shop import HOUR, MINUTE, SECOND, Shop, assert_promises
from tests.support.stop_requests import SHIRT, packed, requested, wing_login

STOCK = MiddleCancelCode.STOCK_ERROR


async def last(shop: Shop, box_id: int) -> dict[str, Any]:
    return (await shop.effects(box_id))[-1]


async def settle(shop: Shop, box_id: int, step: timedelta = 10 * MINUTE) -> str:
    """Go on until the newest change of a box is settled or before a person; return its state."""

    async def settled() -> bool:
        return (await last(shop, box_id))["state"] in ("CONFIRMED", "REJECTED", "REVIEW")

    await shop.until(settled, step=step)
    return str((await last(shop, box_id))["state"])


def cancels(shop: Shop, box_id: int) -> list[tuple[str, int]]:
    return [one for one in shop.mutations(box_id) if one[0] == "cancel"]


async def test_a_call_that_took_a_minute_to_fail_is_waited_for_as_long_as_any_other(shop: Shop) -> None:
    """The gateway gives up after the minute that it was asked for; the provider goes on for some seconds."""
    box_id = await packed(shop, LineSpec(SHIRT, 5))
    await wing_login(shop)
    shop.world.add_fault("504_late", route="O9", late_s=65.0)
    await cancel_changes.seller_cancel(shop.context, US, box_id, {SHIRT: 1}, STOCK)
    struck = meanwhile(shop, r"/cancel$", lambda _: shop.later(timedelta(seconds=60)))
    await shop.visit()
    assert struck
    await shop.visit()
    shop.later(10 * SECOND)
    assert await settle(shop, box_id) == "CONFIRMED"
    assert (shop.calls("O9"), cancels(shop, box_id)) == (1, [("cancel", 1)])
    await assert_promises(shop)


async def test_the_call_of_a_worker_that_died_may_go_on_for_a_minute(shop: Shop) -> None:
    """Nobody hears its 504, and what it asked for is applied after that."""
    box_id = await packed(shop, LineSpec(SHIRT, 5))
    await wing_login(shop)
    shop.world.add_fault("504_late", route="O9", late_s=75.0)
    await cancel_changes.seller_cancel(shop.context, US, box_id, {SHIRT: 1}, STOCK)

    def killed(_: object) -> None:
        raise asyncio.CancelledError

    meanwhile(shop, r"/cancel$", killed)
    with pytest.raises(asyncio.CancelledError):
        await shop.visit()
    assert (await last(shop, box_id))["state"] == "SENDING"
    shop.later(7 * SECOND)
    assert await settle(shop, box_id, step=SECOND) == "CONFIRMED"
    assert (shop.calls("O9"), cancels(shop, box_id)) == (1, [("cancel", 1)])
    await assert_promises(shop)


async def test_what_was_read_before_a_long_sleep_proves_nothing_after_it(shop: Shop) -> None:
    """A machine may be suspended between the answer of a reading and the verdict on it."""
    box_id = await packed(shop, LineSpec(SHIRT, 5))
    await wing_login(shop)
    shop.world.add_fault("504_late", route="O9", late_s=30.0)
    await cancel_changes.seller_cancel(shop.context, US, box_id, {SHIRT: 1}, STOCK)
    await shop.visit()
    assert (await last(shop, box_id))["state"] == "UNKNOWN"
    struck = meanwhile(shop, rf"GET .*ordersheets/{box_id}$", lambda _: shop.later(HOUR))
    await shop.visit()
    assert struck
    assert (await last(shop, box_id))["state"] == "UNKNOWN"
    assert await settle(shop, box_id) == "CONFIRMED"
    assert (shop.calls("O9"), cancels(shop, box_id)) == (1, [("cancel", 1)])
    await assert_promises(shop)


async def test_another_courier_under_the_same_number_is_not_proven_by_the_number(shop: Shop) -> None:
    box_id = await packed(shop)
    number = "512345678901"
    await shop.ship(box_id, waybill=Waybill("CJGLS", number))
    await shop.until_state("DEPARTURE", box_id)
    shop.world.add_fault("504_before", route="O8")
    await box_changes.change_invoice(shop.context, US, box_id, Waybill("HANJIN", number))
    assert await settle(shop, box_id) == "CONFIRMED"
    assert [one for one in shop.mutations(box_id) if one[0] == "update_invoice"] == [("update_invoice", 1)]
    assert shop.calls("O8") == 2
    await assert_promises(shop)


async def test_no_waybill_leaves_on_a_claim_check_from_before_a_long_sleep(shop: Shop) -> None:
    """The clock that deadlines are counted by stands still while a machine is suspended."""
    box_id = await packed(shop)
    await shop.ship(box_id, urgent=True)

    def slept(_: object) -> None:
        shop.later(HOUR)
        shop.world.request_cancel(box_id)

    # The last reading of the check.
    struck = meanwhile(shop, rf"GET .*ordersheets/{box_id}$", slept)
    await shop.visit()
    assert struck
    assert (shop.calls("O7"), await shop.state(box_id)) == (0, "INSTRUCT")
    await shop.visit()
    assert (await last(shop, box_id))["state"] == "REJECTED"
    assert shop.ledger["attempted_cancelled"] == []
    await assert_promises(shop)


async def test_no_permit_is_given_for_what_was_read_before_a_long_sleep(shop: Shop) -> None:
    box_id = await packed(shop)
    asked = await permits.ask(shop.context, US, box_id)
    struck = meanwhile(shop, rf"GET .*ordersheets/{box_id}$", lambda _: shop.later(HOUR))
    await shop.visit()
    assert struck
    assert (await permits.get(shop.context, None, asked["permit_id"]))["state"] == "ASKED"
    assert await shop.due_at() <= shop.clock.now()


async def test_units_that_the_customer_cancelled_meanwhile_prove_no_cancel_of_ours(shop: Shop) -> None:
    """Both ask for one of five shirts; ours was lost, and the box shows one cancelled."""
    box_id = await packed(shop, LineSpec(SHIRT, 5))
    await wing_login(shop)
    shop.world.add_fault("504_before", route="O9")
    await cancel_changes.seller_cancel(shop.context, US, box_id, {SHIRT: 1}, STOCK)
    await shop.visit()
    assert (await last(shop, box_id))["state"] == "UNKNOWN"
    receipt_id = await requested(shop, box_id, {SHIRT: 1})
    asked = (await last(shop, box_id))["effect_id"]
    await cancel_changes.answer_stop(shop.context, US, receipt_id)

    async def settled() -> bool:
        state = await shop.one("SELECT state FROM effect WHERE effect_id = %(id)s", id=asked)
        return state in ("CONFIRMED", "REJECTED", "REVIEW")

    await shop.until(settled, step=10 * MINUTE)
    assert sorted(shop.mutations(box_id)) == [("acknowledge", 1), ("cancel", 1), ("stop_shipment", 1)]
    box = await shop.find(box_id)
    assert box is not None
    assert box["lines"][0]["shippable"] == 3
    await assert_promises(shop)
