"""A state is known to whoever reads states: it is classified, and nobody lists states by hand."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import app
from app import coupang, sandbox
from app.claims.cancels import verdicts as cancel_verdicts
from app.claims.returns import verdicts as return_verdicts
from app.devtools import bench
from app.devtools.story import changes, claims, units
from app.machines import boxes, cancels, effects, exchanges
from app.machines.groups import Classification
from app.machines.kernel import Rules
from app.orders.effects import verdicts as effect_verdicts

ROOT = Path(str(app.__file__)).parents[1]
PACKAGE = boxes.__name__.rpartition(".")[0]
FOLDER = Path(boxes.__file__).parent
MACHINES: list[tuple[ModuleType, Rules[Any], list[Classification[Any]]]] = [
    (module, rules, [one for one in vars(module).values() if isinstance(one, Classification)])
    for file in sorted(FOLDER.glob("*.py"))
    if file.stem != "__init__"
    for module in [import_module(f"{PACKAGE}.{file.stem}")]
    for rules in vars(module).values()
    if isinstance(rules, Rules) and rules.machine.__module__ == module.__name__
]
STATES: dict[str, type[StrEnum]] = {rules.states.__name__: rules.states for _, rules, _ in MACHINES}
WORDS = {state.value for states in STATES.values() for state in states}

WIRE = {
    coupang: "the client speaks Coupang's words, and knows no machine",
    sandbox: "the sandbox is Coupang: it shares nothing with our machines",
    bench: "the benchmarks compare with raw SQL and feed raw rows, on purpose",
}
"""Packages that spell words which are states elsewhere, with the reason."""
SPELLED = {
    (effect_verdicts, "SUCCESS"): "a code that Coupang gives a row which it took",
    (cancel_verdicts, "WITHDRAWN"): "the code of an outcome, kept with the effect",
    (return_verdicts, "WITHDRAWN"): "the code of an outcome, kept with the effect",
    (return_verdicts, "DISPUTED"): "the code of an outcome, kept with the effect",
    (changes, "WITHDRAWN"): "the code of an outcome, kept with the effect",
    (changes, "CANCELLED"): "the sandbox's word for a box of its books",
    (claims, "RETURNS_COMPLETED"): "the sandbox's word for a receipt of its books",
    (claims, "WITHDRAWN"): "the sandbox's word for a receipt of its books",
    (units, "RETURNS_COMPLETED"): "the sandbox's word for a receipt of its books",
    (units, "SUCCESS"): "the sandbox's word for an exchange of its books",
}
"""Words that are no state where they stand, with the reason."""


def path_of(module: ModuleType) -> str:
    return Path(str(module.__file__)).relative_to(ROOT).as_posix()


@cache
def readers() -> dict[str, tuple[ast.AST, ...]]:
    """Return the syntax of every module that has to do with states, but of the machines: path → nodes."""
    telling = re.compile(rf"\b(?:{'|'.join(sorted(WORDS | {PACKAGE}))})\b")
    return {
        file.relative_to(ROOT).as_posix(): tuple(ast.walk(ast.parse(text)))
        for file in sorted((ROOT / "app").rglob("*.py"))
        if not file.is_relative_to(FOLDER) and telling.search(text := file.read_text("utf-8"))
    }


def names_read(nodes: Iterable[ast.AST], module: str) -> set[str]:
    """Return the names of one module that another one uses, imported by name or through the module."""
    package, _, stem = module.rpartition(".")
    aliases: set[str] = set()
    found: set[str] = set()
    attributes: list[tuple[str, str]] = []
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == module:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == package:
            aliases |= {alias.asname or alias.name for alias in node.names if alias.name == stem}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            attributes.append((node.value.id, node.attr))
    return found | {name for alias, name in attributes if alias in aliases}


def groups_of(module: ModuleType, states: type[StrEnum]) -> dict[str, frozenset[StrEnum]]:
    """Return the groups that a module names, also those put together from others."""
    return {
        name: group
        for name, group in vars(module).items()
        if isinstance(group, frozenset) and group and all(isinstance(state, states) for state in group)
    }


def complaint(module: ModuleType, states: type[StrEnum], one: Classification[Any]) -> str:
    """Return which states a question does not know, and who reads its groups; empty: it knows all."""
    told = [f"{state!r} is in none of" for state in one.unclassified()]
    told += [f"{state!r} is in several of" for state in one.ambiguous()]
    if not told:
        return ""
    named = groups_of(module, states)
    parts = set(one.groups.values())
    read = {name for name, group in named.items() if any(part <= group for part in parts)}
    lines = [f"{wrong} {', '.join(one.groups)} of {module.__name__}: {one.question}" for wrong in told]
    lines.append("Say where it belongs, for those who read these groups:")
    for path, nodes in readers().items():
        if used := sorted(names_read(nodes, module.__name__) & read):
            lines.append(f"  {path}: {', '.join(used)}")
    return "\n".join(lines)


def test_every_machine_is_here() -> None:
    assert len(MACHINES) == len(STATES) == 8
    assert all(asked for _, _, asked in MACHINES), "each machine classifies its states"


@pytest.mark.parametrize(
    ("module", "rules", "asked"), MACHINES, ids=[rules.states.__name__ for _, rules, _ in MACHINES]
)
def test_every_state_is_in_one_group_of_each_question(
    module: ModuleType, rules: Rules[Any], asked: list[Classification[Any]]
) -> None:
    found = [told for one in asked if (told := complaint(module, rules.states, one))]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize(
    ("module", "rules", "asked"), MACHINES, ids=[rules.states.__name__ for _, rules, _ in MACHINES]
)
def test_every_other_group_is_put_together_from_classified_ones(
    module: ModuleType, rules: Rules[Any], asked: list[Classification[Any]]
) -> None:
    """A group that lists states by itself would not know a new one."""
    named = groups_of(module, rules.states)
    for one in asked:
        assert {name: named[name] for name in one.groups} == one.groups, "a group is named as in its module"
    for node in ast.parse(Path(str(module.__file__)).read_text("utf-8")).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if not isinstance(target, ast.Name) or target.id not in named:
            continue
        if not any(target.id in one.groups for one in asked):
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            used = {leaf.id for leaf in ast.walk(value) if isinstance(leaf, ast.Name)} if value else set()
            assert isinstance(value, ast.BinOp), f"{target.id} is no union of groups"
            assert used <= set(named), f"{target.id} is no union of groups"


@pytest.mark.parametrize("module", [cancels, exchanges, effects])
def test_what_is_open_is_what_is_not_final(module: ModuleType) -> None:
    (rules,) = (rules for one, rules, _ in MACHINES if one is module)
    still = set(rules.states) - rules.finals
    assert still == module.OPEN


def test_who_reads_a_group_is_named_when_it_does_not_know_a_state() -> None:
    parts = {"IN_HOUSE": boxes.IN_HOUSE, "TRACKED": boxes.TRACKED, "RESTING": boxes.RESTING}
    told = complaint(boxes, boxes.BoxState, Classification(boxes.BoxState, "Where?", **parts))
    assert told.startswith("<BoxState.CANCELLED: 'CANCELLED'> is in none of IN_HOUSE, TRACKED, RESTING of ")
    for reader in (effect_verdicts, cancel_verdicts):
        assert f"{path_of(reader)}: SHIPPED" in told
    twice = Classification(boxes.BoxState, "Where?", ALL=frozenset(boxes.BoxState), GONE=boxes.GONE)
    assert "is in several of ALL, GONE" in complaint(boxes, boxes.BoxState, twice)
    whole = Classification(boxes.BoxState, "Where?", ALL=frozenset(boxes.BoxState))
    assert complaint(boxes, boxes.BoxState, whole) == ""


@pytest.mark.parametrize("group", [frozenset(), frozenset({"ACCEPT"})])
def test_a_group_holds_states_of_its_machine(group: frozenset[Any]) -> None:
    with pytest.raises(TypeError, match="PART must be a group of BoxState"):
        Classification(boxes.BoxState, "Where?", PART=group)


def spelled(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the states that a module spells: as a text, or between quotes in SQL; docstrings left out."""
    documents = {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    exported = {
        id(leaf)
        for node in nodes
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
        for leaf in ast.walk(node.value)
    }
    left_out, found = documents | exported, set()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            found |= {node.value, *re.findall(r"'(\w+)'", node.value)} & WORDS
    return found


def listed(nodes: Iterable[ast.AST]) -> list[int]:
    """Return the lines on which a module puts several states of one machine together."""
    lines = []
    for node in nodes:
        match node:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                leaves: list[ast.AST] = list(parts)
            case ast.MatchOr(patterns=patterns):
                leaves = [one.value if isinstance(one, ast.MatchValue) else one for one in patterns]
            case _:
                continue
        kinds = [
            leaf.value.attr if isinstance(leaf.value, ast.Attribute) else leaf.value.id
            for leaf in leaves
            if isinstance(leaf, ast.Attribute) and isinstance(leaf.value, ast.Name | ast.Attribute)
        ]
        if len(kinds) == len(leaves) > 1 and len(set(kinds)) == 1 and kinds[0] in STATES:
            lines.append(getattr(node, "lineno", 0))
    return lines


def test_nobody_spells_a_state() -> None:
    """A state that is renamed or added is not found by a search for words."""
    wire = tuple(f"{path_of(package).removesuffix('__init__.py')}" for package in WIRE)
    allowed = defaultdict(set)
    for module, word in SPELLED:
        allowed[path_of(module)].add(word)
    words_of = {path: spelled(nodes) for path, nodes in readers().items()}
    found = {path: words for path, words in words_of.items() if not path.startswith(wire)}
    wrong = {path: words - allowed[path] for path, words in found.items() if words - allowed[path]}
    assert wrong == {}, "use the member or a group of the machine"
    assert {path: words & found[path] for path, words in allowed.items()} == allowed, "no entry is stale"
    assert all(any(words for path, words in words_of.items() if path.startswith(one)) for one in wire)


def test_nobody_lists_states_but_the_machines() -> None:
    found = {path: lines for path, nodes in readers().items() if (lines := listed(nodes))}
    assert found == {}, "name a group beside the states"


def test_whoever_tells_states_apart_says_what_the_others_are() -> None:
    """A `match` over states ends with what holds for every other one."""
    open_ended = []
    for path, nodes in readers().items():
        for node in nodes:
            if not isinstance(node, ast.Match):
                continue
            patterns = " ".join(ast.unparse(one.pattern) for one in node.cases)
            names = {name for name in STATES if re.search(rf"\b{name}\.", patterns)}
            last = node.cases[-1]
            rest = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and not last.guard
            if names and not rest:
                open_ended.append(f"{path}:{node.lineno}")
    assert open_ended == []


@pytest.mark.parametrize(
    ("source", "words", "lines"),
    [
        ("x = 'ACCEPT'", {"ACCEPT"}, []),
        ("x = f\"state IN ('ACCEPT', {y}) OR s = 'REVIEW'\"", {"ACCEPT", "REVIEW"}, []),
        ("def f():\n    'ACCEPT'", set(), []),
        ("__all__ = ['ACCEPT']", set(), []),
        ("x = BoxState.ACCEPT", set(), []),
        ("x in (BoxState.ACCEPT, BoxState.INSTRUCT)", set(), [1]),
        ("x = {orders.BoxState.ACCEPT, orders.BoxState.INSTRUCT}", set(), [1]),
        ("match x:\n    case BoxState.ACCEPT | BoxState.INSTRUCT:\n        pass", set(), [2]),
        ("x = (1, BoxState.ACCEPT, BoxState.INSTRUCT)", set(), []),
        ("x = (Kind.SHIP, Kind.CANCEL)", set(), []),
    ],
)
def test_the_checks_see(source: str, words: set[str], lines: list[int]) -> None:
    nodes = tuple(ast.walk(ast.parse(source)))
    assert spelled(nodes) == words
    assert listed(nodes) == lines
