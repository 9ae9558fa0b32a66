"""How many units of each line are free, held, cancelled, shipped and returned, and which claim holds which.

Two sources describe the same units: order sheets say how many of a line are held and cancelled, receipts say
which claim is about how many of an option. `settle` brings both together, for the whole order at once. It
computes the result from what is known and never adds to an earlier result: reading the same thing a thousand
times changes nothing.

A claim names an order, an option and a count, and is matched by these: a share on a line of another option
cannot be made. What a claim holds is written down share by share, so a withdrawal gives back exactly that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Key = tuple[int, int]
"""A line: shipment box id, vendor item id."""

RULES: dict[str, str] = {
    "ordered_is_positive": "A line has at least one unit.",
    "never_negative": "No quantity is below zero.",
    "claimed_within_ordered": "Held and cancelled units together are never more than were ordered.",
    "returned_within_shipped": "No more units come back than have left.",
    "returned_is_cancelled": "Every returned unit is refunded, so it counts as cancelled.",
    "never_a_shipped_cancel": "A unit that was cancelled before it left is never shipped.",
    "lines_of_one_order": "All lines and claims belong to the order.",
    "one_line_per_option": "A box has one line for each option.",
    "claim_is_new": "A receipt claims an option of a box once.",
    "count_is_positive": "A claim counts at least one unit.",
    "box_is_known": "The box the claim names is not known yet, or was gone before it was ever read.",
    "option_was_ordered": "The order has no line of the option the claim names.",
    "enough_units": "The claim counts more units of its option than the order has unclaimed.",
}
"""Rule → what it says, in words for a user."""


class Impossible(Exception):
    """The quantities do not allow it.

    Attributes:
        rule: Name of the rule that is broken; a key of `RULES`.
    """

    def __init__(self, rule: str) -> None:
        super().__init__(RULES[rule])
        self.rule = rule


class Kind(StrEnum):
    """What a claim asks for: units that have not left (STOP), or units that have (RETURN)."""

    STOP = "STOP"
    RETURN = "RETURN"


@dataclass(frozen=True, slots=True)
class Line:
    """The units of one option in one box, as Coupang's order sheet and the state of the box say.

    Attributes:
        told_held: Units with a cancel pending, in Coupang's words.
        told_cancelled: Units cancelled for good, in Coupang's words.
        left: The box has a waybill at Coupang.
        shipped: Units that were known to have left before.
        sale: False for the replacement of an exchange, which was not sold.

    Raises:
        Impossible: The quantities contradict each other; names the rule.
    """

    order_id: int
    shipment_box_id: int
    vendor_item_id: int
    ordered: int
    told_held: int = 0
    told_cancelled: int = 0
    left: bool = False
    shipped: int = 0
    sale: bool = True

    def __post_init__(self) -> None:
        _need(self.ordered > 0, "ordered_is_positive")
        _need(min(self.told_held, self.told_cancelled, self.shipped) >= 0, "never_negative")
        _need(self.told_held + self.told_cancelled <= self.ordered, "claimed_within_ordered")

    @property
    def key(self) -> Key:
        """Return what names this line."""
        return self.shipment_box_id, self.vendor_item_id


@dataclass(frozen=True, slots=True)
class Claim:
    """One item of a receipt that is not withdrawn: so many units of one option of one order.

    Attributes:
        shipment_box_id: The box the receipt names. Its units are there, unless a split gave them a new box.
        done: The refund is final: the units are cancelled, and of a RETURN also returned.
    """

    receipt_id: int
    order_id: int
    shipment_box_id: int
    vendor_item_id: int
    count: int
    kind: Kind
    done: bool = False

    def __post_init__(self) -> None:
        _need(self.count > 0, "count_is_positive")

    @property
    def key(self) -> tuple[int, int, int]:
        """Return what names this claim: receipt, the box it names, option."""
        return self.receipt_id, self.shipment_box_id, self.vendor_item_id


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a claim that the claim's option bears in one box."""

    claim: Claim
    shipment_box_id: int
    count: int

    @property
    def line(self) -> Key:
        """Return the line that bears it: always one of the option that is claimed."""
        return self.shipment_box_id, self.claim.vendor_item_id


