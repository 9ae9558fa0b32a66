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


KINDS = {
    "acknowledge": "O6",
    "invoice": "O7",
    "update_invoice": "O8",
    "cancel": "O9",
    "stop_shipment": "O10",
    "already_shipped": "O11",
    "complete": "O12",
    "receive_return": "R3",
    "approve_return": "R4",
    "register_pickup": "R7",
    "receive_exchange": "E2",
    "reject_exchange": "E3",
    "ship_exchange": "E4",
}
"""The thirteen kinds of change and the calls that make them."""


@dataclass(slots=True)
class Mutation:
    """One change of one box, receipt or exchange, and how often it was asked for.

    `about` says which of the three `about_id` numbers. `subject` tells changes of one kind apart: the
    shipped options of a waybill, the waybill of an update, the pieces of a cancel.
    """

    vendor_id: str
    shipment_box_id: int
    kind: str
    subject: str
    applied_at: datetime
    call: int
    about: str = "box"
    about_id: int = 0
    times_applied: int = 1
    repeats: int = 0


class CancelledShipment(NamedTuple):
    """A waybill, or goods, for pieces that a customer has asked to stop, or that are cancelled already.

    `kind` is the change that carried the waybill, or `hand_over` for goods that left the warehouse.
    """

    vendor_id: str
    shipment_box_id: int
    vendor_item_id: int
    kind: str
    invoice: str
    why: str
    """`stop_requested`, `refund_running`, `cancelled` (the whole box), `cancelled_line`, `exchange_ended`.

    `cancelled_line` is a row for an option that is cancelled in a box of which other options ship.
    """
    since: datetime | None
    """When the customer asked, if that is known."""
    at: datetime
    call: int
    units: int | None = None
    """How many units left; None for a waybill, which names no quantities."""


class HandedOver(NamedTuple):
    """A parcel that a warehouse gave to a courier, as the warehouse tells it."""

    vendor_id: str
    shipment_box_id: int
    courier: str
    invoice: str
    units: dict[int, int]
    """{vendorItemId: units} in the parcel."""
    at: datetime


@dataclass(slots=True)
class Ledger:
    """All calls and all changes since the world began."""

    calls: list[Call] = field(default_factory=list)
    mutations: list[Mutation] = field(default_factory=list)
    transcript: list[bytes] = field(default_factory=list)
    shipped_cancelled: list[CancelledShipment] = field(default_factory=list)
    """Accepted, or handed over: such goods are on their way."""
    handed_over: list[HandedOver] = field(default_factory=list)
    """What warehouses have told to have given to couriers."""
    attempted_cancelled: list[CancelledShipment] = field(default_factory=list)
    """Refused by Coupang, but asked for."""
    _last: dict[tuple[str, int, str, str], Mutation] = field(default_factory=dict)

    def apply(
        self,
        vendor_id: str,
        box_id: int,
        kind: str,
        subject: str,
        at: datetime,
        call: int,
        again: bool,
        *,
        about: str = "box",
        about_id: int | None = None,
    ) -> None:
        """Record a change that took effect; `again` when what it is about already was as asked."""
        about_id = box_id if about_id is None else about_id
        known = self._last.get((about, about_id, kind, subject))
        if known is not None and again:
            known.times_applied += 1
            known.repeats += 1
            return
        made = Mutation(vendor_id, box_id, kind, subject, at, call, about, about_id)
        self._last[about, about_id, kind, subject] = made
        self.mutations.append(made)

    def repeat(self, about_id: int, kind: str, subject: str, *, about: str = "box") -> None:
        """Record an attempt that found its change already made; it changed nothing."""
        known = self._last.get((about, about_id, kind, subject))
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
                    "about": one.about,
                    "about_id": one.about_id,
                }
                for one in self.mutations
            ],
            "kinds": self._kinds(),
            "shipped_cancelled": [shipment_shown(one) for one in self.shipped_cancelled],
            "attempted_cancelled": [shipment_shown(one) for one in self.attempted_cancelled],
            "units_shipped_cancelled": sum(one.units or 0 for one in self.shipped_cancelled),
            "handed_over": [parcel_shown(one) for one in self.handed_over],
            "applied": len(self.mutations),
            "applied_twice": sum(one.times_applied > 1 for one in self.mutations),
            "repeated": sum(one.repeats for one in self.mutations),
        }

    def _kinds(self) -> dict[str, dict[str, int]]:
        counted = {kind: {"applied": 0, "applied_twice": 0, "repeats": 0} for kind in KINDS}
        for one in self.mutations:
            counted[one.kind]["applied"] += 1
            counted[one.kind]["applied_twice"] += one.times_applied > 1
            counted[one.kind]["repeats"] += one.repeats
        return counted


def parcel_shown(one: HandedOver) -> dict[str, Any]:
    """Return a parcel that was handed over as JSON values."""
    lines = [{"vendor_item_id": item, "units": count} for item, count in one.units.items()]
    return {
        "vendor_id": one.vendor_id,
        "shipment_box_id": one.shipment_box_id,
        "delivery_company_code": one.courier,
        "invoice_number": one.invoice,
        "lines": lines,
        "at": one.at.isoformat(),
    }


def shipment_shown(one: CancelledShipment) -> dict[str, Any]:
    """Return a shipment of cancelled pieces as JSON values; a waybill has no `units`."""
    since = one.since.isoformat() if one.since else None
    told = {**one._asdict(), "since": since, "at": one.at.isoformat()}
    if one.units is None:
        del told["units"]
    return told
