"""What a call says: parameters and bodies, and the 400 texts when they cannot be."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from app.clock import KST
from app.sandbox.core.faults import Fault
from app.sandbox.core.order_entities import ROAD, Vendor
from app.sandbox.core.state import SandboxState
from app.sandbox.wire.envelopes import Declined, bad_request

MISSING = "required parameters are missing"
INT64 = 2**63
IDS = frozenset(
    {
        "shipmentBoxId",
        "shipmentBoxIds",
        "orderId",
        "vendorItemId",
        "vendorItemIds",
        "receiptId",
        "exchangeId",
        "cancelIds",
    }
)
"""Fields of bodies that number something; counts are numbers whatever the rules say."""

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})([+-]\d{2}:\d{2})?")
_MINUTE = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})([+-]\d{2}:\d{2})?")
_SECOND = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})([+-]\d{2}:\d{2})?")


@dataclass(slots=True)
class Request:
    """One call that passed the gateway."""

    vendor: Vendor
    version: str
    path: dict[str, str]
    params: dict[str, str]
    body: bytes
    call: int
    fault: Fault | None = field(default=None)
    string_ids: bool = False
    """Whether ids in the body may be strings of digits."""

    def meets(self, kind: str) -> Fault | None:
        """Return this call's fault when it is of `kind`."""
        return self.fault if self.fault is not None and self.fault.kind == kind else None


def require(condition: object, message: str, code: int | str = 400) -> None:
    """End the call with a 400 unless `condition` holds.

    Raises:
        Declined: The condition does not hold.
    """
    if not condition:
        raise Declined(bad_request(message, code))


def status_of(request: Request) -> str:
    """Return the one status a list call asks for.

    Raises:
        Declined: A required parameter is missing, or the status does not exist.
    """
    required = ("createdAtFrom", "createdAtTo", "status")
    require(all(request.params.get(name) for name in required), MISSING)
    status = request.params["status"]
    require(status in ROAD, "status is invalid")
    return status


def day_window(
    request: Request, state: SandboxState, *, offset: bool | None = None
) -> tuple[datetime, datetime]:
    """Return the window of a day list as [from, before); the last day is inclusive.

    Args:
        request: The call.
        state: The world.
        offset: Whether days carry an offset; None asks the version (v5 does, v4 does not).

    Raises:
        Declined: Unreadable days, or more than the rules allow between them.
    """
    first, last = (
        read_time(_DAY, request, name, "yyyy-MM-dd", offset) for name in ("createdAtFrom", "createdAtTo")
    )
    require(first <= last, "createdAtFrom should be earlier than createdAtTo")
    require((last - first).days <= state.rules.max_range_days, state.rules.day_range_text)
    return first, last + timedelta(days=1)


def minute_window(
    request: Request, state: SandboxState, *, offset: bool | None = None
) -> tuple[datetime, datetime]:
    """Return the window of a minute list as [from, before); `offset` as in `day_window`.

    Raises:
        Declined: Unreadable times, or a day and more between them.
    """
    first, last = (
        read_time(_MINUTE, request, name, "yyyy-MM-dd'T'HH:mm", offset)
        for name in ("createdAtFrom", "createdAtTo")
    )
    require(first <= last, "createdAtFrom should be earlier than createdAtTo")
    require(last - first < timedelta(days=1), "range should less than 1 day")
    return first, last + timedelta(seconds=1 if state.rules.minute_window_end_inclusive else 0)


def second_window(request: Request) -> tuple[datetime, datetime]:
    """Return the two times of an exchange list, both inclusive, as they were sent.

    Raises:
        Declined: Unreadable times, or the end before the start.
    """
    first, last = (
        read_time(_SECOND, request, name, "yyyy-MM-dd'T'HH:mm:ss", False)
        for name in ("createdAtFrom", "createdAtTo")
    )
    require(first <= last, "createdAtFrom should be earlier than createdAtTo")
    return first, last


