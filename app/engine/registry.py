"""What all families declare, ready to be used: looked up by name and joined in the order of their list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, LiteralString, TypeVar

from app.engine.family import (
    Aggregate,
    Counted,
    EffectKind,
    Erasure,
    Family,
    Feed,
    InboxKind,
    MachinePage,
    PastView,
    ReadBack,
    Resync,
    SealedColumn,
    ShippingCheck,
    StateCount,
    VisitPart,
)

if TYPE_CHECKING:
    from fastapi import APIRouter

    from app.engine.context import Context
    from app.engine.effects.subjects import Subject
    from app.engine.manual import ManualMoves


# The first part of a union gives its columns their types.
_NOTHING_WAITS: LiteralString = """
  SELECT NULL::text, NULL::text, NULL::bigint, NULL::bytea, NULL::bigint, NULL::bigint, NULL::timestamptz,
         NULL::timestamptz, NULL::text, NULL::text WHERE false"""
_NOTHING_UNREAD: LiteralString = "SELECT NULL::text AS vendor_id, NULL::bytea AS digest WHERE false"

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, eq=False)
class Registry:
    """The families of this installation.

    Raises:
        ValueError: Two families declare something under the same name.
    """

    families: tuple[Family, ...]
    aggregates: Mapping[str, Aggregate] = field(init=False)
    feeds: Mapping[str, Feed] = field(init=False)
    subjects: Mapping[str, Subject] = field(init=False)
    effect_kinds: Mapping[str, EffectKind] = field(init=False)
    """In the order in which they are sent."""
    read_backs: Mapping[tuple[str, str], ReadBack] = field(init=False)
    """By kind and subject."""
    visit_parts: tuple[VisitPart, ...] = field(init=False)
    """In the order of a visit."""
    past_views: Mapping[str, PastView] = field(init=False)
    belonging: Mapping[str, LiteralString] = field(init=False)
    """Aggregate with a past → SELECT part, aggregate, aggregate_id of all that belongs to %(id)s of it."""
    resyncs: Mapping[str, Resync] = field(init=False)
    """By subject."""
    sealed_columns: tuple[SealedColumn, ...] = field(init=False)
    erasures: tuple[Erasure, ...] = field(init=False)
    erasers: tuple[Callable[[Context], Awaitable[Mapping[str, int]]], ...] = field(init=False)
    counted: Mapping[str, Counted] = field(init=False)
    """By feed."""
    observed: frozenset[str] = field(init=False)
    snapshot: Mapping[str, LiteralString] = field(init=False)
    figures: Mapping[str, LiteralString] = field(init=False)
    inbox: Mapping[str, InboxKind] = field(init=False)
    waiting: LiteralString = field(init=False)
    """SELECT of everything that waits for a person; see `Family.waiting`."""
    manual: Mapping[str, ManualMoves] = field(init=False)
    """By the word in the address."""
    routers: tuple[APIRouter, ...] = field(init=False)
    machine_pages: tuple[MachinePage, ...] = field(init=False)
    state_counts: Mapping[str, StateCount] = field(init=False)
    in_lock_order: tuple[tuple[str, Subject], ...] = field(init=False)
    """Subjects in the order in which their rows are locked."""
    shipping_checks: tuple[ShippingCheck, ...] = field(init=False)
    present: LiteralString = field(init=False)
    """SELECT of every aggregate that has a history: vendor_id, aggregate, aggregate_id, state, version."""
    dated: LiteralString = field(init=False)
    """SELECT of those of %(vendor_id)s whose rows name the time of their last step."""

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        def every(name: str) -> Iterator[object]:
            return chain.from_iterable(getattr(family, name) for family in self.families)

        put("aggregates", _named((one.name, one) for family in self.families for one in family.aggregates))
        put("feeds", _named((one.name, one) for family in self.families for one in family.feeds))
        put("subjects", _named(pair for family in self.families for pair in family.subjects.items()))
        put("in_lock_order", tuple(sorted(self.subjects.items(), key=lambda one: one[1].lock_order)))
        put("shipping_checks", tuple(every("shipping_checks")))
        kinds = sorted(
            (one for family in self.families for one in family.effect_kinds), key=lambda one: one.order
        )
        put("effect_kinds", _named((one.name, one) for one in kinds))
        put(
            "read_backs",
            _named(((one.kind, one.subject), one) for family in self.families for one in family.read_backs),
        )
        parts = (one for family in self.families for one in family.visit_parts)
        put("visit_parts", tuple(sorted(parts, key=lambda one: one.order)))
        put(
            "past_views",
            _named((one.aggregate, one) for family in self.families for one in family.past_views),
        )
        put("belonging", {name: self._belonging(view) for name, view in self.past_views.items()})
        put("resyncs", _named((one.subject, one) for family in self.families for one in family.resyncs))
        put("sealed_columns", tuple(every("sealed_columns")))
        put("erasures", tuple(every("erasures")))
        put("manual", _named(pair for family in self.families for pair in family.manual.items()))
        put("routers", tuple(every("routers")))
        put("machine_pages", tuple(every("machine_pages")))
        put(
            "state_counts",
            _named((one.name, one) for family in self.families for one in family.state_counts),
        )
        put("erasers", tuple(every("erasers")))
        put("counted", _named((one.feed, one) for family in self.families for one in family.counted))
        put("observed", frozenset(every("observed")))
        put("snapshot", _named(pair for family in self.families for pair in family.snapshot.items()))
        put("figures", _named(pair for family in self.families for pair in family.figures.items()))
        put("inbox", _named((one.name, one) for family in self.families for one in family.inbox))
        put("waiting", self._waiting())

        put("present", union(one.present for one in self.aggregates.values()))
        put("dated", union(one.steps_at for one in self.aggregates.values()))

    def _belonging(self, view: PastView) -> LiteralString:
        others = (family.past_belonging.get(view.aggregate, "") for family in self.families)
        return "\nUNION\n".join(part for part in (view.belonging, *others) if part)

    def _waiting(self) -> LiteralString:
        elsewhere = union(family.read_elsewhere for family in self.families)
        parts = (part for family in self.families for part in family.waiting)
        return union((_NOTHING_WAITS, *parts)).replace("{read_elsewhere}", elsewhere or _NOTHING_UNREAD)

    @property
    def declared_kinds(self) -> tuple[str, ...]:
        """Return the kinds of effects, family by family."""
        return tuple(kind.name for family in self.families for kind in family.effect_kinds)

    @property
    def headings(self) -> tuple[str, ...]:
        """Return the words under which aggregates are counted, in the order of the alphabet."""
        return tuple(sorted({one.counted_as for one in self.aggregates.values()}))

    @property
    def covering(self) -> tuple[str, ...]:
        """Return the feeds that claim coverage."""
        return tuple(feed.name for feed in self.feeds.values() if feed.covers)


def union(parts: Iterable[LiteralString]) -> LiteralString:
    """Join the parts that are not empty by UNION ALL."""
    return "\nUNION ALL\n".join(part for part in parts if part)


def _named(pairs: Iterable[tuple[K, V]]) -> Mapping[K, V]:
    found: dict[K, V] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"two families declare {name!r}")
        found[name] = value
    return found
