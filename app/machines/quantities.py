"""How many units of each line are free, held, cancelled, shipped and returned, and which claim holds which.

Two questions about the same units, never mixed. What Coupang counts: ordered = shippable + held + cancelled.
Where the goods are: shipped and not returned, or in the house; a unit that was cancelled before it left may
never leave. `Order` is the value of one order: its lines in all its boxes and the open claims on them.

A claim names an order, an option and a count, and is matched by these: a share on a line of another option
cannot be made. What a claim holds is written down share by share, so a withdrawal gives back exactly that.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum


class Impossible(Exception):
    """The quantities do not allow it.

    Attributes:
        rule: Name of the rule that is broken; a key of `RULES`.
    """

    def __init__(self, rule: str) -> None:
        super().__init__(RULES[rule])
        self.rule = rule


RULES: dict[str, str] = {
    "ordered_is_positive": "A line has at least one unit.",
    "never_negative": "No quantity is below zero.",
    "claimed_within_ordered": "Held and cancelled units together are never more than were ordered.",
    "returned_within_shipped": "No more units come back than have left.",
    "returned_is_cancelled": "Every returned unit is refunded, so it counts as cancelled.",
    "never_a_shipped_cancel": "A unit that was cancelled before it left is never shipped.",
    "one_line_per_option": "A box has one line for each option.",
    "lines_of_one_order": "All lines belong to the order.",
    "holds_are_claimed": "What the claims hold is held on exactly the lines they name, no more and no less.",
    "claim_of_this_order": "The claim belongs to another order.",
    "option_was_ordered": "The order has no line of the option the claim names.",
    "enough_shippable": "The claim counts more units than are shippable of its option in this order.",
    "count_is_positive": "A claim or a shipment counts at least one unit.",
    "claim_is_new": "The receipt already claims this option with another count or kind.",
    "claim_is_open": "No open claim has this receipt number.",
    "line_exists": "The box has no line of this option.",
    "enough_to_ship": "Only units that are in the house and not claimed may be shipped.",
}
"""Rule → what it says, in words for a user."""


class Kind(StrEnum):
    """What a claim asks for: units that have not left (STOP), or units that have (RETURN)."""

    STOP = "STOP"
    RETURN = "RETURN"


@dataclass(frozen=True, slots=True)
class Line:
    """The units of one option in one box.

    Raises:
        Impossible: The quantities contradict each other; names the rule.
    """

    order_id: int
    shipment_box_id: int
    vendor_item_id: int
    ordered: int
    held: int = 0
    cancelled: int = 0
    shipped: int = 0
    returned: int = 0

    def __post_init__(self) -> None:
        _need(self.ordered > 0, "ordered_is_positive")
        _need(min(self.held, self.cancelled, self.shipped, self.returned) >= 0, "never_negative")
        _need(self.held + self.cancelled <= self.ordered, "claimed_within_ordered")
        _need(self.returned <= self.shipped, "returned_within_shipped")
        _need(self.returned <= self.cancelled, "returned_is_cancelled")
        _need(self.in_house >= 0, "never_a_shipped_cancel")

    @property
    def shippable(self) -> int:
        """Return what Coupang counts as shippable: ordered less held less cancelled."""
        return self.ordered - self.held - self.cancelled

    @property
    def in_house(self) -> int:
        """Return the units that have neither left nor been cancelled before they left."""
        return self.ordered - self.shipped - (self.cancelled - self.returned)


@dataclass(frozen=True, slots=True)
class Claim:
    """One item of a receipt: so many units of one option of one order.

    Attributes:
        shipment_box_id: The box the receipt names. A hint and no more: a split gives shipped goods a new box.
    """

    receipt_id: int
    order_id: int
    vendor_item_id: int
    count: int
    kind: Kind
    shipment_box_id: int | None = None

    def __post_init__(self) -> None:
        _need(self.count > 0, "count_is_positive")

    @property
    def key(self) -> tuple[int, int, int | None]:
        """Return what tells the items of receipts apart: receipt, option and the box it names."""
        return self.receipt_id, self.vendor_item_id, self.shipment_box_id


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a claim that one box bears, on its line of the claim's option."""

    shipment_box_id: int
    count: int


