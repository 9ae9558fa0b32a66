"""What every aggregate says of itself so that a person may move it by hand."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.engine.caller import Caller, Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.history import transitions
from app.machines.kernel import Rules

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What is given for an event by hand beside its name, by field; each act says which fields it takes."""

    values: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a field, or `default` where it was not given."""
        return self.values.get(name, default)


Run = Callable[[Context, Caller, int, Given], Awaitable[dict[str, Any]]]


def any_value(given: Given) -> None:
    """Accept what is given as it is."""


@dataclass(frozen=True, slots=True)
class Act:
    """An event that is done the way the warehouse does it; `asks`: Coupang is asked, so an effect comes."""

    run: Run
    takes: tuple[str, ...] = ()
    asks: bool = True
    check: Callable[[Given], None] = any_value
    """Check the form of what is given; raises `Invalid`."""


class ManualMoves:
    """What a person may do to one kind of aggregate (`Family.manual`)."""

    name: str
    rules: Rules[Any]
    subject: str | None = None
    """The word under which its open effect is found; None: none is asked for it."""
    reread: str = ""
    """Where it is read again."""
    words: frozenset[str] = frozenset()
    """Events that a person's word moves."""
    kept: frozenset[str] = frozenset()
    """Events that Coupang alone shows."""
    acts: Mapping[str, Act]

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """Lock and return one, with `vendor_id`, `state`, `version` and what its guards look at.

        Raises:
            NotFound: No such one for this caller.
        """
        raise NotImplementedError

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """Build the guards' facts; what an event needs is taken for granted while nothing is `given`."""
        raise NotImplementedError

    def beside(self, row: Row, event: str, given: Given | None, at: datetime) -> list[tuple[str, str]]:
        """Return (rule, what unblocks it) of refusals that are not this machine's."""
        return []

    async def walk(
        self, context: Context, tx: Connection, caller: Caller, row_id: int, row: Row, step: transitions.Step
    ) -> None:
        """Take one step by a person's word, with all that the same step means when Coupang shows it."""
        raise NotImplementedError
