from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.coupang.couriers import COURIERS, DIRECT, code_of
from app.coupang.orders import decode as order_decode

SHEETS = Path(__file__).parents[1] / "data/coupang/wild/ordersheets"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("CJ 대한통운", "CJGLS"),
        ("CJ대한통운", "CJGLS"),
        (" cj대한통운 ", "CJGLS"),
        ("롯데택배", "HYUNDAI"),
        ("로젠택배", "KGB"),
        ("한진택배", "HANJIN"),
        ("Logen", "KGB"),
        ("hanjin", "HANJIN"),
        ("업체직송", DIRECT),
        ("DIRECT", DIRECT),
        ("LOTTE", None),
        ("", None),
    ],
)
def test_names_become_codes(name: str, code: str | None) -> None:
    assert code_of(name) == code


def test_every_code_names_itself() -> None:
    assert len(COURIERS) == 200
    assert {code_of(code) for code in COURIERS} == set(COURIERS)
    assert all(courier.name_ko for courier in COURIERS.values())


def test_names_seen_on_the_wire_are_known() -> None:
    for path in SHEETS.glob("*.json"):
        if "history" in path.name:
            continue
        for sheet in order_decode.read_sheet_page(path.read_bytes()).sheets:
            assert sheet.paid_at < datetime(2030, 1, 1, tzinfo=UTC)
            assert sheet.courier_name is None or code_of(sheet.courier_name) in COURIERS


@pytest.mark.parametrize(
    ("code", "number", "fits"),
    [
        ("CJGLS", "000000000012", True),
        ("CJGLS", "12345678901", False),
        ("EPOST", "1234567890123", True),
        ("EPOST", "12345678901a3", False),
        ("EPOST", "123456789012٣", False),
        (DIRECT, "1", True),
        (DIRECT, "a", False),
    ],
)
def test_shapes_of_waybill_numbers(code: str, number: str, fits: bool) -> None:
    pattern = COURIERS[code].pattern
    assert pattern is not None
    assert bool(pattern.fullmatch(number)) is fits


def test_a_courier_without_a_published_shape_has_no_pattern() -> None:
    assert COURIERS["AJOU"].pattern is None
