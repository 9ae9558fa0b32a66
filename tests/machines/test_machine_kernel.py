"""The kernel: what it answers, and which classes it refuses to read."""

import asyncio
from dataclasses import FrozenInstanceError, dataclass
from enum import StrEnum
from functools import partial
from typing import Any

import pytest
from statemachine import Event, State

from app.machines.kernel import Guard, Machine, Move, Refused, Rules, Verdict, guard


class Door(StrEnum):
    SHUT = "SHUT"
    OPEN = "OPEN"
    GONE = "GONE"


@dataclass(frozen=True, slots=True)
class DoorFacts:
    key: bool = False
    jammed: bool = False


@guard(unblock="Bring the key.")
def has_key(facts: DoorFacts) -> bool:
    """Tell whether the key is there."""
    return facts.key


@guard(unblock="Free the door.")
def jammed(facts: DoorFacts) -> bool:
    """Tell whether the door is jammed."""
    return facts.jammed


class DoorMachine(Machine):
    shut = State(value=Door.SHUT, initial=True)
    open_ = State(value=Door.OPEN)
    gone = State(value=Door.GONE, final=True)

    push = shut.to(open_, cond=has_key, unless=jammed) | shut.to(gone, cond=jammed)
    pull = open_.to(shut)
    burn = shut.to(gone) | open_.to(gone)


DOOR: Rules[DoorFacts] = Rules(DoorMachine, Door)


class Half(StrEnum):
    SHUT = "SHUT"
    OPEN = "OPEN"


def halves() -> tuple[State, State]:
    return State(value=Half.SHUT, initial=True), State(value=Half.OPEN, final=True)


def test_decide_returns_the_step() -> None:
    move = DOOR.decide("SHUT", "push", DoorFacts(key=True))
    assert (move.event, move.source, move.target) == ("push", Door.SHUT, Door.OPEN)
    assert move.guards == (
        Guard("has_key", has_key, True, "Bring the key."),
        Guard("!jammed", jammed, False, "Free the door."),
    )
    with pytest.raises(FrozenInstanceError):
        move.event = "pull"  # type: ignore[misc]


def test_decide_takes_the_alternative_whose_guards_hold() -> None:
    assert DOOR.decide(Door.SHUT, "push", DoorFacts(key=True, jammed=True)).target == Door.GONE


def test_refusal_names_guards_of_all_alternatives_and_what_is_possible() -> None:
    with pytest.raises(Refused, match="push needs has_key, jammed") as caught:
        DOOR.decide(Door.SHUT, "push", DoorFacts())
    refused = caught.value
    assert (refused.state, refused.event) == ("SHUT", "push")
    assert refused.missing == ("has_key", "jammed")
    assert refused.allowed == ("burn",)


@pytest.mark.parametrize(("state", "event"), [("SHUT", "pull"), ("GONE", "burn"), ("OPEN", "fly")])
def test_refusal_without_a_way_names_no_guard(state: str, event: str) -> None:
    with pytest.raises(Refused, match=f"{event} is not possible in {state}") as caught:
        DOOR.decide(state, event, DoorFacts(key=True))
    assert caught.value.missing == ()
    assert caught.value.allowed == {"SHUT": ("push", "burn"), "GONE": (), "OPEN": ("pull", "burn")}[state]


def test_unknown_state_is_an_error_not_a_refusal() -> None:
    for ask in (
        DOOR.allowed,
        lambda state, facts: DOOR.judge(state, "push", facts),
        lambda state, facts: DOOR.decide(state, "push", facts),
    ):
        with pytest.raises(ValueError, match="DoorMachine has no state 'AJAR'"):
            ask("AJAR", DoorFacts())


def test_allowed_agrees_with_decide() -> None:
    assert DOOR.allowed("SHUT", DoorFacts()) == ["burn"]
    assert DOOR.allowed("SHUT", DoorFacts(key=True)) == ["push", "burn"]
    assert DOOR.allowed("OPEN", DoorFacts()) == ["pull", "burn"]
    assert DOOR.allowed("GONE", DoorFacts(key=True)) == []


def test_every_event_is_judged() -> None:
    assert [DOOR.judge("SHUT", event, DoorFacts()) for event in DOOR.events] == [
        Verdict("push", False, ("has_key", "jammed"), Door.OPEN),
        Verdict("pull", False, (), None),
        Verdict("burn", True, (), Door.GONE),
    ]
    assert DOOR.judge("SHUT", "push", DoorFacts(jammed=True)) == Verdict("push", True, (), Door.GONE)


