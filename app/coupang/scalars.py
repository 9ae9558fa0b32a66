"""Single values as Coupang writes them: numbers as strings, `""` for nothing, times with and without offset.

Every function returns None for "no value": `""`, null, a missing key, or text that says nothing readable.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from operator import itemgetter

import msgspec

KST = timezone(timedelta(hours=9), "Asia/Seoul")
"""Asia/Seoul; Korea has had no daylight saving time since 1988."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Coupang sells since 2010. What lies outside, like 0001-01-01 and 9999-12-31, stands for no time."""
INT64_MAX = 2**63 - 1
INT32_MAX = 2**31 - 1

Text = str | int | None
Flag = bool | int | str | None

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9})\d*)?)?)?"
    r" *(Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_PUNCTUATION = itemgetter(4, 7, 10, 13, 16, 19, 22)
_WITH_OFFSET = {tuple("--T::+:"), tuple("--T::-:")}


class Money(msgspec.Struct, rename="camel", gc=False):
    """Money of v5 and v6: units and billionths of the same sign."""

    currency_code: str | None = None
    units: int | str | None = None
    nanos: int | str | None = None


Price = Money | int | float | str | None


def integer(value: int | str | None) -> int | None:
    """Return a whole number from `7` or `"7"`; exact for 18 digits, never through a float."""
    if isinstance(value, str):
        digits = value.strip()
        return int(digits) if re.fullmatch(r"[+-]?\d{1,19}", digits, re.ASCII) else None
    return value


def identifier(value: int | str | None) -> int | None:
    """Return an id: a positive int64."""
    number = integer(value)
    return number if number is not None and 0 < number <= INT64_MAX else None


def quantity(value: int | str | None) -> int | None:
    """Return a quantity: a whole number of an int32, not negative."""
    number = integer(value)
    return number if number is not None and 0 <= number <= INT32_MAX else None


def text(value: Text) -> str:
    """Return stripped text, `""` for none; NUL, which no database text can hold, is left out."""
    if value is None:
        return ""
    # Looking costs less than replacing, and a page has thousands of these.
    shown = value if isinstance(value, str) else str(value)
    return shown.replace("\x00", "").strip() if "\x00" in shown else shown.strip()


def flag(value: Flag) -> bool:
    """Return True for true, 1, `"true"` and `"True"`."""
    return value.strip().lower() in ("true", "1", "y") if isinstance(value, str) else bool(value)


def krw(price: Price) -> int | None:
    """Return whole KRW from a v4 number or a v5 object, half a won away from zero; None for others' money."""
    if price is None:
        return None
    if isinstance(price, Money) and price.currency_code == "KRW" and not price.nanos:
        units = price.units
        # What v5 writes; everything else takes the careful road.
        if isinstance(units, int) and abs(units) <= INT64_MAX:
            return units
    try:
        if isinstance(price, Money):
            if text(price.currency_code) not in ("", "KRW") or price.units in (None, ""):
                return None
            amount = Decimal(price.units or 0) + Decimal(price.nanos or 0).scaleb(-9)
        elif price == "":
            return None
        else:
            amount = Decimal(str(price).strip())
        whole = int(amount.quantize(Decimal(1), ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return whole if abs(whole) <= INT64_MAX else None


def moment(value: str | None) -> datetime | None:
    """Return an aware UTC time; without offset it is Asia/Seoul, finer than microseconds is cut."""
    return _within(_moment(value)) if value else None


def _within(at: datetime | None) -> datetime | None:
    return at if at is not None and _FIRST <= at < _LAST else None


def _moment(value: str) -> datetime | None:
    # What v5 writes, 2026-11-02T09:00:00+09:00, in the exact form that both roads read alike.
    if len(value) == 25 and _PUNCTUATION(value) in _WITH_OFFSET:
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    match = _TIME.fullmatch(value.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        return datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
            tzinfo=_zone(offset),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def instant(value: Text) -> datetime | None:
    """Return an aware UTC time from text or, as older answers have it, from milliseconds since 1970."""
    if not isinstance(value, int):
        return moment(value)
    try:
        return _within(_EPOCH + timedelta(milliseconds=value))
    except OverflowError:
        return None


def day(value: str | None) -> date | None:
    """Return the calendar day a date or a time starts with, as written."""
    # What is remembered is short: nobody may fill the memory with texts.
    return _day(value) if value and len(value) <= 64 else None


@lru_cache(maxsize=1024)
def _day(value: str) -> date | None:
    match = _TIME.fullmatch(value.strip())
    try:
        return date(*(int(part) for part in match.groups()[:3])) if match else None
    except ValueError:
        return None


def _zone(offset: str | None) -> timezone:
    if offset is None:
        return KST
    if offset == "Z":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[-2:]) if len(offset) > 3 else 0
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if offset[0] == "-" else span)