def read_time(
    form: re.Pattern[str], request: Request, name: str, spelled: str, offset: bool | None
) -> datetime:
    """Return the time of a parameter; without an offset it is Korean.

    Raises:
        Declined: Not of this form.
    """
    wanted = request.version != "v4" if offset is None else offset
    refusal = f"{name} should be in the format {spelled}{'+09:00' if wanted else ''}"
    found = form.fullmatch(request.params[name])
    # v5 wants the offset (an unencoded + arrives as a blank and is caught here), v4 knows none.
    if found is None or (found[2] is not None) != wanted:
        raise Declined(bad_request(refusal))
    try:
        # Days get their time first: alone, `2026-11-20+09:00` reads as nine o'clock without a zone.
        read = datetime.fromisoformat(found[1] if "T" in found[1] else f"{found[1]}T00:00")
        zone = datetime.strptime(found[2], "%z").tzinfo if found[2] else KST
    except ValueError:
        raise Declined(bad_request(refusal)) from None
    return read.replace(tzinfo=zone)


def page_size(request: Request, default: int, largest: int) -> int:
    """Return `maxPerPage`.

    Raises:
        Declined: Not a number between 1 and the largest page.
    """
    text = request.params.get("maxPerPage") or str(default)
    require(
        text.isascii() and text.isdecimal() and 1 <= int(text) <= largest,
        f"maxPerPage should be 1 to {largest}",
    )
    return int(text)


def token_of(request: Request) -> int | None:
    """Return the id below which the next page begins, None on the first page.

    Raises:
        Declined: Not a token of ours.
    """
    text = request.params.get("nextToken", "")
    require(text == "" or (text.isascii() and text.isdecimal() and len(text) <= 19), "nextToken is invalid")
    return int(text) if text else None


def json_body(request: Request) -> dict[str, Any]:
    """Return the JSON object of a call.

    Raises:
        Declined: Not a JSON object.
    """
    try:
        read = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        raise Declined(bad_request("Required request body is missing or malformed")) from None
    require(isinstance(read, dict), "Required request body is missing or malformed")
    return (
        {name: _numbered(value, name) for name, value in read.items()} if request.string_ids else dict(read)
    )


def _numbered(value: Any, name: str) -> Any:
    """Return a value of a body with ids as numbers where they came as strings of digits."""
    if isinstance(value, dict):
        return {inner: _numbered(one, inner) for inner, one in value.items()}
    if isinstance(value, list):
        return [_numbered(one, name) for one in value]
    digits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 19
    return int(value) if digits and name in IDS else value


def vendor_body(request: Request) -> dict[str, Any]:
    """Return the JSON object of a call that repeats the vendor of its path.

    Raises:
        Declined: Not an object, or another vendor.
    """
    read = json_body(request)
    require(read.get("vendorId") == request.vendor.vendor_id, "Invalid vendor ID")
    return read


def number(value: object, name: str) -> int:
    """Return an id of a body; ids are JSON numbers.

    Raises:
        Declined: A string, a float, or anything else.
    """
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 < value < INT64
    require(fits, f"{name} should be a number")
    assert isinstance(value, int)
    return value


def loose_number(value: object, name: str) -> int:
    """Return an id of a body that may also be a string of digits, as exchange calls have it.

    Raises:
        Declined: Neither.
    """
    digits = isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 19
    return number(int(str(value)) if digits else value, name)


def text(value: object, name: str) -> str:
    """Return a text of a body; a number is read as its digits, as live calls show.

    Raises:
        Declined: Neither text nor number.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    require(isinstance(value, str), f"{name} should be a string")
    return str(value)


def flag(value: object, name: str) -> bool:
    """Return a boolean of a body; the official samples also send `"False"`.

    Raises:
        Declined: Neither.
    """
    known = {True: True, False: False, "true": True, "True": True, "false": False, "False": False}
    usable = isinstance(value, bool | str) and value in known
    require(usable, f"{name} should be a boolean")
    return known[value]
