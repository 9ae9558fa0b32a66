"""What a family declares of itself: one value, read by everything that works on all families.

A family is a package with its tables, readings, changes and routes (`app.orders`, `app.claims`, …). Its
`family.py` fills a `Family`; `app.families` lists them; `app.engine.registry` makes what they say usable.
SQL parts are handed over as text, so that a statement over all families is composed of what each one knows
of its own tables. Each part says which columns it yields and which parameters it may name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    from fastapi import APIRouter

    from app.engine.context import Context
    from app.engine.db.base import Base
    from app.engine.db.database import Connection
    from app.engine.effects.outbox import Batch
    from app.engine.effects.subjects import Subject
    from app.engine.feeds.feeds import Due
    from app.engine.policy import Policy
    from app.engine.visits.session import VisitSession
    from app.machines.kernel import Rules

Row = Mapping[str, Any]


def at_once(policy: Policy) -> timedelta:
    """Send without waiting for others of the same kind."""
    return timedelta(0)


def write_shows_within(policy: Policy) -> timedelta:
    """Return how long a change may take to show, unless its kind says otherwise."""
    return policy.write_shows_within


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One list that is polled of every vendor."""

    name: str
    every: Callable[[Policy], timedelta]
    """Pause between two turns."""
    covers: bool = False
    """It claims coverage of the windows that it has read completely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPart:
    """Something that a visit does at one vendor."""

    name: str
    order: int
    """Place in a visit, lowest first; from `FEEDS_FROM` on a part knows which feeds are due."""
    run: Callable[[VisitSession, Mapping[str, Due]], Awaitable[object]]
    """Return True when something is left for the next visit."""


FEEDS_FROM = 50
"""Parts of a lower order send and read back; from it on, which feeds are due is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectKind:
    """One change that we ask of Coupang."""

    name: str
    send: Callable[[VisitSession, Batch], Awaitable[None]]
    """Make the call and settle what came back."""
    check: Callable[[VisitSession], Awaitable[list[int]]] | None = None
    """Read right before sending what decides whether it may go; return the effects that may."""
    order: int = 50
    """Place among the kinds that are due, lowest first: what is stopped must not leave."""
    most: int = 1
    """Effects that one call takes."""
    linger: Callable[[Policy], timedelta] = at_once
    """How long it waits for others of its kind, to share a call."""
    shows_within: Callable[[Policy], timedelta] = write_shows_within
    """After this long a change that does not show was not applied."""
    extended: bool = True
    """Its call asks the gateway for more time, so it may go on after its worker was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingCheck:
    """Something that could forbid a waybill, read live before one goes."""

    feed: str
    """Read again soon when Coupang refuses a waybill all the same."""
    read: Callable[[VisitSession, datetime, str], Awaitable[object]]
    """Takes the oldest payment that is asked about, and why it is read, for the call counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """How effects of unknown outcome, of one kind and subject, are read back."""

    kind: str
    subject: str
    read: Callable[[VisitSession, Sequence[Row]], Awaitable[None]]
    """Raises `OutOfTime` when the visit is over; what is left waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """Something with a state, a machine and a history of its own."""

    name: LiteralString
    """As the history names it."""
    rules: Rules[Any]
    counted_as: str
    """The heading of a report under which it is counted: `boxes`, `claims`, `effects` …"""
    table: LiteralString
    key: LiteralString
    """The column of its id, beside `vendor_id`."""
    only: LiteralString = "true"
    """Which rows of the table, where it holds several aggregates."""
    prefix: LiteralString = ""
    """Before `state` and `version`, where one row holds several tracks."""
    dated: bool = True
    """The row names the time of its last step (`state_at`)."""

    @property
    def present(self) -> LiteralString:
        """SELECT vendor_id, aggregate, aggregate_id, state, version: everything there is."""
        return (
            f"SELECT vendor_id, '{self.name}' AS aggregate, {self.key} AS aggregate_id,"
            f" {self.prefix}state AS state, {self.prefix}version AS version"
            f" FROM {self.table} WHERE {self.only}"
        )

    @property
    def steps_at(self) -> LiteralString:
        """SELECT aggregate, aggregate_id, version, state_at of %(vendor_id)s; empty where no row dates it."""
        if not self.dated:
            return ""
        return (
            f"SELECT '{self.name}' AS aggregate, {self.key} AS aggregate_id, version, state_at"
            f" FROM {self.table} WHERE vendor_id = %(vendor_id)s AND {self.only}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """How something is presented as it was at a past moment (`?at=`)."""

    aggregate: str
    observed_as: str
    """The name under which Coupang's words on it are noted."""
    belonging: LiteralString
    """SELECT part, aggregate, aggregate_id of what belongs to %(id)s of %(vendor_id)s; part is `effects`,
    `related` or `tracks`."""
    find: Callable[[Connection, list[str] | None, int], Awaitable[dict[str, Any]]]
    """Return it for a caller, with `vendor_id` and `order_id`, or raise `NotFound`."""
    word: Callable[[bytes], dict[str, Any]]
    """Read from a raw answer: `status` and `lines`, each None where it tells nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """A column whose values are encrypted, and the primary key that names a row (column, SQL type)."""

    table: str
    column: str
    key: tuple[tuple[str, str], ...]
    purpose: Callable[[Row], bytes]
    """What its values are bound to, from the key columns of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Personal data, and how it is erased when its time is over."""

    name: str
    """In reports: `receivers`, `contacts` …"""
    overdue: LiteralString
    """SELECT vendor_id, … of what is to be erased before %(before)s.

    `{order_over}` is true for orders of which nothing is open (needs `k.vendor_id`, `k.order_id`)."""
    erase: LiteralString
    """Erases up to %(most)s of them, the oldest first; `{overdue}` stands for the part above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxKind:
    """A kind of thing that waits for a person, and what can be done about it."""

    name: str
    ways: tuple[tuple[str, str, str], ...]
    """(action, method, address); `{id}` and `{box}` stand for the row's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What the doctor asks of a family, in SQL, of %(vendor_id)s; every part may stay empty.

    Parameters: %(at)s now; %(overdue)s what is older has waited too long; %(far)s what is due later was
    set by a wrong clock.
    """

    overdue: LiteralString = ""
    """SELECT aggregate, aggregate_id, since: what should have been read by itself long ago."""
    never: LiteralString = ""
    """SELECT aggregate, aggregate_id, due: what is open and has no time to be read."""
    incomplete: LiteralString = ""
    """SELECT aggregate, aggregate_id, lacks: rows of which a part is missing."""
    young: LiteralString = ""
    """A condition on `o.order_id`: something new was read of this order just now, or is about to be."""
    untimely: LiteralString = ""
    """SELECT named, seen_at: what was erased, and not by us."""
    open_order: LiteralString = ""
    """A condition on `k.vendor_id`, `k.order_id`: some of the order is open, or moved since %(before)s."""
    faults: tuple[Callable[[Context, Connection, str], AsyncIterator[tuple[str, str]]], ...] = ()
    """Checks in Python: yield (check, what does not hold)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Everything that the rest of the service knows of one family."""

    name: str
    tables: tuple[type[Base], ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    feeds: tuple[Feed, ...] = ()
    visit_parts: tuple[VisitPart, ...] = ()
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    """By the word stored with an effect, in the order in which their rows are locked."""
    effect_kinds: tuple[EffectKind, ...] = ()
    read_backs: tuple[ReadBack, ...] = ()
    shipping_checks: tuple[ShippingCheck, ...] = ()
    past_views: tuple[PastView, ...] = ()
    sealed_columns: tuple[SealedColumn, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    examined: Examined = field(default_factory=Examined)
    waiting: tuple[LiteralString, ...] = ()
    """SELECT kind, subject, id, digest, order_id, shipment_box_id, since, deadline, reason, vendor_id of what
    waits for a person; may name %(at)s."""
    inbox: tuple[InboxKind, ...] = ()
    manual: Mapping[str, Any] = field(default_factory=dict)
    """Moves by hand: the word in the address → what a person may do to it."""
    snapshot: Mapping[str, LiteralString] = field(default_factory=dict)
    """Word → a statement that dumps what is stored, for comparisons."""
    routers: tuple[APIRouter, ...] = ()
