"""The life of an exchange and of its two tracks, said in sentences."""

from dataclasses import replace
from typing import Any

import pytest

from app.machines import collects, exchanges, redeliveries
from app.machines.collects import COLLECT, CollectFacts, CollectState
from app.machines.exchanges import EXCHANGE, OPEN, ExchangeFacts, ExchangeState, walk
from app.machines.kernel import Move, Refused, Rules
from app.machines.redeliveries import REDELIVERY, RedeliveryFacts, RedeliveryState

ARRIVED = ExchangeFacts(arrived=True, passed=True)
REPLACEMENT = RedeliveryFacts(in_progress=True, collected=True, new_box=True, waybill=True)


def missing(rules: Rules[Any], state: str, event: str, facts: Any) -> tuple[str, ...]:
    with pytest.raises(Refused) as caught:
        rules.decide(state, event, facts)
    return caught.value.missing


def events(road: tuple[Move[Any], ...] | None) -> list[str]:
    assert road is not None
    return [move.event for move in road]


def test_the_exchange_is_this_list() -> None:
    """Written out by hand, so that a changed arrow is a changed test."""
    assert EXCHANGE.edges() == {
        ("RECEIPT", "reject", "REJECT"),
        ("PROGRESS", "reject", "REJECT"),
        ("RECEIPT", "confirm_arrival", "PROGRESS"),
        ("PROGRESS", "confirm_arrival", "PROGRESS"),
        ("RECEIPT", "see_progress", "PROGRESS"),
        ("PROGRESS", "see_success", "SUCCESS"),
        ("RECEIPT", "see_rejected", "REJECT"),
        ("PROGRESS", "see_rejected", "REJECT"),
        ("RECEIPT", "see_withdrawn", "CANCEL"),
        ("PROGRESS", "see_withdrawn", "CANCEL"),
    }
    assert {"RECEIPT", "PROGRESS"} == OPEN


def test_the_collect_track_is_this_list() -> None:
    before, booked, way, done = "BEFORE_DIRECTION", "COMPLETE_DIRECTION", "COLLECTING", "COMPLETE_COLLECT"
    unbooked, failed, nothing, silent = "DIRECTION_FAIL", "FAIL", "NO_COLLECT", "NONE_DATA"
    sources = (before, booked, way, unbooked, failed, silent)
    assert COLLECT.edges() == {
        (before, "register_pickup", booked),
        *((source, "confirm_arrival", done) for source in sources),
        (silent, "see_before", before),
        *((source, "see_booked", booked) for source in (before, unbooked, failed)),
        (booked, "see_collecting", way),
        *((source, "see_collected", done) for source in (*sources, nothing)),
        (before, "see_nothing_to_collect", nothing),
        (before, "see_booking_failed", unbooked),
        (booked, "see_booking_failed", unbooked),
        (way, "see_failed", failed),
        *((source, "see_withdrawn", "WITHDRAW") for source in (*sources, nothing)),
        (before, "see_no_data", silent),
    }


def test_the_redelivery_track_is_this_list() -> None:
    before, sent, way, done = "BEFORE_DIRECTION", "COMPLETE_DIRECTION", "DELIVERING", "COMPLETE_DELIVERY"
    direct, unsent, failed, silent = "VENDOR_DIRECT", "DIRECTION_FAIL", "FAIL", "NONE_DATA"
    assert REDELIVERY.edges() == {
        *((source, "ship_replacement", sent) for source in (before, silent)),
        *((source, "ship_replacement_direct", direct) for source in (before, silent)),
        (silent, "see_before", before),
        *((source, "see_directed", sent) for source in (before, direct, unsent, failed)),
        (sent, "see_delivering", way),
        (sent, "see_delivered", done),
        (way, "see_delivered", done),
        (before, "see_vendor_direct", direct),
        (sent, "see_vendor_direct", direct),
        (before, "see_direction_failed", unsent),
        (sent, "see_direction_failed", unsent),
        (way, "see_failed", failed),
        *(
            (source, "see_withdrawn", "WITHDRAW")
            for source in (before, sent, way, direct, unsent, failed, silent)
        ),
        (before, "see_no_data", silent),
    }


