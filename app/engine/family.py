"""What a family declares of itself: one value, read by everything that works on all families.

A family is a package with its tables, readings, changes and routes (`app.orders`, `app.claims`, …). Its
`family.py` fills a `Family`; `app.families` lists them; `app.engine.registry` makes what they say usable.
SQL parts are handed over as text, so that a statement over all families is composed of what each one knows
of its own tables. Each part says which columns it yields and which parameters it may name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString

if TYPE_CHECKING:
    from fastapi import APIRouter

    from app.engine.caller import Vendors
    from app.engine.context import Context
    from app.engine.db.base import Base
    from app.engine.db.database import Connection
    from app.engine.effects.outbox import Batch
    from app.engine.effects.subjects import Subject
    from app.engine.feeds.feeds import Due
    from app.engine.feeds.windows import Window
    from app.engine.manual import ManualMoves
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
class MachinePage:
    """A machine as the documentation shows it: its diagram, its table and its guards."""

    part: str
    """Prefix of its generated parts: `order`, `cancel` …"""
    word: str
    """What the table of changes calls it."""
    rules: Rules[Any]
    observed: Collection[str] = ()
    """Events that Coupang shows."""
    calls: Mapping[str, str] = field(default_factory=dict)
    """Event that we ask for → number of its call in the catalogue."""
    causes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Event → who causes it; empty where Coupang shows all that we do not ask for."""
    korean: Mapping[Any, str] = field(default_factory=dict)
    """State → its word in Korean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCount:
    """A gauge of the metrics: how many of something each vendor has in each state."""

    name: str
    meaning: str
    """Shown with it."""
    count: Callable[[Connection], Awaitable[list[dict[str, Any]]]]
    """Return rows of `vendor_id`, `state` and, under the name of the gauge, how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """How something is presented as it was at a past moment (`?at=`)."""

    aggregate: str
    observed_as: str
    """The name under which Coupang's words on it are noted."""
    belonging: LiteralString
    """SELECT part, aggregate, aggregate_id of what belongs to %(id)s of %(vendor_id)s; part is `effects`,
    `related` or `tracks`. Another family adds its own by `Family.past_belonging`."""
    find: Callable[[Connection, Vendors, int], Awaitable[dict[str, Any]]]
    """Return it for a caller, with `vendor_id` and `order_id`, or raise `NotFound`."""
    word: Callable[[bytes], dict[str, Any]]
    """Read from a raw answer: `status` and `lines`, as far as it tells them."""
    more: Callable[[Connection, str, int, datetime, Sequence[Row]], Awaitable[dict[str, Any]]] | None = None
    """Tell what is known of this kind alone: of a vendor, an id and a moment, with what is related to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    """Something that is read by itself when a person asks."""

    subject: str
    """Its word in the address and in the answer."""
    aggregates: tuple[str, ...]
    """What its reading moves."""
    found: LiteralString
    """SELECT vendor_id, content_hash, next_read_at, attention, and `…_state`, `…_version` of each aggregate
    (null: none) of %(id)s, of the vendors of `app.engine.db.vendor_scope.VENDORS`."""
    make_due: Callable[[Connection, str, int, datetime], Awaitable[None]]
    """Have one of a vendor read by the next visit."""


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

    `{order_over}` is true for orders of which nothing is open or has moved since (needs `k.vendor_id`,
    `k.order_id`)."""
    erase: LiteralString
    """Erase up to %(most)s of them, the oldest first; `{overdue}` stands for the part above."""


