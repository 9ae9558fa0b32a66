"""Whatever happens in whatever order, the units of an order add up, and a claim moves only what it names."""

import itertools
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.machines.quantities import RULES, Claim, Held, Impossible, Kind, Line, Order, Share

ORDER, OTHER_ORDER = 24000099000001, 24000099000002
BOXES = (642538970006401001, 642538970006401002, 642538970006401003)
ITEMS = (85000000001, 85000000002)


def line(box: int = 0, item: int = 0, ordered: int = 3, **amounts: int) -> Line:
    return Line(ORDER, BOXES[box], ITEMS[item], ordered, **amounts)


def claim(
    receipt: int = 1, count: int = 1, kind: Kind = Kind.STOP, item: int = 0, box: int | None = None
) -> Claim:
    return Claim(receipt, ORDER, ITEMS[item], count, kind, None if box is None else BOXES[box])


def amounts(order: Order) -> list[tuple[int, int, int, int]]:
    return [(one.held, one.cancelled, one.shipped, one.returned) for one in order.lines]


def refusal(call: object) -> str:
    with pytest.raises(Impossible) as caught:
        call()  # type: ignore[operator]
    assert str(caught.value) == RULES[caught.value.rule]
    return caught.value.rule


def holds(held: int, cancelled: int, shipped: int, returned: int, ordered: int) -> bool:
    """Say the invariants once more, without the code under test."""
    return (
        ordered > 0
        and min(held, cancelled, shipped, returned) >= 0
        and held + cancelled <= ordered
        and returned <= shipped
        and returned <= cancelled
        and shipped + (cancelled - returned) <= ordered
    )


def test_a_line_that_does_not_add_up_cannot_be_made() -> None:
    made = 0
    for ordered, *four in itertools.product(range(4), *[range(-1, 4)] * 4):
        values = dict(zip(("held", "cancelled", "shipped", "returned"), four, strict=True))
        if holds(**values, ordered=ordered):
            one = line(ordered=ordered, **values)
            assert ordered == one.shippable + one.held + one.cancelled
            assert 0 <= one.in_house <= ordered
            made += 1
        else:
            with pytest.raises(Impossible):
                line(ordered=ordered, **values)
    assert made > 50


@pytest.mark.parametrize(
    ("values", "rule_name"),
    [
        ({"ordered": 0}, "ordered_is_positive"),
        ({"held": -1}, "never_negative"),
        ({"held": 2, "cancelled": 2}, "claimed_within_ordered"),
        ({"shipped": 1, "returned": 2, "cancelled": 2}, "returned_within_shipped"),
        ({"shipped": 2, "returned": 2, "cancelled": 1}, "returned_is_cancelled"),
        ({"shipped": 3, "cancelled": 1}, "never_a_shipped_cancel"),
    ],
)
def test_a_refusal_names_its_rule(values: dict[str, int], rule_name: str) -> None:
    assert refusal(lambda: line(**values)) == rule_name


def test_a_claim_on_another_option_or_order_cannot_be_expressed() -> None:
    order = Order(ORDER, (line(item=0), line(box=1, item=0)))
    assert refusal(lambda: order.hold(claim(item=1))) == "option_was_ordered"
    assert refusal(lambda: order.hold(replace(claim(), order_id=OTHER_ORDER))) == "claim_of_this_order"
    # Not even by hand: the share has no option of its own, it takes that of its claim.
    mixed = (line(item=0), line(item=1, held=1))
    wrong = Held(claim(item=0), (Share(BOXES[0], 1),))
    assert refusal(lambda: Order(ORDER, mixed, (wrong,))) == "holds_are_claimed"
    with pytest.raises(FrozenInstanceError):
        order.lines[0].held = 1  # type: ignore[misc]


