"""What Coupang shows of a machine: its words for the states, and the path to an observed state."""

import itertools
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from operator import attrgetter
from typing import Any, Generic, TypeVar

from app.machines.kernel import Move, Rules
from app.machines.paths import shortest_paths

S = TypeVar("S", bound=StrEnum)
F = TypeVar("F")


def observed_events(rules: Rules[Any]) -> frozenset[str]:
    """Return the events that are observed, not asked for: their names start with `see_`."""
    return frozenset(event for event in rules.events if event.startswith("see_"))


class Observed(Generic[S, F]):
    """What Coupang shows of one machine.

    Attributes:
        events: The events that are observed, not asked for.
    """

    def __init__(
        self,
        rules: Rules[F],
        states: type[S],
        facts: Callable[..., F],
        *,
        decisive: Collection[str] = ("proven",),
        field: str = "",
        wire: Mapping[str, S] | None = None,
    ) -> None:
        """Find every path once, for each combination of the facts that decide it.

        Args:
            rules: The machine.
            states: Its states.
            facts: The class of its facts; each fact has a default.
            decisive: Names of the facts, all of them bool, that a guard of an observed event looks at.
            field: What Coupang calls the value, for errors.
            wire: Coupang's word → state. Of several words for one state the first is the one it shows. None:
                no single word is the state.
        """
        self.events = observed_events(rules)
        self._facts = facts
        self._field = field
        self._from_wire: dict[str, S] = dict(wire or {})
        self._to_wire: dict[S, str] = {}
        for word, state in self._from_wire.items():
            self._to_wire.setdefault(state, word)
        self._deciding = attrgetter(*decisive) if decisive else _nothing
        self._roads: dict[object, dict[tuple[str, str], tuple[Move[F], ...]]] = {}
        for values in itertools.product((False, True), repeat=len(decisive)):
            one = facts(**dict(zip(decisive, values, strict=True)))
            self._roads[self._deciding(one)] = shortest_paths(rules, self.events, one)

    def from_wire(self, status: str) -> S:
        """Translate a status of Coupang.

        Raises:
            ValueError: Coupang has no such status (as far as we know).
        """
        try:
            return self._from_wire[status]
        except KeyError:
            raise ValueError(f"unknown {self._field} {status!r}") from None

    def to_wire(self, state: S) -> str | None:
        """Return the status Coupang shows in this state; None when it shows none."""
        return self._to_wire.get(state)

    def words(self, group: Collection[S]) -> tuple[str, ...]:
        """Return the words of Coupang that tell one of these states."""
        return tuple(word for word, state in self._from_wire.items() if state in group)

    def walk(self, state: S, shown: S, facts: F | None = None) -> tuple[Move[F], ...] | None:
        """Find the shortest legal path from our state to the one Coupang shows, over observed events only.

        No step is claimed that was not observed and is not needed (ties: order of declaration): a box
        last known in ACCEPT and shown as delivered is walked through INSTRUCT and DEPARTURE, but not through
        DELIVERING.

        Args:
            state: Where we know it to be.
            shown: Where Coupang shows it.
            facts: What is known besides; None: the defaults, so nothing is proven.

        Returns:
            The steps in order; () when both are equal; None when no legal path leads there: what is shown is
            stale, or needs proof.
        """
        return self._roads[self._deciding(self._facts() if facts is None else facts)].get((state, shown))


def _nothing(facts: object) -> None:
    """Look at no fact: the path depends on none."""
