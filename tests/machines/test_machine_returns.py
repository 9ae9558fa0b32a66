"""The life of a return and of its goods, said in sentences."""

import itertools
from dataclasses import fields, replace

import pytest

from app.machines.kernel import Refused
from app.machines.receptions import (
    CALLS,
    CAUSES,
    KOREAN,
    OBSERVED,
    REASONS,
    RECEPTION,
    ReceptionFacts,
    ReceptionState,
    Verdict,
    is_in_house,
    is_inspected,
    judged,
)
from app.machines.returns import OPEN, RETURN, ReturnFacts, ReturnState, walk

READY = ReturnFacts(arrived=True, inspected=True, passed=True, whole=True)


def missing(state: ReturnState, event: str, facts: ReturnFacts) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        RETURN.decide(state, event, facts)
    return caught.value.missing


def test_the_machine_is_this_list() -> None:
    """Written out by hand, so that a changed arrow is a changed test."""
    new, confirmed, check = "RETURNS_UNCHECKED", "VENDOR_WAREHOUSE_CONFIRM", "REQUEST_COUPANG_CHECK"
    done = "RETURNS_COMPLETED"
    assert RETURN.edges() == {
        (new, "register_pickup", new),
        (new, "confirm_arrival", confirmed),
        (new, "confirm_arrival_refunded", done),
        (confirmed, "approve", done),
        (new, "see_confirmed", confirmed),
        *((source, "see_check", check) for source in (new, confirmed, done)),
        *((source, "see_completed", done) for source in (new, confirmed, check)),
        *((source, "see_withdrawn", "WITHDRAWN") for source in (new, confirmed, check)),
    }
    assert RETURN.initial is ReturnState.RETURNS_UNCHECKED
    assert {new, confirmed, check} == OPEN


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (ReturnState.RETURNS_UNCHECKED, "confirm_arrival"),
        (ReturnState.RETURNS_UNCHECKED, "confirm_arrival_refunded"),
        (ReturnState.VENDOR_WAREHOUSE_CONFIRM, "approve"),
    ],
)
def test_nothing_is_refunded_that_did_not_arrive_or_has_a_finding(state: ReturnState, event: str) -> None:
    ready = replace(READY, refunded=True)
    assert RETURN.decide(state, event, ready)
    assert missing(state, event, replace(ready, arrived=False)) == ("goods_arrived",)
    assert missing(state, event, replace(ready, inspected=False)) == ("goods_inspected",)
    assert missing(state, event, replace(ready, passed=False)) == ("inspection_passed",)


def test_a_quick_refund_is_known_by_its_outcome() -> None:
    new = ReturnState.RETURNS_UNCHECKED
    assert RETURN.decide(new, "confirm_arrival", READY).target == ReturnState.VENDOR_WAREHOUSE_CONFIRM
    assert missing(new, "confirm_arrival_refunded", READY) == ("refunded_at_once",)
    refunded = replace(READY, refunded=True)
    assert RETURN.decide(new, "confirm_arrival_refunded", refunded).target == ReturnState.RETURNS_COMPLETED


def test_the_approval_is_of_the_whole_receipt() -> None:
    confirmed = ReturnState.VENDOR_WAREHOUSE_CONFIRM
    assert missing(confirmed, "approve", replace(READY, whole=False)) == ("is_whole",)


def test_only_our_own_pickup_is_registered_and_only_before_the_arrival() -> None:
    new, ours = ReturnState.RETURNS_UNCHECKED, ReturnFacts(ours_to_collect=True, waybill=True)
    assert RETURN.decide(new, "register_pickup", ours).target == new
    assert missing(new, "register_pickup", replace(ours, ours_to_collect=False)) == ("is_ours_to_collect",)
    assert missing(new, "register_pickup", replace(ours, waybill=False)) == ("has_waybill",)
    assert missing(ReturnState.VENDOR_WAREHOUSE_CONFIRM, "register_pickup", ours) == ()


def test_a_withdrawal_is_possible_until_the_end_and_needs_proof() -> None:
    for state in OPEN:
        assert missing(state, "see_withdrawn", ReturnFacts()) == ("is_proven",)
        assert RETURN.decide(state, "see_withdrawn", ReturnFacts(proven=True)).target == "WITHDRAWN"
    for state in set(ReturnState) - OPEN:
        assert missing(state, "see_withdrawn", ReturnFacts(proven=True)) == ()


