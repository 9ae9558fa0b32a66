"""A stop request that comes at the worst moment: no waybill of a stopped unit is ever taken."""

from collections.abc import Callable
from typing import Any

import pytest

from app.claims import poll as claim_poll
from app.claims.ingest import take_receipts
from app.coupang.claims import return_calls
from app.coupang.claims.types import ReceiptPage
from app.coupang.orders import calls as order_calls
from app.engine.effects import dispatch
from app.engine.visits.session import open_session
from app.sandbox.orders.checkout import LineSpec
from tests.support.current_lease import present_turn
from tests.support.shop import HOUR, MINUTE, SECOND, Shop, assert_promises
from tests.support.stop_requests import SHIRT, SOCKS, packed, receipt_of, state_of

PLACES = [
    "before the list",
    "after the list",
    "before the taking",
    "ingested before the taking",
    "in the call",
]


def strike(shop: Shop, monkeypatch: pytest.MonkeyPatch, place: str, act: Callable[[], Any]) -> list[str]:
    """Let the customer act at one place of the visit that sends the waybill."""
    struck: list[str] = []

    def once() -> None:
        if not struck:
            struck.append(place)
            act()

    match place:
        case "before the list" | "after the list":
            real_check = claim_poll.check_stops

            async def check(*args: Any, **options: Any) -> None:
                if place == "before the list":
                    once()
                await real_check(*args, **options)
                once()

            monkeypatch.setattr(claim_poll, "check_stops", check)
        case "before the taking" | "ingested before the taking":
            real_take = dispatch.outbox.take

            async def take(context: Any, vendor_id: str, epoch: int, kind: Any, **options: Any) -> Any:
                if kind == "SHIP" and not struck:
                    once()
                    if place.startswith("ingested"):
                        await ingest(shop, epoch)
                return await real_take(context, vendor_id, epoch, kind, **options)

            monkeypatch.setattr(dispatch.outbox, "take", take)
        case _:
            real_upload = order_calls.upload_invoices

            async def upload(*args: Any, **options: Any) -> Any:
                once()
                return await real_upload(*args, **options)

            monkeypatch.setattr(order_calls, "upload_invoices", upload)
    return struck


async def ingest(shop: Shop, epoch: int) -> None:
    """Store the request as any look for stop requests of this visit would."""
    page = await single(shop)
    await take_receipts(
        shop.context, shop.vendor_id, page, cause="look:claims", at=shop.clock.now(), epoch=epoch
    )


async def single(shop: Shop) -> ReceiptPage:
    lease = await present_turn(shop)
    async with open_session(shop.context, lease, shop.reach) as line:
        newest = max(shop.world.receipts)
        return await return_calls.get_receipt(line.client, newest, purpose="test")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("whole", [True, False])
async def test_no_waybill_for_a_stopped_unit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, place: str, whole: bool
) -> None:
    box_id = await packed(shop, LineSpec(SHIRT, 2), LineSpec(SOCKS, 1))
    await shop.ship(box_id)
    shop.later(5 * SECOND)
    pieces = None if whole else {SHIRT: 1}
    struck = strike(shop, monkeypatch, place, lambda: shop.world.request_cancel(box_id, pieces))
    await shop.visit()
    assert struck == [place]
    assert [one for one in shop.mutations(box_id) if one[0] == "invoice"] == []
    ship = next(one for one in reversed(await shop.effects(box_id)) if one["kind"] == "SHIP")
    assert ship["state"] == "REJECTED"
    asked = shop.calls("O7")
    if place in ("before the taking", "in the call"):
        # Coupang's own answer is the last line; it leads to the decision and to no retry.
        assert asked == 1
        assert ship["result_code"].startswith("ORDER_DELIVERY_")
    else:
        assert asked == 0
        assert shop.ledger["attempted_cancelled"] == []
    receipt_id = receipt_of(shop, box_id).receipt_id
    if place != "after the list":
        assert await state_of(shop, receipt_id) == "REQUESTED", "the decision is there at once"
    monkeypatch.undo()
    await shop.run_for(HOUR)
    assert await state_of(shop, receipt_id) == "REQUESTED"
    assert shop.calls("O7") == asked
    await assert_promises(shop)


async def test_a_request_that_is_listed_late_is_seen_by_its_hold(shop: Shop) -> None:
    box_id = await packed(shop)
    shop.world.set_rules(receipt_lag_min_s=600.0, receipt_lag_max_s=600.0)
    await shop.ship(box_id)
    shop.world.request_cancel(box_id)
    shop.later(5 * SECOND)
    await shop.visit()
    effect = (await shop.effects(box_id))[-1]
    assert (effect["state"], effect["attempts"]) == ("REJECTED", 0)
    await shop.run_for(20 * MINUTE)
    assert await state_of(shop, receipt_of(shop, box_id).receipt_id) == "REQUESTED"
    await assert_promises(shop)


async def test_a_request_without_a_hold_is_seen_by_its_receipt(shop: Shop) -> None:
    """Coupang takes any waybill and shows no hold: the list of stop requests alone protects."""
    box_id = await packed(shop)
    shop.world.set_rules(invoice_despite_stop=True)
    await shop.ship(box_id)
    shop.world.request_cancel(box_id)
    for line in shop.world.box(box_id).lines:
        line.held = 0
    shop.later(5 * SECOND)
    await shop.visit()
    assert shop.calls("O7") == 0
    effect = (await shop.effects(box_id))[-1]
    assert (effect["state"], effect["attempts"]) == ("REJECTED", 0)
    assert shop.ledger["shipped_cancelled"] == []


@pytest.mark.parametrize("fault", ["500", "504_before", "drop_before", "truncate_before", "429"])
async def test_nothing_leaves_while_stop_requests_cannot_be_read(shop: Shop, fault: str) -> None:
    box_id = await packed(shop)
    await shop.ship(box_id)
    shop.later(5 * SECOND)
    shop.world.add_fault(fault, route="R1", times=1 if fault == "429" else 3)
    await shop.visit()
    assert shop.calls("O7") == 0
    assert (await shop.effects(box_id))[-1]["state"] == "PENDING"
    shop.world.faults.clear()
    shop.world.pardon(shop.vendor_id)
    await shop.until_state("DEPARTURE", box_id)
    await assert_promises(shop)


async def test_one_list_checks_a_whole_batch(shop: Shop) -> None:
    shop.world.set_rules(couriers=False, receipt_lag_max_s=0.0)
    ids = [box.box_id for order in shop.world.order(shop.vendor_id, count=12) for box in order]

    async def ready() -> bool:
        held = await shop.boxes()
        return len(held) == 12 and all(box["address_final"] for box in held.values())

    await shop.until(ready)
    for box_id in ids:
        await shop.ship(box_id)
    shop.world.request_cancel(ids[5])
    shop.later(5 * SECOND)
    before = shop.calls("R1")
    await shop.rows("UPDATE feed SET due_at = due_at + interval '9 days' RETURNING feed")
    await shop.visit()
    assert shop.calls("R1") - before == 1
    assert shop.calls("O7") == 1
    assert sum(one[0] == "invoice" for one in shop.mutations()) == 11
    assert await state_of(shop, receipt_of(shop, ids[5]).receipt_id) == "REQUESTED"
    await assert_promises(shop)
