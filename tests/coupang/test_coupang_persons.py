"""What is left of an answer when its time is over: what happened, and nobody's name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.coupang.orders.decode import Sheet, read_sheet_page
from app.coupang.redact import IMPERSONAL, without_persons

DATA = Path(__file__).parents[1] / "data" / "coupang"
PERSONAL = {
    "name", "email", "safeNumber", "receiverNumber", "ordererNumber", "addr1", "addr2", "postCode",
    "parcelPrintMessage", "personalCustomsClearanceCode", "ordererSsn", "ordererPhoneNumber", "etcInfoValues",
    "etcInfoValue", "requesterName", "requesterPhoneNumber", "requesterRealPhoneNumber", "requesterAddress",
    "requesterAddressDetail", "requesterZipCode", "cancelReason", "cancelCompleteUser", "reasonEtcDetail",
    "customerName", "customerMobile", "customerPhone", "customerAddress", "customerAddressDetail",
    "customerZipCode", "deliveryCustomerName", "deliveryMobile", "deliveryPhone", "deliveryAddress",
    "deliveryAddressDetail", "deliveryAddressZipCode", "returnCustomerName", "returnMobile", "returnPhone",
    "returnAddress", "returnAddressDetail", "returnAddressZipCode", "safetyNumber", "createdBy", "modifiedBy",
    "userId", "appliedValue",
}  # fmt: skip
"""Every field of the documented answers that says who, where, or what somebody wrote."""


def texts(told: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of an answer with the name it stands under."""
    if isinstance(told, dict):
        for key, value in told.items():
            yield from texts(value, key)
    elif isinstance(told, list):
        for value in told:
            yield from texts(value, name)
    elif isinstance(told, str):
        yield name, told


def answers() -> list[Any]:
    """Return every recorded answer there is."""
    found = []
    for path in sorted(DATA.rglob("*.json")):
        told = json.loads(path.read_bytes())
        if path.parent.name == "examples":
            told = told.get("response", told)
        found.append(pytest.param(told, id=f"{path.parent.name}/{path.stem}"))
    return found


@pytest.mark.parametrize("told", answers())
def test_no_answer_keeps_a_person(told: Any) -> None:
    kept = without_persons(json.dumps(told).encode())
    assert kept is not None
    left = json.loads(kept)
    assert not [(name, text) for name, text in texts(left) if text and name not in IMPERSONAL]
    # Nothing but texts has changed, and none of those that say what happened.
    assert [name for name, _ in texts(left)] == [name for name, _ in texts(told)]
    for (name, was), (_, now) in zip(texts(told), texts(left), strict=True):
        assert now == (was if name in IMPERSONAL else "")


def test_no_name_of_a_personal_field_is_taken_for_impersonal() -> None:
    assert not IMPERSONAL & PERSONAL


def test_an_order_sheet_without_its_person_still_says_what_happened() -> None:
    example = json.loads((DATA / "examples" / "orders_o1_list_day.json").read_bytes())
    body = example["response"]["body"] if "response" in example else example
    raw = json.dumps(body).encode()
    kept = without_persons(raw)
    assert kept is not None
    before, after = read_sheet_page(raw).row(0), read_sheet_page(kept).row(0)
    assert isinstance(before, Sheet)
    assert isinstance(after, Sheet)
    told = ("shipment_box_id", "order_id", "status", "paid_at", "ordered_at", "lines", "invoice_number")
    assert [getattr(after, name) for name in told] == [getattr(before, name) for name in told]
    assert b"name" in kept
    assert json.loads(raw)["data"][0]["receiver"]["name"].encode() not in kept


def test_what_is_no_json_is_not_kept() -> None:
    assert without_persons(b"<html>Access denied</html>") is None


@pytest.mark.parametrize("levels", [200, 300, 900, 1020, 5000])
def test_of_what_is_nested_without_end_nothing_stays(levels: int) -> None:
    raw = b'{"a":' * levels + b'"secret"' + b"}" * levels
    kept = without_persons(raw)
    assert kept is None or b"secret" not in kept
    assert (kept is None) == (levels > 250)
