"""What every aggregate says of itself so that a person may move it by hand."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.claims.receptions.receptions import Found
from app.coupang.claims.types import RejectCode
from app.engine.caller import Caller, Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.history import transitions
from app.errors import Invalid
from app.machines.kernel import Rules
from app.orders.waybills.waybills import Waybill

Row = Mapping[str, Any]
WAYBILL = ("courier_code", "invoice_number")


@dataclass(frozen=True, slots=True)
class Given:
    """What an event by hand may need beside its name; `fields` are those that were given."""

    waybill: Waybill | None = None
    later: tuple[int, ...] = ()
    later_date: date | None = None
    code: RejectCode | None = None
    shipment_box_id: int | None = None
    reg_number: str = ""
    lines: tuple[Found, ...] = ()
    fields: frozenset[str] = frozenset()


Run = Callable[[Context, Caller, int, Given], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Act:
    """An event that is done the way the warehouse does it; `asks`: Coupang is asked, so an effect comes."""

    run: Run
    takes: tuple[str, ...] = ()
    asks: bool = True


class Aggregate:
    """One kind of life and what a person may do to it."""

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


def asked_waybill(given: Given | None) -> dict[str, Any]:
    """Return the waybill as a change names it; taken for granted while nothing is `given`."""
    if given is None:
        return {"courier_code": "", "invoice_number": ""}
    return given.waybill.payload() if given.waybill is not None else {}


def given_waybill(given: Given) -> Waybill:
    """Return the waybill.

    Raises:
        Invalid: None was given.
    """
    if given.waybill is None:
        raise Invalid("a waybill is missing", ("/invoice_number", "give courier_code and invoice_number"))
    return given.waybill
