"""Times in the headers of an answer, whatever stands there."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST_PAUSE_S = 86_400.0
"""A longer pause that Coupang asks for is a day's: we knock again tomorrow."""


def pause_s(headers: Mapping[str, str]) -> float | None:
    """Return the pause that `Retry-After` asks for, at most `MOST_PAUSE_S`; None when it asks for none."""
    named = {name.lower(): value for name, value in headers.items()}
    asked = named.get("retry-after", "").strip()
    if asked.isdecimal():
        return min(float(asked), MOST_PAUSE_S)
    until, at = moment(asked), moment(named.get("date", ""))
    if until is None or at is None:
        return None
    return min(max(0.0, (until - at).total_seconds()), MOST_PAUSE_S)


def moment(told: str) -> datetime | None:
    """Return the aware time that a header tells, None for what is no time."""
    try:
        at = parsedate_to_datetime(told[:100])
        # Without a zone it says "-0000": UTC, from a place unknown.
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
