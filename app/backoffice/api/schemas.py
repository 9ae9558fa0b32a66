"""The documented shapes of `/admin/v1`, with their examples."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from app.backoffice.reviews import Ruling
from app.engine.access.api_keys import IMPLIED
from app.web.field_types import Reason, Time, VendorId, printable
from app.web.schemas import AT, BOX_ID, Asked, Id, Told

Scope = StrEnum("Scope", {scope.upper().replace(":", "_"): scope for scope in IMPLIED})  # type: ignore[misc]


def _visible_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text.isascii() or not all("!" <= sign <= "~" for sign in text):
        raise PydanticCustomError("rule", "visible ASCII without blanks")
    return secret


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(printable)]
WingUser = Annotated[str, Field(max_length=60, pattern=r"^[!-~]*$")]
CoupangKey = Annotated[SecretStr, Field(min_length=1, max_length=200), AfterValidator(_visible_secret)]

_KEYS = {
    "access_key": "0f9d3c1a-0000-4000-8000-00000000cafe",
    "secret_key": "00112233445566778899aabbccddeeff00112233",
    "key_issued_at": "2026-10-01T00:00:00+09:00",
}
_NEW_VENDOR: dict[str, Any] = {"vendor_id": "A00012345", "name": "예시 상점", **_KEYS}


class Keys(Asked):
    """A vendor's Coupang keys; they go in and never come out."""

    model_config = ConfigDict(json_schema_extra={"examples": [dict(_KEYS)]})

    access_key: CoupangKey
    secret_key: CoupangKey
    key_issued_at: Time | None = None
    """Coupang ends a key 180 days later; null means now."""


class NewVendor(Keys):
    """A vendor to speak for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NEW_VENDOR]})

    vendor_id: VendorId
    name: Name
    auto_acknowledge: bool = True


class Policy(Asked):
    """What of a vendor's policy is to change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"auto_acknowledge": False}]})

    name: Name | None = None
    auto_acknowledge: bool | None = None
    wing_user_id: WingUser | None = None
    """A WING login of the vendor; Coupang wants it named when the seller cancels. Empty forgets it."""


class Vendor(Told):
    """A vendor without its keys."""

    vendor_id: str
    name: str
    state: Literal["ACTIVE", "PAUSED"]
    auto_acknowledge: bool
    wing_user_id: str | None
    """Null: the seller cannot cancel through this service."""
    key_issued_at: datetime
    key_age_days: int
    key_days_left: int
    """Of 180; renew in time, Coupang gives no warning."""
    due_at: datetime
    stopped_until: datetime | None
    """We keep silent towards Coupang until then."""
    stopped_reason: str | None
    stopped_kind: Literal["throttled", "blocked", "denied", "errors"] | None
    """`denied` ends when the key is replaced, all others by themselves."""
    stops: int
    skew_s: float | None
    """Seconds that Coupang's clock was ahead of ours in the newest visit; five minutes are too many."""
    skew_at: datetime | None
    created_at: datetime


class Vendors(Told):
    """All vendors of this key."""

    items: list[Vendor]


class NewKey(Asked):
    """An API key to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "packing line 1", "scopes": ["warehouse:write"], "vendor_ids": ["A00012345"]}
            ]
        }
    )

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    vendor_ids: Annotated[list[VendorId], Field(min_length=1, max_length=10_000)] | None
    """Vendors it may know of; null means every vendor, also those to come."""


class ApiKey(Told):
    """An API key without its secret."""

    key_id: str
    name: str
    scopes: list[Scope]
    vendor_ids: list[str] | None
    created_at: datetime
    revoked_at: datetime | None


class MadeKey(ApiKey):
    """A new API key."""

    key: str
    """Shown this once only."""


class ApiKeys(Told):
    """All keys that see no more than this one."""

    items: list[ApiKey]


class Verdict(Asked):
    """What an operator found out about an effect in REVIEW."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"verdict": "applied", "reason": "seen in WING, waybill is there"}]}
    )

    verdict: Ruling
    reason: Reason


