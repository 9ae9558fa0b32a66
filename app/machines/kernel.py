"""The kernel: reads a state machine class once into a table, and decides from the table.

A `Machine` is declared with python-statemachine and says what may happen. `Rules` reads it: a decision
costs about a microsecond instead of a fresh engine, is safe in threads, and can say *which* guard refused,
which the engine cannot. The engine stays the oracle of an exhaustive test (`tests/machines`).

A machine must not act: no callbacks, listeners or validators, only flat states, named guards that
look at one value called `facts` and say what unblocks them. `Rules` refuses anything else when it is
built, so at import.
"""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from statemachine import Event, State, StateChart
from statemachine.callbacks import CallbackGroup, SpecListGrouper
from statemachine.transition import Transition

F = TypeVar("F")
P = TypeVar("P", bound=Callable[[Any], bool])

# The library finds callbacks by these prefixes, so nothing in a machine may be called so.
_CALLBACK_PREFIXES = ("on_", "before_", "after_", "prepare_", "error_", "done_")
# Attributes of a live engine that `hasattr` does not see on its class.
_ENGINE_ATTRIBUTES = frozenset({"model", "state_field", "history_values"})


class Machine(StateChart[Any]):
    """Base of every machine here: strict, atomic, never silent."""

    allow_event_without_transition = False
    catch_errors_as_events = False
    atomic_configuration_update = True
    enable_self_transition_entries = False


class Refused(Exception):
    """The machine refuses an event.

    Attributes:
        state: The state it was asked in.
        event: The event that was asked.
        missing: Names of the guards that do not hold; empty when no guard could help in this state.
        allowed: Events that are possible now.
    """

    def __init__(self, state: str, event: str, missing: tuple[str, ...], allowed: tuple[str, ...]) -> None:
        why = f"needs {', '.join(missing)}" if missing else f"is not possible in {state}"
        super().__init__(f"{event} {why}")
        self.state = state
        self.event = event
        self.missing = missing
        self.allowed = allowed


_UNBLOCK = "unblock"
"""Where `guard` keeps the remedy on the predicate."""


def guard(*, unblock: str) -> Callable[[P], P]:
    """Declare a predicate on the facts as a guard, and what a user can do when it refuses.

    The predicate stays the plain named function that python-statemachine reads.

    Args:
        unblock: The remedy in words for a user: whole sentences.
    """

    def declare(check: P) -> P:
        vars(check)[_UNBLOCK] = unblock
        return check

    return declare


class Guard(NamedTuple):
    """A named condition on the facts; `wanted` is False for `unless`, whose name starts with `!`.

    `unblock` says in words for a user what can be done when it does not hold.
    """

    name: str
    check: Callable[[Any], bool]
    wanted: bool
    unblock: str

    def holds(self, facts: object) -> bool:
        """Tell whether the facts satisfy this guard."""
        return bool(self.check(facts)) is self.wanted


