"""What the stories of returns and exchanges share: a delivered box, goods that come back, an inspection."""

from typing import Any

from app.claims.receptions import receptions
from app.claims.receptions.receptions import Found
from app.engine.caller import US
from app.exchanges.receptions import EXCHANGE_GOODS
from app.machines.receptions import Verdict
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.shop import HOUR, MINUTE, Shop
from tests.support.stop_requests import ON, SHIRT, receipt_of

DEAR = 150_000
"""A price above which no refund is quick."""


async def delivered(shop: Shop, *, price_krw: int = DEAR, **rules: Any) -> int:
    """One delivered box, as we know it, with two shirts; nothing happens by itself afterwards."""
    shop.world.set_rules(**{**ON, **rules})
    box_id = shop.order([BoxSpec([LineSpec(SHIRT, 2, price_krw=price_krw)])]).box_id
    await shop.to_instruct(box_id)
    await shop.ship(box_id)
    await shop.until_state("DEPARTURE", box_id)
    shop.world.scan(box_id)
    shop.world.deliver(box_id)
    # The courier is looked for every few hours only.
    await shop.until_state("FINAL_DELIVERING", box_id, least=HOUR)
    return box_id


async def returned(shop: Shop, box_id: int, **more: Any) -> int:
    """Let the customer return the shirts, and let us see it; the receipt's number."""
    shop.world.request_return(box_id, **more)
    receipt_id = receipt_of(shop, box_id).receipt_id
    await seen(shop, receipt_id, "RETURNS_UNCHECKED")
    return receipt_id


async def seen(shop: Shop, receipt_id: int, state: str) -> None:
    """Visit until we hold a return in this state."""

    async def reached() -> bool:
        return await return_state(shop, receipt_id) == state

    await shop.until(reached, step=15 * MINUTE, least=5 * MINUTE)


async def return_state(shop: Shop, receipt_id: int) -> str | None:
    return await shop.one("SELECT state FROM return_ WHERE receipt_id = %(id)s", id=receipt_id)


async def events(shop: Shop, claim_id: int, aggregate: str = "return") -> list[str]:
    """The events of a life, oldest first."""
    return [step["event"] for step in await shop.history(claim_id, aggregate)]


_GOODS = {"return": receptions.RETURN_GOODS, "exchange": EXCHANGE_GOODS}


async def inspected(
    shop: Shop, claim_id: int, verdict: Verdict = Verdict.GOOD, subject: str = "return"
) -> None:
    """The goods arrive and get one verdict."""
    await receptions.arrive(shop.context, US, _GOODS[subject], claim_id)
    await receptions.inspect(
        shop.context, US, _GOODS[subject], claim_id, [Found(SHIRT, verdict, "한쪽 소매")]
    )


async def effect_of(shop: Shop, kind: str) -> dict[str, Any]:
    """The newest effect of a kind."""
    return [one for one in await shop.effects() if one["kind"] == kind][-1]


async def settled(shop: Shop, kind: str, state: str = "CONFIRMED") -> dict[str, Any]:
    """Visit until the newest effect of a kind is in a state."""

    async def reached() -> bool:
        return (await effect_of(shop, kind))["state"] == state

    await shop.until(reached)
    return await effect_of(shop, kind)
