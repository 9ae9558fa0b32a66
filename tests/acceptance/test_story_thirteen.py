"""Thirteen of thirteen: every change that Coupang takes, asked over REST, its answer lost, applied once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from app.claims.kinds import ClaimKind
from app.docs.changes import calls
from app.docs.words import WORDS
from app.exchanges.kinds import ExchangeKind
from app.families import REGISTRY
from app.orders.effects.kinds import OrderKind
from app.sandbox.core.claim_entities import BY_HAND
from app.sandbox.core.ledger import KINDS
from app.sandbox.orders.checkout import LineSpec
from tests.support.rest_app import Desk, settled
from tests.support.return_steps import DEAR, delivered, inspected, returned
from tests.support.shop import DAY, MINUTE, Shop, assert_promises, set_vendor
from tests.support.stop_requests import ON, SHIRT, SOCKS, packed, requested, wing_login

CJ = {"courier_code": "CJGLS", "invoice_number": "512345678901"}
NEW = {"courier_code": "CJGLS", "invoice_number": "512345678902"}


@dataclass(frozen=True, slots=True)
class Road:
    """What may be asked now, and what the user sees once it has happened.

    Attributes:
        ask: The address to post to.
        body: What to post.
        show: The address that shows it.
        field: The field of it that tells.
        done: What that field says then.
    """

    ask: str
    body: dict[str, Any] | None
    show: str
    field: str
    done: object


Prepare = Callable[[Shop, Desk], Awaitable[Road]]
BACK = [CJ]


async def acknowledge(shop: Shop, desk: Desk) -> Road:
    shop.world.set_rules(**ON)
    await set_vendor(shop, auto_acknowledge=False)
    box = f"/v1/boxes/{(box_id := shop.order().box_id)}"
    await shop.until_state("ACCEPT", box_id)
    return Road(f"{box}/acknowledge", None, box, "state", "INSTRUCT")


async def ship(shop: Shop, desk: Desk) -> Road:
    box = f"/v1/boxes/{await packed(shop)}"
    return Road(f"{box}/ship", CJ, box, "state", "DEPARTURE")


async def departed(shop: Shop, desk: Desk) -> str:
    box_id = await packed(shop)
    await desk.post(f"/v1/boxes/{box_id}/ship", CJ)
    await shop.until_state("DEPARTURE", box_id)
    return f"/v1/boxes/{box_id}"


async def change_invoice(shop: Shop, desk: Desk) -> Road:
    box = await departed(shop, desk)
    return Road(f"{box}/invoice", NEW, box, "invoice_number", NEW["invoice_number"])


async def close_undelivered(shop: Shop, desk: Desk) -> Road:
    box = await departed(shop, desk)
    shop.later(timedelta(days=30, minutes=5))
    return Road(f"{box}/close", None, box, "state", "FINAL_DELIVERING")


async def seller_cancel(shop: Shop, desk: Desk) -> Road:
    await wing_login(shop)
    box = f"/v1/boxes/{await packed(shop, LineSpec(SHIRT, 2), LineSpec(SOCKS, 3))}"
    body = {"reason": "CCTTER", "confirm_score_loss": True}
    return Road(f"{box}/cancel", body, box, "state", "CANCELLED")


async def stop_shipment(shop: Shop, desk: Desk) -> Road:
    cancel = f"/v1/cancels/{await requested(shop, await packed(shop))}"
    return Road(f"{cancel}/stop", None, cancel, "state", "STOPPED")


async def declare_shipped(shop: Shop, desk: Desk) -> Road:
    cancel = f"/v1/cancels/{await requested(shop, await packed(shop))}"
    return Road(f"{cancel}/shipped", CJ, cancel, "state", "SHIPPED_ALREADY")


async def back(shop: Shop) -> tuple[int, str]:
    receipt_id = await returned(shop, await delivered(shop, price_krw=DEAR), collect=BY_HAND)
    return receipt_id, f"/v1/returns/{receipt_id}"


async def pickup_waybill(shop: Shop, desk: Desk) -> Road:
    _, claim = await back(shop)
    return Road(f"{claim}/pickup", CJ, claim, "waybills", BACK)


async def confirm_return(shop: Shop, desk: Desk) -> Road:
    receipt_id, claim = await back(shop)
    await inspected(shop, receipt_id)
    return Road(f"{claim}/confirm", None, claim, "state", "VENDOR_WAREHOUSE_CONFIRM")


async def approve_return(shop: Shop, desk: Desk) -> Road:
    road = await confirm_return(shop, desk)
    await settled(shop, desk, await desk.post(road.ask))
    return Road(f"{road.show}/approve", None, road.show, "state", "RETURNS_COMPLETED")


async def opened(shop: Shop, desk: Desk) -> tuple[int, str]:
    box_id = await delivered(shop, exchange_box_min_s=240.0, exchange_box_max_s=240.0)
    exchange_id = shop.world.request_exchange(box_id, collect=BY_HAND).exchange_id

    async def seen() -> bool:
        return bool(await desk.items("/v1/exchanges"))

    await shop.until(seen, least=5 * MINUTE)
    return exchange_id, f"/v1/exchanges/{exchange_id}"


async def exchange_pickup(shop: Shop, desk: Desk) -> Road:
    _, exchange = await opened(shop, desk)
    return Road(f"{exchange}/pickup", CJ, exchange, "waybills", BACK)


async def reject_exchange(shop: Shop, desk: Desk) -> Road:
    _, exchange = await opened(shop, desk)
    return Road(f"{exchange}/reject", {"code": "SOLDOUT"}, exchange, "state", "REJECT")


async def confirm_exchange(shop: Shop, desk: Desk) -> Road:
    exchange_id, exchange = await opened(shop, desk)
    await inspected(shop, exchange_id, subject="exchange")
    return Road(f"{exchange}/confirm", None, exchange, "collect_state", "COMPLETE_COLLECT")


async def ship_exchange(shop: Shop, desk: Desk) -> Road:
    road = await confirm_exchange(shop, desk)
    await settled(shop, desk, await desk.post(road.ask))

    async def with_its_box() -> bool:
        return bool((await desk.get(road.show))["boxes"])

    await shop.until(with_its_box)
    box = (await desk.get(road.show))["boxes"][0]["shipment_box_id"]
    shipped = {"shipment_box_id": box, "status": "DEPARTURE", **NEW}
    return Road(f"{road.show}/ship", {**NEW, "shipment_box_id": box}, road.show, "boxes", [shipped])


ROADS: Mapping[str, Prepare] = {
    OrderKind.ACKNOWLEDGE: acknowledge,
    OrderKind.SHIP: ship,
    OrderKind.CHANGE_INVOICE: change_invoice,
    OrderKind.CLOSE_UNDELIVERED: close_undelivered,
    OrderKind.SELLER_CANCEL: seller_cancel,
    ClaimKind.STOP_SHIPMENT: stop_shipment,
    ClaimKind.DECLARE_SHIPPED: declare_shipped,
    ClaimKind.PICKUP_WAYBILL: pickup_waybill,
    "PICKUP_WAYBILL-exchange": exchange_pickup,
    ClaimKind.CONFIRM_RETURN: confirm_return,
    ClaimKind.APPROVE_RETURN: approve_return,
    ExchangeKind.REJECT_EXCHANGE: reject_exchange,
    ExchangeKind.CONFIRM_EXCHANGE: confirm_exchange,
    ExchangeKind.SHIP_EXCHANGE: ship_exchange,
}


def test_every_change_has_its_road() -> None:
    assert {name.partition("-")[0] for name in ROADS} == set(REGISTRY.declared_kinds)
    assert {call.code for call in calls().values()} == set(KINDS.values())


@pytest.mark.parametrize("applied", [True, False], ids=["applied", "not_applied"])
@pytest.mark.parametrize("name", ROADS)
async def test_a_lost_answer_is_read_back_and_the_change_is_made_once(
    shop: Shop, desk: Desk, name: str, applied: bool
) -> None:
    kind = name.partition("-")[0]
    # Lags have stories of their own; here they would only take time.
    shop.world.set_rules(list_lag_s=0.0, acknowledge_lag_max_s=0.0)
    road = await ROADS[name](shop, desk)
    call, proof = calls()[kind], WORDS[kind].read_by
    made = next(change for change, code in KINDS.items() if code == call.code)
    assert (await desk.get(road.show))[road.field] != road.done
    before = shop.calls(call.code)
    fault = shop.world.add_fault("504_after" if applied else "504_before", route=call.code)
    asked = await desk.post(road.ask, road.body)
    assert (asked["kind"], asked["state"]) == (kind, "PENDING")

    async def lost() -> bool:
        return bool(fault.hits)

    await shop.until(lost)
    sent = len(shop.world.ledger.calls)
    assert (await desk.effect(asked["effect_id"]))["state"] == "UNKNOWN"
    happened = [one for one in shop.world.ledger.mutations if one.kind == made]
    assert len(happened) == applied, "the fault did what its name says"

    effect = await settled(shop, desk, asked)
    tried = [(one["purpose"], one["outcome"]) for one in effect["trail"] if one["outcome"] != "wait"]
    doubt, repeat = ("write", "doubt"), [("readback", "disprove"), ("write", "confirm")]
    assert tried == ([doubt, ("readback", "prove")] if applied else [doubt, *repeat])
    # Between the lost answer and what followed from it stands a reading of what proves or disproves it.
    told = [one.route for one in shop.world.ledger.calls[sent - 1 :]]
    assert set(proof) & set(told[1 : None if applied else told.index(call.code, 1)])

    async def shown() -> bool:
        return bool((await desk.get(road.show))[road.field] == road.done)

    await shop.until(shown)
    await shop.run_for(DAY, least=timedelta(hours=6))
    assert shop.calls(call.code) - before == (1 if applied else 2)
    assert [one.times_applied for one in shop.world.ledger.mutations if one.kind == made] == [1]
    assert (shop.ledger["applied_twice"], shop.ledger["repeated"]) == (0, 0)
    assert (await desk.effect(asked["effect_id"]))["version"] == effect["version"]
    await assert_promises(shop)