def test_confirming_binds_to_ship_so_the_goods_must_be_there_and_once() -> None:
    for state in OPEN:
        assert EXCHANGE.decide(state, "confirm_arrival", ARRIVED).target == "PROGRESS"
        assert missing(EXCHANGE, state, "confirm_arrival", replace(ARRIVED, arrived=False)) == (
            "goods_in_hand",
        )
        assert missing(EXCHANGE, state, "confirm_arrival", replace(ARRIVED, passed=False)) == (
            "goods_accepted",
        )
        assert missing(EXCHANGE, state, "confirm_arrival", replace(ARRIVED, confirmed=True)) == (
            "not_confirmed_yet",
        )
        assert EXCHANGE.decide(state, "confirm_arrival", ExchangeFacts(nothing_to_collect=True))


def test_rejecting_needs_the_word_of_coupang_and_a_code() -> None:
    for state in OPEN:
        assert EXCHANGE.decide(state, "reject", ExchangeFacts(rejectable=True, reject_code=True))
        assert missing(EXCHANGE, state, "reject", ExchangeFacts(reject_code=True)) == ("is_rejectable",)
        assert missing(EXCHANGE, state, "reject", ExchangeFacts(rejectable=True)) == ("has_reject_code",)


def test_a_withdrawn_exchange_is_seen_in_the_list_and_stays_withdrawn() -> None:
    for state in OPEN:
        assert [move.event for move in walk(state, ExchangeState.CANCEL) or ()] == ["see_withdrawn"]
    for state in set(ExchangeState) - OPEN:
        assert EXCHANGE.allowed(state, replace(ARRIVED, rejectable=True, reject_code=True)) == []
        assert all((walk(state, shown) is not None) is (shown is state) for shown in ExchangeState)
    assert walk(ExchangeState.PROGRESS, ExchangeState.RECEIPT) is None


def test_success_is_walked_through_progress() -> None:
    road = walk(ExchangeState.RECEIPT, ExchangeState.SUCCESS) or ()
    assert [move.event for move in road] == ["see_progress", "see_success"]


def test_the_replacement_is_never_shipped_on_the_original_box() -> None:
    before = RedeliveryState.BEFORE_DIRECTION
    assert REDELIVERY.decide(before, "ship_replacement", REPLACEMENT).target == "COMPLETE_DIRECTION"
    for broken, guard in [
        (replace(REPLACEMENT, new_box=False), "is_new_box"),
        (replace(REPLACEMENT, collected=False), "is_collected"),
        (replace(REPLACEMENT, in_progress=False), "is_in_progress"),
        (replace(REPLACEMENT, waybill=False), "has_waybill"),
        (replace(REPLACEMENT, direct=True), "is_tracked"),
    ]:
        assert missing(REDELIVERY, before, "ship_replacement", broken) == (guard,)
    direct = replace(REPLACEMENT, direct=True)
    assert REDELIVERY.decide(before, "ship_replacement_direct", direct).target == "VENDOR_DIRECT"
    assert missing(REDELIVERY, before, "ship_replacement_direct", REPLACEMENT) == ("is_direct",)
    assert missing(REDELIVERY, before, "ship_replacement_direct", replace(direct, new_box=False)) == (
        "is_new_box",
    )


def test_a_replacement_is_shipped_once() -> None:
    for state in set(RedeliveryState) - {RedeliveryState.BEFORE_DIRECTION, RedeliveryState.NONE_DATA}:
        for direct in (False, True):
            allowed = REDELIVERY.allowed(state, replace(REPLACEMENT, direct=direct, proven=True))
            assert not any(event.startswith("ship_") for event in allowed)


def test_our_own_pickup_is_registered_before_any_booking() -> None:
    ours = CollectFacts(ongoing=True, ours_to_collect=True, waybill=True)
    before = CollectState.BEFORE_DIRECTION
    assert COLLECT.decide(before, "register_pickup", ours).target == "COMPLETE_DIRECTION"
    for broken, guard in [
        (replace(ours, ongoing=False), "is_ongoing"),
        (replace(ours, ours_to_collect=False), "is_ours_to_collect"),
        (replace(ours, waybill=False), "has_pickup_waybill"),
    ]:
        assert missing(COLLECT, before, "register_pickup", broken) == (guard,)
    for state in set(CollectState) - {before}:
        assert missing(COLLECT, state, "register_pickup", ours) == ()