class Poll(Told):
    """One reading of one window of a feed."""

    vendor_id: str
    run_id: Id
    feed: str
    window_start: datetime
    window_end: datetime
    started_at: datetime
    finished_at: datetime
    pages: int
    rows: int
    changed: int
    unreadable: int
    contradicted: int
    outcome: str
    error: str | None


class PollPage(Told):
    """A page of readings."""

    items: list[Poll]
    next_cursor: str | None


class Coverage(Told):
    """What a feed lacks."""

    vendor_id: str
    feed: str
    due_at: datetime
    last_ok_at: datetime | None
    last_error: str | None
    failures: int
    uncovered_minutes: float
    """Of the days we promise to catch up; the looks `accept` and `stops` claim none."""
    oldest_hole: datetime | None
    holes: int


class Coverages(Told):
    """Every feed."""

    items: list[Coverage]


class Quarantined(Told):
    """A row of Coupang that could not be read, without its text."""

    vendor_id: str
    digest: str
    feed: str
    shipment_box_id: Id | None
    reason: str
    first_seen_at: datetime
    last_seen_at: datetime
    times: int


class Quarantine(Told):
    """Rows that could not be read, newest first."""

    items: list[Quarantined]


class Calls(Told):
    """How often Coupang was called for one purpose with one answer."""

    vendor_id: str
    purpose: str
    route: str
    answer: str
    calls: int
    first_hour: datetime
    last_hour: datetime


class Tally(Told):
    """All calls."""

    items: list[Calls]


VENDOR: dict[str, Any] = {
    "vendor_id": "A00012345",
    "name": "예시 상점",
    "state": "ACTIVE",
    "auto_acknowledge": True,
    "wing_user_id": "wing01",
    "key_issued_at": "2026-09-30T15:00:00Z",
    "key_age_days": 50,
    "key_days_left": 129,
    "due_at": AT,
    "stopped_until": None,
    "stopped_reason": None,
    "stopped_kind": None,
    "stops": 0,
    "skew_s": 0.4,
    "skew_at": AT,
    "created_at": AT,
}
API_KEY: dict[str, Any] = {
    "key_id": "0a1b2c3d4e5f",
    "name": "packing line 1",
    "scopes": ["warehouse:write"],
    "vendor_ids": ["A00012345"],
    "created_at": AT,
    "revoked_at": None,
}
MADE_KEY = {**API_KEY, "key": "cf_0a1b2c3d4e5f_pZ0x6Jm3bV4q8sT1uW5yA7cE9gH2kL0nQrSvXzBdFhM"}
POLL: dict[str, Any] = {
    "vendor_id": "A00012345",
    "run_id": "1207",
    "feed": "orders",
    "window_start": "2026-11-20T02:20:00Z",
    "window_end": "2026-11-20T02:50:00Z",
    "started_at": AT,
    "finished_at": "2026-11-20T03:00:02Z",
    "pages": 6,
    "rows": 41,
    "changed": 3,
    "unreadable": 0,
    "contradicted": 0,
    "outcome": "ok",
    "error": None,
}
COVERAGE: dict[str, Any] = {
    "vendor_id": "A00012345",
    "feed": "orders",
    "due_at": "2026-11-20T03:30:00Z",
    "last_ok_at": AT,
    "last_error": None,
    "failures": 0,
    "uncovered_minutes": 0.0,
    "oldest_hole": None,
    "holes": 0,
}
QUARANTINED: dict[str, Any] = {
    "vendor_id": "A00012345",
    "digest": "9f86d081884c7d659a2feaa0c55ad015",
    "feed": "feed:accept",
    "shipment_box_id": BOX_ID,
    "reason": "shippingCount is missing or not a quantity",
    "first_seen_at": AT,
    "last_seen_at": AT,
    "times": 1,
}
CALLS: dict[str, Any] = {
    "vendor_id": "A00012345",
    "purpose": "accept",
    "route": "O2",
    "answer": "ok",
    "calls": 480,
    "first_hour": "2026-11-19T03:00:00Z",
    "last_hour": AT,
}
