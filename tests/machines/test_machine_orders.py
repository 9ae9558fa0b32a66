"""The life of a box, said in sentences, and the road from our state to the one Coupang shows."""

import itertools
from dataclasses import fields, replace

import pytest

from app.machines.boxes import (
    BOX,
    KOREAN,
    OBSERVED,
    REASONS,
    BoxFacts,
    BoxMachine,
    BoxState,
    from_wire,
    to_wire,
    walk,
)
from app.machines.kernel import Refused

NAMES = [field.name for field in fields(BoxFacts)]
ALL_FACTS = [
    BoxFacts(**dict(zip(NAMES, values, strict=True)))
    for values in itertools.product((False, True), repeat=len(NAMES))
]
READY = BoxFacts(waybill=True, address_final=True)


def missing(state: BoxState, event: str, facts: BoxFacts) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        BOX.decide(state, event, facts)
    return caught.value.missing


def test_states_are_the_enum_and_values_equal_names() -> None:
    assert [state.value for state in BoxMachine.states] == list(BoxState)
    assert all(state.value == state.name for state in BoxState)
    assert BOX.initial is BoxState.ACCEPT
    assert BOX.finals == {BoxState.CANCELLED}
    assert set(KOREAN) == set(BoxState)


def test_every_state_is_reachable_with_and_without_us() -> None:
    proven = BoxFacts(proven=True)
    assert {shown for shown in BoxState if walk(BoxState.ACCEPT, shown, proven) is not None} == set(BoxState)
    reached, front = {BOX.initial}, [BOX.initial]
    while front:
        here = front.pop()
        for source, _, target in BOX.edges():
            if source == here and target not in reached:
                reached.add(target)
                front.append(target)
    assert reached == set(BoxState)


def test_the_machine_is_this_list() -> None:
    """Written out by hand, so that a changed arrow is a changed test."""
    edges = {(event, source, target) for source, event, target in BOX.edges()}
    shipped = ["DEPARTURE", "DELIVERING", "FINAL_DELIVERING", "NONE_TRACKING"]
    assert edges == {
        ("acknowledge", "ACCEPT", "INSTRUCT"),
        ("ship", "INSTRUCT", "DEPARTURE"),
        ("ship_direct", "INSTRUCT", "NONE_TRACKING"),
        ("ship_part", "INSTRUCT", "INSTRUCT"),
        *(("change_invoice", source, "DEPARTURE") for source in shipped),
        *(("change_invoice_direct", source, "NONE_TRACKING") for source in shipped),
        ("close_undelivered", "DEPARTURE", "FINAL_DELIVERING"),
        ("close_undelivered", "DELIVERING", "FINAL_DELIVERING"),
        ("see_instruct", "ACCEPT", "INSTRUCT"),
        ("see_departure", "INSTRUCT", "DEPARTURE"),
        ("see_departure", "DELIVERING", "DEPARTURE"),
        ("see_departure", "FINAL_DELIVERING", "DEPARTURE"),
        ("see_departure", "NONE_TRACKING", "DEPARTURE"),
        ("see_delivering", "DEPARTURE", "DELIVERING"),
        ("see_delivered", "DEPARTURE", "FINAL_DELIVERING"),
        ("see_delivered", "DELIVERING", "FINAL_DELIVERING"),
        ("see_none_tracking", "INSTRUCT", "NONE_TRACKING"),
        ("see_none_tracking", "DEPARTURE", "NONE_TRACKING"),
        ("see_none_tracking", "DELIVERING", "NONE_TRACKING"),
        ("see_none_tracking", "FINAL_DELIVERING", "NONE_TRACKING"),
        ("see_cancelled", "ACCEPT", "CANCELLED"),
        ("see_cancelled", "INSTRUCT", "CANCELLED"),
    }


def test_shipping_needs_each_of_its_guards() -> None:
    assert BOX.decide(BoxState.INSTRUCT, "ship", READY).target == BoxState.DEPARTURE
    for broken, guard in [
        (replace(READY, waybill=False), "has_waybill"),
        (replace(READY, direct=True), "is_tracked"),
        (replace(READY, shippable=False), "something_to_ship"),
        (replace(READY, held=True), "nothing_held"),
        (replace(READY, address_final=False), "address_is_final"),
    ]:
        assert missing(BoxState.INSTRUCT, "ship", broken) == (guard,)
        assert guard in missing(BoxState.INSTRUCT, "ship_part", replace(broken, divisible=True))
    assert missing(BoxState.INSTRUCT, "ship_part", READY) == ("can_be_split",)
    assert missing(BoxState.INSTRUCT, "ship_direct", READY) == ("is_direct",)
    direct = replace(READY, direct=True)
    assert BOX.decide(BoxState.INSTRUCT, "ship_direct", direct).target == BoxState.NONE_TRACKING
    for name, value in (("waybill", False), ("shippable", False), ("held", True), ("address_final", False)):
        assert len(missing(BoxState.INSTRUCT, "ship_direct", replace(direct, **{name: value}))) == 1


def test_nothing_is_acknowledged_while_a_cancel_is_pending() -> None:
    assert BOX.decide(BoxState.ACCEPT, "acknowledge", BoxFacts()).target == BoxState.INSTRUCT
    assert missing(BoxState.ACCEPT, "acknowledge", BoxFacts(held=True)) == ("nothing_held",)


def test_closing_an_undelivered_box_needs_thirty_days() -> None:
    for state in (BoxState.DEPARTURE, BoxState.DELIVERING):
        assert missing(state, "close_undelivered", BoxFacts()) == ("departed_thirty_days_ago",)
        assert BOX.decide(state, "close_undelivered", BoxFacts(thirty_days=True)).target == "FINAL_DELIVERING"