def test_goods_may_arrive_without_a_scan() -> None:
    facts = CollectFacts(ongoing=True, arrived=True, passed=True)
    assert (
        COLLECT.decide(CollectState.BEFORE_DIRECTION, "confirm_arrival", facts).target == "COMPLETE_COLLECT"
    )
    for broken, guard in [
        (replace(facts, ongoing=False), "is_ongoing"),
        (replace(facts, arrived=False), "goods_arrived"),
        (replace(facts, passed=False), "inspection_passed"),
    ]:
        assert missing(COLLECT, CollectState.COLLECTING, "confirm_arrival", broken) == (guard,)


def test_a_track_goes_back_only_through_a_failure_and_only_with_proof() -> None:
    booked, proven = CollectState.COMPLETE_DIRECTION, CollectFacts(proven=True)
    for here in (CollectState.COLLECTING, CollectState.FAIL, CollectState.DIRECTION_FAIL):
        assert collects.walk(here, booked, CollectFacts()) is None
    assert events(collects.walk(CollectState.FAIL, booked, proven)) == ["see_booked"]
    assert events(collects.walk(CollectState.COLLECTING, booked, proven)) == ["see_failed", "see_booked"]
    sent, known = RedeliveryState.COMPLETE_DIRECTION, RedeliveryFacts(proven=True)
    for state in (RedeliveryState.DELIVERING, RedeliveryState.VENDOR_DIRECT, RedeliveryState.FAIL):
        assert redeliveries.walk(state, sent, RedeliveryFacts()) is None
    assert events(redeliveries.walk(RedeliveryState.VENDOR_DIRECT, sent, known)) == ["see_directed"]
    for over in (CollectState.COMPLETE_COLLECT, CollectState.WITHDRAW):
        assert collects.walk(over, booked, proven) is None


def test_the_literals_of_coupang_reach_every_state_and_no_other_literal_passes() -> None:
    assert {exchanges.from_wire(state.value) for state in ExchangeState} == set(ExchangeState)
    collect = {
        "BeforeDirection": "BEFORE_DIRECTION",
        "CompleteDirection": "COMPLETE_DIRECTION",
        "Delivering": "COLLECTING",
        "Collecting": "COLLECTING",
        "CompleteCollect": "COMPLETE_COLLECT",
        "DirectionFail": "DIRECTION_FAIL",
        "Fail": "FAIL",
        "Withdraw": "WITHDRAW",
        "NoCollect": "NO_COLLECT",
        "NoneData": "NONE_DATA",
    }
    delivery = {
        "BeforeDirection": "BEFORE_DIRECTION",
        "CompleteDirection": "COMPLETE_DIRECTION",
        "Delivering": "DELIVERING",
        "CompleteDelivery": "COMPLETE_DELIVERY",
        "VendorDirect": "VENDOR_DIRECT",
        "DirectionFail": "DIRECTION_FAIL",
        "Fail": "FAIL",
        "Withdraw": "WITHDRAW",
        "NoneData": "NONE_DATA",
    }
    assert {wire: collects.from_wire(wire) for wire in collect} == collect
    assert set(collect.values()) == set(CollectState)
    assert {wire: redeliveries.from_wire(wire) for wire in delivery} == delivery
    assert set(delivery.values()) == set(RedeliveryState)
    for unknown in ("", "Unknown", "BEFORE_DIRECTION", "collecting"):
        with pytest.raises(ValueError, match="unknown exchangeStatus"):
            exchanges.from_wire(unknown)
        with pytest.raises(ValueError, match="unknown collectStatus"):
            collects.from_wire(unknown)
        with pytest.raises(ValueError, match="unknown deliveryStatus"):
            redeliveries.from_wire(unknown)
    with pytest.raises(ValueError, match="unknown deliveryStatus"):
        redeliveries.from_wire("Collecting")
