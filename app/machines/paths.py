"""The path from our state to the one Coupang shows, over observed events only.

An observation may skip states, since somebody may act in WING or a courier may scan twice between two looks.
"""

from collections import deque
from collections.abc import Collection
from typing import TypeVar

from app.machines.kernel import Move, Rules

F = TypeVar("F")


def shortest_paths(
    rules: Rules[F], observed: Collection[str], facts: F
) -> dict[tuple[str, str], tuple[Move[F], ...]]:
    """Find the shortest legal path between every two states (ties: order of declaration).

    No step is claimed that was not observed and that the machine does not need.

    Returns:
        (from, to) → the steps in order; () from a state to itself; no entry where no path leads.
    """
    found: dict[tuple[str, str], tuple[Move[F], ...]] = {}
    for start in rules.states:
        found[start, start] = ()
        front: deque[str] = deque([start])
        while front:
            here = front.popleft()
            for event in rules.allowed(here, facts):
                if event not in observed:
                    continue
                move = rules.decide(here, event, facts)
                if (start, move.target) not in found:
                    found[start, move.target] = (*found[start, here], move)
                    front.append(move.target)
    return found
