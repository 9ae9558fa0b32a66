"""The life of a cancel receipt, said in sentences."""

from dataclasses import replace

import pytest

from app.machines.cancels import CANCEL, COSTS, OBSERVED, OPEN, CancelFacts, CancelState, walk
from app.machines.kernel import Refused

STOPPABLE = CancelFacts(handed_over=False, whole=True)
GONE = CancelFacts(handed_over=True, waybill=True)
SELLER_BOX = CancelFacts(accept=True, whole=True, within=True, reason_code=True)
SELLER_ITEMS = CancelFacts(instruct=True, within=True, reason_code=True)


def missing(state: CancelState, event: str, facts: CancelFacts) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        CANCEL.decide(state, event, facts)
    return caught.value.missing


def test_the_machine_is_this_list() -> None:
    """Written out by hand, so that a changed arrow is a changed test."""
    assert CANCEL.edges() == {
        ("REQUESTED", "stop_shipment", "STOPPED"),
        ("REQUESTED", "declare_shipped", "SHIPPED_ALREADY"),
        ("OPENED", "seller_cancel_box", "CANCELLED"),
        ("OPENED", "seller_cancel_items", "STOPPED"),
        ("OPENED", "see_stop_request", "REQUESTED"),
        ("OPENED", "see_stopped", "STOPPED"),
        ("REQUESTED", "see_stopped", "STOPPED"),
        ("OPENED", "see_shipped_already", "SHIPPED_ALREADY"),
        ("REQUESTED", "see_shipped_already", "SHIPPED_ALREADY"),
        ("OPENED", "see_cancelled", "CANCELLED"),
        ("OPENED", "see_withdrawn", "WITHDRAWN"),
        ("REQUESTED", "see_withdrawn", "WITHDRAWN"),
    }
    assert CANCEL.initial is CancelState.OPENED
    assert {CancelState.OPENED, CancelState.REQUESTED} == OPEN
    assert {
        "see_stop_request",
        "see_stopped",
        "see_shipped_already",
        "see_cancelled",
        "see_withdrawn",
    } == OBSERVED


def test_a_stop_request_is_answered_by_where_the_parcel_is() -> None:
    asked = CancelState.REQUESTED
    assert CANCEL.decide(asked, "stop_shipment", STOPPABLE).target == CancelState.STOPPED
    assert CANCEL.decide(asked, "declare_shipped", GONE).target == CancelState.SHIPPED_ALREADY
    everything = CancelFacts(waybill=True, whole=True)
    assert missing(asked, "stop_shipment", everything) == ("still_in_house",)
    assert missing(asked, "declare_shipped", everything) == ("is_handed_over",)
    for handed_over in (None, False, True):
        both = CANCEL.allowed(asked, replace(everything, handed_over=handed_over))
        assert len({"stop_shipment", "declare_shipped"} & set(both)) == (handed_over is not None)


def test_the_answer_needs_each_of_its_guards() -> None:
    asked = CancelState.REQUESTED
    assert missing(asked, "stop_shipment", replace(STOPPABLE, whole=False)) == ("is_whole",)
    assert missing(asked, "stop_shipment", replace(STOPPABLE, waybill_sent=True)) == ("no_waybill_sent",)
    assert missing(asked, "declare_shipped", replace(GONE, waybill=False)) == ("has_waybill",)
    # A waybill that is on its way does not keep the truth from being told.
    assert CANCEL.decide(asked, "declare_shipped", replace(GONE, waybill_sent=True))


def test_the_seller_cancels_a_whole_box_at_accept_and_items_at_instruct() -> None:
    new = CancelState.OPENED
    assert CANCEL.decide(new, "seller_cancel_box", SELLER_BOX).target == CancelState.CANCELLED
    assert CANCEL.decide(new, "seller_cancel_items", SELLER_ITEMS).target == CancelState.STOPPED
    for broken, guard in [
        (replace(SELLER_BOX, accept=False), "box_is_accept"),
        (replace(SELLER_BOX, whole=False), "is_whole"),
        (replace(SELLER_BOX, within=False), "within_shippable"),
        (replace(SELLER_BOX, reason_code=False), "has_reason_code"),
    ]:
        assert missing(new, "seller_cancel_box", broken) == (guard,)
    for broken, guard in [
        (replace(SELLER_ITEMS, instruct=False), "box_is_instruct"),
        (replace(SELLER_ITEMS, within=False), "within_shippable"),
        (replace(SELLER_ITEMS, waybill_sent=True), "no_waybill_sent"),
        (replace(SELLER_ITEMS, reason_code=False), "has_reason_code"),
    ]:
        assert missing(new, "seller_cancel_items", broken) == (guard,)
    shipped = replace(SELLER_ITEMS, instruct=False, whole=True)
    assert not {"seller_cancel_box", "seller_cancel_items"} & set(CANCEL.allowed(new, shipped))


def test_only_the_list_of_withdrawals_proves_a_withdrawal() -> None:
    for state in OPEN:
        assert missing(state, "see_withdrawn", CancelFacts()) == ("is_proven",)
        assert CANCEL.decide(state, "see_withdrawn", CancelFacts(proven=True)).target == "WITHDRAWN"
        assert walk(state, CancelState.WITHDRAWN, CancelFacts()) is None


def test_what_is_over_is_over() -> None:
    everything = replace(STOPPABLE, waybill=True, accept=True, within=True, reason_code=True, proven=True)
    for state in CancelState:
        assert bool(CANCEL.allowed(state, everything)) is (state in OPEN)
        for shown in CancelState:
            road = walk(state, shown, CancelFacts(proven=True))
            assert state in OPEN or (road == () if shown is state else road is None)


@pytest.mark.parametrize(
    ("shown", "events"),
    [
        ("REQUESTED", ["see_stop_request"]),
        ("STOPPED", ["see_stopped"]),
        ("CANCELLED", ["see_cancelled"]),
        ("SHIPPED_ALREADY", ["see_shipped_already"]),
        ("WITHDRAWN", ["see_withdrawn"]),
    ],
)
def test_no_receipt_seen_late_is_said_to_have_been_a_request(shown: str, events: list[str]) -> None:
    road = walk(CancelState.OPENED, CancelState(shown), CancelFacts(proven=True))
    assert [move.event for move in road or ()] == events


def test_an_immediate_cancel_was_never_a_request() -> None:
    assert walk(CancelState.REQUESTED, CancelState.CANCELLED, CancelFacts(proven=True)) is None


def test_each_answer_says_who_pays() -> None:
    answers = {m.event for m in CANCEL.moves() if m.source == "REQUESTED" and m.event not in OBSERVED}
    assert set(COSTS) == answers
    assert "seller pays the return" in COSTS["declare_shipped"]
