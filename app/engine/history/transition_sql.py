"""What a statement that moves a whole page consists of: it writes the history of its moves too."""

from dataclasses import dataclass
from typing import LiteralString

from app.engine.history import chain


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in two forms: every row walks one step, which is common, or some walk several."""

    step: LiteralString
    steps: LiteralString


_COUNT: LiteralString = "\nSELECT count(*) AS moved FROM moved"


def statement(moves: LiteralString) -> Statement:
    """Return the statement of one aggregate, with the writing of its history.

    Args:
        moves: Common table expressions `m` (the moves asked for) and `moved` (the moved rows: `id`), each
            followed by a comma.
    """
    return Statement(
        step="WITH " + moves + chain.STEP + _COUNT, steps="WITH RECURSIVE " + moves + chain.STEPS + _COUNT
    )


PLAIN_MOVES: LiteralString = """
m AS (
  SELECT * FROM unnest(%(id)b::bigint[], %(version)b::bigint[], %(source)b::text[], %(target)b::text[],
                       %(steps)b::int[])
    AS m(id, version, source, target, steps)
), moved AS ("""
