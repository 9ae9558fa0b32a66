import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest

from app.coupang import signing

PUBLISHED = json.loads(
    (Path(__file__).parents[1] / "data/coupang/wild/hmac_published.json").read_text(encoding="utf-8")
)
SHOP = "/v2/providers/openapi/apis/api"
KEY = ("0f9d3c1a-0000-4000-8000-00000000cafe", "00112233445566778899aabbccddeeff00112233", "261121T031500Z")
SHEETS = f"{SHOP}/v5/vendors/A00012345/ordersheets"
ACKNOWLEDGE = f"{SHOP}/v4/vendors/A00012345/ordersheets/acknowledgement"
DAYS = "createdAtFrom=2026-11-20%2B09:00&createdAtTo=2026-11-21%2B09:00&maxPerPage=50&status=ACCEPT"


@pytest.mark.parametrize("vector", PUBLISHED, ids=lambda vector: vector["id"])
def test_published_vectors(vector: dict[str, str]) -> None:
    signed = signing.signature(
        vector["secret_key"], vector["signed_date"], vector["method"], vector["path"], vector["query"]
    )
    assert signed == vector["signature"]
    header = signing.authorization(
        vector["access_key"],
        vector["secret_key"],
        vector["signed_date"],
        vector["method"],
        vector["path"],
        vector["query"],
    )
    # One published header has no blanks after the commas; both spellings claim the same.
    assert signing.read_authorization(header) == signing.read_authorization(vector["authorization"])


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", SHEETS, DAYS, "a0af272811ed0fe46fd8bd0e680d10ee764739693087359965fdeb9816b50510"),
        ("PUT", ACKNOWLEDGE, "", "a2222e81e58e1ddc5104bc5541cbf111844fa66949a9634d0fa58d63250e5ab7"),
        ("PATCH", ACKNOWLEDGE, "", "61534f9fd268c3d1cd8a1c3c6ef49f91f813149febf4dc69c8bb5ee2ec623a57"),
        (
            "GET",
            f"{SHOP}/v4/vendors/A00012345/exchangeRequests",
            "createdAtFrom=2026-11-15T00:00:00&createdAtTo=2026-11-21T23:59:59&status=PROGRESS",
            "2c2e9963ba49391ad9e053ada85c227a436e7f7e43cbc79591e5e5944f2cf8ba",
        ),
        (
            "GET",
            f"{SHOP}/v6/vendors/A00012345/returnRequests",
            "searchType=timeFrame&createdAtFrom=2026-11-21T09%3A00&createdAtTo=2026-11-21T09%3A20&status=UC",
            "a8c6fd67164aa7200d51d4d9352bc625e0d257f91fb505e0341bc957fe5b5fe6",
        ),
    ],
)
def test_computed_vectors(method: str, path: str, query: str, expected: str) -> None:
    access_key, secret_key, date = KEY
    assert signing.signature(secret_key, date, method, path, query) == expected
    assert signing.authorization(access_key, secret_key, date, method, path, query).endswith(
        f"signed-date={date}, signature={expected}"
    )


def test_the_date_is_utc_whatever_zone_the_clock_shows() -> None:
    seoul = datetime(2026, 11, 21, 12, 15, tzinfo=timezone(timedelta(hours=9)))
    assert signing.signed_date(seoul) == "261121T031500Z"
    with pytest.raises(ValueError, match="aware"):
        signing.signed_date(datetime(2026, 11, 21, 12, 15))  # noqa: DTZ001


def test_each_request_is_signed_when_it_is_sent() -> None:
    times = iter([datetime(2026, 11, 21, 3, 15, tzinfo=UTC), datetime(2026, 11, 21, 3, 16, tzinfo=UTC)])
    auth = signing.Signature(KEY[0], KEY[1], lambda: next(times))
    request = httpx.Request("GET", f"https://gateway.example{SHEETS}?{DAYS}")
    next(auth.auth_flow(request))
    first = signing.read_authorization(request.headers["Authorization"])
    assert first.signature == "a0af272811ed0fe46fd8bd0e680d10ee764739693087359965fdeb9816b50510"
    next(auth.auth_flow(request))
    assert signing.read_authorization(request.headers["Authorization"]).signed_date == "261121T031600Z"
    assert KEY[1] not in repr(auth)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer abc",
        "CEA algorithm=HmacSHA1, access-key=a, signed-date=261121T031500Z, signature=b",
        "CEA algorithm=HmacSHA256, access-key=a, signed-date=20261121T031500Z, signature=b",
        "CEA algorithm=HmacSHA256, access-key=a, signed-date=261121T031500Z",
    ],
)
def test_other_headers_are_not_read(header: str) -> None:
    with pytest.raises(ValueError, match=r"CEA|signed-date|missing"):
        signing.read_authorization(header)
