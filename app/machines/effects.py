"""The state of one change we ask of Coupang: sent at most once per intent, confirmed only by evidence.

The danger is between the sending and the answer. An answer that never came (`doubt`) leads to UNKNOWN, and
from there only reading Coupang leads on: what it shows proves, disproves or refutes the change.
"""

from dataclasses import dataclass
from enum import StrEnum

from statemachine import State

from app.machines.groups import Classification
from app.machines.kernel import Machine, Rules, guard
from app.machines.remedies import GIVE_REASON


class EffectState(StrEnum):
    """Where a change is; CONFIRMED and REJECTED are the end."""

    PENDING = "PENDING"
    SENDING = "SENDING"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    REVIEW = "REVIEW"


NOT_SENT = frozenset({EffectState.PENDING})
"""Surely nothing is at Coupang: it waits to be sent."""
IN_DOUBT = frozenset({EffectState.SENDING, EffectState.UNKNOWN})
"""It may be at Coupang; the service finds out by itself."""
IN_REVIEW = frozenset({EffectState.REVIEW})
"""It may be at Coupang; a person must rule."""
SETTLED = frozenset({EffectState.CONFIRMED, EffectState.REJECTED})
"""It is known what became of it."""
PROGRESS = Classification(
    EffectState,
    "May a change be at Coupang, and who finds out?",
    NOT_SENT=NOT_SENT,
    IN_DOUBT=IN_DOUBT,
    IN_REVIEW=IN_REVIEW,
    SETTLED=SETTLED,
)
OPEN = NOT_SENT | IN_DOUBT | IN_REVIEW
"""An effect still needs somebody."""
AUTOMATIC = NOT_SENT | IN_DOUBT
"""The service takes the next step by itself."""
MAYBE_SENT = IN_DOUBT | IN_REVIEW
"""Coupang may have taken it: the outcome is not known yet."""


@dataclass(frozen=True, slots=True)
class EffectFacts:
    """What the guards may look at.

    Attributes:
        evidence: A stored answer of Coupang shows it.
        not_applied: It is certain that nothing was applied.
        reason: An operator gave a reason.
    """

    evidence: bool = False
    not_applied: bool = False
    reason: bool = False


@guard(unblock="Store an answer of Coupang that shows the outcome; nothing is confirmed on belief.")
def has_evidence(facts: EffectFacts) -> bool:
    """Tell whether a stored answer of Coupang shows the outcome."""
    return facts.evidence


@guard(unblock="Only a call that certainly changed nothing may be handed back; otherwise read Coupang first.")
def surely_not_applied(facts: EffectFacts) -> bool:
    """Tell whether it is certain that the call changed nothing."""
    return facts.not_applied


@guard(unblock=GIVE_REASON)
def has_reason(facts: EffectFacts) -> bool:
    """Tell whether an operator gave a reason."""
    return facts.reason


class EffectMachine(Machine):
    """The machine of one change asked of Coupang.

    {statechart:md}
    """

    pending = State(EffectState.PENDING, value=EffectState.PENDING, initial=True)
    sending = State(EffectState.SENDING, value=EffectState.SENDING)
    confirmed = State(EffectState.CONFIRMED, value=EffectState.CONFIRMED, final=True)
    rejected = State(EffectState.REJECTED, value=EffectState.REJECTED, final=True)
    unknown = State(EffectState.UNKNOWN, value=EffectState.UNKNOWN)
    review = State(EffectState.REVIEW, value=EffectState.REVIEW)

    # The dispatcher. Not `send`: that is the engine's own method and would be replaced silently.
    send_out = pending.to(sending)
    confirm = sending.to(confirmed, cond=has_evidence)
    reject = sending.to(rejected, cond=has_evidence)
    doubt = sending.to(unknown)
    hand_back = sending.to(pending, cond=surely_not_applied)

    # Fired by the read-back.
    prove = unknown.to(confirmed, cond=has_evidence)
    disprove = unknown.to(pending, cond=has_evidence)
    refute = unknown.to(rejected, cond=has_evidence)
    give_up = unknown.to(review)

    # The operator.
    drop = pending.to(rejected, cond=has_reason)
    rule_applied = review.to(confirmed, cond=has_reason)
    rule_not_applied = review.to(pending, cond=has_reason)
    rule_abandoned = review.to(rejected, cond=has_reason)


EFFECT: Rules[EffectFacts] = Rules(EffectMachine, EffectState)

CAUSES: dict[str, str] = {
    **dict.fromkeys(("send_out", "confirm", "reject", "doubt", "hand_back"), "dispatcher"),
    **dict.fromkeys(("prove", "disprove", "refute", "give_up"), "reader"),
    **dict.fromkeys(("drop", "rule_applied", "rule_not_applied", "rule_abandoned"), "operator"),
}
"""Event → who causes it: the dispatcher that sends, the reader of doubtful outcomes, or an operator."""

REASONS = EFFECT.reasons
"""Guard name → what would unblock it, in words for a user."""
