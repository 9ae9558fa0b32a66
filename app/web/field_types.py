"""How single values are read: strictly, and with the rule in the error."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, Field, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

MOST = 2**63 - 1
_DIGITS = re.compile(r"[0-9]{1,19}")
_TIME = re.compile(r"(20[0-9]{2})-[01][0-9]-[0-3][0-9]T[0-9:.]+(Z|[+-][0-2][0-9]:[0-5][0-9])", re.IGNORECASE)
_DAY = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]")


def _broken(rule: str) -> PydanticCustomError:
    return PydanticCustomError("rule", "{rule}", {"rule": rule})


def read_id(value: object) -> int:
    """Read an id of Coupang or ours from digits or from a JSON integer; never through a float."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST:
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value) and int(value) <= MOST:
        return int(value)
    raise _broken(f"an id has 1 to 19 digits and is not above {MOST}; write it as a string")


def read_time(value: object) -> datetime:
    """Read an RFC 3339 time with its offset."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except ValueError:
            pass
    raise _broken(
        "an RFC 3339 time with offset from 2000 to 2099, e.g. 2026-11-20T09:00:00+09:00 (in a URL, %2B)"
    )


def read_day(value: object) -> date:
    """Read a calendar day."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _broken("a day from 2000 to 2099, e.g. 2026-11-25")


_ID_TEXT = {"type": "string", "pattern": "^[0-9]{1,19}$"}

PathId = Annotated[int, PlainValidator(read_id), WithJsonSchema(_ID_TEXT)]
"""An id in a path or query."""
BodyId = Annotated[
    int,
    PlainValidator(read_id),
    WithJsonSchema({"anyOf": [_ID_TEXT, {"type": "integer", "minimum": 0, "maximum": MOST}]}),
]
"""An id in a body: a string, or an integer from writers that keep 64 bits."""
Time = Annotated[
    datetime, PlainValidator(read_time), WithJsonSchema({"type": "string", "format": "date-time"})
]
PastTime = Annotated[
    Time | None, Query(description="A past moment: what was known then, rebuilt from the history.")
]
Day = Annotated[date, PlainValidator(read_day), WithJsonSchema({"type": "string", "format": "date"})]
VendorId = Annotated[str, StringConstraints(pattern=r"^[AC][0-9]{8}$")]
# No NUL, which no database text can hold, and no other control characters in what people read.
Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", strip_whitespace=True)]


def printable(text: str) -> str:
    """Return the text.

    Raises:
        PydanticCustomError: It holds control characters.
    """
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        raise PydanticCustomError("rule", "one line of text, without control characters")
    return text


Reason = Annotated[str, Field(min_length=3, max_length=500), AfterValidator(printable)]

EffectKindName = Annotated[
    str, Field(max_length=40, examples=["SHIP"], json_schema_extra={"x-names": "effect kinds"})
]
"""The word of a change; the OpenAPI document lists those that the families declare."""
