"""What an answer means: tables, without database, network or clock."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.coupang.orders.decode import Line, Receiver, ResultCode, RowResult, Sheet
from app.engine.context import Context
from app.engine.policy import Policy
from app.families import REGISTRY
from app.orders.effects.kinds import OrderKind
from app.orders.effects.read_back import verdict_of
from app.orders.effects.verdicts import judge, read_back

BOX, ORDER, ITEM, OTHER = 642_000_000_000_000_001, 700, 85_000_000_001, 85_000_000_002
WITHIN = timedelta(minutes=35)
BEFORE, AFTER = WITHIN - timedelta(seconds=1), WITHIN


def row(code: str, succeed: bool = False) -> RowResult:
    return RowResult(BOX, succeed, code)


def sheet(status: str, **told: Any) -> Sheet:
    items = told.pop("items", (ITEM,))
    held = told.pop("held", 0)
    return Sheet(
        shipment_box_id=told.pop("box", BOX),
        order_id=ORDER,
        status=status,
        ordered_at=None,
        paid_at=datetime(2026, 11, 1, tzinfo=UTC),
        receiver=Receiver(),
        orderer_name="",
        lines=tuple(Line(item, 1, held=held) for item in items),
        **told,
    )


def waybill(number: str = "600000000001", *, part: bool = False) -> dict[str, Any]:
    return {
        "courier_code": "CJGLS",
        "invoice_number": number,
        "part": part,
        "lines": [{"vendor_item_id": ITEM, "now": True}, {"vendor_item_id": OTHER, "now": not part}],
    }


@pytest.mark.parametrize("kind", REGISTRY.declared_kinds)
@pytest.mark.parametrize("code", ["OK", "", "SUCCESS"])
def test_a_row_that_succeeded_confirms(kind: str, code: str) -> None:
    verdict = judge(kind, [row(code, succeed=True)])
    assert (verdict.event, verdict.code, verdict.reread) == ("confirm", "OK", False)


@pytest.mark.parametrize("kind", REGISTRY.declared_kinds)
@pytest.mark.parametrize("code", [code for code in ResultCode if code is not ResultCode.OK])
def test_a_success_that_names_a_failure_is_doubtful(kind: str, code: str) -> None:
    assert judge(kind, [row(code, succeed=True)]).event == "doubt"


@pytest.mark.parametrize("kind", REGISTRY.declared_kinds)
def test_a_box_without_a_row_is_doubtful(kind: str) -> None:
    verdict = judge(kind, [])
    assert (verdict.event, verdict.code, verdict.reread) == ("doubt", "NO_ROW", True)


@pytest.mark.parametrize("kind", [OrderKind.ACKNOWLEDGE, OrderKind.SHIP, OrderKind.CHANGE_INVOICE])
def test_an_answer_that_says_two_things_of_one_box_is_a_doubt(kind: str) -> None:
    yes, no = row("OK", succeed=True), row("INVALID_INVOICE_NUMBER")
    for rows in ([yes, no], [no, yes], [yes, yes, no]):
        verdict = judge(kind, rows)
        assert (verdict.event, verdict.reread) == ("doubt", True)
    assert judge(kind, [yes, yes]).event == "confirm"


@pytest.mark.parametrize("code", list(ResultCode))
def test_an_acknowledge_is_never_rejected_by_a_row_alone(code: str) -> None:
    verdict = judge(OrderKind.ACKNOWLEDGE, [row(code)])
    assert (verdict.event, verdict.reread) == ("doubt", True)


@pytest.mark.parametrize("kind", [OrderKind.SHIP, OrderKind.CHANGE_INVOICE])
@pytest.mark.parametrize(
    ("code", "event", "reread"),
    [
        ("INVALID_STATUS", "doubt", True),
        ("NOT_FOUND_SHIPMENT_BOX", "doubt", True),
        ("UNDEFINED_ERROR_OCCUR", "doubt", True),
        ("ORDER_DELIVERY_CANCELED", "reject", True),
        ("ORDER_DELIVERY_PARTIAL_STOP_REQUESTED", "reject", True),
        ("ORDER_DELIVERY_CANCELED_HOLDING_FOR_CANCEL", "reject", True),
        ("INVALID_INVOICE_NUMBER", "reject", False),
        ("DUPLICATE_INVOICE_NUMBER", "reject", False),
        ("NOT_FOUND_VENDOR_ITEM", "reject", False),
        ("SOMETHING_NEW", "reject", False),
    ],
)
def test_a_row_that_failed(kind: str, code: str, event: str, reread: bool) -> None:
    verdict = judge(kind, [row(code)])
    assert (verdict.event, verdict.code, verdict.reread) == (event, code, reread)


ACK, SHIP, CHANGE, CLOSE = (
    OrderKind.ACKNOWLEDGE,
    OrderKind.SHIP,
    OrderKind.CHANGE_INVOICE,
    OrderKind.CLOSE_UNDELIVERED,
)
OURS = {"invoice_number": "600000000001", "items": (ITEM, OTHER)}
THEIRS = {"invoice_number": "699999999999", "items": (ITEM, OTHER)}
READINGS: list[tuple[str, str, dict[str, Any], list[Sheet], timedelta, str]] = [
    ("it shows INSTRUCT", ACK, {}, [sheet("INSTRUCT")], BEFORE, "prove"),
    ("it has gone further", ACK, {}, [sheet("FINAL_DELIVERY")], BEFORE, "prove"),
    ("it may show later", ACK, {}, [sheet("ACCEPT")], BEFORE, "wait"),
    ("it never showed", ACK, {}, [sheet("ACCEPT")], AFTER, "disprove"),
    ("a cancel is pending", ACK, {}, [sheet("ACCEPT", held=1)], AFTER, "refute"),
    ("held, but it may show later", ACK, {}, [sheet("ACCEPT", held=1)], BEFORE, "wait"),
    ("the box is gone", ACK, {}, [], BEFORE, "refute"),
    ("it carries our waybill", SHIP, waybill(), [sheet("DEPARTURE", **OURS)], BEFORE, "prove"),
    (
        "it carries ours and was delivered",
        SHIP,
        waybill(),
        [sheet("FINAL_DELIVERY", **OURS)],
        BEFORE,
        "prove",
    ),
    ("it is handed over in person", SHIP, waybill(), [sheet("NONE_TRACKING", **OURS)], BEFORE, "prove"),
    ("it carries another waybill", SHIP, waybill(), [sheet("DEPARTURE", **THEIRS)], BEFORE, "refute"),
    ("it carries ours, but waits", SHIP, waybill(), [sheet("INSTRUCT", **OURS)], BEFORE, "wait"),
    ("nothing shows yet", SHIP, waybill(), [sheet("INSTRUCT")], BEFORE, "wait"),
    ("nothing was applied", SHIP, waybill(), [sheet("INSTRUCT")], AFTER, "disprove"),
    (
        "an item of ours is missing",
        SHIP,
        waybill(),
        [sheet("DEPARTURE", invoice_number="600000000001")],
        BEFORE,
        "refute",
    ),
    ("the cancelled box", SHIP, waybill(), [], AFTER, "refute"),
    (
        "the part left under a new id",
        SHIP,
        waybill(part=True),
        [sheet("INSTRUCT", items=(OTHER,)), sheet("DEPARTURE", box=BOX + 7, invoice_number="600000000001")],
        BEFORE,
        "prove",
    ),
    (
        "the part left and the rest is gone",
        SHIP,
        waybill(part=True),
        [sheet("DEPARTURE", box=BOX + 7, invoice_number="600000000001")],
        BEFORE,
        "prove",
    ),
    (
        "another box of the order left",
        SHIP,
        waybill(part=True),
        [
            sheet("INSTRUCT", items=(ITEM, OTHER)),
            sheet("DEPARTURE", box=BOX + 7, invoice_number="699999999999"),
        ],
        AFTER,
        "disprove",
    ),
    ("the new waybill shows", CHANGE, waybill(), [sheet("DEPARTURE", **OURS)], BEFORE, "prove"),
    ("the old waybill shows", CHANGE, waybill(), [sheet("DELIVERING", **THEIRS)], BEFORE, "wait"),
    ("the old waybill stays", CHANGE, waybill(), [sheet("DELIVERING", **THEIRS)], AFTER, "disprove"),
    ("it is closed", CLOSE, {"invoice_number": "1"}, [sheet("FINAL_DELIVERY")], BEFORE, "prove"),
    ("it is not closed", CLOSE, {"invoice_number": "1"}, [sheet("DEPARTURE")], AFTER, "disprove"),
    ("it may close yet", CLOSE, {"invoice_number": "1"}, [sheet("DEPARTURE")], BEFORE, "wait"),
]


@pytest.mark.parametrize(
    ("kind", "payload", "sheets", "silent", "event"),
    [one[1:] for one in READINGS],
    ids=[f"{one[1]}: {one[0]}" for one in READINGS],
)
def test_what_a_reading_says(
    kind: str, payload: dict[str, Any], sheets: list[Sheet], silent: timedelta, event: str
) -> None:
    verdict = read_back(kind, payload, sheets, BOX, silent, WITHIN)
    assert verdict.event == event
    assert verdict.code


def test_a_held_box_whose_row_said_no_need_not_wait() -> None:
    verdict = read_back(ACK, {}, [sheet("ACCEPT", held=1)], BOX, timedelta(0), WITHIN, said_no=True)
    assert verdict.event == "refute"
    verdict = read_back(ACK, {}, [sheet("ACCEPT")], BOX, timedelta(0), WITHIN, said_no=True)
    assert verdict.event == "wait"


@pytest.mark.parametrize("kind", [ACK, OrderKind.SHIP, OrderKind.CHANGE_INVOICE, OrderKind.CLOSE_UNDELIVERED])
@pytest.mark.parametrize("minutes", [0, 10, 100_000])
def test_another_box_proves_nothing(kind: str, minutes: int) -> None:
    others = [sheet("FINAL_DELIVERY", box=BOX + 7, **OURS)]
    verdict = read_back(kind, waybill(), others, BOX, timedelta(minutes=minutes), WITHIN)
    assert verdict.event == "refute"


@pytest.mark.parametrize(
    ("shows_within", "event"), [(timedelta(minutes=1), "disprove"), (timedelta(hours=2), "wait")]
)
def test_an_acknowledge_is_not_disproved_while_any_write_may_still_arrive(
    shows_within: timedelta, event: str
) -> None:
    """On a fast clock its 35 minutes pass while the call is under way."""
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    policy = Policy(write_shows_within=shows_within)
    context = cast("Context", SimpleNamespace(policy=policy, registry=REGISTRY))
    asked = {
        "kind": "ACKNOWLEDGE",
        "payload": {},
        "shipment_box_id": BOX,
        "attempts": 1,
        "result_code": "LOST",
    }
    sent = {**asked, "sent_at": at - timedelta(minutes=40)}
    assert verdict_of(context, sent, [sheet("ACCEPT")], at).event == event