@dataclass(frozen=True, slots=True)
class Held:
    """An open claim and where it holds its units."""

    claim: Claim
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """The lines of one order, in all its boxes, and the open claims on them.

    Every operation returns a new value, or raises `Impossible` and changes nothing.

    Raises:
        Impossible: Lines and claims contradict each other; names the rule.
    """

    order_id: int
    lines: tuple[Line, ...]
    claims: tuple[Held, ...] = ()

    def __post_init__(self) -> None:
        _need(all(line.order_id == self.order_id for line in self.lines), "lines_of_one_order")
        keys = {(line.shipment_box_id, line.vendor_item_id) for line in self.lines}
        _need(len(keys) == len(self.lines), "one_line_per_option")
        named = {held.claim.key for held in self.claims}
        _need(len(named) == len(self.claims), "claim_is_new")
        held_by_line = dict.fromkeys(keys, 0)
        for held in self.claims:
            _need(held.claim.order_id == self.order_id, "claim_of_this_order")
            _need(sum(share.count for share in held.shares) == held.claim.count, "holds_are_claimed")
            boxes = {share.shipment_box_id for share in held.shares}
            _need(len(boxes) == len(held.shares), "holds_are_claimed")
            for share in held.shares:
                key = (share.shipment_box_id, held.claim.vendor_item_id)
                _need(key in keys and share.count > 0, "holds_are_claimed")
                held_by_line[key] += share.count
        for line in self.lines:
            claimed = held_by_line[line.shipment_box_id, line.vendor_item_id]
            _need(line.held == claimed, "holds_are_claimed")

    def hold(self, claim: Claim) -> "Order":
        """Hold the units of a claim; the same claim seen again changes nothing.

        Raises:
            Impossible: Another order, an option nobody ordered, more than is shippable, or a changed claim.
        """
        for held in self.claims:
            if held.claim.key == claim.key:
                _need((held.claim.count, held.claim.kind) == (claim.count, claim.kind), "claim_is_new")
                return self
        held = Held(claim, self.match(claim))
        return Order(self.order_id, _on(self.lines, held, _held), (*self.claims, held))

    def match(self, claim: Claim) -> tuple[Share, ...]:
        """Find the lines a claim is about, by order, option and count.

        One line takes the whole claim where one can. Preferred are the box the receipt names, then a line
        whose units are where the claim says (in the house for a STOP, gone for a RETURN), then the tightest
        fit; equal ones by box number.

        Raises:
            Impossible: Another order, an option nobody ordered, or more than is shippable.
        """
        _need(claim.order_id == self.order_id, "claim_of_this_order")
        lines = [line for line in self.lines if line.vendor_item_id == claim.vendor_item_id]
        _need(bool(lines), "option_was_ordered")
        _need(sum(line.shippable for line in lines) >= claim.count, "enough_shippable")

        def preference(line: Line) -> tuple[bool, bool, bool, int, int]:
            free = line.shippable
            fitting = min(free, self._unclaimed(line, claim.kind))
            return (
                free < claim.count,
                line.shipment_box_id != claim.shipment_box_id,
                fitting < claim.count,
                # A claim that no line can take whole begins where most of its units must be.
                free if free >= claim.count else -fitting,
                line.shipment_box_id,
            )

        shares: list[Share] = []
        rest = claim.count
        for line in sorted(lines, key=preference):
            if taken := min(rest, line.shippable):
                shares.append(Share(line.shipment_box_id, taken))
                rest -= taken
        return tuple(shares)

    def withdraw(self, receipt_id: int) -> "Order":
        """Give back exactly what the receipt holds.

        Raises:
            Impossible: No open claim has this receipt number.
        """
        return self._end(receipt_id, _given_back)

    def complete(self, receipt_id: int) -> "Order":
        """End a receipt with its refund: its units are cancelled, and of a return also returned.

        Raises:
            Impossible: No open claim has this number; units of a STOP have left, or of a RETURN have not.
        """
        return self._end(receipt_id, _completed)

    def turn_into_return(self, receipt_id: int) -> "Order":
        """Let a stop request go on as a return: its units have left, and stay held.

        Raises:
            Impossible: No open claim has this receipt number.
        """
        mine = self._claims_of(receipt_id)
        lines = self.lines
        for held in mine:
            if held.claim.kind is Kind.STOP:
                lines = _on(lines, held, _left)
        claims = tuple(
            Held(replace(held.claim, kind=Kind.RETURN), held.shares) if held in mine else held
            for held in self.claims
        )
        return Order(self.order_id, lines, claims)

    def cancel(self, shipment_box_id: int, vendor_item_id: int, count: int) -> "Order":
        """Cancel units at once: the customer in ACCEPT, or the seller (O9).

        Raises:
            Impossible: No such line, more than is shippable, or units that have left.
        """
        line = self._line(shipment_box_id, vendor_item_id, count)
        _need(count <= line.shippable, "enough_shippable")
        return replace(self, lines=self._with(replace(line, cancelled=line.cancelled + count)))

    def to_ship(self, shipment_box_id: int, vendor_item_id: int) -> int:
        """Return how many units of a line may leave now: in the house, and claimed by nobody.

        Raises:
            Impossible: No such line.
        """
        return self._unclaimed(self._line(shipment_box_id, vendor_item_id, 1), Kind.STOP)

    def ship(self, shipment_box_id: int, vendor_item_id: int, count: int) -> "Order":
        """Ship units of a line, asked by us.

        Raises:
            Impossible: No such line, or not so many units may leave.
        """
        line = self._line(shipment_box_id, vendor_item_id, count)
        _need(count <= self._unclaimed(line, Kind.STOP), "enough_to_ship")
        return replace(self, lines=self._with(replace(line, shipped=line.shipped + count)))

    def see_shipped(self, shipment_box_id: int, vendor_item_id: int, count: int) -> "Order":
        """Record that units have left, whatever was claimed: somebody shipped them in WING.

        Raises:
            Impossible: No such line, or not so many units were in the house.
        """
        line = self._line(shipment_box_id, vendor_item_id, count)
        return replace(self, lines=self._with(replace(line, shipped=line.shipped + count)))

    def _line(self, shipment_box_id: int, vendor_item_id: int, count: int) -> Line:
        _need(count > 0, "count_is_positive")
        for line in self.lines:
            if (line.shipment_box_id, line.vendor_item_id) == (shipment_box_id, vendor_item_id):
                return line
        raise Impossible("line_exists")

    def _with(self, changed: Line) -> tuple[Line, ...]:
        key = (changed.shipment_box_id, changed.vendor_item_id)
        return tuple(
            changed if (line.shipment_box_id, line.vendor_item_id) == key else line for line in self.lines
        )

    def _claimed(self, line: Line, kind: Kind) -> int:
        return sum(
            share.count
            for held in self.claims
            if held.claim.kind is kind and held.claim.vendor_item_id == line.vendor_item_id
            for share in held.shares
            if share.shipment_box_id == line.shipment_box_id
        )

    def _unclaimed(self, line: Line, kind: Kind) -> int:
        """Count the units a new claim of this kind could be about, by where they are."""
        out = line.shipped - line.returned
        stops, returns = self._claimed(line, Kind.STOP), self._claimed(line, Kind.RETURN)
        if kind is Kind.RETURN:
            return max(0, out - returns)
        # A return may be seen before the shipping is; what it counts beyond it has left without our knowing.
        return max(0, line.in_house - stops - max(0, returns - out))

    def _claims_of(self, receipt_id: int) -> tuple[Held, ...]:
        mine = tuple(held for held in self.claims if held.claim.receipt_id == receipt_id)
        _need(bool(mine), "claim_is_open")
        return mine

    def _end(self, receipt_id: int, change: Callable[[Line, int, Kind], Line]) -> "Order":
        mine = self._claims_of(receipt_id)
        lines = self.lines
        for held in mine:
            lines = _on(lines, held, change)
        return Order(self.order_id, lines, tuple(held for held in self.claims if held not in mine))


def _need(holds: bool, rule: str) -> None:
    if not holds:
        raise Impossible(rule)


def _on(lines: tuple[Line, ...], held: Held, change: Callable[[Line, int, Kind], Line]) -> tuple[Line, ...]:
    """Change the lines a claim holds units of, each by the count of its share."""
    counts = {share.shipment_box_id: share.count for share in held.shares}
    return tuple(
        change(line, counts[line.shipment_box_id], held.claim.kind)
        if line.vendor_item_id == held.claim.vendor_item_id and line.shipment_box_id in counts
        else line
        for line in lines
    )


def _held(line: Line, count: int, _: Kind) -> Line:
    return replace(line, held=line.held + count)


def _given_back(line: Line, count: int, _: Kind) -> Line:
    return replace(line, held=line.held - count)


def _completed(line: Line, count: int, kind: Kind) -> Line:
    returned = line.returned + (count if kind is Kind.RETURN else 0)
    return replace(line, held=line.held - count, cancelled=line.cancelled + count, returned=returned)


def _left(line: Line, count: int, _: Kind) -> Line:
    """Count the units as shipped, unless they were counted when their box left."""
    return replace(line, shipped=line.shipped + min(count, line.in_house))
