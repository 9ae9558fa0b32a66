"""The crash matrix: for each of the thirteen changes, the process killed at every step of its life.

The steps are those that a visit really takes (`tests/data/crash_steps.json`; `test_the_steps_are_all_there`
finds them by looking): before and after the commit of every transaction that writes, and around every call.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.docs.changes import calls
from app.engine.visits.leases import AGAIN
from app.engine.visits.visit import visit
from app.sandbox.core.ledger import KINDS
from app.sandbox.world.population import Shop as People
from tests.acceptance.test_story_thirteen import ROADS, Road
from tests.support.change_scenes import asked, ready
from tests.support.crash_points import Killed, Life, MortalDatabase, MortalTransport
from tests.support.prepared_shops import Scene, Stages
from tests.support.rest_app import Desk, new_key, open_desk
from tests.support.return_steps import DEAR, delivered
from tests.support.shop import DAY, HOUR, MINUTE, Shop, assert_promises
from tests.support.stop_requests import packed, requested

FILE = Path(__file__).parents[1] / "data" / "crash_steps.json"
STEPS: dict[str, dict[str, list[str]]] = json.loads(FILE.read_text())
POLL = "the poll"
REWRITE = "REWRITE_CRASH_STEPS"
"""Set it to write the file anew from what is found."""


def written(name: str, told: dict[str, list[str]]) -> None:
    """Make sure that these are the steps in the file."""
    if os.environ.get(REWRITE):
        everything = json.loads(FILE.read_text()) | {name: told}
        FILE.write_text(json.dumps(everything, indent=1) + "\n")
    assert told == json.loads(FILE.read_text())[name]


@asynccontextmanager
async def victim(shop: Shop, life: Life) -> AsyncIterator[Any]:
    """The process that dies: a house of its own on the same database, a socket of its own."""
    async with MortalDatabase(shop.context.db.url, life) as database:
        yield replace(shop.context, db=database, worker="victim")


async def visited_by_mortal(shop: Shop, life: Life) -> bool:
    """Make a visit that dies at a step; False when it did not come to it."""
    reach = replace(shop.reach, transport=lambda: MortalTransport(life, shop.world))
    async with victim(shop, life) as context:
        try:
            await visit(context, reach, shop.vendor_id)
        except Killed:
            assert life.dead
    return life.dead


async def killed_one_after_the_other(shop: Shop, steps: list[str]) -> int:
    """Let visits die at these steps; return how many of them were come to before one was not."""
    for place, step in enumerate(steps):
        # What an earlier death has left behind may need fewer of a kind than an undisturbed visit.
        if not await visited_by_mortal(shop, Life(step, any_time=place > 0)):
            return place
        shop.later(AGAIN)
    return len(steps)


def sending_of(name: str, steps: list[str]) -> str:
    """The step at which the change has been sent and nothing is known of its answer."""
    return next(step for step in steps if step.startswith("after") and "GET" not in step and "sent" in step)


def found(life: Life) -> list[str]:
    """The steps worth dying at: commits that write, and calls; readings once, changes at every moment."""
    told = []
    for step in life.steps:
        _, _, transaction = step.partition(" the commit of ")
        if transaction == "engine.visits.leases.make_due":
            # A lost wake-up costs a tick; before it nothing but the asking has happened.
            continue
        if transaction in life.wrote or (not transaction and ("GET" not in step or "answered" in step)):
            told.append(step)
    return told


PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
OPENING, CLOSING = "<!-- crash-matrix -->\n", "<!-- /crash-matrix -->"


def table() -> str:
    """The matrix as the page tells it: at how many steps each change has survived a death."""
    rows = [
        "| change | asking | before it is sent | under way | after it is settled | recovery |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in ROADS:
        steps, doubt = STEPS[name], in_doubt(name)
        visit = steps["visit"]
        before, after = visit.index(doubt[0]), len(visit) - 1 - visit.index(doubt[-1])
        told = (len(steps["asking"]), before, len(doubt), after, len(steps["recovery"]))
        what = str(name).replace("-exchange", " of an exchange")
        rows.append(f"| `{what}` | {' | '.join(map(str, told))} |")
    total = sum(len(steps) for parts in STEPS.values() for steps in parts.values())
    rows += ["", f"With the {len(STEPS[POLL]['visit'])} steps of a whole poll that is {total} deaths."]
    return "\n".join(rows) + "\n"


def test_the_page_tells_the_matrix() -> None:
    before, _, rest = PAGE.read_text("utf-8").partition(OPENING)
    told, _, after = rest.partition(CLOSING)
    if os.environ.get(REWRITE):
        PAGE.write_text(before + OPENING + table() + CLOSING + after, "utf-8")
    else:
        assert told == table()


async def polled(stages: Stages) -> Scene:
    """Two days have passed unseen in a busy shop: pages of orders, cancels, a return, an exchange."""

    async def prepare(shop: Shop, desk: Desk) -> None:
        shop.world.set_rules(list_lag_s=0.0, acknowledge_lag_max_s=0.0)
        back = await delivered(shop, price_krw=DEAR, exchange_box_min_s=240.0, exchange_box_max_s=240.0)
        swap = await delivered(shop)
        await requested(shop, await packed(shop))
        begins = shop.clock.now()
        plan = People(60, begins, begins + 20 * HOUR, address_change_share=0.2, cancel_share=0.2)
        shop.world.shop(shop.vendor_id, plan)
        shop.later(2 * DAY)
        shop.world.request_return(back)
        shop.world.request_exchange(swap)
        shop.later(2 * HOUR)

    return await stages.scene(POLL, prepare)


async def assert_nothing_is_claimed_falsely(shop: Shop) -> None:
    """Every box that was paid within what coverage claims is held."""
    seen = await shop.rows(
        """SELECT lower(part) AS start, upper(part) AS until
           FROM feed, unnest(covered) AS part WHERE feed = 'orders'"""
    )
    ours = await shop.boxes()
    for box_id, box in shop.truth().items():
        paid_at = datetime.fromisoformat(box["paid_at"])
        if box["status"] != "CANCELLED" and shop.world.boxes[box_id].exchange_id is None:
            assert box_id in ours or not any(one["start"] <= paid_at < one["until"] for one in seen)


async def test_the_steps_of_the_poll_are_all_there(stages: Stages) -> None:
    life = Life()
    async with stages.open(await polled(stages)) as shop:
        await visited_by_mortal(shop, life)
    written(POLL, {"visit": found(life)})


async def test_killed_at_every_step_of_the_poll(stages: Stages) -> None:
    scene, steps = await polled(stages), STEPS[POLL]["visit"]
    lives = 0
    while steps:
        lives += 1
        async with stages.open(scene) as shop:
            assert await shop.holes()
            for place, step in enumerate(steps):
                if not await visited_by_mortal(shop, Life(step, any_time=place > 0)):
                    break
                await assert_nothing_is_claimed_falsely(shop)
                shop.later(AGAIN)
            else:
                place = len(steps)
            assert place, steps[0]
            steps = steps[place:]

            async def caught_up(shop: Shop = shop) -> bool:
                return not await shop.holes()

            await shop.until(caught_up)
            await shop.run_for(HOUR, least=HOUR / 2)
            assert len(await shop.rows("SELECT * FROM return_")) == 1
            assert len(await shop.rows("SELECT * FROM exchange")) == 1
            await assert_promises(shop)
    assert lives < 20


@pytest.mark.parametrize("name", ROADS)
async def test_the_steps_are_all_there(stages: Stages, name: str) -> None:
    scene = await asked(stages, name)
    asking, life, second = Life(), Life(), Life()
    before = await ready(stages, name)
    async with (
        stages.open(before) as shop,
        victim(shop, asking) as context,
        open_desk(shop, context) as desk,
    ):
        await desk.post(before.told.ask, before.told.body)
    async with stages.open(scene) as shop:
        await visited_by_mortal(shop, life)
    first = found(life)
    async with stages.open(scene) as shop:
        assert await visited_by_mortal(shop, Life(sending_of(name, first)))
        shop.later(AGAIN)
        await visited_by_mortal(shop, second)
    told = {"asking": found(asking), "visit": first, "recovery": found(second)}
    written(name, told)


async def ends_right(shop: Shop, name: str, effect_id: int) -> None:
    """Let others go on: the change is made, once, and the world and we agree."""
    kind = name.partition("-")[0]
    made = next(change for change, code in KINDS.items() if code == calls()[kind].code)

    async def confirmed() -> bool:
        states = {effect["effect_id"]: effect["state"] for effect in await shop.effects()}
        return states[effect_id] == "CONFIRMED"

    await shop.until(confirmed)
    await shop.run_for(6 * HOUR, least=3 * HOUR)
    assert [one.times_applied for one in shop.world.ledger.mutations if one.kind == made] == [1]
    assert (shop.ledger["applied_twice"], shop.ledger["repeated"]) == (0, 0)
    open_tries = await shop.rows("SELECT * FROM attempt WHERE effect_id = %(id)s ORDER BY 1", id=effect_id)
    assert 1 <= len([one for one in open_tries if one["purpose"] == "write"]) <= 2
    await assert_promises(shop)


def in_doubt(name: str) -> list[str]:
    """The steps between "it is being sent" and "this is what came of it"."""
    steps = STEPS.get(name, {}).get("visit", [])
    known = [step for step in steps if "outbox.take" in step or "outbox._settle" in step]
    return steps[steps.index(known[1]) : steps.index(known[2]) + 1] if known else []


@pytest.mark.parametrize(("name", "step"), [(name, step) for name in ROADS for step in in_doubt(name)])
async def test_killed_while_the_change_is_under_way(stages: Stages, name: str, step: str) -> None:
    scene = await asked(stages, name)
    async with stages.open(scene) as shop:
        assert await visited_by_mortal(shop, Life(step))
        shop.later(AGAIN)
        await ends_right(shop, name, scene.told)


@pytest.mark.parametrize("name", ROADS)
async def test_killed_at_every_other_step_one_after_the_other(stages: Stages, name: str) -> None:
    scene = await asked(stages, name)
    steps, doubt = STEPS[name]["visit"], in_doubt(name)
    before, after = steps[: steps.index(doubt[0])], steps[steps.index(doubt[-1]) + 1 :]
    async with stages.open(scene) as shop:
        assert await killed_one_after_the_other(shop, before) == len(before)
        (effect,) = [one for one in await shop.effects() if one["effect_id"] == scene.told]
        assert (effect["state"], effect["attempts"]) == ("PENDING", 0)
        after = after[await killed_one_after_the_other(shop, after) :]
        await ends_right(shop, name, scene.told)
    while after:
        # What the last one had left behind needed no such step: an undisturbed visit, then.
        async with stages.open(scene) as shop:
            done = await killed_one_after_the_other(shop, after)
            assert done, after[0]
            after = after[done:]
            await ends_right(shop, name, scene.told)


@pytest.mark.parametrize("name", ROADS)
async def test_killed_at_every_step_of_the_recovery(stages: Stages, name: str) -> None:
    """The sender is killed, and then one by one everybody who finds out what became of it."""
    scene = await asked(stages, name)
    sending, steps = sending_of(name, STEPS[name]["visit"]), STEPS[name]["recovery"]
    while steps:
        async with stages.open(scene) as shop:
            assert await visited_by_mortal(shop, Life(sending))
            shop.later(AGAIN)
            done = await killed_one_after_the_other(shop, steps)
            assert done, steps[0]
            steps = steps[done:]
            await ends_right(shop, name, scene.told)


@pytest.mark.parametrize("name", ROADS)
async def test_killed_while_it_is_asked_for(stages: Stages, name: str) -> None:
    """Killed before the commit nothing was asked; killed after it, asking again finds the first asking."""
    scene = await ready(stages, name)
    road: Road = scene.told
    async with stages.open(scene) as shop:
        known, key = len(await shop.effects()), await new_key(shop)
        headers = {"Idempotency-Key": "one-intent"}
        for step in STEPS[name]["asking"]:
            life = Life(step)
            async with victim(shop, life) as context, open_desk(shop, context, key) as desk:
                with suppress(Killed, BaseExceptionGroup):
                    await desk.client.post(road.ask, json=road.body, headers=headers)
            assert life.dead
            assert len(await shop.effects()) - known == step.startswith("after")
        async with open_desk(shop, key=key) as desk:
            again = (await desk.client.post(road.ask, json=road.body, headers=headers)).json()
        assert len(await shop.effects()) == known + 1
        shop.later(2 * MINUTE)
        await ends_right(shop, name, int(again["effect_id"]))