@dataclass(frozen=True, slots=True)
class Way:
    """Something that can be done about what waits; `{id}` and `{box}` in its address stand for the row's."""

    action: str
    method: str
    href: str
    who_pays: str | None = None
    """What it costs, and whom, in words for the one who decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxKind:
    """A kind of thing that waits for a person, and what can be done about it."""

    name: str
    subject: str
    """What the id is of."""
    ways: tuple[Way, ...]


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
    """SELECT aggregate, aggregate_id, lacks: rows of which a part is missing; `lacks` follows `has`."""
    young: LiteralString = ""
    """A condition on `o.order_id`: something new was read of this order just now, or is about to be."""
    untimely: LiteralString = ""
    """SELECT named, seen_at: what was erased, and not by us."""
    open_order: LiteralString = ""
    """A condition on `k.vendor_id`, `k.order_id`: some of the order is open, or moved since %(before)s."""
    faults: tuple[Callable[[Context, Connection, str], AsyncIterator[tuple[str, str]]], ...] = ()
    """Checks in Python of what must hold at any moment: yield (check, what does not hold)."""
    delays: tuple[Callable[[Connection, Row], AsyncIterator[tuple[str, str]]], ...] = ()
    """Checks in Python of what waits for too long, given the parameters above: yield the same."""
    order_faults: tuple[Callable[[Connection, str], AsyncIterator[tuple[int, str, str]]], ...] = ()
    """Checks in Python of whole orders: yield (order_id, check, what does not hold).

    What is found of an order that is `young` is passed over: it is still being read.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A list that the nightly census reads once more, to see whether its feed has missed anything."""

    feed: LiteralString
    """The feed whose readings should have shown it."""
    sweep: Callable[[VisitSession, Window, set[int]], Awaitable[None]]
    """Read a window and claim it under the window's feed; add what was shown to the set, if `vanished` asks.

    Raises `CoupangError` or `OutOfTime` when it could not be read whole; nothing is claimed then."""
    aggregates: tuple[str, ...]
    """What it tells about."""
    taught: LiteralString
    """SELECT aggregate, aggregate_id, begun_at of those of `taught t` that this list should have shown.

    `t` has aggregate, aggregate_id, source and target; `begun_at` is when it began at Coupang, or null."""
    vanished: LiteralString = ""
    """UPDATE … RETURNING aggregate, aggregate_id, begun_at, state: have read by itself what is held, was
    created in [%(start)s, %(end)s) and is not among the ids %(seen)s that were shown since %(since)s."""
    held: LiteralString = ""
    """SELECT count(*) of what is held of `c.vendor_id` in [`c.window_start`, `c.window_end`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Everything that the rest of the service knows of one family."""

    name: str
    tables: tuple[type[Base], ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    observed: tuple[str, ...] = ()
    """Names under which Coupang's words are noted (`observation`)."""
    feeds: tuple[Feed, ...] = ()
    visit_parts: tuple[VisitPart, ...] = ()
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    """By the word stored with an effect, in the order in which their rows are locked."""
    effect_kinds: tuple[EffectKind, ...] = ()
    read_backs: tuple[ReadBack, ...] = ()
    shipping_checks: tuple[ShippingCheck, ...] = ()
    past_views: tuple[PastView, ...] = ()
    past_belonging: Mapping[str, LiteralString] = field(default_factory=dict)
    """Aggregate of another family → SELECT part, aggregate, aggregate_id of what belongs to %(id)s of it."""
    resyncs: tuple[Resync, ...] = ()
    sealed_columns: tuple[SealedColumn, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    erasers: tuple[Callable[[Context], Awaitable[Mapping[str, int]]], ...] = ()
    """Erase what is over, of all families and vendors; return how much by kind.

    Every worker calls them now and then, several at the same time."""
    examined: Examined = field(default_factory=Examined)
    counted: tuple[Counted, ...] = ()
    waiting: tuple[LiteralString, ...] = ()
    """SELECT kind, subject, id, digest, order_id, shipment_box_id, since, deadline, reason, vendor_id of what
    waits for a person, each null with its type; may name %(at)s. `{read_elsewhere}` stands for what all
    families hand under this name."""
    read_elsewhere: LiteralString = ""
    """SELECT vendor_id, digest of rows that could not be read and are shown as something else."""
    inbox: tuple[InboxKind, ...] = ()
    manual: Mapping[str, ManualMoves] = field(default_factory=dict)
    """Moves by hand: the word in the address → what a person may do to it."""
    snapshot: Mapping[str, LiteralString] = field(default_factory=dict)
    """Word → a statement that dumps what is stored, for comparisons."""
    figures: Mapping[str, LiteralString] = field(default_factory=dict)
    """Word → a scalar query, for a live status of the whole installation."""
    routers: tuple[APIRouter, ...] = ()
    machine_pages: tuple[MachinePage, ...] = ()
    state_counts: tuple[StateCount, ...] = ()