def test_an_order_whose_holds_nobody_claims_cannot_be_made() -> None:
    assert refusal(lambda: Order(ORDER, (line(held=1),))) == "holds_are_claimed"
    one = claim(count=2)
    for shares in (
        (),
        (Share(BOXES[0], 1),),
        (Share(BOXES[1], 2),),
        (Share(BOXES[0], 1), Share(BOXES[0], 1)),
        (Share(BOXES[0], 3), Share(BOXES[1], -1)),
    ):
        with pytest.raises(Impossible):
            Order(ORDER, (line(held=2), line(box=1)), (Held(one, shares),))
    assert Order(ORDER, (line(held=2), line(box=1)), (Held(one, (Share(BOXES[0], 2),)),))
    assert refusal(lambda: Order(OTHER_ORDER, (line(),))) == "lines_of_one_order"
    assert refusal(lambda: Order(ORDER, (line(), line()))) == "one_line_per_option"
    twice = (Held(claim(), (Share(BOXES[0], 1),)),) * 2
    assert refusal(lambda: Order(ORDER, (line(held=2),), twice)) == "claim_is_new"


@pytest.mark.parametrize(
    ("ordered", "shipped", "asked", "shares"),
    [
        ((3, 1), (0, 0), claim(count=1), ((1, 1),)),  # the tightest fit, not the first line
        ((1, 2, 3), (0, 0, 0), claim(count=2), ((1, 2),)),
        ((3, 1), (0, 0), claim(count=1, box=0), ((0, 1),)),  # the box the receipt names
        ((3, 1), (0, 0), claim(count=2, box=1), ((0, 2),)),  # named, but cannot be meant
        ((2, 2), (0, 0), claim(count=2), ((0, 2),)),  # equal: by box number
        ((2, 2), (2, 0), claim(count=2), ((1, 2),)),  # a stop is about what is in the house
        ((2, 2), (0, 2), claim(count=2, kind=Kind.RETURN), ((1, 2),)),  # a return about what has left
        ((1, 2, 1), (0, 0, 0), claim(count=4), ((1, 2), (0, 1), (2, 1))),  # over several boxes
        ((2, 2), (2, 0), claim(count=3), ((1, 2), (0, 1))),
    ],
)
def test_a_claim_is_matched_by_option_and_count(
    ordered: tuple[int, ...], shipped: tuple[int, ...], asked: Claim, shares: tuple[tuple[int, int], ...]
) -> None:
    lines = tuple(
        line(box=box, ordered=count, shipped=gone)
        for box, (count, gone) in enumerate(zip(ordered, shipped, strict=True))
    )
    order = Order(ORDER, (*lines, line(box=0, item=1)))
    expected = tuple(Share(BOXES[box], count) for box, count in shares)
    assert order.match(asked) == expected
    held = order.hold(asked)
    assert held.claims == (Held(asked, expected),)
    assert held.lines[-1] == order.lines[-1]


def test_a_claim_seen_again_changes_nothing_and_a_changed_one_is_refused() -> None:
    order = Order(ORDER, (line(),)).hold(claim(count=2))
    assert order.hold(claim(count=2)) is order
    assert refusal(lambda: order.hold(claim(count=1))) == "claim_is_new"
    assert refusal(lambda: order.hold(claim(count=2, kind=Kind.RETURN))) == "claim_is_new"
    assert refusal(lambda: order.hold(claim(receipt=2, count=2))) == "enough_shippable"
    assert refusal(lambda: claim(count=0)) == "count_is_positive"


def test_a_stop_request_blocks_its_units_until_it_is_answered() -> None:
    order = Order(ORDER, (line(),)).hold(claim(count=2))
    assert order.to_ship(BOXES[0], ITEMS[0]) == 1
    assert refusal(lambda: order.ship(BOXES[0], ITEMS[0], 2)) == "enough_to_ship"
    stopped = order.complete(1)
    assert amounts(stopped) == [(0, 2, 0, 0)]
    assert stopped.to_ship(BOXES[0], ITEMS[0]) == 1
    assert refusal(lambda: stopped.ship(BOXES[0], ITEMS[0], 2)) == "enough_to_ship"
    assert refusal(lambda: stopped.see_shipped(BOXES[0], ITEMS[0], 2)) == "never_a_shipped_cancel"
    given_back = order.withdraw(1)
    assert given_back.to_ship(BOXES[0], ITEMS[0]) == 3


