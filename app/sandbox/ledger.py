"""Every call and every change, counted from outside: the oracle of "nothing doubled"."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Call(NamedTuple):
    """One call as the gateway saw it; `route` is `O1` … `O12` or `-`."""

    n: int
    vendor_id: str
    route: str
    method: str
    status: int
    at: datetime
    fault: str


@dataclass(slots=True)
class Mutation:
    """One change of one box, and how often it was asked for.

    `subject` tells changes of one kind apart: the shipped options of a waybill, the waybill of an update.
    """

    vendor_id: str
    shipment_box_id: int
    kind: str
    subject: str
    applied_at: datetime
    call: int
    times_applied: int = 1
    repeats: int = 0


@dataclass(slots=True)
class Ledger:
    """All calls and all changes since the world began."""

    calls: list[Call] = field(default_factory=list)
    mutations: list[Mutation] = field(default_factory=list)
    transcript: list[bytes] = field(default_factory=list)
    _last: dict[tuple[int, str, str], Mutation] = field(default_factory=dict)

    def apply(
        self, vendor_id: str, box_id: int, kind: str, subject: str, at: datetime, call: int, again: bool
    ) -> None:
        """Record a change that took effect; `again` when the box already was as asked."""
        known = self._last.get((box_id, kind, subject))
        if known is not None and again:
            known.times_applied += 1
            known.repeats += 1
            return
        made = Mutation(vendor_id, box_id, kind, subject, at, call)
        self._last[box_id, kind, subject] = made
        self.mutations.append(made)

    def repeat(self, box_id: int, kind: str, subject: str) -> None:
        """Record an attempt that found its change already made; it changed nothing."""
        known = self._last.get((box_id, kind, subject))
        if known is not None:
            known.repeats += 1

    def summary(self) -> dict[str, Any]:
        """Return calls per route and status, all changes, and how many were applied twice."""
        routes: dict[str, Counter[str]] = {}
        for call in self.calls:
            routes.setdefault(call.route, Counter())[str(call.status)] += 1
        return {
            "calls": len(self.calls),
            "calls_per_route": {
                route: dict(sorted(found.items())) for route, found in sorted(routes.items())
            },
            "faults": dict(sorted(Counter(call.fault for call in self.calls if call.fault).items())),
            "mutations": [
                {
                    "vendor_id": one.vendor_id,
                    "shipment_box_id": one.shipment_box_id,
                    "kind": one.kind,
                    "subject": one.subject,
                    "applied_at": one.applied_at.isoformat(),
                    "call": one.call,
                    "times_applied": one.times_applied,
                    "repeats": one.repeats,
                }
                for one in self.mutations
            ],
            "applied": len(self.mutations),
            "applied_twice": sum(one.times_applied > 1 for one in self.mutations),
            "repeated": sum(one.repeats for one in self.mutations),
        }
