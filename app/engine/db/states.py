"""States of the machines as SQL literals: in statements and in the conditions of tables and partial indexes.

Literals and not parameters: the planner proves that a partial index fits only from what stands in the text,
and a prepared statement is planned once for all values of its parameters.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import LiteralString


@cache
def literal(state: StrEnum) -> LiteralString:
    """Return one state as an SQL string."""
    return _quoted(state.value)


@cache
def among(*groups: Iterable[StrEnum]) -> LiteralString:
    """Return groups of states as an SQL list for `IN`, each in the order of its declaration.

    One state in such a list is planned as `=`. Groups of two machines are for a value that may be of either.
    """
    return listed(state.value for group in groups for state in _in_order(frozenset(group)))


def listed(words: Iterable[str]) -> LiteralString:
    """Return words, of Coupang or ours, as an SQL list for `IN`."""
    return f"({', '.join(map(_quoted, dict.fromkeys(words)))})"


def _in_order(group: frozenset[StrEnum]) -> list[StrEnum]:
    kinds = {type(state) for state in group}
    return [state for kind in kinds for state in kind if state in group]


def _quoted(word: str) -> LiteralString:
    if not word.isidentifier():
        raise ValueError(f"{word!r} would have to be escaped")
    return f"'{word}'"