@dataclass(frozen=True, slots=True)
class Move(Generic[F]):
    """One possible step and the guards that must all hold; states are members of the machine's `StrEnum`."""

    event: str
    source: str
    target: str
    guards: tuple[Guard, ...] = ()

    def missing(self, facts: F) -> tuple[str, ...]:
        """Name the guards that do not hold, in the order of their declaration."""
        return tuple(one.name for one in self.guards if not one.holds(facts))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one event would do now.

    `target` is None when the state has no such step at all; then nothing unblocks it here.
    """

    event: str
    allowed: bool
    missing: tuple[str, ...]
    target: str | None


class Rules(Generic[F]):
    """The transition table of one machine, read from its class."""

    def __init__(self, machine: type[Machine], states: type[StrEnum]) -> None:
        """Read the machine once.

        Args:
            machine: The class to read.
            states: The values its states must have, exactly.

        Raises:
            TypeError: The machine acts, is not flat, is not strict, its states differ from `states`, or one
                of its guards names no remedy.
        """
        _refuse_acting(machine)
        _refuse_other_states(machine, states)
        self.machine = machine
        self.states = states
        self.initial: str = next(state.value for state in machine.states if state.initial)
        self.finals: frozenset[str] = frozenset(state.value for state in machine.states if state.final)
        self.events: tuple[str, ...] = tuple(str(event) for event in machine._events)
        self._moves: dict[tuple[str, str], tuple[Move[F], ...]] = {}
        self._by_state: dict[str, dict[str, tuple[Move[F], ...]]] = {value: {} for value in states}
        for state in machine.states:
            for way in state.transitions:
                for move in _read(machine, state, way):
                    here = self._by_state[move.source]
                    # Alternatives for one event are tried in the order of declaration, as the engine does.
                    here[move.event] = self._moves[move.source, move.event] = (
                        *here.get(move.event, ()),
                        move,
                    )

        self._edges = frozenset((move.source, move.event, move.target) for move in self.moves())

    @cached_property
    def reasons(self) -> dict[str, str]:
        """Guard name → what would unblock it, in words for a user."""
        return {one.name: one.unblock for move in self.moves() for one in move.guards}

    def moves(self) -> tuple[Move[F], ...]:
        """List every step of the machine, by state and then in the order of declaration."""
        return tuple(move for ways in self._moves.values() for move in ways)

    def decide(self, state: str, event: str, facts: F) -> Move[F]:
        """Return the step this event takes from this state.

        Raises:
            Refused: No such step here, or its guards do not hold; names the guards and what is possible now.
            ValueError: The machine has no such state.
        """
        ways = self._moves.get((state, event), ())
        for move in ways:
            if all(one.holds(facts) for one in move.guards):
                return move
        raise Refused(state, event, _missing(ways, facts), tuple(self.allowed(state, facts)))

    def allowed(self, state: str, facts: F) -> list[str]:
        """List the events that are possible now.

        Raises:
            ValueError: The machine has no such state.
        """
        ways_here = self._ways(state)
        return [event for event, ways in ways_here.items() if any(not move.missing(facts) for move in ways)]

    def judge(self, state: str, event: str, facts: F) -> Verdict:
        """Judge one event of the machine in this state.

        Returns:
            Its `target` is where the event leads (or would lead, were its guards to hold; of several
            alternatives the first).

        Raises:
            ValueError: The machine has no such state.
        """
        ways = self._ways(state).get(event, ())
        for move in ways:
            if not move.missing(facts):
                return Verdict(event, True, (), move.target)
        return Verdict(event, False, _missing(ways, facts), ways[0].target if ways else None)

    def edges(self) -> frozenset[tuple[str, str, str]]:
        """Return every (source, event, target) of the machine, whatever its guards."""
        return self._edges

    def is_path(self, steps: Iterable[tuple[str | None, str, str]]) -> bool:
        """Tell whether a stored history is a path through the diagram.

        Args:
            steps: (source, event, target), oldest first. The first may be a creation: source None, any
                event name, target the initial state. Otherwise it must leave the initial state. No steps
                are a path.

        Returns:
            True if each step is an edge and starts where the one before it ended.
        """
        here = self.initial
        for number, (source, event, target) in enumerate(steps):
            if number == 0 and source is None:
                if target != self.initial:
                    return False
            elif source != here or (source, event, target) not in self._edges:
                return False
            here = target
        return True

    def _ways(self, state: str) -> dict[str, tuple[Move[F], ...]]:
        if state not in self._by_state:
            raise ValueError(f"{self.machine.__name__} has no state {state!r}")
        return self._by_state[state]


def _missing(ways: tuple[Move[F], ...], facts: F) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for move in ways for name in move.missing(facts)))


def _refuse_acting(machine: type[Machine]) -> None:
    name = machine.__name__
    for flag in (
        "allow_event_without_transition",
        "catch_errors_as_events",
        "enable_self_transition_entries",
    ):
        if getattr(machine, flag):
            raise TypeError(f"{name} is not strict: {flag}")
    if not machine.atomic_configuration_update:
        raise TypeError(f"{name} is not strict: atomic_configuration_update")
    if machine._class_listeners:
        raise TypeError(f"{name} must not have listeners")
    for klass in machine.__mro__:
        if klass in Machine.__mro__:
            continue
        for attribute, value in vars(klass).items():
            if attribute.startswith(_CALLBACK_PREFIXES) or _is_code(value):
                raise TypeError(f"{name} must not act: {attribute}")
    for event in machine._events:
        _refuse_taken(machine, str(event))
        if event.delay:
            raise TypeError(f"{name}.{event}: timers live in the process; a deadline belongs in a column")


def _is_code(value: object) -> bool:
    """Tell whether a class attribute is code of its own: not an event, nor the grouper the library adds."""
    if isinstance(value, (State, Event, SpecListGrouper)):
        return False
    return callable(value) or isinstance(value, (property, staticmethod, classmethod))


def _refuse_other_states(machine: type[Machine], states: type[StrEnum]) -> None:
    name = machine.__name__
    for state in machine.states:
        _refuse_taken(machine, state.id)
        if state.states or state.parallel or state.history:
            raise TypeError(f"{name}.{state.id}: only flat machines are stored")
        if any(not spec.is_convention for spec in state._specs):
            raise TypeError(f"{name}.{state.id} must not act on enter or exit")
    values = [state.value for state in machine.states]
    if len(values) != len(states) or set(values) != set(states):
        raise TypeError(f"{name} has the states {values}, {states.__name__} has {list(states)}")
    if not all(isinstance(value, states) for value in values):
        raise TypeError(f"{name}: the value of each state must be a member of {states.__name__}")


def _refuse_taken(machine: type[Machine], name: str) -> None:
    """Refuse names that would replace a part of the engine (`send`, `states`) or are none (`*`, `a.b`)."""
    if not name.isidentifier() or hasattr(Machine, name) or name in _ENGINE_ATTRIBUTES:
        raise TypeError(f"{machine.__name__}: {name!r} cannot name a state or an event")


def _read(machine: type[Machine], state: State, way: Transition) -> Iterable[Move[Any]]:
    if way.is_eventless or len(way.targets) != 1:
        raise TypeError(f"{machine.__name__}: every step needs an event and one target, not {way}")
    guards = []
    for spec in way._specs:
        if spec.is_convention:
            continue
        if spec.group is not CallbackGroup.COND:
            raise TypeError(f"{machine.__name__}: {way} must not act: {spec}")
        guards.append(_guard(machine, spec.func, str(spec), bool(spec.expected_value)))
    for event in way.events:
        yield Move(str(event), state.value, way.targets[0].value, tuple(guards))


def _guard(machine: type[Machine], check: object, name: str, wanted: bool) -> Guard:
    if not inspect.isfunction(check) or inspect.iscoroutinefunction(check) or check.__name__ == "<lambda>":
        raise TypeError(f"{machine.__name__}: guard {name} must be a plain named function")
    if list(inspect.signature(check).parameters) != ["facts"]:
        raise TypeError(f"{machine.__name__}: guard {name} must look at `facts` and nothing else")
    unblock = vars(check).get(_UNBLOCK)
    if not unblock:
        raise TypeError(f"{machine.__name__}: guard {name} must say what unblocks it: @guard(unblock=…)")
    return Guard(name, check, wanted, unblock)
