"""Whatever is told in whatever order, the units of an order add up, and a claim bears on what it names."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.machines.quantities import RULES, Claim, Impossible, Kind, Line, Quantities, Settled, Share, settle

ORDER, OTHER_ORDER = 24000099000001, 24000099000002
BOXES = (642538970006401001, 642538970006401002, 642538970006401003)
SHIRT, SOCKS = 85000000001, 85000000002
EMPTIED, HATS = 642538970006401009, 85000000009
"""A box that a split left without the option that is claimed."""


def line(box: int = 0, item: int = SHIRT, ordered: int = 3, **more: int) -> Line:
    return Line(ORDER, BOXES[box], item, ordered, **more)  # type: ignore[arg-type]


REST = Line(ORDER, EMPTIED, HATS, 1)


def claim(
    receipt: int = 1,
    count: int = 1,
    kind: Kind = Kind.STOP,
    item: int = SHIRT,
    box: int = BOXES[0],
    *,
    done: bool = False,
) -> Claim:
    return Claim(receipt, ORDER, box, item, count, kind, done)


def borne(settled: Settled) -> dict[tuple[int, int], dict[int, int]]:
    """Return units by receipt and option, and then by box."""
    found: dict[tuple[int, int], dict[int, int]] = {}
    for share in settled.shares:
        key = share.claim.receipt_id, share.claim.vendor_item_id
        found.setdefault(key, {})[share.shipment_box_id] = share.count
    return found


def earlier(settled: Settled) -> dict[tuple[int, int, int], dict[int, int]]:
    found: dict[tuple[int, int, int], dict[int, int]] = {}
    for share in settled.shares:
        found.setdefault(share.claim.key, {})[share.shipment_box_id] = share.count
    return found


def counts(settled: Settled, box: int = 0, item: int = SHIRT) -> tuple[int, int, int, int]:
    one = settled.lines[BOXES[box], item]
    return one.held, one.cancelled, one.shipped, one.returned


def adds_up(ordered: int, held: int, cancelled: int, shipped: int, returned: int) -> bool:
    """Say the invariants once more, without the code under test."""
    return (
        ordered > 0
        and min(held, cancelled, shipped, returned) >= 0
        and held + cancelled <= ordered
        and returned <= shipped
        and returned <= cancelled
        and shipped + (cancelled - returned) <= ordered
    )


def test_quantities_that_do_not_add_up_cannot_be_made() -> None:
    made = 0
    for values in itertools.product(range(4), *[range(-1, 4)] * 4):
        if adds_up(*values):
            one = Quantities(*values)
            assert one.ordered == one.shippable + one.held + one.cancelled
            made += 1
        else:
            with pytest.raises(Impossible) as caught:
                Quantities(*values)
            assert str(caught.value) == RULES[caught.value.rule]
    assert made > 50


@pytest.mark.parametrize(
    ("lines", "claims", "rule"),
    [
        ([Line(OTHER_ORDER, BOXES[0], SHIRT, 1)], [], "lines_of_one_order"),
        ([line()], [Claim(1, OTHER_ORDER, BOXES[0], SHIRT, 1, Kind.STOP)], "lines_of_one_order"),
        ([line(), line()], [], "one_line_per_option"),
        ([line()], [claim(), claim(count=2)], "claim_is_new"),
    ],
)
def test_what_is_not_of_one_order_is_not_settled(lines: list[Line], claims: list[Claim], rule: str) -> None:
    with pytest.raises(Impossible) as caught:
        settle(ORDER, lines, claims)
    assert caught.value.rule == rule


def test_a_wrong_option_cancel_cannot_be_represented() -> None:
    """A share takes its option from its claim: there is no place to write another one."""
    lines = [line(item=SHIRT), line(1, item=SHIRT)]
    settled = settle(ORDER, lines, [claim(item=SOCKS)])
    assert settled.shares == ()
    assert [rule for _, rule in settled.unallocated] == ["option_was_ordered"]
    assert all(one == Quantities(3) for one in settled.lines.values())
    assert Share(claim(item=SOCKS), BOXES[0], 1).line == (BOXES[0], SOCKS)


def test_the_first_line_is_not_meant_when_another_option_is_claimed() -> None:
    lines = [line(item=SHIRT, ordered=1), line(item=SOCKS, ordered=1)]
    settled = settle(ORDER, lines, [claim(item=SOCKS, done=True)])
    assert counts(settled, item=SHIRT) == (0, 0, 0, 0)
    assert counts(settled, item=SOCKS) == (0, 1, 0, 0)


def test_more_than_was_ordered_bears_nowhere() -> None:
    settled = settle(ORDER, [line(ordered=2)], [claim(1, 2), claim(2, 1)])
    assert borne(settled) == {(1, SHIRT): {BOXES[0]: 2}}
    assert [(one.receipt_id, rule) for one, rule in settled.unallocated] == [(2, "enough_units")]


def test_told_a_thousand_times_it_counts_once() -> None:
    """Another shop's count of shipped units once stood at -428,723: one cancel was applied many times."""
    lines, claims = [line(left=True)], [claim(1, 2, Kind.RETURN, done=True)]
    settled = settle(ORDER, lines, claims)
    for _ in range(1000):
        again = [line(left=True, shipped=settled.lines[BOXES[0], SHIRT].shipped)]
        settled = settle(ORDER, again, claims, earlier(settled))
    assert counts(settled) == (0, 2, 3, 2)


