"""What the machines are told of a box, and how their refusals read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import errors
from app.engine.history.refusals import decide, refusal, unblock
from app.machines.boxes import BOX, BoxFacts
from app.machines.effects import EFFECT, EffectFacts
from app.machines.kernel import Refused
from app.machines.receptions import RECEPTION
from app.orders.decide import box_facts, decide_box
from app.orders.seller_cancels import seller_cancel_facts

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SHIRT, SOCKS = 85_000_000_001, 85_000_000_002


def box(**changed: Any) -> dict[str, Any]:
    row = {
        "held": 0,
        "shippable": 2,
        "address_final": True,
        "kinds": 2,
        "able_split_shipping": True,
        "departed_at": None,
        "stop_open": False,
        "claim_unread": False,
        "hold_until": None,
        "exchange_id": None,
    }
    assert changed.keys() <= row.keys()
    return row | changed


FREE = box_facts(box(), AT)


def test_box_facts_of_a_box_that_nothing_keeps() -> None:
    assert BoxFacts(address_final=True, divisible=True) == FREE


@pytest.mark.parametrize(
    ("changed", "fact", "value"),
    [
        ({"held": 1}, "held", True),
        ({"shippable": 0}, "shippable", False),
        ({"address_final": False}, "address_final", False),
        ({"kinds": 1}, "divisible", False),
        ({"able_split_shipping": False}, "divisible", False),
        ({"departed_at": AT - timedelta(days=30)}, "thirty_days", True),
        ({"departed_at": AT - timedelta(days=30) + SECOND}, "thirty_days", False),
        ({"stop_open": True}, "stop_requested", True),
        ({"claim_unread": True}, "claim_unread", True),
        ({"hold_until": AT + SECOND}, "on_hold", True),
        ({"hold_until": AT}, "on_hold", False),
        ({"exchange_id": 7}, "replacement", True),
    ],
)
def test_box_facts_change_with_one_column_each(changed: dict[str, Any], fact: str, value: bool) -> None:
    facts = box_facts(box(**changed), AT)
    assert getattr(facts, fact) is value
    others = set(BoxFacts.__slots__) - {fact}
    assert all(getattr(facts, name) == getattr(FREE, name) for name in others)


@pytest.mark.parametrize("name", ["waybill", "direct", "proven"])
def test_box_facts_take_what_the_caller_adds(name: str) -> None:
    assert getattr(box_facts(box(), AT, **{name: True}), name) is True


@pytest.mark.parametrize(
    ("changed", "event", "rule"),
    [
        ({"held": 1}, "ship", "nothing_held"),
        ({"stop_open": True}, "ship", "no_stop_requested"),
        ({"claim_unread": True}, "ship", "claims_are_read"),
        ({"hold_until": AT + SECOND}, "ship", "not_on_hold"),
        ({"exchange_id": 7}, "ship", "is_a_sale"),
        ({"shippable": 0}, "ship", "something_to_ship"),
        ({"address_final": False}, "ship", "address_is_final"),
        ({"kinds": 1}, "ship_part", "can_be_split"),
    ],
)
def test_ship_is_refused_by_the_rule_of_its_column(changed: dict[str, Any], event: str, rule: str) -> None:
    with pytest.raises(errors.Refused) as no:
        decide_box("INSTRUCT", event, box_facts(box(**changed), AT, waybill=True))
    assert no.value.members["missing"] == [{"rule": rule, "unblock": BOX.reasons[rule]}]
    assert (no.value.members["state"], no.value.members["event"]) == ("INSTRUCT", event)


def test_refusal_offers_what_may_be_asked_and_nothing_that_is_observed() -> None:
    with pytest.raises(Refused) as no:
        BOX.decide("ACCEPT", "ship", FREE)
    assert {"acknowledge", "see_instruct"} <= set(no.value.allowed)
    told = refusal(no.value, BOX)
    assert told.members["allowed"] == ["acknowledge"]
    assert told.members["missing"] == []
    assert told.status == 409


def test_refusal_speaks_with_the_words_of_its_own_machine() -> None:
    with pytest.raises(errors.Refused) as no:
        decide(EFFECT, "PENDING", "drop", EffectFacts())
    assert no.value.members["missing"] == [{"rule": "has_reason", "unblock": EFFECT.reasons["has_reason"]}]
    assert decide(EFFECT, "PENDING", "drop", EffectFacts(reason=True)).target == "REJECTED"


def test_unblock_knows_negated_and_unknown_guards() -> None:
    assert unblock("!nothing_held", BOX) == unblock("nothing_held", BOX) == BOX.reasons["nothing_held"]
    assert unblock("nothing_comes", RECEPTION) == RECEPTION.reasons["nothing_comes"]
    assert unblock("no_such_guard", BOX) == ""


@pytest.mark.parametrize(
    ("counts", "whole", "within"),
    [
        ({SHIRT: 2, SOCKS: 1}, True, True),
        ({SHIRT: 2}, False, True),
        ({SHIRT: 1, SOCKS: 1}, False, True),
        ({SHIRT: 3, SOCKS: 1}, False, False),
        ({SHIRT: 2, SOCKS: 1, 99: 1}, True, False),
        ({SHIRT: 2, SOCKS: 0}, False, False),
        ({SHIRT: -1}, False, False),
        ({}, False, False),
    ],
)
def test_seller_cancel_counts_against_what_is_shippable(
    counts: dict[int, int], whole: bool, within: bool
) -> None:
    lines = [{"vendor_item_id": SHIRT, "shippable": 2}, {"vendor_item_id": SOCKS, "shippable": 1}]
    facts = seller_cancel_facts({"state": "ACCEPT", "exchange_id": None, "lines": lines}, counts)
    assert (facts.whole, facts.within) == (whole, within)


@pytest.mark.parametrize(
    ("state", "accept", "instruct"),
    [("ACCEPT", True, False), ("INSTRUCT", False, True), ("DEPARTURE", False, False)],
)
def test_seller_cancel_depends_on_the_state_of_the_box(state: str, accept: bool, instruct: bool) -> None:
    row = {"state": state, "exchange_id": 7, "lines": []}
    facts = seller_cancel_facts(row, {})
    assert (facts.accept, facts.instruct, facts.replacement) == (accept, instruct, True)
    assert not seller_cancel_facts(row | {"exchange_id": None}, {}).replacement
