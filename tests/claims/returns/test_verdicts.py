"""What a reading means for a change of a return: every kind against every state that may be shown."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.claims.cancels.verdicts import PATIENCE
from app.claims.kinds import ClaimKind
from app.claims.returns.verdicts import REFUNDED, carries, read_return, told_by
from app.coupang.claims.types import Receipt, ReceiptItem, ReceiptPage, ReceiptStatus, ReceiptType, Waybill
from app.coupang.claims.types import ReleaseStatus as Released
from app.machines.returns import ReturnState

WITHIN = timedelta(minutes=1)
SOON, LATE = WITHIN - timedelta(microseconds=1), WITHIN
ASKED = {"courier_code": "CJGLS", "invoice_number": "600000000001", "reg_number": ""}
OURS = Waybill("CJGLS", "600000000001")
THEIRS = Waybill("CJGLS", "699999999999")
PICKUP, CONFIRM, APPROVE = ClaimKind.PICKUP_WAYBILL, ClaimKind.CONFIRM_RETURN, ClaimKind.APPROVE_RETURN
UNCHECKED, CONFIRMED, CHECKED, COMPLETED, WITHDRAWN = ReturnState
KINDS = st.sampled_from([PICKUP, CONFIRM, APPROVE])
SILENCES = st.timedeltas(timedelta(0), timedelta(days=3))


@pytest.mark.parametrize(
    ("kind", "shown", "silent", "event", "code"),
    [
        (PICKUP, UNCHECKED, SOON, "wait", "TOO_EARLY"),
        (PICKUP, UNCHECKED, LATE, "disprove", "NOT_APPLIED"),
        (PICKUP, CONFIRMED, LATE, "refute", "SHOWN_OTHERWISE"),
        (PICKUP, CHECKED, LATE, "refute", "SHOWN_OTHERWISE"),
        (PICKUP, COMPLETED, LATE, "refute", "SHOWN_OTHERWISE"),
        (PICKUP, WITHDRAWN, SOON, "refute", "WITHDRAWN"),
        (CONFIRM, UNCHECKED, SOON, "wait", "TOO_EARLY"),
        (CONFIRM, UNCHECKED, LATE, "disprove", "NOT_APPLIED"),
        (CONFIRM, CONFIRMED, SOON, "prove", "SHOWN"),
        (CONFIRM, CHECKED, LATE, "give_up", "DISPUTED"),
        (CONFIRM, COMPLETED, SOON, "prove", REFUNDED),
        (CONFIRM, WITHDRAWN, SOON, "refute", "WITHDRAWN"),
        (APPROVE, UNCHECKED, LATE, "refute", "SHOWN_OTHERWISE"),
        (APPROVE, CONFIRMED, SOON, "wait", "TOO_EARLY"),
        (APPROVE, CONFIRMED, LATE, "disprove", "NOT_APPLIED"),
        (APPROVE, CHECKED, LATE, "give_up", "DISPUTED"),
        (APPROVE, COMPLETED, SOON, "prove", "SHOWN"),
        (APPROVE, WITHDRAWN, SOON, "refute", "WITHDRAWN"),
    ],
)
def test_return_verdict_by_kind_and_state(
    kind: str, shown: ReturnState, silent: timedelta, event: str, code: str
) -> None:
    verdict = read_return(kind, ASKED, shown, [THEIRS], silent, WITHIN)
    assert (verdict.event, verdict.code) == (event, code)


@given(KINDS, SILENCES)
def test_return_verdict_waits_while_nobody_shows_it(kind: str, silent: timedelta) -> None:
    verdict = read_return(kind, ASKED, None, [OURS], silent, WITHIN)
    assert (verdict.event, verdict.code) == ("give_up" if silent >= PATIENCE else "wait", "NOT_SHOWN")


@given(KINDS, st.sampled_from(ReturnState), st.lists(st.sampled_from([OURS, THEIRS])), SILENCES, SILENCES)
def test_return_verdict_only_ripens_with_silence(
    kind: str, shown: ReturnState, waybills: list[Waybill], silent: timedelta, longer: timedelta
) -> None:
    """Silence turns `wait` into `disprove`; nothing that was certain changes with it."""
    now = read_return(kind, ASKED, shown, waybills, silent, WITHIN)
    later = read_return(kind, ASKED, shown, waybills, silent + longer, WITHIN)
    assert later == now or (now.event, later.event) == ("wait", "disprove")


@pytest.mark.parametrize("shown", ReturnState)
def test_return_pickup_is_proven_by_its_waybill_in_any_state(shown: ReturnState) -> None:
    verdict = read_return(PICKUP, ASKED, shown, [THEIRS, OURS], timedelta(0), WITHIN)
    assert (verdict.event, verdict.code) == ("prove", "SHOWN")


@pytest.mark.parametrize("kind", [CONFIRM, APPROVE])
def test_return_waybill_proves_no_other_change(kind: str) -> None:
    before = UNCHECKED if kind is CONFIRM else CONFIRMED
    assert read_return(kind, ASKED, before, [OURS], LATE, WITHIN).event == "disprove"


@pytest.mark.parametrize(
    ("waybills", "found"),
    [
        ((), False),
        ((THEIRS,), False),
        ((OURS,), True),
        ((THEIRS, OURS), True),
        ((Waybill("HANJIN", "600000000001"),), False),
        ((Waybill("HANJIN", "600000000001"), Waybill("CJGLS", "699999999999")), False),
    ],
)
def test_waybill_is_carried_with_its_courier(waybills: tuple[Waybill, ...], found: bool) -> None:
    assert carries(ASKED, waybills) is found


def receipt(status: ReceiptStatus, **told: Any) -> Receipt:
    items = (ReceiptItem(85_000_000_001, 642, 1, release_status=Released.SHIPPED),)
    fields: dict[str, Any] = {"cancel_count_sum": 1, "release_stop_status": "비대상", "waybills": (OURS,)}
    return Receipt(1, 7, ReceiptType.RETURN, status, items, **fields | told)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (ReceiptStatus.RETURNS_UNCHECKED, UNCHECKED),
        (ReceiptStatus.VENDOR_WAREHOUSE_CONFIRM, CONFIRMED),
        (ReceiptStatus.REQUEST_COUPANG_CHECK, CHECKED),
        (ReceiptStatus.RETURNS_COMPLETED, COMPLETED),
    ],
)
def test_receipt_page_tells_state_and_way_back(status: ReceiptStatus, state: ReturnState) -> None:
    assert told_by(ReceiptPage((receipt(status),))) == (state, (OURS,))


def test_receipt_page_tells_nothing_uncertain() -> None:
    contradictory = receipt(ReceiptStatus.RETURNS_UNCHECKED, cancel_count_sum=0)
    assert told_by(ReceiptPage(())) == (None, ())
    assert told_by(ReceiptPage((contradictory,))) == (None, ())


def test_stop_request_is_no_return() -> None:
    """What a receipt says of its cancel is not taken for a state of its return."""
    asked = receipt(
        ReceiptStatus.RELEASE_STOP_UNCHECKED,
        release_stop_status="미처리",
        created_at=datetime.fromisoformat("2026-11-20T11:55:00+09:00"),
    )
    assert told_by(ReceiptPage((asked,)))[0] is None
