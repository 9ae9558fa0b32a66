"""The page of the thirteen changes names only what exists, and leaves no change out."""

import ast
import re
from dataclasses import fields
from pathlib import Path

from app import docs
from app.clock import Frozen
from app.docs.changes import HEAD, MACHINES, address, calls
from app.docs.words import FAULTS, STORY, WORDS
from app.families import REGISTRY
from app.sandbox.control import api as control_api
from app.sandbox.core import faults
from app.sandbox.core.ledger import KINDS
from app.sandbox.core.rules import Rules
from app.sandbox.http.routes import MINUTES, ROUTES
from app.sandbox.world.world import World
from tests.conftest import START

ROOT = Path(__file__).parents[1]
TESTS = {
    f"{file.relative_to(ROOT).as_posix()}::{node.name}"
    for file in (ROOT / "tests").rglob("test_*.py")
    for node in ast.parse(file.read_text("utf-8")).body
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
}


def scenarios() -> set[str]:
    """Return the name of everything that the sandbox can be told."""
    told = {f"rule {field.name}" for field in fields(Rules)} | {f"fault {kind}" for kind in faults.KINDS}
    for route in control_api.routes(World(Frozen(START), seed=1)):
        path = re.sub(r":\w+\}", "}", route.path)
        told |= {f"control {method} {path}" for method in route.methods or ()}
    return told


def test_every_change_has_words_and_a_row() -> None:
    assert set(WORDS) == set(REGISTRY.declared_kinds)
    assert len(REGISTRY.declared_kinds) == len(KINDS) == 13
    rows = docs.sections()["changes"].splitlines()[2:]
    assert [row.split("**")[1] for row in rows] == list(REGISTRY.declared_kinds)
    assert all(len(row.strip("| ").split(" | ")) == len(HEAD) for row in rows)


def test_every_named_test_exists() -> None:
    named = {STORY} | {test for words in WORDS.values() for test in words.tests}
    assert named <= TESTS
    assert all(words.tests for words in WORDS.values())


def test_every_named_scenario_exists() -> None:
    named = set(FAULTS) | {one for words in WORDS.values() for one in words.sandbox}
    assert named <= scenarios()
    assert all(words.sandbox for words in WORDS.values())


def test_every_address_exists() -> None:
    for words in WORDS.values():
        assert words.asked_at
        assert all(address(one).startswith("/v1/") for one in words.asked_at)


def test_every_call_is_one_that_coupang_takes() -> None:
    routes = {route.name: route for route in (*ROUTES, MINUTES)}
    assert {call.code for call in calls().values()} == set(KINDS.values())
    for kind, call in calls().items():
        path = re.sub(r"\{\w+\}", "7", call.path)
        version, rest = re.fullmatch(r"/(v\d)/vendors/7/(.+)", path).groups()  # type: ignore[union-attr]
        route = routes[call.code]
        assert route.path.fullmatch(rest), kind
        assert call.method in route.methods
        assert version in route.versions
        assert set(WORDS[kind].read_by) <= routes.keys()
        assert all(routes[one].methods == ("GET",) for one in WORDS[kind].read_by if one != "R6")


def test_every_call_moves_a_machine_and_every_machine_names_only_such_calls() -> None:
    moving = {code for _, called in MACHINES.values() for code in called.values()}
    assert moving == {call.code for call in calls().values()}
    for rules, called in MACHINES.values():
        assert set(called) <= set(rules.events)
