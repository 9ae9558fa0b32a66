"""What is offered now, and by which rules the rest is refused."""

from typing import Any

import pytest

from app.engine.history.actions import STATE, action, judge, reception_actions, while_open
from app.machines.boxes import BOX, BoxFacts, BoxState
from app.machines.receptions import RECEPTION, ReceptionState

READY = BoxFacts(address_final=True, waybill=True)
OPEN = {"effect_id": 2**60, "kind": "SHIP", "state": "SENDING"}


def rules_of(refused: list[dict[str, str]]) -> list[str]:
    return [one["rule"] for one in refused]


def test_judge_tells_target_when_nothing_refuses() -> None:
    assert judge(BOX, "INSTRUCT", "ship", READY) == ("DEPARTURE", [])


def test_judge_names_every_guard_that_refuses_with_its_remedy() -> None:
    target, refused = judge(BOX, "INSTRUCT", "ship", BoxFacts(held=True, address_final=True))
    assert target == "DEPARTURE"
    assert rules_of(refused) == ["has_waybill", "nothing_held"]
    assert [one["unblock"] for one in refused] == [BOX.reasons[rule] for rule in rules_of(refused)]


def test_judge_names_the_states_in_which_an_event_is_possible() -> None:
    target, refused = judge(BOX, "DELIVERING", "acknowledge", READY)
    assert target is None
    assert refused == [{"rule": STATE, "unblock": "possible in ACCEPT"}]
    assert judge(BOX, "ACCEPT", "close_undelivered", READY)[1][0]["unblock"] == (
        "possible in DELIVERING, DEPARTURE"
    )


def test_judge_refuses_while_another_change_is_open() -> None:
    """Also what the machine allows; the open change comes after the machine's own rules."""
    target, refused = judge(BOX, "INSTRUCT", "ship", READY, OPEN)
    assert (target, rules_of(refused)) == ("DEPARTURE", ["no_open_change"])
    assert rules_of(judge(BOX, "ACCEPT", "ship", READY, OPEN)[1]) == [STATE, "no_open_change"]


@pytest.mark.parametrize("state", BoxState)
@pytest.mark.parametrize("event", BOX.events)
def test_judge_agrees_with_the_decision_of_the_machine(state: BoxState, event: str) -> None:
    target, refused = judge(BOX, state, event, READY)
    assert (not refused) is (event in BOX.allowed(state, READY))
    if not refused:
        assert target == BOX.decide(state, event, READY).target


def test_open_change_says_whom_to_wait_for() -> None:
    assert while_open(None) == []
    assert while_open(OPEN) == [
        {"rule": "no_open_change", "unblock": f"wait until effect {2**60} (SHIP, SENDING) is settled"}
    ]
    review = while_open(OPEN | {"state": "REVIEW"})
    assert review[0]["unblock"] == f"an operator must rule on effect {2**60} (SHIP, REVIEW)"


@pytest.mark.parametrize(
    ("state", "arrive", "inspect"),
    [
        (None, True, False),
        (ReceptionState.EXPECTED, True, False),
        (ReceptionState.PICKED_UP, True, False),
        (ReceptionState.ARRIVED, False, True),
        (ReceptionState.PASSED, False, True),
        (ReceptionState.DISPUTED, False, True),
        (ReceptionState.NOT_COMING, True, False),
    ],
)
def test_reception_actions_by_where_the_goods_are(state: str | None, arrive: bool, inspect: bool) -> None:
    told: dict[str, Any] = {one["action"]: one for one in reception_actions(state, "/v1/returns/7/reception")}
    assert {name: one["allowed"] for name, one in told.items()} == {"arrive": arrive, "inspect": inspect}
    assert told["arrive"]["href"] == "/v1/returns/7/reception/arrive"
    for one in told.values():
        assert rules_of(one["refused_by"]) == ([] if one["allowed"] else ["reception"])


def test_reception_actions_are_what_the_machine_allows_and_a_second_inspection() -> None:
    for way, event, more in (
        ("arrive", "arrive", set()),
        ("inspect", "pass_inspection", {ReceptionState.PASSED, ReceptionState.DISPUTED}),
    ):
        sources = {source for source, name, _ in RECEPTION.edges() if name == event} | more
        for state in ReceptionState:
            told = {one["action"]: one["allowed"] for one in reception_actions(state, "")}
            assert told[way] is (state in sources)


def test_action_is_allowed_only_without_refusals() -> None:
    no = [{"rule": "nothing_held", "unblock": "wait"}]
    refused = action("ship", "/v1/boxes/1", "DEPARTURE", no)
    assert (refused["allowed"], refused["refused_by"], refused["target"]) == (False, no, "DEPARTURE")
    named = action("ship", "/v1/boxes/1", "DEPARTURE", [], "ship_part")
    assert (named["action"], named["href"], named["allowed"]) == ("ship_part", "/v1/boxes/1/ship", True)