def test_a_split_gives_the_claim_another_box() -> None:
    settled = settle(ORDER, [line(0, SOCKS), line(1, SHIRT, left=True)], [claim(kind=Kind.RETURN)])
    assert borne(settled) == {(1, SHIRT): {BOXES[1]: 1}}
    assert counts(settled, 1) == (1, 0, 3, 0)


def test_a_box_that_was_never_seen_makes_no_other_look_cancelled() -> None:
    gone = claim(box=BOXES[1], done=True)
    settled = settle(ORDER, [line(0)], [gone])
    assert (settled.shares, settled.unallocated) == ((), ((gone, "box_is_known"),))
    assert counts(settled) == (0, 0, 0, 0)


def test_a_claim_goes_home_once_its_box_has_the_option() -> None:
    away = settle(ORDER, [line(0), line(1, HATS)], [claim(box=BOXES[1])])
    assert borne(away) == {(1, SHIRT): {BOXES[0]: 1}}
    home = settle(ORDER, [line(0), line(1, HATS), line(1)], [claim(box=BOXES[1])], earlier(away))
    assert borne(home) == {(1, SHIRT): {BOXES[1]: 1}}


@pytest.mark.parametrize("first", [0, 1])
def test_where_coupang_shows_the_units_the_claim_is(first: int) -> None:
    lines = [line(first, told_held=2), line(1 - first), REST]
    settled = settle(ORDER, lines, [claim(count=2, box=EMPTIED)])
    assert borne(settled) == {(1, SHIRT): {BOXES[first]: 2}}


def test_a_claim_moves_when_coupang_shows_its_units_elsewhere() -> None:
    blind = settle(ORDER, [line(0), line(1), REST], [claim(box=EMPTIED)])
    assert borne(blind) == {(1, SHIRT): {BOXES[0]: 1}}
    seen = settle(ORDER, [line(0), line(1, told_held=1), REST], [claim(box=EMPTIED)], earlier(blind))
    assert borne(seen) == {(1, SHIRT): {BOXES[1]: 1}}
    assert (counts(seen, 0), counts(seen, 1)) == ((0, 0, 0, 0), (1, 0, 0, 0))


def test_a_withdrawal_gives_back_what_that_receipt_held_and_no_more() -> None:
    lines = [line(0, ordered=2), line(1, ordered=2), REST]
    both = settle(ORDER, lines, [claim(1, 2, box=EMPTIED), claim(2, 1, box=EMPTIED)])
    kept = borne(both)[2, SHIRT]
    left = settle(ORDER, lines, [claim(2, 1, box=EMPTIED)], earlier(both))
    assert borne(left) == {(2, SHIRT): kept}
    assert sum(one.held for one in left.lines.values()) == 1


@pytest.mark.parametrize(
    ("told", "claims", "held", "cancelled"),
    [
        ((1, 0), [], 1, 0),
        ((0, 0), [claim()], 1, 0),
        ((1, 0), [claim()], 1, 0),
        ((1, 0), [claim(done=True)], 0, 1),
        ((0, 1), [claim()], 0, 1),
        ((0, 1), [claim(done=True)], 0, 1),
        ((1, 1), [claim(1, done=True), claim(2)], 1, 1),
    ],
    ids=str,
)
def test_a_unit_is_free_only_when_neither_source_says_otherwise(
    told: tuple[int, int], claims: list[Claim], held: int, cancelled: int
) -> None:
    settled = settle(ORDER, [line(told_held=told[0], told_cancelled=told[1])], claims)
    assert counts(settled) == (held, cancelled, 0, 0)


def test_shipped_already_moves_the_units_from_the_stop_to_the_return() -> None:
    stopped = settle(ORDER, [line(told_held=1)], [claim(1)])
    assert counts(stopped) == (1, 0, 0, 0)
    turned = settle(ORDER, [line(told_held=1, left=True)], [claim(1, kind=Kind.RETURN)], earlier(stopped))
    assert counts(turned) == (1, 0, 3, 0)
    back = settle(ORDER, [line(told_cancelled=1, left=True, shipped=3)], [claim(kind=Kind.RETURN, done=True)])
    assert counts(back) == (0, 1, 3, 1)