@dataclass(frozen=True, slots=True)
class Quantities:
    """What became of the units of a line.

    Raises:
        Impossible: They do not add up; names the rule.
    """

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
        _need(self.shipped + self.cancelled - self.returned <= self.ordered, "never_a_shipped_cancel")

    @property
    def shippable(self) -> int:
        """Return the units that no claim is about."""
        return self.ordered - self.held - self.cancelled


@dataclass(frozen=True, slots=True)
class Settled:
    """One order, settled.

    Attributes:
        lines: What became of each line's units.
        shares: Which line bears which part of which claim; the shares of a claim sum up to its count.
        unallocated: Claims that fit nowhere, with the rule that says why; they bear on no line.
    """

    lines: Mapping[Key, Quantities]
    shares: tuple[Share, ...]
    unallocated: tuple[tuple[Claim, str], ...]


def settle(
    order_id: int,
    lines: Sequence[Line],
    claims: Sequence[Claim],
    earlier: Mapping[tuple[int, int, int], Mapping[int, int]] | None = None,
) -> Settled:
    """Match the claims of an order with its lines and count what became of every unit.

    Args:
        order_id: The order.
        lines: All its lines, in all its boxes.
        claims: All claims on it that are not withdrawn.
        earlier: Where claims were matched before, by claim key: units by box. A claim stays where it is
            unless it does not fit there any more, or its units are known to be elsewhere.

    Raises:
        Impossible: Lines and claims are not those of one order; names the rule.
    """
    _need({line.order_id for line in lines} <= {order_id}, "lines_of_one_order")
    _need({claim.order_id for claim in claims} <= {order_id}, "lines_of_one_order")
    by_key = {line.key: line for line in lines}
    _need(len(by_key) == len(lines), "one_line_per_option")
    _need(len({claim.key for claim in claims}) == len(claims), "claim_is_new")
    room = {key: line.ordered for key, line in by_key.items()}
    placed: dict[tuple[int, int, int], Mapping[int, int]] = {}
    ordered = sorted(claims, key=lambda claim: claim.key)
    for claim in ordered:
        before = (earlier or {}).get(claim.key)
        if before and _fits(claim, before, room):
            placed[claim.key] = before
            _take(room, claim, before)
    for claim in ordered:
        _go_home(placed, claim, room)
    unallocated: list[tuple[Claim, str]] = []
    # Who names a line comes first: what Coupang shows beyond that is about the others.
    for claim in sorted(
        ordered, key=lambda claim: (claim.shipment_box_id, claim.vendor_item_id) not in by_key
    ):
        if claim.key in placed:
            continue
        try:
            found = _match(claim, by_key, room)
        except Impossible as no:
            unallocated.append((claim, no.rule))
        else:
            placed[claim.key] = found
            _take(room, claim, found)
    _follow_what_is_shown(placed, ordered, by_key, room)
    shares = tuple(
        Share(claim, box_id, count)
        for claim in ordered
        for box_id, count in sorted(placed.get(claim.key, {}).items())
    )
    told = {line.key: _count(line, [one for one in shares if one.line == line.key]) for line in lines}
    return Settled(told, shares, tuple(unallocated))


def _match(claim: Claim, lines: Mapping[Key, Line], room: Mapping[Key, int]) -> dict[int, int]:
    """Find the lines a claim is about, by option and count; one takes it whole where one can.

    Preferred are the box the receipt names, then a line on which Coupang shows as many units held or
    cancelled that no claim explains, then one whose units are where the claim says (unshipped for a STOP,
    gone for a RETURN), then the tightest fit; equal ones by box number.
    """
    # A box that was cancelled before we saw it must not make another one look cancelled.
    _need(any(box == claim.shipment_box_id for box, _ in lines), "box_is_known")
    mine = [line for line in lines.values() if line.vendor_item_id == claim.vendor_item_id]
    _need(bool(mine), "option_was_ordered")
    _need(sum(room[line.key] for line in mine) >= claim.count, "enough_units")

    def preference(line: Line) -> tuple[bool, bool, bool, int, bool, int, int]:
        free = room[line.key]
        shown = max(0, min(_unexplained(line, room), claim.count))
        return (
            free < claim.count,
            line.shipment_box_id != claim.shipment_box_id,
            not line.sale,
            -shown,
            line.left is not (claim.kind is Kind.RETURN),
            # A claim that no line can take whole begins where most of it fits.
            free if free >= claim.count else -free,
            line.shipment_box_id,
        )

    found: dict[int, int] = {}
    rest = claim.count
    for line in sorted(mine, key=preference):
        if taken := min(rest, room[line.key]):
            found[line.shipment_box_id] = taken
            rest -= taken
    return found


