"""The road to what Coupang shows is the shortest legal one, in every machine that is observed."""

import ast
import itertools
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from app.machines import boxes, cancels, collects, exchanges, redeliveries, returns
from app.machines.kernel import Refused, Rules
from app.machines.observed import Observed
from app.machines.paths import shortest_paths

SEEN: list[tuple[Rules[Any], Observed[Any, Any], Any]] = [
    (boxes.BOX, boxes.SEEN, boxes.BoxFacts()),
    (cancels.CANCEL, cancels.SEEN, cancels.CancelFacts()),
    (returns.RETURN, returns.SEEN, returns.ReturnFacts()),
    (exchanges.EXCHANGE, exchanges.SEEN, exchanges.ExchangeFacts()),
    (collects.COLLECT, collects.SEEN, collects.CollectFacts()),
    (redeliveries.REDELIVERY, redeliveries.SEEN, redeliveries.RedeliveryFacts()),
]
CASES = [
    (cancels.CANCEL, cancels.OBSERVED, cancels.CancelFacts()),
    (cancels.CANCEL, cancels.OBSERVED, cancels.CancelFacts(proven=True)),
    (returns.RETURN, returns.OBSERVED, returns.ReturnFacts()),
    (returns.RETURN, returns.OBSERVED, returns.ReturnFacts(proven=True)),
    (exchanges.EXCHANGE, exchanges.OBSERVED, exchanges.ExchangeFacts()),
    (collects.COLLECT, collects.OBSERVED, collects.CollectFacts()),
    (collects.COLLECT, collects.OBSERVED, collects.CollectFacts(proven=True)),
    (redeliveries.REDELIVERY, redeliveries.OBSERVED, redeliveries.RedeliveryFacts()),
    (redeliveries.REDELIVERY, redeliveries.OBSERVED, redeliveries.RedeliveryFacts(proven=True)),
]


def length_of_shortest(
    rules: Rules[Any], observed: frozenset[str], facts: Any, start: str, shown: str
) -> int | None:
    """Search by brute force: every sequence of observed events, by length, decided one by one."""
    ends = {start}
    for length in range(len(rules.states) + 1):
        if shown in ends:
            return length
        following = set()
        for here, event in itertools.product(ends, observed):
            try:
                following.add(rules.decide(here, event, facts).target)
            except Refused:
                continue
        ends = following
    return None


@pytest.mark.parametrize(("rules", "observed", "facts"), CASES)
def test_every_road_is_the_shortest_legal_one(
    rules: Rules[Any], observed: frozenset[str], facts: Any
) -> None:
    found = shortest_paths(rules, observed, facts)
    for start, shown in itertools.product(rules.states, rules.states):
        road = found.get((start, shown))
        assert (None if road is None else len(road)) == length_of_shortest(
            rules, observed, facts, start, shown
        )
        here: str = start
        for move in road or ():
            assert move.source == here
            assert move.event in observed
            assert not move.missing(facts)
            here = move.target
        assert road is None or here == shown


@pytest.mark.parametrize(("rules", "observed", "facts"), CASES)
def test_every_road_from_the_birth_is_a_path_for_the_history(
    rules: Rules[Any], observed: frozenset[str], facts: Any
) -> None:
    found = shortest_paths(rules, observed, facts)
    for shown in rules.states:
        road = found.get((rules.initial, shown), ())
        steps = [(move.source, move.event, move.target) for move in road]
        assert rules.is_path([(None, "seen_first", rules.initial), *steps])


@pytest.mark.parametrize(("rules", "observed", "facts"), CASES)
def test_every_state_that_coupang_may_show_can_be_reached_by_seeing(
    rules: Rules[Any], observed: frozenset[str], facts: Any
) -> None:
    found = shortest_paths(rules, observed, facts)
    unreached = {state for state in rules.states if (rules.initial, state) not in found}
    needs_proof = {"WITHDRAWN"} if hasattr(facts, "proven") and not facts.proven else set()
    assert unreached == needs_proof & set(rules.states)


@pytest.mark.parametrize(
    ("rules", "causes", "calls", "reasons", "korean"),
    [
        (page_rules, page.CAUSES, page.CALLS, page.REASONS, page.KOREAN)
        for page_rules, page in (
            (cancels.CANCEL, cancels),
            (returns.RETURN, returns),
            (exchanges.EXCHANGE, exchanges),
            (collects.COLLECT, collects),
            (redeliveries.REDELIVERY, redeliveries),
        )
    ],
)
def test_every_event_has_a_cause_and_every_guard_a_reason(
    rules: Rules[Any],
    causes: dict[str, tuple[str, ...]],
    calls: dict[str, str],
    reasons: dict[str, str],
    korean: dict[Any, str],
) -> None:
    assert set(causes) == set(rules.events)
    assert {event for event in rules.events if not event.startswith("see_")} == set(calls)
    assert all((causes[event] == ("S",)) is (event in calls) for event in rules.events)
    assert set(reasons) == {guard.name for move in rules.moves() for guard in move.guards}
    assert all(why.endswith(".") and len(why.split()) > 4 for why in reasons.values())
    assert set(korean) == set(rules.states)
    assert [state.value for state in rules.machine.states] == list(rules.states)
    assert all(state.value == state.name for state in rules.states)


@pytest.mark.parametrize(("rules", "seen", "facts"), SEEN)
def test_the_road_that_was_found_beforehand_is_the_one_for_whatever_is_known(
    rules: Rules[Any], seen: Observed[Any, Any], facts: Any
) -> None:
    """No fact decides a road but those the roads were found for."""
    # All combinations of a machine with many facts are too many: every one of two facts at a time.
    names = [field.name for field in fields(facts)]
    known = [facts] + [
        replace(facts, **{one: not getattr(facts, one), other: not getattr(facts, other)})
        for one, other in itertools.combinations_with_replacement(names, 2)
    ]
    for one in known:
        found = shortest_paths(rules, seen.events, one)
        for start, shown in itertools.product(rules.states, rules.states):
            assert seen.walk(start, shown, one) == found.get((start, shown))
    assert seen.walk(rules.states(rules.initial), rules.states(rules.initial)) == ()


@pytest.mark.parametrize(("rules", "seen", "facts"), SEEN)
def test_every_word_of_coupang_leads_to_a_state_and_the_word_shown_leads_back(
    rules: Rules[Any], seen: Observed[Any, Any], facts: Any
) -> None:
    for state in rules.states:
        word = seen.to_wire(state)
        assert word is None or seen.from_wire(word) is state
    wordless = {state.value for state in rules.states if seen.to_wire(state) is None}
    assert wordless == {
        boxes.SEEN: {"CANCELLED"},
        cancels.SEEN: set(cancels.CancelState),
        returns.SEEN: {"WITHDRAWN"},
    }.get(seen, set())
    with pytest.raises(ValueError, match=r"unknown .*'no such word'"):
        seen.from_wire("no such word")


def test_every_remedy_stands_in_one_place() -> None:
    """A text that two machines name stands in `remedies`, once, so that it is translated once."""
    texts: Counter[str] = Counter()
    folder = Path(boxes.__file__).parent
    for file in folder.glob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        if file.stem == "remedies":
            given = [node.value for node in tree.body if isinstance(node, ast.Assign)]
        else:
            given = [
                keyword.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "guard"
                for keyword in node.keywords
            ]
        texts.update(one.value for one in given if isinstance(one, ast.Constant))
    assert len(texts) > 40
    assert {text for text, times in texts.items() if times > 1} == set()
