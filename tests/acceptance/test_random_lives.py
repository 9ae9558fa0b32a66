"""Random customers, warehouses, couriers, lags, faults and deaths; every promise behind every step.

`LIVES=500 python -m pytest tests/acceptance/test_random_lives.py` looks longer, each time elsewhere. A
sequence that breaks a promise is printed as a script: `docs/sandbox.md` says how it is played again.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from app.engine.effects import outbox
from app.orders.effects import sends
from app.orders.effects.kinds import OrderKind
from tests.support import script_moves as moves
from tests.support.script_run import HEADING, Life, Line, begin, clear, replay, snapshot, theatre
from tests.support.shop import VENDOR

LIVES = int(os.environ.get("LIVES", "0"))
QUICK = "LIVES_QUICK" in os.environ
"""A failing sequence is not made smaller: to see many in a short time."""
SETTINGS = settings(
    max_examples=LIVES or 8,
    stateful_step_count=40 if LIVES else 30,
    derandomize=not LIVES,
    database=None,
    deadline=None,
    phases=[Phase.generate] if QUICK else list(Phase),
    suppress_health_check=list(HealthCheck),
)


PAUSES = st.lists(st.sampled_from((6, 65, 310, 700, 2_100, 8_000, 22_000)), min_size=1, max_size=3)
"""Seconds before each of some visits."""


class Stage:
    """An event loop with a database, a service and a sandbox in it; machines are not asynchronous."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.life: Life = self.runner.run(self.stack.enter_async_context(theatre(url)))

    def close(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    opened = Stage(database_url)
    yield opened
    opened.close()


class Lives(RuleBasedStateMachine):
    """Customers, a warehouse and a worker; every rule draws one line of what somebody may do now."""

    coupang = moves.RULES
    openings: tuple[str, ...] = (
        "fresh", "packed", "stop", "shipped", "delivered", "return", "exchange", "replacement",
    )  # fmt: skip

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.run = stage.runner.run
        self.life: Life = self.run(clear(stage.life))
        self.begun = False

    def do(self, line: Line | None) -> None:
        if line is not None:
            self.run(self.life.do(line))

    @initialize(
        data=st.data(),
        seed=st.integers(0, 99),
        auto=st.sampled_from((True, True, True, False)),
        orders=st.integers(1, 2),
    )
    def open(self, data: Any, seed: int, auto: bool, orders: int) -> None:
        rules, opening = data.draw(self.coupang), data.draw(st.sampled_from(self.openings))
        self.run(begin(self.life, seed=seed, rules=rules, auto_acknowledge=auto))
        for _ in range(orders):
            self.do(moves.order(data.draw, VENDOR))
        if opening != "fresh":
            self.run(self.opening(opening))
        self.begun = True

    async def opening(self, stage: str) -> None:
        """Bring what was bought to where the story is to begin."""
        life, world = self.life, self.life.shop.world
        await life.visits(700)
        for box_id in list(world.boxes):
            await life.asked(f"POST /v1/boxes/{box_id}/acknowledge")
        await life.visits(65, 2_100, 300)
        if stage == "stop":
            for box_id in list(world.boxes):
                await life.control(f"POST /_sandbox/boxes/{box_id}/customer", act="request_cancel")
            await life.visits(1_000)
        if stage in ("packed", "stop"):
            return
        for box_id in list(world.boxes):
            number = {"courier_code": "CJGLS", "invoice_number": life.number()}
            await life.asked(f"POST /v1/boxes/{box_id}/ship", **number)
        await life.visits(6)
        if stage == "shipped":
            return
        for box_id in list(world.boxes):
            await life.control(f"POST /_sandbox/boxes/{box_id}/courier", act="deliver")
        await life.visits(22_000)
        if stage in ("return", "exchange", "replacement"):
            await self.goods_come_back("return" if stage == "return" else "exchange")
        if stage == "replacement":
            await life.visits(65, 700)

    async def goods_come_back(self, kind: str) -> None:
        """All that was bought is claimed, arrives and is found good."""
        life, world = self.life, self.life.shop.world
        for box_id in list(world.boxes):
            await life.control(
                f"POST /_sandbox/{'receipts' if kind == 'return' else kind + 's'}", box_id=box_id
            )
        await life.visits(1_600)
        for claim in [*world.receipts.values(), *world.exchanges.values()]:
            number = claim.receipt_id if kind == "return" else claim.exchange_id
            await life.asked(f"POST /v1/{kind}s/{number}/arrive")
            found = [
                {"vendor_item_id": str(one.line.vendor_item_id), "verdict": "GOOD"} for one in claim.pieces
            ]
            await life.asked(f"POST /v1/{kind}s/{number}/inspect", lines=found)
            await life.asked(f"POST /v1/{kind}s/{number}/confirm")

    @rule(data=st.data())
    def customer(self, data: Any) -> None:
        self.do(moves.customer(data.draw, self.life))

    @rule(data=st.data())
    def warehouse(self, data: Any) -> None:
        self.do(moves.warehouse(data.draw, self.life, self.run(moves.known(self.life))))

    @rule(pauses_s=PAUSES)
    def visits(self, pauses_s: list[int]) -> None:
        self.run(self.life.visits(*pauses_s))


class RandomLives(Lives):
    """Everybody."""

    @rule(data=st.data())
    def customer_buys(self, data: Any) -> None:
        self.do(moves.order(data.draw, VENDOR))

    @rule(data=st.data())
    def another_customer(self, data: Any) -> None:
        self.do(moves.customer(data.draw, self.life))

    @rule(data=st.data())
    def courier(self, data: Any) -> None:
        self.do(moves.courier(data.draw, self.life))

    @rule(data=st.data())
    def in_wing(self, data: Any) -> None:
        self.do(moves.in_wing(data.draw, self.life))

    @rule(data=st.data())
    def another_warehouse(self, data: Any) -> None:
        self.do(moves.warehouse(data.draw, self.life, self.run(moves.known(self.life))))

    @rule(data=st.data())
    def clumsy_warehouse(self, data: Any) -> None:
        self.do(moves.clumsy(data.draw, self.life, self.run(moves.known(self.life))))

    @rule(data=st.data())
    def something_goes_wrong(self, data: Any) -> None:
        self.do(moves.fault(data.draw, VENDOR, self.run(moves.asked(self.life))))

    @rule(seconds=st.sampled_from((30, 300, 2_100, 10_800, 43_200, 86_400, 691_200)))
    def time_passes(self, seconds: int) -> None:
        self.run(self.life.later(seconds))

    @rule()
    def a_visit(self) -> None:
        self.run(self.life.visit())

    @rule(pauses_s=PAUSES)
    def more_visits(self, pauses_s: list[int]) -> None:
        self.run(self.life.visits(*pauses_s))

    @rule(data=st.data())
    def a_worker_dies(self, data: Any) -> None:
        self.do(moves.death(data.draw, self.run(moves.asked(self.life))))

    def teardown(self) -> None:
        if self.begun:
            self.run(self.life.settle())


@pytest.mark.slow
def test_every_promise_holds_behind_every_step(stage: Stage) -> None:
    run_state_machine_as_test(lambda: RandomLives(stage), settings=SETTINGS)


class Hurried(Lives):
    """Boxes that are ready to leave, at a Coupang that takes every waybill."""

    coupang = moves.RULES.map(lambda rules: {**rules, "invoice_despite_stop": True, "couriers": False})
    openings = ("packed",)

    @rule(data=st.data())
    def customer_regrets(self, data: Any) -> None:
        self.do(moves.customer(data.draw, self.life, "request_cancel"))

    @rule(data=st.data())
    def parcel_leaves(self, data: Any) -> None:
        self.do(moves.warehouse(data.draw, self.life, self.run(moves.known(self.life)), "/ship"))


async def unread(line: Any) -> list[int]:
    """The claim check that reads nothing."""
    due = await outbox.waiting(line.context, line.vendor_id, OrderKind.SHIP)
    return [effect["effect_id"] for effect in due]


@pytest.mark.slow
def test_a_planted_bug_is_found_and_its_script_breaks_the_same_promise(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No waybill without a claim check that is fresh at that moment: what if the check were left out?"""
    once = settings(
        SETTINGS, max_examples=50, stateful_step_count=15, derandomize=True, phases=[Phase.generate]
    )
    with monkeypatch.context() as planted:
        planted.setattr(sends, "claim_check", unread)
        with pytest.raises(AssertionError, match="shipped after a cancel") as found:
            run_state_machine_as_test(lambda: Hurried(stage), settings=once)
        printed = next(note for note in found.value.__notes__ if note.startswith(HEADING))
        script = printed.partition("\n")[2]
        with pytest.raises(AssertionError, match="shipped after a cancel") as again:
            stage.runner.run(replay(stage.life, script))
        assert str(again.value) == str(found.value)
        assert printed in again.value.__notes__
    # With the check in its place the same script breaks nothing.
    stage.runner.run(replay(stage.life, script))
    assert stage.life.shop.ledger["shipped_cancelled"] == []


async def one_life(life: Life) -> None:
    """A life with everything that a script may hold."""
    await begin(life, seed=3, rules={"couriers": False, "receipt_lag_max_s": 0.0})
    lines = [{"vendor_item_id": 85_000_000_001, "count": 2}]
    await life.control("POST /_sandbox/orders", vendor_id=VENDOR, boxes=[{"lines": lines}] * 2)
    await life.visits(700)
    await life.later(65)
    await life.visit(dies="app.engine.effects.outbox.settle", when="before")
    await life.visits(2_100, 300, 300)
    first, second = life.shop.world.boxes
    await life.control("POST /_sandbox/faults", kind="504_after", route="O7", vendor_id=VENDOR)
    for box_id in (first, second):
        place = f"POST /v1/boxes/{box_id}/ship"
        await life.asked(place, courier_code="CJGLS", invoice_number=life.number())
    await life.control(f"POST /_sandbox/boxes/{second}/customer", act="request_cancel")
    await life.visits(6, 70, 400)
    await life.control(f"POST /_sandbox/boxes/{first}/courier", act="deliver")
    await life.control("POST /_sandbox/receipts", box_id=first, kind="return")
    await life.settle()


def test_a_script_does_again_what_was_done(stage: Stage) -> None:
    run = stage.runner.run
    life = run(clear(stage.life))
    run(one_life(life))
    histories = "SELECT aggregate, aggregate_id, version, event, cause, at FROM history ORDER BY 1, 2, 3"
    before = snapshot(life.shop), run(life.shop.rows(histories)), life.shop.ledger["mutations"]
    assert {line["by"] for line in life.script} == {"sandbox", "warehouse", "worker"}
    assert [one["kind"] for one in before[2]] == ["acknowledge", "acknowledge", "invoice"]
    again = run(replay(stage.life, life.text()))
    after = snapshot(life.shop), run(life.shop.rows(histories)), life.shop.ledger["mutations"]
    assert again.script == life.script
    assert after == before


def test_the_script_of_a_file(stage: Stage) -> None:
    """Without a file, the shortest script there is."""
    name = os.environ.get("SCRIPT")
    first = '{"by": "sandbox", "call": "POST /_sandbox/reset", "body": {"seed": 1}, "status": 200}'
    life = stage.runner.run(replay(stage.life, Path(name).read_text() if name else first))
    assert life.script