def _unexplained(line: Line, room: Mapping[Key, int]) -> int:
    """Return the units that Coupang shows held or cancelled beyond what is claimed of the line."""
    return line.told_held + line.told_cancelled - (line.ordered - room[line.key])


def _fits(claim: Claim, counts: Mapping[int, int], room: Mapping[Key, int]) -> bool:
    whole = sum(counts.values()) == claim.count
    return whole and all(
        0 < count <= room.get((box, claim.vendor_item_id), 0) for box, count in counts.items()
    )


def _go_home(
    placed: dict[tuple[int, int, int], Mapping[int, int]], claim: Claim, room: dict[Key, int]
) -> bool:
    """Move a claim to the line it names, once that is there and has room; tell whether it moved."""
    present, home = placed.get(claim.key), (claim.shipment_box_id, claim.vendor_item_id)
    if not present or home[0] in present or room.get(home, 0) < claim.count:
        return False
    _take(room, claim, present, back=True)
    placed[claim.key] = {home[0]: claim.count}
    _take(room, claim, placed[claim.key])
    return True


def _follow_what_is_shown(
    placed: dict[tuple[int, int, int], Mapping[int, int]],
    claims: Sequence[Claim],
    lines: Mapping[Key, Line],
    room: dict[Key, int],
) -> None:
    """Move claims to where Coupang shows their units, until none is shown better elsewhere.

    A claim that is at home stays; any other move explains more of what Coupang shows than before. So this
    ends, and nothing is left to move when the same is told again.
    """
    moved = True
    while moved:
        moved = False
        for claim in claims:
            if _go_home(placed, claim, room):
                moved = True
                continue
            present = placed.get(claim.key)
            if present and (box := _shown_elsewhere(claim, present, lines, room)) is not None:
                _take(room, claim, present, back=True)
                placed[claim.key] = {box: claim.count}
                _take(room, claim, placed[claim.key])
                moved = True


def _shown_elsewhere(
    claim: Claim, counts: Mapping[int, int], lines: Mapping[Key, Line], room: Mapping[Key, int]
) -> int | None:
    """Return the box on whose line Coupang shows all of a claim, when it shows nothing of it where it is."""
    if claim.shipment_box_id in counts:
        return None
    here = [lines[box, claim.vendor_item_id] for box in counts]
    if any(_unexplained(line, room) + counts[line.shipment_box_id] > 0 for line in here):
        return None
    there = [
        line
        for line in lines.values()
        if line.vendor_item_id == claim.vendor_item_id
        and line.shipment_box_id not in counts
        and min(_unexplained(line, room), room[line.key]) >= claim.count
    ]
    return min((line.shipment_box_id for line in there), default=None)


def _take(room: dict[Key, int], claim: Claim, counts: Mapping[int, int], *, back: bool = False) -> None:
    for box, count in counts.items():
        room[box, claim.vendor_item_id] += count if back else -count


def _count(line: Line, shares: Iterable[Share]) -> Quantities:
    """Count the units of a line from what Coupang states and from what is claimed of it.

    The two may be read at different times. A unit is free only when neither says otherwise.
    """
    held = stopped = returned = 0
    for share in shares:
        if not share.claim.done:
            held += share.count
        elif share.claim.kind is Kind.STOP:
            stopped += share.count
        else:
            returned += share.count
    cancelled = max(line.told_cancelled, stopped + returned)
    claimed = max(line.told_held + line.told_cancelled, held + stopped + returned)
    if line.left:
        shipped = line.ordered - cancelled + returned
        if line.shipped:
            # What is cancelled without a claim after it has left has come back; before, it never left.
            shipped = min(line.ordered - stopped, max(line.shipped, shipped))
        returned = max(returned, shipped + cancelled - line.ordered)
    else:
        # A return may be seen before the shipping is: what came back has left without our knowing.
        shipped = returned
    return Quantities(line.ordered, claimed - cancelled, cancelled, shipped, returned)


def _need(holds: bool, rule: str) -> None:
    if not holds:
        raise Impossible(rule)
