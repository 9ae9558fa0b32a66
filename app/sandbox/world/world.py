"""One Coupang behind one object: the Python API of the sandbox; the control API says the same over HTTP."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.clock import Clock
from app.errors import Invalid
from app.sandbox.claims import handover
from app.sandbox.claims.create_claims import Why
from app.sandbox.core.faults import Fault
from app.sandbox.core.ledger import CancelledShipment, HandedOver
from app.sandbox.core.order_entities import Box, Receiver
from app.sandbox.core.rules import Rules
from app.sandbox.orders.checkout import BoxSpec, place
from app.sandbox.world import order_actors, population
from app.sandbox.world.claims_world import ClaimsWorld
from app.sandbox.world.population import Shop
from app.sandbox.world.script import Script


class World(ClaimsWorld):
    """A whole Coupang. Every method first lets happen what is due.

    Args:
        clock: The virtual clock; share it with whoever signs the calls.
        seed: Everything left to chance follows from it.
        rules: How this Coupang behaves; the defaults are what is known of the real one.
        monotonic: Returns real seconds; for the rate limit.
        wall: The real clock, for signatures of clients with a clock of their own.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        rules: Rules | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Clock | None = None,
    ) -> None:
        super().__init__(clock, seed, rules or Rules(), monotonic, wall)
        self._first_rules = self.rules
        self.script = Script()

    # customers

    def order(
        self,
        vendor_id: str,
        boxes: Sequence[BoxSpec] = (BoxSpec(),),
        *,
        paid_at: datetime | None = None,
        receiver: Receiver | None = None,
        count: int = 1,
    ) -> list[list[Box]]:
        """Let customers pay `count` orders of the same boxes; a later `paid_at` makes them appear then.

        Returns:
            Per order its boxes.
        """
        now = self.advance()
        if count < 1:
            raise Invalid("order at least once", ("count", "less than 1"))
        return [place(self, self.vendor(vendor_id), boxes, paid_at or now, receiver) for _ in range(count)]

    def shop(self, vendor_id: str, plan: Shop) -> list[Box]:
        """Let a seeded population buy and change its mind; returns all boxes, future ones too."""
        self.advance()
        return population.shop(self, self.vendor(vendor_id), plan)

    def change_address(self, box_id: int, receiver: Receiver | None = None) -> Box:
        """Let the customer move while the box is ACCEPT; without an address one is drawn."""
        now, box = self.advance(), self.present(box_id)
        order_actors.change_address(self, box, now, receiver)
        return box

    def cancel(
        self,
        box_id: int,
        pieces: Mapping[int, int] | None = None,
        *,
        by: str = "customer",
        why: Why | None = None,
    ) -> Box:
        """Let the customer (or Coupang's `support`) cancel; pieces are {vendorItemId: count}, None is all."""
        now, box = self.advance(), self.present(box_id)
        order_actors.cancel(self, box, now, _counts(pieces), by=by, why=why)
        return box

    def request_cancel(
        self, box_id: int, pieces: Mapping[int, int] | None = None, *, why: Why | None = None
    ) -> Box:
        """Let the customer ask to stop an INSTRUCT box; a receipt holds the pieces until it is answered."""
        now, box = self.advance(), self.present(box_id)
        order_actors.request_cancel(self, box, now, _counts(pieces), why)
        return box

    def withdraw_cancel(self, box_id: int) -> Box:
        """Let the customer withdraw that request."""
        now, box = self.advance(), self.present(box_id)
        order_actors.withdraw_cancel(self, box, now)
        return box

    # couriers

    def scan(self, box_id: int) -> Box:
        """Let the courier scan a DEPARTURE box now."""
        now, box = self.advance(), self.present(box_id)
        order_actors.courier_scan(self, box, now)
        return box

    def deliver(self, box_id: int) -> Box:
        """Let the courier deliver now, with or without a scan before."""
        now, box = self.advance(), self.present(box_id)
        order_actors.courier_deliver(self, box, now)
        return box

    def never_scan(self, box_id: int) -> Box:
        """Let no courier touch this parcel any more."""
        now, box = self.advance(), self.present(box_id)
        order_actors.courier_never(self, box, now)
        return box

    # the seller in WING

    def wing_acknowledge(self, box_id: int) -> Box:
        """Acknowledge by hand; visible at once."""
        now, box = self.advance(), self.present(box_id)
        order_actors.wing_acknowledge(self, box, now)
        return box

    def wing_ship(
        self, box_id: int, courier_code: str, invoice_number: str, *, despite_stop: bool = False
    ) -> Box:
        """Ship the whole box by hand; `despite_stop` does so although a stop request is open."""
        now, box = self.advance(), self.present(box_id)
        order_actors.wing_ship(self, box, now, courier_code, invoice_number, despite_stop=despite_stop)
        return box

    def wing_cancel(self, box_id: int, pieces: Mapping[int, int] | None = None) -> Box:
        """Cancel by hand, at once."""
        now, box = self.advance(), self.present(box_id)
        order_actors.wing_cancel(self, box, now, _counts(pieces))
        return box

    # the seller's warehouse

    def hand_over(
        self,
        box_id: int,
        courier: str,
        invoice: str,
        units: Mapping[int, int],
        *,
        at: datetime | None = None,
    ) -> tuple[HandedOver, list[CancelledShipment]]:
        """Tell the ledger what was handed to a courier; returns the parcel and what should not have left.

        Raises:
            Invalid: An option that is not in the box, no unit, more than were ordered, or a time ahead.
            Conflict: The same label was told before, with other contents.
        """
        now, box = self.advance(), self.present(box_id)
        if at is not None and at > now:
            raise Invalid("what has not left yet cannot be told", ("at", "not after the present"))
        return handover.hand_over(self, box, courier, invoice, units, at or now)

    # the script

    def fix_acknowledge_lag(self, box_id: int, seconds: float) -> Box:
        """Fix how long after the OK this box shows INSTRUCT; also moves a lag that already runs."""
        if seconds < 0:
            raise Invalid("a lag is 0 or more", ("seconds", "negative"))
        self.advance()
        box = self.present(box_id)
        box.acknowledge_lag_s = seconds
        if box.status == "INSTRUCT" and box.shown_from is not None:
            # The last step of an INSTRUCT box is its acknowledge.
            box.shown_from = box.history[-1][1] + timedelta(seconds=seconds)
            self.vendors[box.vendor_id].lagging.add(box.box_id)
        return box

    def set_rules(self, **changes: Any) -> Rules:
        """Change rules by name; what already happened stays as it was."""
        self.advance()
        self.rules = self.rules.changed(changes)
        return self.rules

    def add_fault(self, kind: str, **options: Any) -> Fault:
        """Add a fault to the script; kinds and options are `app.sandbox.core.faults.KINDS`."""
        return self.faults.add(kind, **options)

    def pardon(self, vendor_id: str) -> None:
        """Lift every ban and block of a vendor, and of all who called without a key."""
        self.vendor(vendor_id)
        self.meters[vendor_id].pardon()
        self.stranger_meters.clear()

    def reset(self, *, seed: int | None = None, keep_vendors: bool = False) -> None:
        """Start from nothing, with the first rules; optionally with another seed or the same vendors."""
        kept = list(self.vendors.values())
        self.seed = self.seed if seed is None else seed
        self.rules = self._first_rules
        self.begin()
        for one in kept if keep_vendors else ():
            again = self.add_vendor(one.vendor_id, one.access_key, one.secret_key)
            again.wing_users, again.address_lists = one.wing_users, one.address_lists

    # what is true

    def report(self) -> dict[str, Any]:
        """Return the ledger: calls, changes, changes applied twice, and the figures of every vendor."""
        self.advance()
        return {
            **self.ledger.summary(),
            "vendors": {
                vendor_id: {
                    "max_in_flight": meter.max_in_flight,
                    "overlaps": meter.overlaps,
                    "max_calls_in_a_second": meter.max_calls_in_a_second,
                    "calls_while_banned": meter.calls_while_banned,
                    "blocked": meter.blocked,
                }
                for vendor_id, meter in sorted(self.meters.items())
            },
        }

    def truth(self, vendor_id: str | None = None) -> list[dict[str, Any]]:
        """Return every box as it really is, whatever lists show; oldest id first."""
        now = self.advance()
        return [
            truth_of(box, now)
            for _, box in sorted(self.boxes.items())
            if box.paid_at <= now and vendor_id in (None, box.vendor_id)
        ]

    def transcript(self) -> bytes:
        """Return all calls and answers, one JSON line each; empty unless the rules keep it."""
        return b"\n".join(self.ledger.transcript)

    def present(self, box_id: int) -> Box:
        """Return a box that exists by now.

        Raises:
            NotFound: There is none, or its order lies ahead.
        """
        return self._paid(box_id)


