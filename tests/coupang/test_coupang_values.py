from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.coupang import scalars
from app.coupang.scalars import Money

ONE = datetime(2026, 11, 21, 0, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2026-11-21T09:12:31", ONE),
        ("2026-11-21 09:12:31", ONE),
        ("2026-11-21T09:12:31+09:00", ONE),
        ("2026-11-21T09:12:31+0900", ONE),
        ("2026-11-21T00:12:31Z", ONE),
        ("2026-11-20T16:12:31-08:00", ONE),
        (" 2026-11-21T09:12:31 ", ONE),
        ("2026-11-21T09:12:31.5+09:00", ONE.replace(microsecond=500000)),
        ("2026-11-21T09:12:31.973885123+09:00", ONE.replace(microsecond=973885)),
        ("2026-11-21T09:12:31.000000999", ONE),
        ("2026-11-21T09:12", ONE.replace(second=0)),
        ("2026-11-21", datetime(2026, 11, 20, 15, tzinfo=UTC)),
        ("", None),
        (None, None),
        ("2026-13-21T09:12:31", None),
        ("0001-01-01T00:00:00", None),
        ("yesterday", None),
        ("2026-11-21T09:12:31+99:00", None),
    ],
)
def test_moments(told: str | None, expected: datetime | None) -> None:
    assert scalars.moment(told) == expected


@given(st.lists(st.tuples(st.integers(0, 24), st.sampled_from("0123456789-+:T .ZW٣\n")), max_size=4))
def test_the_short_road_reads_times_as_the_long_one(slips: list[tuple[int, str]]) -> None:
    told = list("2026-11-21T09:12:31+09:00")
    for place, character in slips:
        told[place] = character
    # A blank before it is stripped, and sends the text down the long road.
    assert scalars.moment("".join(told)) == scalars.moment(" " + "".join(told))


@given(st.text(alphabet="0123456789-:T .Z+", max_size=40))
def test_no_text_breaks_the_reading_of_times(told: str) -> None:
    moment = scalars.moment(told)
    assert moment is None or moment.tzinfo is UTC
    assert scalars.day(told) is None or isinstance(scalars.day(told), date)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (19900, 19900),
        ("19900", 19900),
        (19900.0, 19900),
        (0, 0),
        ("", None),
        (None, None),
        ("many", None),
        ("NaN", None),
        ("1e99", None),
        (Money("KRW", 19900, 0), 19900),
        (Money("KRW", "19900", "0"), 19900),
        (Money("KRW", 0, 0), 0),
        (Money(None, 5, None), 5),
        (Money("KRW", -3000, -500000000), -3001),
        (Money("KRW", -3000, -499999999), -3000),
        (Money("KRW", 0, -600000000), -1),
        (Money("KRW", 2, 500000000), 3),
        (Money("KRW", None, 0), None),
        (Money("USD", 10, 0), None),
        (Money("KRW", "ten", 0), None),
    ],
)
def test_money_of_v4_and_v5(told: scalars.Price, expected: int | None) -> None:
    assert scalars.krw(told) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (642538971006401429, 642538971006401429),
        ("642538971006401429", 642538971006401429),
        (" 7 ", 7),
        (0, None),
        ("0", None),
        (-5, None),
        ("", None),
        (None, None),
        ("6.4e17", None),
        ("٣", None),
        (2**63, None),
        (2**63 - 1, 2**63 - 1),
    ],
)
def test_ids(told: int | str | None, expected: int | None) -> None:
    assert scalars.identifier(told) == expected


def test_quantities_fit_a_column() -> None:
    assert scalars.quantity("3") == 3
    assert scalars.quantity(0) == 0
    assert scalars.quantity(-1) is None
    assert scalars.quantity(2**31) is None


def test_flags_and_texts() -> None:
    told: list[scalars.Flag] = [True, "True", "true", 1, "1", False, "False", "", None, 0]
    assert [scalars.flag(each) for each in told] == [True] * 5 + [False] * 5
    assert scalars.text(" 가\x00나 ") == "가나"
    assert scalars.text(1234) == "1234"
    assert scalars.text(None) == ""


def test_days() -> None:
    assert scalars.day("2026-11-23") == date(2026, 11, 23)
    assert scalars.day("2026-11-23T23:59:59+09:00") == date(2026, 11, 23)
    assert scalars.day("2026-02-30") is None
    assert scalars.day("") is None
