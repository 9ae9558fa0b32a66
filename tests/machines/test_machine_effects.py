"""The life of a change: confirmed on evidence only, repeated only when nothing was applied."""

import pytest

from app.machines.effects import CAUSES, EFFECT, OPEN, REASONS, EffectFacts, EffectMachine, EffectState
from app.machines.kernel import Refused

EVERYTHING = EffectFacts(evidence=True, not_applied=True, reason=True)


def test_states_are_the_enum_and_values_equal_names() -> None:
    assert [state.value for state in EffectMachine.states] == list(EffectState)
    assert all(state.value == state.name for state in EffectState)
    assert EFFECT.initial is EffectState.PENDING
    assert EFFECT.finals == {"CONFIRMED", "REJECTED"}
    assert {"PENDING", "SENDING", "UNKNOWN", "REVIEW"} == OPEN


@pytest.mark.parametrize(
    ("source", "event", "target", "needs"),
    [
        ("PENDING", "send_out", "SENDING", None),
        ("SENDING", "confirm", "CONFIRMED", "has_evidence"),
        ("SENDING", "reject", "REJECTED", "has_evidence"),
        ("SENDING", "doubt", "UNKNOWN", None),
        ("SENDING", "hand_back", "PENDING", "surely_not_applied"),
        ("UNKNOWN", "prove", "CONFIRMED", "has_evidence"),
        ("UNKNOWN", "disprove", "PENDING", "has_evidence"),
        ("UNKNOWN", "refute", "REJECTED", "has_evidence"),
        ("UNKNOWN", "give_up", "REVIEW", None),
        ("PENDING", "drop", "REJECTED", "has_reason"),
        ("REVIEW", "rule_applied", "CONFIRMED", "has_reason"),
        ("REVIEW", "rule_not_applied", "PENDING", "has_reason"),
        ("REVIEW", "rule_abandoned", "REJECTED", "has_reason"),
    ],
)
def test_each_step_and_its_guard(source: str, event: str, target: str, needs: str | None) -> None:
    assert EFFECT.decide(source, event, EVERYTHING).target == target
    if needs is None:
        assert EFFECT.decide(source, event, EffectFacts()).target == target
        return
    with pytest.raises(Refused) as caught:
        EFFECT.decide(source, event, EffectFacts())
    assert caught.value.missing == (needs,)
    other = {"has_evidence": "evidence", "surely_not_applied": "not_applied", "has_reason": "reason"}[needs]
    assert EFFECT.decide(source, event, EffectFacts(**{other: True})).target == target


def test_there_is_no_other_step() -> None:
    assert len(EFFECT.edges()) == 13
    assert len(EFFECT.events) == 13


def test_every_state_is_reachable() -> None:
    reached = {EFFECT.initial}
    for _ in EffectState:
        reached |= {target for source, _, target in EFFECT.edges() if source in reached}
    assert reached == set(EffectState)


def test_nothing_is_confirmed_without_evidence_or_an_operator() -> None:
    for state in EffectState:
        for event in EFFECT.allowed(state, EffectFacts(not_applied=True)):
            assert EFFECT.decide(state, event, EffectFacts(not_applied=True)).target not in EFFECT.finals


def test_a_doubtful_change_is_never_sent_again_without_being_read() -> None:
    assert EFFECT.allowed("UNKNOWN", EffectFacts(not_applied=True, reason=True)) == ["give_up"]
    assert EFFECT.allowed("REVIEW", EffectFacts(evidence=True, not_applied=True)) == []


def test_reasons_and_causes_are_complete() -> None:
    assert set(REASONS) == {guard.name for move in EFFECT.moves() for guard in move.guards}
    assert all(why.endswith(".") and len(why.split()) > 4 for why in REASONS.values())
    assert set(CAUSES) == set(EFFECT.events)
    needs_reason = {m.event for m in EFFECT.moves() if any(g.name == "has_reason" for g in m.guards)}
    assert {event for event, who in CAUSES.items() if who == "operator"} == needs_reason
