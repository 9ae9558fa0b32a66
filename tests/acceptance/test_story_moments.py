"""The past can be asked for: at any moment of a busy life, what is rebuilt is what was shown live."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.claims import queries as claim_queries
from app.clock import Frozen
from app.engine.caller import US
from app.engine.history.point_in_time import moment
from app.engine.visits.visit import visit
from app.errors import AppError, Invalid, NotFound
from app.exchanges import changes as exchange_changes
from app.machines.receptions import Verdict
from app.orders import changes as box_changes
from app.orders import queries as box_queries
from app.orders.declared.resync import resync
from app.orders.holds import holds
from app.sandbox.orders.checkout import BoxSpec, LineSpec
from tests.support.return_steps import delivered, inspected, returned
from tests.support.shop import HOUR, MINUTE, SECOND, Shop, assert_promises
from tests.support.stop_requests import ON, SHIRT, SOCKS, packed, requested

Name = tuple[str, int]
Shown = dict[str, Any]


async def live(shop: Shop) -> dict[Name, Shown]:
    """Read everything as callers do, now."""
    context, told = shop.context, dict[Name, Shown]()
    effects = {one["effect_id"]: one for one in await shop.effects()}
    # What we count beside it is not Coupang's word.
    query = "SELECT shipment_box_id, vendor_item_id, ordered, market_held, market_cancelled FROM line"
    for box_id in await shop.boxes():
        lines = await shop.rows(f"{query} WHERE shipment_box_id = %(id)s ORDER BY 2", id=box_id)
        box = await box_queries.get_box(context, None, box_id)
        mine = [one for one in effects.values() if one["shipment_box_id"] == box_id]
        told["box", box_id] = {
            "state": (box["state"], box["version"], box["state_at"]),
            "status": box["market_status"],
            "address_version": box["address_version"],
            "hold_until": box["hold_until"],
            "stop_open": box["stop_open"],
            "lines": [tuple(line.values())[1:] for line in lines],
            "effects": sorted((one["effect_id"], one["state"], one["version"]) for one in mine),
        }
    for table, aggregate in (("cancel", "cancel"), ("return_", "return")):
        for row in await shop.rows(f"SELECT receipt_id FROM {table}"):
            get = claim_queries.get_cancel if aggregate == "cancel" else claim_queries.get_return
            claim = await get(context, None, row["receipt_id"])
            told[aggregate, row["receipt_id"]] = {
                "state": (claim["state"], claim["version"], claim["state_at"]),
                "status": claim["market_status"],
                "related": sorted((one["shipment_box_id"], one["state"]) for one in claim["boxes"]),
            }
    for row in await shop.rows("SELECT exchange_id FROM exchange"):
        swap = await exchange_changes.get_exchange(context, None, row["exchange_id"])
        told["exchange", row["exchange_id"]] = {
            "state": (swap["state"], swap["version"], swap["state_at"]),
            "tracks": {"collect": swap["collect_state"], "redelivery": swap["redelivery_state"]},
        }
    return told


async def rebuilt(shop: Shop, name: Name, at: datetime) -> Shown:
    """Ask for the past, in the form of `live`."""
    then = await moment(shop.context, None, *name, at)
    life, market = then["life"], then["market"]
    shown: Shown = {"state": (life["state"], life["version"], life["state_at"])}
    if name[0] == "exchange":
        kept = ("collect", "redelivery")
        tracks = {one["aggregate"]: one["state"] for one in then["tracks"] if one["aggregate"] in kept}
        return {**shown, "tracks": tracks}
    shown["status"] = market["status"]
    assert market["seen_at"] <= at
    if name[0] != "box":
        return {**shown, "related": sorted((one["aggregate_id"], one["state"]) for one in then["related"])}
    return {
        **shown,
        "address_version": then["address_version"],
        "hold_until": then["hold_until"],
        "stop_open": then["stop_open"],
        "lines": [tuple(line.values())[:4] for line in market["lines"]],
        "effects": sorted((one["aggregate_id"], one["state"], one["version"]) for one in then["effects"]),
    }


_EARLY, _LATE = ("ACCEPT", "INSTRUCT"), ("DEPARTURE", "DELIVERING")
_WANTED = {1: _EARLY, 2: _EARLY, 6: _LATE, 7: ("FINAL_DELIVERING",), 8: ("FINAL_DELIVERING",)}


class Watch:
    """Looks at everything after each visit; of looks at one moment the last one counts."""

    def __init__(self, shop: Shop) -> None:
        self._shop, self._visit = shop, shop.visit
        self.looks: dict[datetime, dict[Name, Shown]] = {}
        shop.visit = self.visit  # type: ignore[method-assign]

    async def visit(self) -> bool:
        done = await self._visit()
        await self.look()
        return done

    async def look(self) -> None:
        self.looks[self._shop.clock.now()] = await live(self._shop)


async def act(shop: Shop, roll: random.Random, kind: int) -> None:
    """Let one thing happen, as customers, couriers and the warehouse do."""
    context, world, held = shop.context, shop.world, await shop.boxes()
    states = _WANTED.get(kind, ())
    box_id = roll.choice([number for number, box in held.items() if box["state"] in states] or [0])
    match kind:
        case 0:
            lines = [LineSpec(SHIRT, 3), LineSpec(SOCKS, 1)][: roll.randint(1, 2)]
            shop.order([BoxSpec(lines)])
        case 1:
            world.request_cancel(box_id, {SHIRT: 1} if roll.random() < 0.5 else None)
        case 2:
            until = shop.clock.now() + timedelta(hours=roll.randint(1, 30))
            await holds.place(context, US, box_id, "a stain", until)
        case 3:
            kept = await shop.rows("SELECT * FROM hold WHERE released_at IS NULL")
            if kept:
                one = roll.choice(kept)
                await holds.release(context, US, one["shipment_box_id"], one["hold_id"])
        case 4 | 5:
            await shop.ship_ready()
        case 6:
            world.deliver(box_id)
        case 7:
            world.request_return(box_id)
        case 8:
            world.request_exchange(box_id)


async def test_the_past_is_what_was_shown_then(shop: Shop) -> None:
    roll = random.Random(5)
    shop.world.set_rules(**ON)
    watch = Watch(shop)
    kinds = [kind for kind in range(9) for _ in range(2)]
    roll.shuffle(kinds)
    for kind in (0, 0, 0, 1, *kinds):
        # What cannot be just now is refused.
        with suppress(AppError, ValueError):
            await act(shop, roll, kind)
        # What was asked by hand at this very moment is seen at this very moment.
        await watch.look()
        shop.later(SECOND)
        await shop.run_for(timedelta(minutes=roll.choice((2, 15, 60))), least=10 * MINUTE)
    steps = await shop.rows("SELECT DISTINCT aggregate FROM history")
    assert {row["aggregate"] for row in steps} >= {"box", "effect", "cancel"}
    compared = 0
    for at, told in watch.looks.items():
        for name, shown in told.items():
            assert await rebuilt(shop, name, at) == shown, (name, at)
            compared += 1
    assert compared > 100
    # Also at the very time of every step, and between steps.
    for row in await shop.rows("SELECT * FROM history WHERE aggregate IN ('box', 'cancel', 'return')"):
        then = await moment(shop.context, None, row["aggregate"], row["aggregate_id"], row["at"])
        assert then["life"]["version"] >= row["version"]
        assert then["life"]["state_at"] == row["at"]
    await assert_promises(shop, settled=False)


async def test_a_stop_request_as_it_was_seen(shop: Shop) -> None:
    box_id = await packed(shop)
    before = shop.clock.now()
    shop.later(MINUTE)
    receipt_id = await requested(shop, box_id)
    asked = shop.clock.now()
    assert (await moment(shop.context, None, "box", box_id, before))["stop_open"] is False
    then = await moment(shop.context, None, "box", box_id, asked)
    assert then["stop_open"] is True
    assert [(one["aggregate"], one["state"]) for one in then["related"]] == [("cancel", "REQUESTED")]
    with pytest.raises(NotFound) as unknown:
        await moment(shop.context, None, "cancel", receipt_id, before)
    since = (await shop.history(receipt_id, "cancel"))[0]["at"]
    assert unknown.value.members["known_since"] == since.isoformat().replace("+00:00", "Z")
    with pytest.raises(NotFound, match="no such box"):
        await moment(shop.context, ["A00054321"], "box", box_id, asked)
    with pytest.raises(Invalid) as future:
        await moment(shop.context, None, "box", box_id, shop.clock.now() + SECOND)
    assert future.value.members["errors"][0]["pointer"] == "/at"


async def test_where_the_goods_of_a_return_were(shop: Shop) -> None:
    box_id = await delivered(shop)
    receipt_id = await returned(shop, box_id)
    shop.later(HOUR)
    await shop.visit()
    waiting = shop.clock.now()
    shop.later(HOUR)
    await inspected(shop, receipt_id, Verdict.DAMAGED)
    tracks = (await moment(shop.context, None, "return", receipt_id, waiting))["tracks"]
    assert [one["state"] for one in tracks] == ["EXPECTED"]
    tracks = (await moment(shop.context, None, "return", receipt_id, shop.clock.now()))["tracks"]
    assert [one["state"] for one in tracks] == ["DISPUTED"]


async def test_evidence_that_is_gone_leaves_the_rest(shop: Shop) -> None:
    box_id = await packed(shop)
    await box_changes.ship(shop.context, US, box_id, shop.waybill())
    async with shop.context.db.transaction() as tx:
        await tx.execute("UPDATE evidence SET sealed = NULL")
    then = await moment(shop.context, None, "box", box_id, shop.clock.now())
    assert then["life"]["state"] == "INSTRUCT"
    assert [one["state"] for one in then["effects"][-1:]] == ["PENDING"]
    assert then["market"]["status"] is None
    assert then["market"]["lines"] is None
    assert then["market"]["evidence"]


async def test_the_last_word_is_the_one_that_came_last_although_two_clocks_disagree(shop: Shop) -> None:
    """The machine that read before was some seconds ahead of the one that reads now."""
    box_id = await packed(shop)
    shop.world.request_cancel(box_id)
    shop.later(6 * MINUTE)
    ahead = replace(shop.context, clock=Frozen(shop.clock.now() + 20 * SECOND))
    await visit(ahead, shop.reach, shop.vendor_id)
    receipt_id = await shop.one("SELECT receipt_id FROM receipt")
    assert await shop.one("SELECT market_held FROM line") == 2
    shop.world.withdraw(receipt_id)
    shop.world.wing_ship(box_id, "CJGLS", "512345678901")
    await resync(shop.context, US, box_id)
    await shop.visit()
    assert await shop.state(box_id) == "DEPARTURE"
    shop.later(MINUTE)
    box = await shop.find(box_id)
    assert box is not None
    word = (await moment(shop.context, None, "box", box_id, shop.clock.now()))["market"]
    assert (word["status"], word["seen_at"]) == ("DEPARTURE", box["market_seen_at"])
