"""What a receipt row says, over every combination of what its fields may hold."""

import itertools
from collections.abc import Iterator

import pytest

from app.machines.cancels import CancelState
from app.machines.receipt_classification import (
    Completion,
    Pickup,
    Reading,
    completion_from_wire,
    from_wire,
    is_ours_to_collect,
    is_refunded,
    pickup_from_wire,
)
from app.machines.returns import ReturnState

TYPES = ("RETURN", "STOP_SHIPMENT", "반품")
STATUSES = (
    "RETURNS_UNCHECKED",
    "VENDOR_WAREHOUSE_CONFIRM",
    "REQUEST_COUPANG_CHECK",
    "RETURNS_COMPLETED",
)
STOPS = ("미처리", "처리(출고중지)", "처리(이미출고)", "자동처리(이미출고)", "비대상", "", None)
ITEMS = [set(some) for size in range(5) for some in itertools.combinations("YNSA", size)]

GONE = CancelState.SHIPPED_ALREADY


def rows() -> Iterator[tuple[str, str, str | None, set[str]]]:
    yield from itertools.product(TYPES, STATUSES, STOPS, ITEMS)


def test_a_stop_request_is_open_whatever_the_other_fields_say() -> None:
    for kind, stop, items in itertools.product(TYPES, STOPS, ITEMS):
        assert from_wire(kind, "RELEASE_STOP_UNCHECKED", stop, items) == Reading(CancelState.REQUESTED, None)


def test_an_immediate_cancel_is_complete_or_it_is_set_aside() -> None:
    for stop, items in itertools.product(STOPS, ITEMS):
        assert from_wire("CANCEL", "RETURNS_COMPLETED", stop, items) == Reading(CancelState.CANCELLED, None)
        for status in (*STATUSES[:3], "RELEASE_STOP_UNCHECKED"):
            with pytest.raises(ValueError, match="complete at birth"):
                from_wire("CANCEL", status, stop, items)


def test_every_row_is_a_cancel_or_a_return_and_both_only_when_it_had_left() -> None:
    count = 0
    for kind, status, stop, items in rows():
        count += 1
        reading = from_wire(kind, status, stop, items)
        if reading.returned is None:
            assert reading.cancel in (CancelState.REQUESTED, CancelState.STOPPED)
        else:
            assert reading.returned == status
            assert reading.cancel in (None, GONE)
    assert count == 3 * 4 * 7 * 16


def test_the_status_decides_first() -> None:
    for kind, status, stop, items in rows():
        reading = from_wire(kind, status, stop, items)
        if reading.cancel is CancelState.REQUESTED:
            assert status == "RETURNS_UNCHECKED"
        if reading.cancel is CancelState.STOPPED:
            assert status == "RETURNS_COMPLETED"


def test_what_may_still_be_in_the_house_is_never_released() -> None:
    """An open receipt blocks while an item waits, except where somebody said the whole receipt has left."""
    for kind, stop, items in itertools.product(TYPES, STOPS, ITEMS):
        reading = from_wire(kind, "RETURNS_UNCHECKED", stop, items)
        waits = "N" in items or items == {"S"}
        said = stop == "처리(이미출고)" or (stop == "자동처리(이미출고)" and not items & {"Y", "A"})
        if waits and not (said and "N" in items):
            assert reading.cancel is CancelState.REQUESTED
        if waits and said and "N" in items:
            assert reading.cancel is GONE


def test_the_lagging_fields_do_not_make_a_return_of_a_cancel() -> None:
    stopped = Reading(CancelState.STOPPED, None)
    for kind, stop, items in itertools.product(
        TYPES, ("미처리", "처리(출고중지)", "비대상", None), ({"N"}, {"N", "S"}, {"S"})
    ):
        assert from_wire(kind, "RETURNS_COMPLETED", stop, items) == stopped


def test_an_already_shipped_stop_is_both() -> None:
    for kind, status in itertools.product(TYPES, STATUSES):
        both = Reading(GONE, ReturnState(status))
        for stop in ("처리(이미출고)", "자동처리(이미출고)"):
            for items in ({"A"}, {"Y"}, {"A", "Y"}, set[str]()):
                assert from_wire(kind, status, stop, items) == both
        for stop in STOPS:
            assert from_wire(kind, status, stop, {"A"}) == both


