"""What all families declare, ready to be used: looked up by name and joined in the order of their list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, LiteralString, TypeVar

from app.engine.family import (
    Aggregate,
    EffectKind,
    Erasure,
    Family,
    Feed,
    InboxKind,
    PastView,
    ReadBack,
    SealedColumn,
    ShippingCheck,
    VisitPart,
)

if TYPE_CHECKING:
    from app.engine.effects.subjects import Subject


K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
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
    sealed_columns: tuple[SealedColumn, ...] = field(init=False)
    erasures: tuple[Erasure, ...] = field(init=False)
    inbox: Mapping[str, InboxKind] = field(init=False)
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
        put("sealed_columns", tuple(every("sealed_columns")))
        put("erasures", tuple(every("erasures")))
        put("inbox", _named((one.name, one) for family in self.families for one in family.inbox))

        put("present", union(one.present for one in self.aggregates.values()))
        put("dated", union(one.steps_at for one in self.aggregates.values()))

    @property
    def declared_kinds(self) -> tuple[str, ...]:
        """Return the kinds of effects, family by family."""
        return tuple(kind.name for family in self.families for kind in family.effect_kinds)

    @property
    def headings(self) -> tuple[str, ...]:
        """Return the words under which aggregates are counted."""
        return tuple(dict.fromkeys(one.counted_as for one in self.aggregates.values()))

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
