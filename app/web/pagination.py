"""Opaque cursors: where a page of a list begins, and how the next one is named."""

import base64
import re
import struct
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from app.errors import Invalid
from app.web import presenters

Place = tuple[datetime, int]
_PLACE = struct.Struct(">qq")
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


def page(items: list[dict[str, Any]], then: Place | int | None) -> Response:
    """Answer with a page; the next one begins after `then`: a place, or an id alone (None: there is none)."""
    if isinstance(then, int):
        cursor: str | None = _write(0, then)
    else:
        cursor = _write((then[0] - _EARLIEST) // _MICRO, then[1]) if then is not None else None
    return presenters.answer({"items": items, "next_cursor": cursor})


def place_of(cursor: str | None) -> Place | None:
    """Return after which time and id a page begins; None: it is the first.

    Raises:
        Invalid: Not a cursor of ours.
    """
    if cursor is None:
        return None
    micros, row_id = _read(cursor)
    return _EARLIEST + micros * _MICRO, row_id


def id_of(cursor: str | None) -> int | None:
    """Return after which id a page begins; None: it is the first.

    Raises:
        Invalid: Not a cursor of ours.
    """
    return None if cursor is None else _read(cursor)[1]


def _write(micros: int, row_id: int) -> str:
    return base64.urlsafe_b64encode(_PLACE.pack(micros, row_id)).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, int]:
    """Return what `_write` packed: microseconds (0 without a time), id."""
    try:
        if re.fullmatch(r"[A-Za-z0-9_-]{22}", cursor):
            micros, row_id = _PLACE.unpack(base64.urlsafe_b64decode(cursor + "=="))
            most = (_LATEST - _EARLIEST).total_seconds() * 1_000_000
            if 0 <= micros <= most and row_id >= 0 and _write(micros, row_id) == cursor:
                return micros, row_id
    except (ValueError, struct.error):
        pass
    raise Invalid("unknown cursor", ("/cursor", "use `next_cursor` of the page before, unchanged"))
