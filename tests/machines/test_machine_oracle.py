"""The table decides as the real engine does, everywhere: every state, event and combination of facts."""

import inspect
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, get_type_hints

import pytest
from statemachine import State
from statemachine.exceptions import TransitionNotAllowed

from app.machines.boxes import BOX, BoxFacts
from app.machines.cancels import CANCEL, CancelFacts
from app.machines.collects import COLLECT, CollectFacts
from app.machines.effects import EFFECT, EffectFacts, EffectMachine, EffectState
from app.machines.exchanges import EXCHANGE, ExchangeFacts
from app.machines.kernel import Machine, Move, Refused, Rules, guard
from app.machines.receptions import RECEPTION, ReceptionFacts
from app.machines.redeliveries import REDELIVERY, RedeliveryFacts
from app.machines.returns import RETURN, ReturnFacts


class Light(StrEnum):
    RED = "RED"
    GREEN = "GREEN"
    DARK = "DARK"


@dataclass(frozen=True, slots=True)
class LightFacts:
    rain: bool = False
    night: bool = False


@guard(unblock="Wait until the rain is over.")
def rains(facts: LightFacts) -> bool:
    """Tell whether it rains."""
    return facts.rain


@guard(unblock="Wait for the night.")
def by_night(facts: LightFacts) -> bool:
    """Tell whether it is night."""
    return facts.night


class LightMachine(Machine):
    """What the machines of the service do not have: alternatives for one event, and `unless`."""

    red = State(Light.RED, value=Light.RED, initial=True)
    green = State(Light.GREEN, value=Light.GREEN)
    dark = State(Light.DARK, value=Light.DARK, final=True)

    switch = (
        red.to(dark, cond=by_night) | red.to(green, unless=rains) | green.to(red, cond=rains, unless=by_night)
    )
    leave = green.to(dark) | red.to(dark, cond=[rains, by_night])


LIGHT: Rules[LightFacts] = Rules(LightMachine, Light)


class Cell:
    """The one slot the engine keeps its state in."""

    def __init__(self, state: str) -> None:
        self.state = state


def combinations(facts: type[Any]) -> list[Any]:
    domains = {bool: (False, True), bool | None: (None, False, True)}
    hints = get_type_hints(facts)
    names = [field.name for field in fields(facts)]
    return [
        facts(**dict(zip(names, values, strict=True)))
        for values in itertools.product(*(domains[hints[name]] for name in names))
    ]


def looked_at(rules: Rules[Any], state: str, event: str) -> frozenset[str]:
    """The facts that any guard of this event in this state names in its source."""
    looked: set[str] = set()
    for move in rules.moves():
        for one in move.guards if (move.source, move.event) == (state, event) else ():
            names = re.findall(r"\bfacts\.(\w+)", inspect.getsource(one.check))
            assert names, f"{one.name} names no fact in its own source"
            looked.update(names)
    return frozenset(looked)


def telling(all_facts: Sequence[Any], names: frozenset[str]) -> list[Any]:
    """Every combination of the facts that are looked at, each with two opposite sets of all others.

    Beside them some of all, in case a guard looks at more than it names.
    """
    chosen: dict[tuple[object, ...], list[Any]] = {}
    for facts in all_facts:
        looked = tuple(getattr(facts, name) for name in sorted(names))
        chosen.setdefault(looked, []).append(facts)
    picked = dict.fromkeys(one for same in chosen.values() for one in (same[0], same[-1]))
    return list(picked | dict.fromkeys(all_facts[:: max(1, len(all_facts) // 50)]))


def disagreements(
    rules: Rules[Any], all_facts: Sequence[Any]
) -> list[tuple[str, str, Any, str | None, str | None]]:
    """Ask table and engine the same; an engine that has moved is replaced by a fresh one."""
    found = []
    for state, event in itertools.product(rules.states, rules.events):
        engine = None
        for facts in telling(all_facts, looked_at(rules, state, event)):
            if engine is None:
                cell = Cell(state)
                engine = rules.machine(cell)
            told: str | None
            try:
                engine.send(event, facts=facts)
                told, engine = cell.state, None
            except TransitionNotAllowed:
                told = None if cell.state is state else "moved although refused"
            decided: str | None
            try:
                decided = rules.decide(state, event, facts).target
            except Refused:
                decided = None
            if decided != told:
                found.append((state, event, facts, decided, told))
    return found


@pytest.mark.slow
def test_box_table_equals_engine() -> None:
    assert len(combinations(BoxFacts)) == 2 ** len(fields(BoxFacts))
    assert disagreements(BOX, combinations(BoxFacts)) == []


@pytest.mark.slow
def test_effect_table_equals_engine() -> None:
    assert disagreements(EFFECT, combinations(EffectFacts)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "facts"),
    [
        (CANCEL, CancelFacts),
        (RETURN, ReturnFacts),
        (RECEPTION, ReceptionFacts),
        (EXCHANGE, ExchangeFacts),
        (COLLECT, CollectFacts),
        (REDELIVERY, RedeliveryFacts),
    ],
)
def test_tables_of_the_claims_equal_the_engine(rules: Rules[Any], facts: type[Any]) -> None:
    assert disagreements(rules, combinations(facts)) == []


def test_every_combination_of_facts_is_asked() -> None:
    assert len(combinations(CancelFacts)) == 3 * 2 ** (len(fields(CancelFacts)) - 1)
    assert len(set(combinations(ReturnFacts))) == 2 ** len(fields(ReturnFacts))


def test_table_equals_engine_with_alternatives_and_unless() -> None:
    assert disagreements(LIGHT, combinations(LightFacts)) == []


class IgnoresUnless(Rules[Any]):
    def decide(self, state: str, event: str, facts: Any) -> Move[Any]:
        for move in self.moves():
            if (move.source, move.event) == (state, event) and all(
                g.holds(facts) for g in move.guards if g.wanted
            ):
                return move
        raise Refused(state, event, (), ())


class IgnoresGuards(Rules[Any]):
    def decide(self, state: str, event: str, facts: Any) -> Move[Any]:
        for move in self.moves():
            if (move.source, move.event) == (state, event):
                return move
        raise Refused(state, event, (), ())


class KnowsOnlyTheFirstWay(Rules[Any]):
    def decide(self, state: str, event: str, facts: Any) -> Move[Any]:
        ways = [move for move in self.moves() if (move.source, move.event) == (state, event)]
        if ways and not ways[0].missing(facts):
            return ways[0]
        raise Refused(state, event, (), ())


class TriesTheLastWayFirst(Rules[Any]):
    def decide(self, state: str, event: str, facts: Any) -> Move[Any]:
        for move in reversed(self.moves()):
            if (move.source, move.event) == (state, event) and not move.missing(facts):
                return move
        raise Refused(state, event, (), ())


@pytest.mark.parametrize(
    "mistaken", [IgnoresUnless, IgnoresGuards, KnowsOnlyTheFirstWay, TriesTheLastWayFirst]
)
def test_a_mistake_in_the_kernel_is_caught(mistaken: type[Rules[Any]]) -> None:
    assert disagreements(mistaken(LightMachine, Light), combinations(LightFacts))


def test_a_forgotten_guard_is_caught_on_a_real_machine() -> None:
    wrong = disagreements(IgnoresGuards(EffectMachine, EffectState), combinations(EffectFacts))
    guarded = {move.event for move in EFFECT.moves() if move.guards}
    assert {event for _, event, *_ in wrong} == guarded
