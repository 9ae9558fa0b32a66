"""The present: clock, due events, seeded chance, what exists and where to find it.

Nothing here runs by itself. Events lie in a heap by (virtual time, sequence); whoever looks at the
world calls `advance` first, so the result depends on seed, script and virtual times only, never on
how the machine schedules its work.
"""

import heapq
import random
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from ipaddress import ip_address
from uuid import UUID

from app.clock import Clock, Real
from app.errors import Invalid, NotFound
from app.sandbox.core.claim_entities import Exchange, Receipt
from app.sandbox.core.faults import Faults
from app.sandbox.core.ledger import Ledger
from app.sandbox.core.order_entities import CANCELLED, ROAD, Box, Receiver, Vendor
from app.sandbox.core.rate_limit import Meter
from app.sandbox.core.rules import Rules

STRANGERS_KEPT = 1_000
"""So many addresses without a key are told apart."""
Act = Callable[[datetime], None]
"""Something that happens at a time; it gets that time, not the time somebody noticed."""


class SandboxState:
    """Everything that exists.

    Args:
        clock: The virtual clock, shared with whoever signs the calls.
        seed: Everything left to chance follows from it.
        rules: How this Coupang behaves.
        monotonic: Returns real seconds; for the rate limit.
        wall: The real clock; signatures may be dated by it too.
    """

    def __init__(
        self,
        clock: Clock,
        seed: int,
        rules: Rules,
        monotonic: Callable[[], float],
        wall: Clock | None = None,
    ) -> None:
        self.clock = clock
        self.wall: Clock = wall or Real()
        self.seed = seed
        self.rules = rules
        self.monotonic = monotonic
        self.begin()

    def begin(self) -> None:
        """Start from nothing: no vendors, no boxes, no events, an empty ledger."""
        self.vendors: dict[str, Vendor] = {}
        self.owners: dict[str, str] = {}
        self.meters: dict[str, Meter] = {}
        self.stranger_meters: dict[str, Meter] = {}
        self.boxes: dict[int, Box] = {}
        self.orders: dict[int, list[int]] = {}
        self.receipts: dict[int, Receipt] = {}
        self.exchanges: dict[int, Exchange] = {}
        self.claims: dict[int, list[Receipt]] = {}
        self.watches: dict[int, list[tuple[str, Act]]] = {}
        self.waybills: dict[tuple[str, str], list[tuple[str, Receiver, str, int, datetime]]] = {}
        self.faults = Faults()
        self.ledger = Ledger()
        self.strangers = 0
        self._events: list[tuple[datetime, int, Act]] = []
        self._scheduled = 0
        self._happening: datetime | None = None

    # time

    def now(self) -> datetime:
        """Return the present virtual time; while an event happens, that is the event's time."""
        return self._happening or self.clock.now()

    def advance(self) -> datetime:
        """Let everything happen that is due, in order of its time, and return the present."""
        now = self.clock.now()
        while self._events and self._events[0][0] <= now:
            at, _, act = heapq.heappop(self._events)
            with self.happening(at):
                act(at)
        return now

    @contextmanager
    def happening(self, at: datetime) -> Iterator[None]:
        """Hold the present at `at`, so that one act sees one time, however fast the clock runs."""
        before, self._happening = self._happening, at
        try:
            yield
        finally:
            self._happening = before

    def schedule(self, at: datetime, act: Act) -> None:
        """Let `act` happen at `at`."""
        self._scheduled += 1
        heapq.heappush(self._events, (at, self._scheduled, act))

    # chance: keyed, so that one vendor's luck never depends on another vendor's calls

    def _digest(self, *key: object, size: int) -> bytes:
        return blake2b(repr((self.seed, *key)).encode(), digest_size=size).digest()

    def chance(self, *key: object) -> random.Random:
        """Return the generator that belongs to `key`; the same key always draws the same."""
        return random.Random(self._digest(*key, size=16))

    def int64(self, *key: object) -> int:
        """Return a signed 64-bit number that belongs to `key`."""
        return int.from_bytes(self._digest(*key, size=8), "big", signed=True)

    def uuid(self, *key: object) -> str:
        """Return a UUID that belongs to `key`."""
        return str(UUID(bytes=self._digest(*key, size=16), version=4))

    # vendors

    def add_vendor(
        self,
        vendor_id: str,
        access_key: str,
        secret_key: str,
        *,
        issued_at: datetime | None = None,
        allowed_ips: Sequence[str] | None = None,
    ) -> Vendor:
        """Register a vendor, or give a known one new keys (the old ones die at once).

        Args:
            vendor_id: `A` or `C` and eight digits.
            access_key: Opaque text.
            secret_key: Opaque text.
            issued_at: When the key was issued, now by default; its life is counted from there.
            allowed_ips: Addresses that may use it; None keeps what there is, empty lets all in.

        Raises:
            Invalid: Not a vendor id, an empty key, somebody else's access key, or no list of addresses.
        """
        addresses = None if allowed_ips is None else self._addresses(allowed_ips)
        if not is_vendor_id(vendor_id):
            raise Invalid("vendor_id is A or C and eight digits", ("vendor_id", "malformed"))
        if not access_key or not secret_key:
            raise Invalid("a vendor needs both keys", ("access_key", "empty"))
        if self.owners.get(access_key, vendor_id) != vendor_id:
            raise Invalid("this access key belongs to another vendor", ("access_key", "taken"))
        vendor = self.vendors.get(vendor_id)
        if vendor is None:
            taken = {one.slot for one in self.vendors.values()}
            slot = int.from_bytes(self._digest("slot", vendor_id, size=8), "big") % 1_000_000
            while slot in taken:
                slot = (slot + 1) % 1_000_000
            vendor = Vendor(vendor_id, slot, access_key, secret_key, self.clock.now())
            vendor.index = {status: [] for status in (*ROAD, CANCELLED)}
            self.vendors[vendor_id] = vendor
            # Asked anew each time: a replayed journal lends the world another real clock for a while.
            self.meters[vendor_id] = Meter(lambda: self.monotonic())
        else:
            self.owners.pop(vendor.access_key, None)
            vendor.access_key, vendor.secret_key = access_key, secret_key
        self.owners[access_key] = vendor_id
        vendor.issued_at = issued_at or self.clock.now()
        if addresses is not None:
            known = vendor.address_lists
            lag_s = self.rules.allowed_ips_change_s if known else 0.0
            vendor.address_lists = [*known, (self.clock.now() + timedelta(seconds=lag_s), addresses)]
        return vendor

    def _addresses(self, told: Sequence[str]) -> tuple[str, ...]:
        try:
            read = tuple(str(ip_address(one)) for one in told)
        except ValueError as wrong:
            raise Invalid("allowed_ips are IP addresses", ("allowed_ips", str(wrong))) from None
        if len(read) > self.rules.allowed_ips_most:
            raise Invalid("too many addresses for one key", ("allowed_ips", f"{self.rules.allowed_ips_most}"))
        return read

    def meter_of(self, sender: Vendor | None, vendor_id: str, address: str) -> Meter:
        """Return the meter of a caller: its vendor's, or its address' when no key proves who it is.

        Args:
            sender: Whose valid key signed the call, None for a stranger.
            vendor_id: The vendor of the path; counts for strangers only if the rules have it so.
            address: Where the call comes from.
        """
        if sender is not None:
            return self.meters[sender.vendor_id]
        if self.rules.limit_counts_strangers and vendor_id in self.meters:
            return self.meters[vendor_id]
        if address not in self.stranger_meters:
            while len(self.stranger_meters) >= STRANGERS_KEPT:
                del self.stranger_meters[next(iter(self.stranger_meters))]
            self.stranger_meters[address] = Meter(lambda: self.monotonic())
        return self.stranger_meters[address]

    def vendor(self, vendor_id: str) -> Vendor:
        """Return a vendor.

        Raises:
            NotFound: No such vendor.
        """
        if vendor_id not in self.vendors:
            raise NotFound(f"no vendor {vendor_id}")
        return self.vendors[vendor_id]

    # boxes

    def new_order_id(self, vendor: Vendor) -> int:
        """Return the next order id of a vendor (14 digits)."""
        vendor.orders += 1
        return 24_000_000_000_000 + vendor.slot * 1_000_000 + vendor.orders

    def new_box_id(self, vendor: Vendor) -> int:
        """Return the next box id of a vendor (18 digits, beyond 2^53, or 15; growing)."""
        vendor.boxes += 1
        step = int.from_bytes(self._digest("box", vendor.vendor_id, vendor.boxes, size=2), "big") % 7
        if self.rules.box_id_digits == 15:
            return 600_000_000_000_000 + vendor.slot * 100_000_000 + vendor.boxes * 7 + step
        return 642_000_000_000_000_000 + vendor.slot * 1_000_000_000 + vendor.boxes * 7 + step

    def new_claim_id(self, vendor: Vendor, base: int) -> int:
        """Return the next number of a receipt or exchange (15 digits, beginning with `base`)."""
        vendor.claims += 1
        return base * 10**12 + vendor.slot * 1_000_000 + vendor.claims

    def box(self, box_id: int) -> Box:
        """Return a box.

        Raises:
            NotFound: No such box.
        """
        if box_id not in self.boxes:
            raise NotFound(f"no box {box_id}")
        return self.boxes[box_id]

    def boxes_of_order(self, order_id: int) -> list[Box]:
        """Return the boxes of an order, oldest first."""
        return [self.boxes[box_id] for box_id in self.orders.get(order_id, [])]

    def put(self, box: Box, at: datetime, by: str) -> None:
        """Let a new box exist in its present status."""
        self.boxes[box.box_id] = box
        self.orders.setdefault(box.order_id, []).append(box.box_id)
        insort(self.vendors[box.vendor_id].index[box.status], (box.paid_at, box.box_id))
        box.history.append((box.status, at, by))
        box.receivers.append((box.receiver, at))

    def move(self, box: Box, status: str, at: datetime, by: str) -> None:
        """Give a box another status and write its history."""
        index = self.vendors[box.vendor_id].index
        entry = (box.paid_at, box.box_id)
        index[box.status].pop(bisect_left(index[box.status], entry))
        insort(index[status], entry)
        box.status = status
        box.history.append((status, at, by))
        if watched := self.watches.pop(box.box_id, None):
            self.watches[box.box_id] = [one for one in watched if one[0] != status]
            for _, act in (one for one in watched if one[0] == status):
                act(at)

    def when(self, box_id: int, status: str, act: Act) -> None:
        """Let `act` happen once, the next time this box gets `status`."""
        self.watches.setdefault(box_id, []).append((status, act))

    def listed(
        self,
        vendor: Vendor,
        status: str,
        paid_from: datetime,
        paid_before: datetime,
        below: int | None = None,
        limit: int | None = None,
    ) -> list[int]:
        """Return the ids of boxes that lists show under `status` now, highest id first.

        Args:
            vendor: Whose boxes.
            status: The status as callers see it.
            paid_from: Payment at or after this time.
            paid_before: Payment before this time.
            below: Only ids lower than this one.
            limit: At most this many ids.
        """
        now = self.now()
        # Lists run behind by the lag; a box paid exactly that long ago is in.
        before = min(paid_before, now - timedelta(seconds=self.rules.list_lag_s) + timedelta(microseconds=1))
        vendor.lagging = {one for one in vendor.lagging if self.boxes[one].lagging(now)}
        index = vendor.index[status]
        found = [
            box_id
            for _, box_id in index[bisect_left(index, (paid_from, 0)) : bisect_left(index, (before, 0))]
            if below is None or box_id < below
        ]
        if vendor.replacements and not self.rules.exchange_box_in_lists:
            found = [box_id for box_id in found if box_id not in vendor.replacements]
        if status == "INSTRUCT" and vendor.lagging:
            found = [box_id for box_id in found if box_id not in vendor.lagging]
        if status == "ACCEPT":
            found += [
                box_id
                for box_id in vendor.lagging
                if paid_from <= self.boxes[box_id].paid_at < before and (below is None or box_id < below)
            ]
        # Ids grow almost with payment time, so this sort meets one long run and is linear.
        return sorted(found, reverse=True)[:limit]


def is_vendor_id(text: str) -> bool:
    """Tell whether `text` looks like a vendor id: A or C and eight digits."""
    return len(text) == 9 and text[0] in "AC" and text[1:].isdecimal() and text.isascii()
