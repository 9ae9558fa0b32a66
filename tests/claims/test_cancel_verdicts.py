"""What answers and readings mean for cancels: no success without proof, no repeat of half a cancel."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.claims.cancels.verdicts import PATIENCE, judge_cancel, read_answer, read_cancel
from app.claims.kinds import ClaimKind
from app.coupang import errors
from app.coupang.claims.types import CancelAnswer, CancelReceipt, CancelType
from app.coupang.orders.decode import Line, Receiver, Sheet
from app.engine.effects.verdicts import judge_error
from app.machines.cancels import CancelState

BOX, SHIRT, SOCKS = 642_538_970_006_401_429, 85_000_000_001, 85_000_000_002
WITHIN = timedelta(minutes=1)
ASKED: dict[str, Any] = {
    "items": [
        {"vendor_item_id": SHIRT, "count": 2, "cancelled_before": 1},
        {"vendor_item_id": SOCKS, "count": 1, "cancelled_before": 0},
    ]
}


def answer(done: tuple[int, ...], failed: tuple[int, ...], text: str = "") -> CancelAnswer:
    receipts = (CancelReceipt(1, CancelType.STOP_SHIPMENT, done),) if done else ()
    return CancelAnswer(7, "200", receipts, failed, tuple((item, text) for item in failed))


@pytest.mark.parametrize(
    ("done", "failed", "event", "code"),
    [
        ((SHIRT, SOCKS), (), "confirm", "OK"),
        ((SHIRT,), (SOCKS,), "confirm", "PARTIAL"),
        ((), (SHIRT, SOCKS), "reject", "NOT_CANCELLED"),
        ((SHIRT,), (), "doubt", "UNKNOWN_ITEMS"),
        ((SHIRT, SOCKS), (SOCKS,), "doubt", "UNKNOWN_ITEMS"),
    ],
)
def test_an_answer_item_by_item(
    done: tuple[int, ...], failed: tuple[int, ...], event: str, code: str
) -> None:
    verdict = judge_cancel(answer(done, failed, "취소 가능한 개수보다 요청한 개수가 더 많습니다."), ASKED)
    assert (verdict.event, verdict.code) == (event, code)
    if event != "confirm" or code == "PARTIAL":
        assert verdict.reread


def test_an_item_that_failed_midway_is_doubtful() -> None:
    verdict = judge_cancel(answer((SHIRT,), (SOCKS,), errors.UNDETERMINED[0]), ASKED)
    assert verdict.event == "doubt"


def shown(status: str, **lines: tuple[int, int]) -> list[Sheet]:
    """A box that shows (held, cancelled) of its two lines."""
    held = {SHIRT: lines.get("shirt", (0, 1)), SOCKS: lines.get("socks", (0, 0))}
    made = tuple(Line(vendor_item_id=item, ordered=4, held=a, cancelled=b) for item, (a, b) in held.items())
    paid_at = datetime(2026, 11, 1, tzinfo=UTC)
    return [Sheet(BOX, 7, status, None, paid_at, Receiver(), "", made)]


@pytest.mark.parametrize(
    ("sheets", "minutes", "event"),
    [
        ([], 0.0, "prove"),
        (shown("INSTRUCT", shirt=(0, 3), socks=(0, 1)), 0.0, "prove"),
        (shown("INSTRUCT"), 0.5, "wait"),
        (shown("INSTRUCT"), 2.0, "disprove"),
        (shown("DEPARTURE"), 0.0, "refute"),
        (shown("INSTRUCT", shirt=(0, 3)), 2.0, "wait"),
        (shown("INSTRUCT", shirt=(0, 3)), 61.0, "give_up"),
        (shown("INSTRUCT", socks=(1, 0)), 61.0, "give_up"),
    ],
)
def test_a_cancel_read_back(sheets: list[Sheet], minutes: float, event: str) -> None:
    assert read_cancel(ASKED, sheets, BOX, timedelta(minutes=minutes), WITHIN).event == event


@pytest.mark.parametrize(
    ("shirt", "others", "event"),
    [
        ((0, 3), (2, 0), "disprove"),
        ((0, 3), (0, 2), "disprove"),
        ((2, 1), (0, 2), "disprove"),
        ((0, 5), (2, 0), "prove"),
        ((2, 3), (0, 2), "prove"),
        ((0, 4), (2, 0), "wait"),
        ((3, 1), (0, 2), "wait"),
    ],
)
def test_what_a_customer_had_stopped_proves_no_cancel_of_ours(
    shirt: tuple[int, int], others: tuple[int, int], event: str
) -> None:
    asked = {"items": ASKED["items"][:1]}
    assert (asked["items"][0]["count"], asked["items"][0]["cancelled_before"]) == (2, 1)
    sheets = shown("INSTRUCT", shirt=shirt)
    verdict = read_cancel(asked, sheets, BOX, timedelta(minutes=2), WITHIN, {SHIRT: others})
    assert verdict.event == event


@pytest.mark.parametrize("kind", [ClaimKind.STOP_SHIPMENT, ClaimKind.DECLARE_SHIPPED])
@pytest.mark.parametrize("state", [None, *CancelState])
def test_an_answer_read_back(kind: str, state: CancelState | None) -> None:
    soon = read_answer(kind, state, timedelta(0), WITHIN).event
    late = read_answer(kind, state, PATIENCE, WITHIN).event
    asked = CancelState.STOPPED if kind is ClaimKind.STOP_SHIPMENT else CancelState.SHIPPED_ALREADY
    match state:
        case None:
            assert (soon, late) == ("wait", "give_up")
        case CancelState.REQUESTED:
            assert (soon, late) == ("wait", "disprove")
        case _ if state is asked:
            assert (soon, late) == ("prove", "prove")
        case _:
            assert (soon, late) == ("refute", "refute")


@pytest.mark.parametrize(
    ("error", "alone", "event"),
    [
        (errors.AlreadyDone(), True, "doubt"),
        (errors.NotExisting(), True, "doubt"),
        (errors.HalfDone(), True, "doubt"),
        (errors.Broken(), True, "doubt"),
        (errors.CountMismatch(), True, "reject"),
        (errors.WaybillRefused(), True, "reject"),
        (errors.Rejected(), True, "reject"),
        (errors.Rejected(), False, "hand_back"),
        (errors.Throttled(), True, "hand_back"),
        (errors.Unreachable(outcome="unknown"), True, "doubt"),
        (errors.Unreachable(outcome="not_applied"), True, "hand_back"),
    ],
)
def test_a_failed_call(error: errors.CoupangError, alone: bool, event: str) -> None:
    assert judge_error(error, alone=alone).event == event
