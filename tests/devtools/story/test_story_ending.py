"""What is not final has a name, and says which decision of a person it waits for, if it waits for one."""

from typing import Any

from app.devtools.story.changes import shipped_cancelled
from app.devtools.story.ending import unfinished
from app.devtools.story.holdings import Holdings
from tests.support.shop import HOUR, MINUTE, START

DAMAGED = [{"vendor_item_id": 85, "verdict": "DAMAGED", "note": ""}]


def told(**rows: dict[str, Any]) -> list[str]:
    """What is said of a box, a receipt, an exchange and an effect, all final unless told otherwise."""
    box = {"shipment_box_id": 1, "state": "FINAL_DELIVERING", "attention": None, "lines": []}
    receipt = {
        "receipt_id": 2,
        "attention": None,
        "cancel_state": None,
        "return_state": "RETURNS_COMPLETED",
        "reception_state": "PASSED",
        "inspection": [],
    }
    exchange = {
        "exchange_id": 3,
        "state": "SUCCESS",
        "reception_state": "PASSED",
        "inspection": [],
        "attention": None,
    }
    effect = {"effect_id": 4, "kind": "SHIP", "state": "CONFIRMED"}
    defaults = {"box": box, "receipt": receipt, "exchange": exchange, "effect": effect}
    held = [[defaults[name] | rows.get(name, {})] for name in defaults]
    return [str(one) for one in unfinished(Holdings(*held))]


def test_nothing_is_left_when_all_is_final() -> None:
    assert told() == []


def test_what_still_moves_is_no_decision() -> None:
    assert told(box={"state": "INSTRUCT"}) == ["box 1 INSTRUCT: not final"]
    assert told(receipt={"cancel_state": "REQUESTED", "return_state": None}) == [
        "cancel 2 REQUESTED: not final"
    ]
    assert told(receipt={"return_state": "RETURNS_UNCHECKED", "reception_state": "PASSED"}) == [
        "return 2 RETURNS_UNCHECKED: not final"
    ]
    assert told(receipt={"reception_state": "PICKED_UP"}) == [
        "return 2 RETURNS_COMPLETED, goods PICKED_UP: not final"
    ]
    assert told(exchange={"state": "PROGRESS"}) == ["exchange 3 PROGRESS: not final"]
    assert told(effect={"state": "UNKNOWN"}) == ["effect 4 SHIP UNKNOWN: not final"]


def test_a_finding_is_a_decision_with_a_name() -> None:
    finding = {"reception_state": "DISPUTED", "inspection": DAMAGED}
    assert told(receipt={"return_state": "VENDOR_WAREHOUSE_CONFIRM", **finding}) == [
        "return 2 VENDOR_WAREHOUSE_CONFIRM: kept from approval: damaged 85"
    ]
    assert told(receipt=finding) == [
        "return 2 RETURNS_COMPLETED: refunded by Coupang all the same: damaged 85"
    ]
    assert told(exchange={"state": "PROGRESS", **finding}) == [
        "exchange 3 PROGRESS: kept from confirmation: damaged 85"
    ]
    assert told(box={"state": "DELIVERING", "attention": "Coupang shows nothing"}) == [
        "box 1 DELIVERING: Coupang shows nothing"
    ]


def test_a_box_that_came_back_on_its_way_rests() -> None:
    line = {"ordered": 2, "cancelled": 2}
    assert told(box={"state": "DELIVERING", "lines": [line]}) == []
    assert told(box={"state": "DELIVERING", "lines": [line | {"cancelled": 1}]}) == [
        "box 1 DELIVERING: not final"
    ]


def test_a_waybill_that_was_asked_for_knowingly_is_reported() -> None:
    def attempt(since: Any) -> dict[str, Any]:
        one = {"shipment_box_id": 7, "why": "stop_requested", "since": since, "at": START.isoformat()}
        return {"shipped_cancelled": [], "attempted_cancelled": [one]}

    asked_for = ["waybill asked for after a cancel: box 7 (stop_requested)"]
    assert shipped_cancelled(attempt((START - MINUTE).isoformat()), HOUR) == []
    assert shipped_cancelled(attempt((START - 2 * HOUR).isoformat()), HOUR) == asked_for
    assert shipped_cancelled(attempt(None), HOUR) == asked_for