def test_a_wrong_invoice_can_be_corrected_after_delivery() -> None:
    tracked, direct = BoxFacts(waybill=True), BoxFacts(waybill=True, direct=True)
    assert BOX.decide(BoxState.FINAL_DELIVERING, "change_invoice", tracked).target == BoxState.DEPARTURE
    assert BOX.decide(BoxState.NONE_TRACKING, "change_invoice", tracked).target == BoxState.DEPARTURE
    assert BOX.decide(BoxState.DEPARTURE, "change_invoice_direct", direct).target == BoxState.NONE_TRACKING
    assert missing(BoxState.DEPARTURE, "change_invoice", direct) == ("is_tracked",)
    assert missing(BoxState.DEPARTURE, "change_invoice_direct", tracked) == ("is_direct",)


def test_a_cancelled_box_stays_cancelled() -> None:
    for facts in ALL_FACTS:
        assert BOX.allowed(BoxState.CANCELLED, facts) == []


def test_reasons_are_complete_sentences_for_every_guard() -> None:
    guards = {guard.name for move in BOX.moves() for guard in move.guards}
    assert set(REASONS) == guards
    assert all(why.endswith(".") and len(why.split()) > 4 for why in REASONS.values())


def test_observed_are_the_events_nobody_asks_for() -> None:
    assert {
        "see_instruct",
        "see_departure",
        "see_delivering",
        "see_delivered",
        "see_none_tracking",
        "see_cancelled",
    } == OBSERVED


def test_wire_names_round_trip() -> None:
    assert to_wire(BoxState.FINAL_DELIVERING) == "FINAL_DELIVERY"
    assert to_wire(BoxState.CANCELLED) is None
    for state in BoxState:
        wire = to_wire(state)
        assert wire is None or from_wire(wire) is state
    for status in ("FINAL_DELIVERING", "CANCELLED", "accept", ""):
        with pytest.raises(ValueError, match="unknown box status"):
            from_wire(status)


def length_of_shortest(start: BoxState, shown: BoxState, facts: BoxFacts) -> int | None:
    """Search by brute force: every sequence of observed events, by length, decided one by one."""
    ends = {start}
    for length in range(len(BoxState)):
        if shown in ends:
            return length
        following = set()
        for here, event in itertools.product(ends, OBSERVED):
            try:
                following.add(BoxState(BOX.decide(here, event, facts).target))
            except Refused:
                continue
        ends = following
    return None


@pytest.mark.parametrize("proven", [False, True])
def test_walk_is_the_shortest_legal_road(proven: bool) -> None:
    facts = BoxFacts(proven=proven)
    for start, shown in itertools.product(BoxState, BoxState):
        road = walk(start, shown, facts)
        assert (None if road is None else len(road)) == length_of_shortest(start, shown, facts)
        here: str = start
        for move in road or ():
            assert move.source == here
            assert move.event in OBSERVED
            assert BOX.decide(here, move.event, facts) == move
            here = move.target
        assert road is None or here == shown


def test_only_proof_changes_the_road() -> None:
    for start, shown, facts in itertools.product(BoxState, BoxState, ALL_FACTS):
        assert walk(start, shown, facts) == walk(start, shown, BoxFacts(proven=facts.proven))
        road = walk(start, shown, facts)
        assert road is None or not any(move.missing(facts) for move in road)


@pytest.mark.parametrize(
    ("start", "shown", "proven", "events"),
    [
        ("ACCEPT", "DELIVERING", False, ["see_instruct", "see_departure", "see_delivering"]),
        ("ACCEPT", "FINAL_DELIVERING", False, ["see_instruct", "see_departure", "see_delivered"]),
        ("ACCEPT", "NONE_TRACKING", False, ["see_instruct", "see_none_tracking"]),
        ("INSTRUCT", "FINAL_DELIVERING", False, ["see_departure", "see_delivered"]),
        ("INSTRUCT", "ACCEPT", False, None),
        ("INSTRUCT", "ACCEPT", True, None),
        ("DELIVERING", "DEPARTURE", False, None),
        ("DELIVERING", "DEPARTURE", True, ["see_departure"]),
        ("FINAL_DELIVERING", "DELIVERING", False, None),
        ("FINAL_DELIVERING", "DELIVERING", True, ["see_departure", "see_delivering"]),
        ("DEPARTURE", "NONE_TRACKING", False, None),
        ("DEPARTURE", "NONE_TRACKING", True, ["see_none_tracking"]),
        ("ACCEPT", "CANCELLED", False, None),
        ("ACCEPT", "CANCELLED", True, ["see_cancelled"]),
        ("DEPARTURE", "CANCELLED", True, None),
        ("CANCELLED", "ACCEPT", True, None),
        ("INSTRUCT", "INSTRUCT", False, []),
    ],
)
def test_roads_by_name(start: str, shown: str, proven: bool, events: list[str] | None) -> None:
    road = walk(BoxState(start), BoxState(shown), BoxFacts(proven=proven))
    assert (None if road is None else [move.event for move in road]) == events


def test_every_road_is_a_path_for_the_history() -> None:
    for shown in BoxState:
        road = walk(BoxState.ACCEPT, shown, BoxFacts(proven=True)) or ()
        steps = [(move.source, move.event, move.target) for move in road]
        assert BOX.is_path([(None, "seen_first", "ACCEPT"), *steps])


def test_the_class_shows_its_table() -> None:
    assert "| INSTRUCT " in (BoxMachine.__doc__ or "")
    assert "{statechart" not in (BoxMachine.__doc__ or "")