def test_a_stop_that_had_left_goes_on_as_a_return_of_the_same_units() -> None:
    order = Order(ORDER, (line(),)).hold(claim(count=1))
    shipped = order.ship(BOXES[0], ITEMS[0], 2).turn_into_return(1)
    assert amounts(shipped) == [(1, 0, 3, 0)]
    assert shipped.claims[0].claim.kind is Kind.RETURN
    assert shipped.hold(claim(count=1, kind=Kind.RETURN)) is shipped
    assert amounts(shipped.complete(1)) == [(0, 1, 3, 1)]
    assert amounts(shipped.withdraw(1)) == [(0, 0, 3, 0)]
    # The waybill was first: the units were counted when the box left, not twice.
    first = Order(ORDER, (line(shipped=3),)).hold(claim(count=1)).turn_into_return(1)
    assert amounts(first) == [(1, 0, 3, 0)]
    assert refusal(lambda: Order(ORDER, (line(shipped=3),)).hold(claim()).complete(1)) == (
        "never_a_shipped_cancel"
    )


def test_a_return_of_what_left_without_our_knowing_keeps_the_units_from_leaving_again() -> None:
    order = Order(ORDER, (line(),)).hold(claim(count=2, kind=Kind.RETURN))
    assert order.to_ship(BOXES[0], ITEMS[0]) == 1
    assert refusal(lambda: order.complete(1)) == "returned_within_shipped"
    seen = order.see_shipped(BOXES[0], ITEMS[0], 3)
    assert amounts(seen.complete(1)) == [(0, 2, 3, 2)]


def test_an_immediate_cancel_is_of_one_line_and_within_what_is_free() -> None:
    order = Order(ORDER, (line(), line(box=1))).hold(claim(count=2, box=0))
    assert amounts(order.cancel(BOXES[0], ITEMS[0], 1)) == [(2, 1, 0, 0), (0, 0, 0, 0)]
    assert refusal(lambda: order.cancel(BOXES[0], ITEMS[0], 2)) == "enough_shippable"
    assert refusal(lambda: order.cancel(BOXES[0], ITEMS[0], 0)) == "count_is_positive"
    assert refusal(lambda: order.cancel(BOXES[2], ITEMS[0], 1)) == "line_exists"
    gone = order.ship(BOXES[1], ITEMS[0], 3)
    assert refusal(lambda: gone.cancel(BOXES[1], ITEMS[0], 1)) == "never_a_shipped_cancel"


def test_a_receipt_of_several_options_ends_as_one() -> None:
    order = Order(ORDER, (line(item=0), line(item=1)))
    both = (
        order.hold(claim(receipt=7, count=2)).hold(claim(receipt=7, count=1, item=1)).hold(claim(receipt=8))
    )
    assert amounts(both) == [(3, 0, 0, 0), (1, 0, 0, 0)]
    assert amounts(both.complete(7)) == [(1, 2, 0, 0), (0, 1, 0, 0)]
    assert amounts(both.withdraw(7)) == [(1, 0, 0, 0), (0, 0, 0, 0)]
    for end in (both.complete, both.withdraw, both.turn_into_return):
        assert refusal(lambda end=end: end(9)) == "claim_is_open"


def test_the_same_option_may_be_named_once_for_each_box() -> None:
    order = Order(ORDER, (line(ordered=1), line(box=1, ordered=1)))
    both = order.hold(claim(box=0)).hold(claim(box=1))
    assert amounts(both) == [(1, 0, 0, 0), (1, 0, 0, 0)]
    assert both.withdraw(1) == order


lines_of_orders = st.lists(
    st.tuples(st.sampled_from(BOXES), st.sampled_from(ITEMS), st.integers(1, 5)),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one[:2],
).map(lambda rows: tuple(Line(ORDER, box, item, ordered) for box, item, ordered in rows))

claims = st.builds(
    Claim,
    receipt_id=st.integers(1, 6),
    order_id=st.sampled_from((ORDER, ORDER, ORDER, OTHER_ORDER)),
    vendor_item_id=st.sampled_from(ITEMS),
    count=st.integers(1, 6),
    kind=st.sampled_from(Kind),
    shipment_box_id=st.none() | st.sampled_from(BOXES),
)


@settings(deadline=None)
@given(lines_of_orders, claims)
def test_a_withdrawal_is_the_exact_inverse_of_the_hold(lines: tuple[Line, ...], asked: Claim) -> None:
    order = Order(ORDER, lines)
    try:
        held = order.hold(asked)
    except Impossible:
        free = sum(one.shippable for one in lines if one.vendor_item_id == asked.vendor_item_id)
        assert asked.order_id != ORDER or free < asked.count
        return
    moved = [(b, a) for b, a in zip(order.lines, held.lines, strict=True) if b != a]
    assert all(before.vendor_item_id == asked.vendor_item_id for before, _ in moved)
    assert sum(after.held - before.held for before, after in moved) == asked.count
    assert held.withdraw(asked.receipt_id) == order