def test_a_refund_may_be_disputed_but_not_on_the_word_of_a_list_row() -> None:
    done, check = ReturnState.RETURNS_COMPLETED, ReturnState.REQUEST_COUPANG_CHECK
    assert walk(done, check, ReturnFacts()) is None
    assert [move.event for move in walk(done, check, ReturnFacts(proven=True)) or ()] == ["see_check"]
    for shown in (ReturnState.RETURNS_UNCHECKED, ReturnState.VENDOR_WAREHOUSE_CONFIRM):
        assert walk(done, shown, ReturnFacts(proven=True)) is None


GOODS = {
    ("EXPECTED", "see_picked_up", "PICKED_UP"),
    ("EXPECTED", "arrive", "ARRIVED"),
    ("PICKED_UP", "arrive", "ARRIVED"),
    ("NOT_COMING", "arrive", "ARRIVED"),
    ("ARRIVED", "pass_inspection", "PASSED"),
    ("ARRIVED", "dispute", "DISPUTED"),
    ("DISPUTED", "accept_despite", "PASSED"),
    ("PASSED", "inspect_again", "ARRIVED"),
    ("DISPUTED", "inspect_again", "ARRIVED"),
    ("EXPECTED", "call_off", "NOT_COMING"),
    ("PICKED_UP", "call_off", "NOT_COMING"),
}


def test_the_way_of_the_goods_is_this_list() -> None:
    assert RECEPTION.edges() == GOODS
    assert RECEPTION.initial is ReceptionState.EXPECTED
    assert set(CAUSES) == set(RECEPTION.events)
    assert {"see_picked_up"} == OBSERVED
    assert CALLS == {}
    assert set(KOREAN) == set(ReceptionState)
    assert set(REASONS) == {guard.name for move in RECEPTION.moves() for guard in move.guards}
    assert all(why.endswith(".") and len(why.split()) > 4 for why in REASONS.values())


def test_goods_at_the_door_are_recorded_whatever_was_expected() -> None:
    for state in (ReceptionState.EXPECTED, ReceptionState.PICKED_UP, ReceptionState.NOT_COMING):
        assert RECEPTION.decide(state, "arrive", ReceptionFacts()).target == ReceptionState.ARRIVED


def test_the_verdicts_decide_and_exactly_one_way() -> None:
    lines = (11, 12)
    for first, second in itertools.product(Verdict, Verdict):
        facts = judged(lines, {11: first, 12: second})
        good = first is Verdict.GOOD and second is Verdict.GOOD
        ways = set(RECEPTION.allowed(ReceptionState.ARRIVED, facts))
        assert ways == {"pass_inspection" if good else "dispute"}
    for partly in ({}, {11: Verdict.GOOD}, {12: Verdict.MISSING}):
        assert RECEPTION.allowed(ReceptionState.ARRIVED, judged(lines, partly)) == []


def test_a_verdict_about_an_option_the_receipt_does_not_name_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not name"):
        judged((11,), {12: Verdict.GOOD})
    with pytest.raises(ValueError, match="without lines"):
        judged((), {})


def test_decisions_by_hand_need_a_reason_and_nothing_is_called_off_without_cause() -> None:
    all_but = [
        ReceptionFacts(**{field.name: field.name != left_out for field in fields(ReceptionFacts)})
        for left_out in ("reason", "over")
    ]
    for event in ("accept_despite", "inspect_again"):
        with pytest.raises(Refused) as caught:
            RECEPTION.decide(ReceptionState.DISPUTED, event, all_but[0])
        assert caught.value.missing == ("has_reason",)
    with pytest.raises(Refused) as caught:
        RECEPTION.decide(ReceptionState.EXPECTED, "call_off", all_but[1])
    assert caught.value.missing == ("nothing_comes",)


def test_what_the_other_machines_are_told_of_the_goods() -> None:
    assert {state for state in ReceptionState if is_in_house(state)} == {"ARRIVED", "PASSED", "DISPUTED"}
    assert {state for state in ReceptionState if is_inspected(state)} == {"PASSED", "DISPUTED"}
