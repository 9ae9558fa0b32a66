"""Windows of time as the lists want them: Asia/Seoul, never narrower than what was asked."""

from datetime import datetime, timedelta

from app.coupang.scalars import KST


def minutes(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return a window in whole minutes of Asia/Seoul, the start floored and the end ceiled.

    Raises:
        ValueError: A time without zone.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("a minute window needs aware times")
    first = start.astimezone(KST).replace(second=0, microsecond=0)
    last = end.astimezone(KST).replace(second=0, microsecond=0)
    return first, last + timedelta(minutes=1) if last < end else last


def seconds(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return a window in whole seconds of Asia/Seoul, the start floored and the end ceiled.

    Raises:
        ValueError: A time without zone.
    """
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("a window needs aware times")
    first = start.astimezone(KST).replace(microsecond=0)
    last = end.astimezone(KST).replace(microsecond=0)
    return first, last + timedelta(seconds=1) if last < end else last