def test_what_was_cancelled_before_it_left_never_leaves() -> None:
    assert counts(settle(ORDER, [line(told_cancelled=1, left=True)], [])) == (0, 1, 2, 0)
    assert counts(settle(ORDER, [line(told_cancelled=1, left=True)], [claim(done=True)])) == (0, 1, 2, 0)


def test_what_is_cancelled_after_it_left_came_back() -> None:
    assert counts(settle(ORDER, [line(told_cancelled=1, left=True, shipped=3)], [])) == (0, 1, 3, 1)


def test_a_return_seen_before_its_shipping_has_left() -> None:
    assert counts(settle(ORDER, [line()], [claim(kind=Kind.RETURN, done=True)])) == (0, 1, 1, 1)


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[Line], list[Claim]]:
    """Draw an order: the same option in several boxes, receipts on part of it, what sheets say of it."""
    lines = [REST] if draw(st.booleans()) else []
    for box, item in itertools.product(range(3), (SHIRT, SOCKS)):
        if draw(st.booleans()):
            ordered = draw(st.integers(1, 4))
            held = draw(st.integers(0, ordered))
            cancelled = draw(st.integers(0, ordered - held))
            left = draw(st.booleans())
            shipped = draw(st.integers(0, ordered)) if left else 0
            lines.append(Line(ORDER, BOXES[box], item, ordered, held, cancelled, left, shipped))
    claims = [
        Claim(receipt, ORDER, *draw(st.tuples(st.sampled_from((*BOXES, EMPTIED)), items, units)), kind, done)
        for receipt, (kind, done) in enumerate(draw(lives))
    ]
    return lines, claims


items, units = st.sampled_from((SHIRT, SOCKS)), st.integers(1, 4)
lives = st.lists(st.tuples(st.sampled_from(Kind), st.booleans()), max_size=5)


def assert_conserved(lines: list[Line], claims: list[Claim], settled: Settled) -> None:
    for one in lines:
        now = settled.lines[one.key]
        assert adds_up(now.ordered, now.held, now.cancelled, now.shipped, now.returned)
        mine = [share for share in settled.shares if share.line == one.key]
        held = sum(share.count for share in mine if not share.claim.done)
        done = sum(share.count for share in mine if share.claim.done)
        assert held + done <= one.ordered
        assert now.held + now.cancelled == max(held + done, one.told_held + one.told_cancelled)
        assert now.cancelled == max(done, one.told_cancelled)
    bad = {one.key for one, _ in settled.unallocated}
    for one in claims:
        shares = [share for share in settled.shares if share.claim == one]
        assert sum(share.count for share in shares) == (0 if one.key in bad else one.count)
        assert all(share.line in settled.lines for share in shares)


@settings(max_examples=400, deadline=None)
@given(orders())
def test_units_are_conserved(drawn: tuple[list[Line], list[Claim]]) -> None:
    lines, claims = drawn
    settled = settle(ORDER, lines, claims)
    assert_conserved(lines, claims, settled)
    # The order in which things are told is nothing; telling them again is nothing.
    assert settle(ORDER, lines[::-1], claims[::-1]) == settled
    assert borne(settle(ORDER, lines, claims, earlier(settled))) == borne(settled)


@settings(max_examples=300, deadline=None)
@given(orders(), st.randoms(use_true_random=False))
def test_withdrawals_in_any_order_give_everything_back(
    drawn: tuple[list[Line], list[Claim]], chance: object
) -> None:
    told, claims = drawn
    lines = [Line(ORDER, one.shipment_box_id, one.vendor_item_id, one.ordered) for one in told]
    settled = settle(ORDER, lines, claims)
    rest = [one.claim for one in settled.shares]
    rest = list(dict.fromkeys(rest))
    chance.shuffle(rest)  # type: ignore[attr-defined]
    while rest:
        before, out = borne(settled), rest.pop()
        settled = settle(ORDER, lines, rest, earlier(settled))
        assert_conserved(lines, rest, settled)
        del before[out.receipt_id, out.vendor_item_id]
        after = borne(settled)
        assert after.keys() == before.keys()
        homes = {(one.receipt_id, one.vendor_item_id): one.shipment_box_id for one in rest}
        for key, boxes in after.items():
            # Nobody else moves, but a claim that had no room on the line it names: it goes home.
            assert boxes in (before[key], {homes[key]: sum(boxes.values())})
    assert all(one == Quantities(one.ordered) for one in settled.lines.values())


@settings(max_examples=200, deadline=None)
@given(orders(), orders())
def test_any_reading_may_follow_any_other(
    first: tuple[list[Line], list[Claim]], second: tuple[list[Line], list[Claim]]
) -> None:
    """Changed counts, split boxes, another shipping: the earlier match never spoils the present one."""
    lines, claims = second
    assert_conserved(lines, claims, settle(ORDER, lines, claims, earlier(settle(ORDER, *first))))