def truth_of(box: Box, now: datetime) -> dict[str, Any]:
    """Return one box as it really is."""
    return {
        "shipment_box_id": box.box_id,
        "order_id": box.order_id,
        "vendor_id": box.vendor_id,
        "status": box.status,
        "shown": box.shown(now),
        "shown_from": box.shown_from.isoformat() if box.shown_from else None,
        "paid_at": box.paid_at.isoformat(),
        "split": box.split,
        "able_split": box.able_split,
        "hold_kind": box.hold_kind,
        "courier": box.courier,
        "invoice": box.invoice,
        "never_scanned": box.never_scanned,
        "orderer": box.orderer.name,
        "receiver": _receiver(box.receiver),
        "receivers": [{**_receiver(one), "since": since.isoformat()} for one, since in box.receivers],
        "lines": [
            {
                "vendor_item_id": line.vendor_item_id,
                "count": line.count,
                "canceled": line.canceled,
                "held": line.held,
                "shippable": line.shippable,
                "planned": line.planned,
            }
            for line in box.lines
        ],
        "history": [{"status": status, "at": at.isoformat(), "by": by} for status, at, by in box.history],
        "exchange_id": box.exchange_id,
    }


def _receiver(one: Receiver) -> dict[str, str]:
    return {name: getattr(one, name) for name in Receiver.__slots__}


def _counts(pieces: Mapping[int, int] | None) -> dict[int, int] | None:
    return None if pieces is None else dict(pieces)


def add_vendors(world: World, vendors: Iterable[tuple[str, str, str]]) -> None:
    """Register vendors given as (vendor id, access key, secret key)."""
    for vendor_id, access_key, secret_key in vendors:
        world.add_vendor(vendor_id, access_key, secret_key)