class AnyHistory(RuleBasedStateMachine):
    """Every sequence of operations, allowed or refused; the totals are counted a second time beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.order = Order(ORDER, (line(),))
        self.cancelled_in_house = 0
        self.returned = 0

    @initialize(lines=lines_of_orders)
    def begin(self, lines: tuple[Line, ...]) -> None:
        self.order = Order(ORDER, lines)

    def attempt(self, make: object) -> Order | None:
        before = self.order
        try:
            after: Order = make()  # type: ignore[operator]
        except Impossible:
            return None
        self.order = after
        return before

    def held_by(self, order: Order, receipt: int, kind: Kind) -> int:
        return sum(
            one.claim.count
            for one in order.claims
            if one.claim.receipt_id == receipt and one.claim.kind is kind
        )

    @rule(asked=claims)
    def hold(self, asked: Claim) -> None:
        before = self.attempt(lambda: self.order.hold(asked))
        if before is None or before is self.order:
            return
        for old, new in zip(before.lines, self.order.lines, strict=True):
            assert new == old or new.vendor_item_id == asked.vendor_item_id

    @rule(receipt=st.integers(1, 6))
    def withdraw(self, receipt: int) -> None:
        gone = {
            (share.shipment_box_id, one.claim.vendor_item_id, number): share.count
            for number, one in enumerate(self.order.claims)
            if one.claim.receipt_id == receipt
            for share in one.shares
        }
        before = self.attempt(lambda: self.order.withdraw(receipt))
        assert (before is None) is (not gone)
        if before is None:
            return
        for old, new in zip(before.lines, self.order.lines, strict=True):
            key = (old.shipment_box_id, old.vendor_item_id)
            given_back = sum(count for (box, item, _), count in gone.items() if (box, item) == key)
            assert new == replace(old, held=old.held - given_back)

    @rule(receipt=st.integers(1, 6))
    def complete(self, receipt: int) -> None:
        before = self.attempt(lambda: self.order.complete(receipt))
        if before is not None:
            self.cancelled_in_house += self.held_by(before, receipt, Kind.STOP)
            self.returned += self.held_by(before, receipt, Kind.RETURN)

    @rule(receipt=st.integers(1, 6))
    def turn_into_return(self, receipt: int) -> None:
        before = self.attempt(lambda: self.order.turn_into_return(receipt))
        if before is not None:
            assert self.held_by(self.order, receipt, Kind.STOP) == 0
            assert [one.held for one in before.lines] == [one.held for one in self.order.lines]

    @rule(box=st.sampled_from(BOXES), item=st.sampled_from(ITEMS), count=st.integers(1, 5))
    def cancel(self, box: int, item: int, count: int) -> None:
        if self.attempt(lambda: self.order.cancel(box, item, count)) is not None:
            self.cancelled_in_house += count

    @rule(
        box=st.sampled_from(BOXES), item=st.sampled_from(ITEMS), count=st.integers(1, 5), seen=st.booleans()
    )
    def ship(self, box: int, item: int, count: int, seen: bool) -> None:
        act = self.order.see_shipped if seen else self.order.ship
        before = self.attempt(lambda: act(box, item, count))
        if before is not None and not seen:
            assert count <= before.to_ship(box, item)

    @invariant()
    def units_add_up(self) -> None:
        for one in self.order.lines:
            assert one.ordered == one.shippable + one.held + one.cancelled
            assert holds(one.held, one.cancelled, one.shipped, one.returned, one.ordered)
            assert self.order.to_ship(one.shipment_box_id, one.vendor_item_id) <= one.in_house
        lines = self.order.lines
        assert sum(one.held for one in lines) == sum(one.claim.count for one in self.order.claims)
        assert sum(one.returned for one in lines) == self.returned
        assert sum(one.cancelled for one in lines) == self.returned + self.cancelled_in_house
        assert all(one.claim.order_id == ORDER for one in self.order.claims)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