def test_shape() -> None:
    assert DOOR.initial is Door.SHUT
    assert DOOR.finals == {Door.GONE}
    assert DOOR.events == ("push", "pull", "burn")
    assert DOOR.edges() == {
        ("SHUT", "push", "OPEN"),
        ("SHUT", "push", "GONE"),
        ("OPEN", "pull", "SHUT"),
        ("SHUT", "burn", "GONE"),
        ("OPEN", "burn", "GONE"),
    }
    assert len(DOOR.moves()) == 5
    assert all(isinstance(move, Move) for move in DOOR.moves())


def test_the_remedy_is_what_the_guard_declares_and_the_guard_stays_a_plain_function() -> None:
    assert DOOR.reasons == {
        "has_key": "Bring the key.",
        "!jammed": "Free the door.",
        "jammed": "Free the door.",
    }
    assert has_key(DoorFacts(key=True)) is True
    assert (has_key.__name__, has_key.__doc__) == ("has_key", "Tell whether the key is there.")


def test_truthy_guards_count_as_the_engine_counts_them() -> None:
    assert Guard("x", lambda _: "yes", True, "y").holds(None)  # type: ignore[arg-type, return-value]
    assert Guard("!x", lambda _: 0, False, "y").holds(None)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("steps", "legal"),
    [
        ([], True),
        ([(None, "built", "SHUT")], True),
        ([(None, "built", "SHUT"), ("SHUT", "push", "OPEN"), ("OPEN", "pull", "SHUT")], True),
        ([("SHUT", "push", "GONE")], True),
        ([(None, "built", "OPEN")], False),
        ([("OPEN", "pull", "SHUT")], False),
        ([("SHUT", "push", "OPEN"), ("SHUT", "burn", "GONE")], False),
        ([("SHUT", "pull", "OPEN")], False),
        ([("SHUT", "push", "OPEN"), (None, "built", "SHUT")], False),
        ([(None, "built", "SHUT"), (None, "built", "SHUT")], False),
        ([("SHUT", "burn", "GONE"), ("GONE", "push", "OPEN")], False),
    ],
)
def test_is_path(steps: list[tuple[str | None, str, str]], legal: bool) -> None:
    assert DOOR.is_path(steps) is legal
    assert DOOR.is_path(iter(steps)) is legal


class Listener:
    def after_transition(self) -> None:
        raise AssertionError("never called")


def noop() -> None:
    raise AssertionError("never called")


async def waits(facts: DoorFacts) -> bool:
    await asyncio.sleep(0)
    return facts.key


def nosy(facts: DoorFacts, source: Any) -> bool:
    return facts.key


def mute(facts: DoorFacts) -> bool:
    """Bring the key: this is a docstring, and no remedy."""
    return facts.key


@guard(unblock="")
def empty(facts: DoorFacts) -> bool:
    return facts.key


def machine(**attributes: Any) -> type[Machine]:
    """Build a two-state machine; a callable attribute named `push` makes its step."""
    shut, open_ = halves()
    way = attributes.pop("push", lambda shut, open_: shut.to(open_))
    body = {"__module__": __name__, "shut": shut, "open_": open_, "push": way(shut, open_), **attributes}
    return type(Machine)("Wrong", (Machine,), body)


def test_the_plain_two_state_machine_is_read() -> None:
    assert Rules[DoorFacts](machine(), Half).edges() == {("SHUT", "push", "OPEN")}


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({"on_push": lambda self: None}, "must not act: on_push"),
        ({"before_push": lambda self: None}, "must not act: before_push"),
        ({"after_transition": lambda self: None}, "must not act: after_transition"),
        ({"on_enter_open_": lambda self: None}, "must not act: on_enter_open_"),
        ({"prepare_event": lambda self: {}}, "must not act: prepare_event"),
        ({"helper": noop}, "must not act: helper"),
        ({"guard": property(noop)}, "must not act: guard"),
        ({"make": staticmethod(noop)}, "must not act: make"),
        ({"listeners": [Listener]}, "must not have listeners"),
        ({"push": lambda a, b: a.to(b, validators=noop)}, "must not act: noop"),
        ({"push": lambda a, b: a.to(b, before=noop)}, "must not act: noop"),
        ({"push": lambda a, b: a.to(b, on=noop)}, "must not act: noop"),
        ({"push": lambda a, b: a.to(b, after="noop")}, "must not act: noop"),
        ({"push": lambda a, b: a.to(b, cond="has_key")}, "guard has_key must be a plain named function"),
        ({"push": lambda a, b: a.to(b, unless="jammed and has_key")}, "must be a plain named function"),
        ({"push": lambda a, b: a.to(b, cond=lambda facts: True)}, "guard <lambda> must be a plain named"),
        ({"push": lambda a, b: a.to(b, cond=partial(has_key))}, "must be a plain named function"),
        ({"push": lambda a, b: a.to(b, cond=waits)}, "guard waits must be a plain named function"),
        ({"push": lambda a, b: a.to(b, cond=nosy)}, "guard nosy must look at `facts` and nothing else"),
        ({"push": lambda a, b: a.to(b, cond=mute)}, "guard mute must say what unblocks it"),
        ({"push": lambda a, b: a.to(b, unless=empty)}, "guard !empty must say what unblocks it"),
        ({"push": lambda a, b: Event(a.to(b), delay=5)}, "timers live in the process"),
        ({"push": lambda a, b: a.to(b, event="a.b")}, "'a.b' cannot name a state or an event"),
        ({"catch_errors_as_events": True}, "is not strict: catch_errors_as_events"),
        ({"allow_event_without_transition": True}, "is not strict: allow_event_without_transition"),
        ({"enable_self_transition_entries": True}, "is not strict: enable_self_transition_entries"),
        ({"atomic_configuration_update": False}, "is not strict: atomic_configuration_update"),
    ],
)
def test_a_class_that_does_more_than_define_is_refused(attributes: dict[str, Any], why: str) -> None:
    with pytest.raises(TypeError, match=why):
        Rules(machine(**attributes), Half)