def test_an_ordinary_return_was_never_a_cancel() -> None:
    for kind, status, items in itertools.product(TYPES, STATUSES, ({"Y"}, set[str]())):
        for stop in ("비대상", "", None):
            assert from_wire(kind, status, stop, items) == Reading(None, ReturnState(status))


@pytest.mark.parametrize(
    ("row", "cancel", "returned"),
    [
        (("RETURN", "RELEASE_STOP_UNCHECKED", "미처리", ["N"]), "REQUESTED", None),
        (("RETURN", "RETURNS_UNCHECKED", "미처리", ["N"]), "REQUESTED", None),
        (("RETURN", "RETURNS_UNCHECKED", "비대상", ["N", "N"]), "REQUESTED", None),
        (("반품", "RETURNS_UNCHECKED", "미처리", ["S"]), "REQUESTED", None),
        (("RETURN", "RETURNS_UNCHECKED", "자동처리(이미출고)", ["N", "Y"]), "REQUESTED", None),
        (
            ("RETURN", "RETURNS_UNCHECKED", "자동처리(이미출고)", ["N"]),
            "SHIPPED_ALREADY",
            "RETURNS_UNCHECKED",
        ),
        (("RETURN", "RETURNS_UNCHECKED", "처리(이미출고)", [None]), "SHIPPED_ALREADY", "RETURNS_UNCHECKED"),
        (("RETURN", "RETURNS_UNCHECKED", "미처리", ["Y"]), "SHIPPED_ALREADY", "RETURNS_UNCHECKED"),
        (("RETURN", "RETURNS_UNCHECKED", "비대상", ["Y"]), None, "RETURNS_UNCHECKED"),
        (("RETURN", "VENDOR_WAREHOUSE_CONFIRM", "비대상", ["Y"]), None, "VENDOR_WAREHOUSE_CONFIRM"),
        (("RETURN", "RETURNS_COMPLETED", "미처리", ["N"]), "STOPPED", None),
        (("RETURN", "RETURNS_COMPLETED", "처리(출고중지)", ["N"]), "STOPPED", None),
        (("STOP_SHIPMENT", "RETURNS_COMPLETED", "처리(출고중지)", ["S"]), "STOPPED", None),
        (("RETURN", "RETURNS_COMPLETED", "미처리", ["Y"]), "SHIPPED_ALREADY", "RETURNS_COMPLETED"),
        (("RETURN", "RETURNS_COMPLETED", "비대상", ["Y"]), None, "RETURNS_COMPLETED"),
        (("CANCEL", "RETURNS_COMPLETED", "비대상", ["N"]), "CANCELLED", None),
    ],
)
def test_rows_as_they_are_published(
    row: tuple[str, str, str | None, list[str | None]], cancel: str | None, returned: str | None
) -> None:
    assert from_wire(*row) == Reading(
        None if cancel is None else CancelState(cancel), None if returned is None else ReturnState(returned)
    )


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("EXCHANGE", "RETURNS_COMPLETED", "비대상", ["Y"]), "unknown receiptType"),
        (("", "RETURNS_UNCHECKED", "비대상", ["Y"]), "unknown receiptType"),
        (("RETURN", "WITHDRAWN", "비대상", ["Y"]), "unknown receiptStatus"),
        (("RETURN", "", "비대상", ["Y"]), "unknown receiptStatus"),
        (("CANCEL", "DONE", "비대상", ["Y"]), "unknown receiptStatus"),
        (("RETURN", "RETURNS_UNCHECKED", "처리", ["Y"]), "unknown releaseStopStatus"),
        (("RETURN", "RELEASE_STOP_UNCHECKED", "?", ["N"]), "unknown releaseStopStatus"),
        (("RETURN", "RETURNS_UNCHECKED", "비대상", ["Y", "X"]), "unknown releaseStatus"),
        (("CANCEL", "RETURNS_COMPLETED", "비대상", ["n"]), "unknown releaseStatus"),
    ],
)
def test_unknown_values_are_set_aside(row: tuple[str, str, str | None, list[str]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        from_wire(*row)


CLASSES: dict[str, list[set[str]]] = {
    "untold": [set()],
    "waiting": [{"N"}, {"N", "S"}],
    "partly": [
        {"N", "Y"},
        {"N", "A"},
        {"N", "Y", "A"},
        {"N", "S", "Y"},
        {"N", "S", "A"},
        {"N", "S", "Y", "A"},
    ],
    "stopped": [{"S"}],
    "left": [{"Y"}, {"Y", "S"}],
    "already": [{"A"}, {"A", "Y"}, {"A", "S"}, {"A", "S", "Y"}],
}


@pytest.mark.parametrize(
    ("status", "stop", "told"),
    [
        ("RETURNS_UNCHECKED", "미처리", "REQ REQ REQ REQ GONE GONE"),
        ("RETURNS_UNCHECKED", "처리(출고중지)", "REQ REQ REQ REQ GONE GONE"),
        ("RETURNS_UNCHECKED", "처리(이미출고)", "GONE GONE GONE REQ GONE GONE"),
        ("RETURNS_UNCHECKED", "자동처리(이미출고)", "GONE GONE REQ REQ GONE GONE"),
        ("RETURNS_UNCHECKED", "비대상", "RET REQ REQ REQ RET GONE"),
        ("RETURNS_COMPLETED", "미처리", "STOP STOP GONE STOP GONE GONE"),
        ("RETURNS_COMPLETED", "처리(출고중지)", "STOP STOP STOP STOP STOP GONE"),
        ("RETURNS_COMPLETED", "처리(이미출고)", "GONE GONE GONE STOP GONE GONE"),
        ("RETURNS_COMPLETED", "자동처리(이미출고)", "GONE GONE GONE STOP GONE GONE"),
        ("RETURNS_COMPLETED", "비대상", "RET STOP GONE STOP RET GONE"),
        *(
            (status, stop, "GONE GONE GONE GONE GONE GONE")
            for status in ("VENDOR_WAREHOUSE_CONFIRM", "REQUEST_COUPANG_CHECK")
            for stop in STOPS[:4]
        ),
        ("VENDOR_WAREHOUSE_CONFIRM", "비대상", "RET RET RET RET RET GONE"),
        ("REQUEST_COUPANG_CHECK", "비대상", "RET RET RET RET RET GONE"),
    ],
)
def test_every_cell_is_written_out_by_hand(status: str, stop: str, told: str) -> None:
    returned = ReturnState(status)
    readings = {
        "REQ": Reading(CancelState.REQUESTED, None),
        "STOP": Reading(CancelState.STOPPED, None),
        "GONE": Reading(GONE, returned),
        "RET": Reading(None, returned),
    }
    assert sorted(map(sorted, itertools.chain(*CLASSES.values()))) == sorted(map(sorted, ITEMS))
    for sets, short in zip(CLASSES.values(), told.split(), strict=True):
        for kind, items in itertools.product(TYPES, sets):
            assert from_wire(kind, status, stop, items) == readings[short]


def test_who_brings_the_goods_back() -> None:
    wire: dict[str | None, Pickup] = {
        "연동택배": Pickup.CONTRACT_COURIER,
        "전담택배": Pickup.COUPANG,
        "수기관리": Pickup.BY_HAND,
        "": Pickup.NOTHING,
        None: Pickup.UNSAID,
    }
    assert {value: pickup_from_wire(value) for value in wire} == wire
    assert {pickup for pickup in Pickup if is_ours_to_collect(pickup)} == {Pickup.BY_HAND, Pickup.UNSAID}
    with pytest.raises(ValueError, match="unknown returnDeliveryType"):
        pickup_from_wire("택배")


def test_who_completed_it_and_whether_the_money_is_back() -> None:
    wire = {
        "UNDEFINED": Completion.NOBODY_YET,
        "미확인": Completion.NOBODY_YET,
        "": Completion.NOBODY_YET,
        "VENDOR_CONFIRM": Completion.SELLER,
        "CS_CONFIRM": Completion.SUPPORT,
        "CS_LOSS_CONFIRM": Completion.SUPPORT_LOSS,
    }
    assert {value: completion_from_wire(value) for value in wire} == wire
    with pytest.raises(ValueError, match="unknown completeConfirmType"):
        completion_from_wire("CONFIRMED")
    assert is_refunded("RETURNS_UNCHECKED", True)
    assert is_refunded("RETURNS_COMPLETED", False)
    assert not is_refunded("VENDOR_WAREHOUSE_CONFIRM", False)
