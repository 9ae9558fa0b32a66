"""The CEA signature of Coupang's gateway (HMAC-SHA256 over date, method, path and raw query).

Source: Coupang Open API, "Creating HMAC Signature" (article 360033461914) and the 401 FAQ (360022935394).
"""

import hashlib
import hmac
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx


def signed_date(at: datetime) -> str:
    """Return the date part of a signature: UTC, two-digit year, e.g. `261121T031500Z`.

    Raises:
        ValueError: `at` has no time zone; a local time labelled `Z` is the classic cause of
            "Specified signature is expired."
    """
    if at.tzinfo is None:
        raise ValueError("a signature needs an aware time")
    return at.astimezone(UTC).strftime("%y%m%dT%H%M%SZ")


def signature(secret_key: str, date: str, method: str, path: str, query: str) -> str:
    """Return the lower-case hex signature of one request.

    Args:
        secret_key: The vendor's secret key, opaque text.
        date: What `signed_date` returned; the same text goes into the header.
        method: Upper-case HTTP method as sent (`PUT` when sending PUT, `PATCH` when sending PATCH).
        path: Path as sent, without host and query.
        query: Raw query exactly as put on the wire, already percent-encoded, without `?`.
    """
    message = f"{date}{method.upper()}{path}{query}"
    return hmac.new(secret_key.encode(), message.encode(), hashlib.sha256).hexdigest()


def authorization(access_key: str, secret_key: str, date: str, method: str, path: str, query: str) -> str:
    """Return the whole `Authorization` header value of one request."""
    signed = signature(secret_key, date, method, path, query)
    return f"CEA algorithm=HmacSHA256, access-key={access_key}, signed-date={date}, signature={signed}"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an `Authorization` header claims; read by the sandbox."""

    access_key: str
    signed_date: str
    signature: str


def read_authorization(header: str) -> Claimed:
    """Parse an `Authorization` header; blanks after the commas are optional.

    Raises:
        ValueError: The header is not a CEA header ("HMAC format is invalid.").
    """
    scheme, _, rest = header.strip().partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme != "CEA" or parts.get("algorithm") != "HmacSHA256":
        raise ValueError("not a CEA HmacSHA256 header")
    claimed = Claimed(parts.get("access-key", ""), parts.get("signed-date", ""), parts.get("signature", ""))
    try:
        datetime.strptime(claimed.signed_date, "%y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as unreadable:
        raise ValueError("signed-date is not yyMMdd'T'HHmmss'Z'") from unreadable
    if not claimed.access_key or not claimed.signature:
        raise ValueError("access-key or signature is missing")
    return claimed


@dataclass(frozen=True)
class Signature(httpx.Auth):
    """Sign each request at the moment it is sent; a re-sent request gets a new signature.

    Args:
        access_key: The vendor's access key.
        secret_key: The vendor's secret key; kept out of `repr`.
        now: Returns the present aware time.
    """

    access_key: str
    secret_key: str = field(repr=False)
    now: Callable[[], datetime]

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header; the raw query is signed exactly as httpx puts it on the wire."""
        raw_path, _, raw_query = request.url.raw_path.decode("ascii").partition("?")
        request.headers["Authorization"] = authorization(
            self.access_key, self.secret_key, signed_date(self.now()), request.method, raw_path, raw_query
        )
        yield request