def test_acting_is_refused_wherever_it_is_inherited_from() -> None:
    class Acting:
        def on_push(self) -> None:
            raise AssertionError("never called")

    class Sly(Acting, Machine):
        shut, open_ = halves()
        push = shut.to(open_)

    with pytest.raises(TypeError, match="must not act: on_push"):
        Rules(Sly, Half)


def test_actions_on_enter_and_exit_are_refused() -> None:
    for action in ({"enter": noop}, {"exit": noop}):

        class Sly(Machine):
            shut = State(value=Half.SHUT, initial=True, **action)  # type: ignore[arg-type]
            open_ = State(value=Half.OPEN, final=True)
            push = shut.to(open_)

        with pytest.raises(TypeError, match="must not act on enter or exit"):
            Rules(Sly, Half)


def test_decorated_callbacks_are_refused() -> None:
    class Sly(Machine):
        shut, open_ = halves()
        push = shut.to(open_)

        @push.on
        def act(self) -> None:
            raise AssertionError("never called")

    with pytest.raises(TypeError, match="must not act"):
        Rules(Sly, Half)


@pytest.mark.parametrize("name", ["send", "raise_", "name", "prepare", "model", "configuration"])
def test_names_of_the_engine_are_refused(name: str) -> None:
    shut, open_ = halves()
    taken = type(Machine)("Taken", (Machine,), {"shut": shut, "open_": open_, name: shut.to(open_)})
    with pytest.raises(TypeError, match=f"'{name}' cannot name a state or an event"):
        Rules(taken, Half)


def test_nested_states_are_refused() -> None:
    class Nested(Machine):
        class shut(State.Compound):  # noqa: N801 - the class is the state
            inner = State(initial=True)

        open_ = State(value=Half.OPEN, final=True)
        push = shut.to(open_)

    with pytest.raises(TypeError, match="shut: only flat machines are stored"):
        Rules(Nested, Half)


def test_parallel_states_are_refused() -> None:
    class Parallel(Machine):
        class shut(State.Parallel):  # noqa: N801 - the class is the state
            class one(State.Compound):  # noqa: N801
                a = State(initial=True)

            class two(State.Compound):  # noqa: N801
                b = State(initial=True)

        open_ = State(value=Half.OPEN, final=True)
        push = shut.to(open_)

    with pytest.raises(TypeError, match="shut: only flat machines are stored"):
        Rules(Parallel, Half)


def test_eventless_steps_are_refused() -> None:
    class Restless(Machine):
        shut, open_ = halves()
        shut.to(open_)
        push = shut.to(open_)

    with pytest.raises(TypeError, match="every step needs an event and one target"):
        Rules(Restless, Half)


def test_several_targets_are_refused() -> None:
    class Split(Machine):
        shut, open_ = halves()
        push = shut.to([open_, shut])

    with pytest.raises(TypeError, match="every step needs an event and one target"):
        Rules(Split, Half)


def test_states_must_equal_the_enum() -> None:
    with pytest.raises(TypeError, match="Door has"):
        Rules(machine(), Door)
    with pytest.raises(TypeError, match="Half has"):
        Rules(DoorMachine, Half)

    class Plain(Machine):
        shut = State(value="SHUT", initial=True)
        open_ = State(value="OPEN", final=True)
        push = shut.to(open_)

    with pytest.raises(TypeError, match="must be a member of Half"):
        Rules(Plain, Half)
