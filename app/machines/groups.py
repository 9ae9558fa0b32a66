"""Named groups of the states of a machine, so that no reader lists states.

A machine declares its groups beside its states and puts them together to classifications: each answers one
question, and every state must be in exactly one of its groups. A test holds that, and names who reads a group
that a new state is missing from.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Generic, TypeVar

S = TypeVar("S", bound=StrEnum)


class Classification(Generic[S]):
    """One question about the states of a machine, and the groups that answer it.

    Attributes:
        states: The states of the machine.
        question: What the groups answer, for the author of a new state.
        groups: Group by the name it has in the machine's module.
    """

    def __init__(self, states: type[S], question: str, **groups: Collection[S]) -> None:
        """Put groups together.

        Raises:
            TypeError: A group is empty or names what is no state of the machine.
        """
        self.states = states
        self.question = question
        self.groups: dict[str, frozenset[S]] = {name: frozenset(group) for name, group in groups.items()}
        for name, group in self.groups.items():
            if not group or not all(isinstance(state, states) for state in group):
                raise TypeError(f"{name} must be a group of {states.__name__}")

    def unclassified(self) -> tuple[S, ...]:
        """Return the states that are in no group, in the order of their declaration."""
        return tuple(state for state in self.states if self._times(state) == 0)

    def ambiguous(self) -> tuple[S, ...]:
        """Return the states that are in more than one group, in the order of their declaration."""
        return tuple(state for state in self.states if self._times(state) > 1)

    def _times(self, state: S) -> int:
        return sum(state in group for group in self.groups.values())
