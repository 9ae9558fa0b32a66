"""One vendor's voice: sign, pace, send, and read what came back as a success or a typed error.

The query is built by hand and goes out exactly as it was signed. Nothing is repeated behind the caller's
back, with one exception: a read whose signature expired is signed again and sent once more.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from ssl import SSLContext
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aiohttp
import httpx
import httpx_aiohttp
import msgspec

from app.coupang import errors
from app.coupang.headers import moment
from app.coupang.pacing import Pacer
from app.coupang.signing import Signature
from app.coupang.taking import TooLong, take

API = "/v2/providers/openapi/apis/api"
"""What every path of the shop API starts with."""

ANSWER_MOST_BYTES = 8 * 1024 * 1024
"""2,300 boxes of 3.6 kB. A page has 50; a list by minutes has no pages and is asked for in narrower ones."""

# Characters that neither httpx nor aiohttp's URL type touches in a query. aiohttp *decodes* escapes it
# finds needless ("%3A" becomes ":"), which would change the bytes after they were signed.
_AS_THEY_ARE = "-._~!$'()*,:@/?"


def quoted(value: str) -> str:
    """Return a query value escaped in the one spelling that reaches the wire unchanged."""
    return quote(value, safe=_AS_THEY_ARE)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was sent, for logs and meters; holds no personal data and no ids.

    Attributes:
        purpose: Why the caller asked.
        method: HTTP method.
        route: The call's number in the catalogue, such as `O1`.
        status: HTTP status, None when there was no answer.
        error: Name of the error class, `Interrupted` when our side gave up, None for a success.
        seconds: From the start of sending to the last byte.
    """

    purpose: str
    method: str
    route: str
    status: int | None
    error: str | None
    seconds: float


class Client:
    """Talk to Coupang for one vendor; use as an async context manager.

    Args:
        base_url: Scheme and host, such as `https://api-gateway.coupang.com`.
        vendor_id: `A` or `C` and eight digits.
        access_key: The vendor's access key.
        secret_key: The vendor's secret key.
        now: Returns the present aware time; signatures carry it.
        pacer: The vendor's pace; one per vendor.
        transport: How bytes travel, aiohttp when None.
        timeout_s: Limit of an ordinary call's silence; the gateway gives up after 3 seconds. The whole call,
            connecting and reading included, ends after twice as long and 2 seconds.
        extended_timeout_s: The same for calls that ask the gateway for more time, at most 90; the whole call
            ends after this, `timeout_s` and 2 seconds.
        answer_most_bytes: Limit of an answer's body, decompressed.
        market: `KR` or `TW`.
        on_call: Told of every request.
        before_call: Asked before each request, and by our own transport once more right before the first
            byte leaves: connecting takes a while, and a process may be stopped in it for minutes. What it
            raises keeps the request here.

    Attributes:
        last_date: The gateway's own time of its last answer.
        server_skew_s: Seconds the gateway's clock is ahead of ours, as of that answer.
    """

    def __init__(
        self,
        base_url: str,
        vendor_id: str,
        access_key: str,
        secret_key: str,
        now: Callable[[], datetime],
        pacer: Pacer,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = 5.0,
        extended_timeout_s: float = 60.0,
        answer_most_bytes: int = ANSWER_MOST_BYTES,
        market: str = "KR",
        on_call: Callable[[Call], None] | None = None,
        before_call: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.vendor_id = vendor_id
        self.last_date: datetime | None = None
        self.server_skew_s: float | None = None
        self._now = now
        self._pacer = pacer
        self._timeout_s = timeout_s
        self._extended_timeout_s = extended_timeout_s
        self._answer_most_bytes = answer_most_bytes
        self._on_call = on_call
        self._before_call = before_call
        self._http = httpx.AsyncClient(
            base_url=base_url,
            auth=Signature(access_key, secret_key, now),
            transport=transport or _single_sending_transport(before_call),
            follow_redirects=False,
            event_hooks={"response": [_forget_where_to]},
            # The encodings that are unpacked with a limit, whatever else is installed.
            headers={"X-Requested-By": vendor_id, "X-MARKET": market, "Accept-Encoding": "gzip, deflate"},
        )

    def __repr__(self) -> str:
        return f"Client(vendor_id={self.vendor_id!r})"

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def rest(self) -> None:
        """Wait until somebody else may speak for this vendor (see `Pacer.rest`)."""
        await self._pacer.rest()

    def path(self, version: str, rest: str) -> str:
        """Return a path of this vendor, such as `…/v5/vendors/A00012345/ordersheets`."""
        return f"{API}/{version}/vendors/{self.vendor_id}/{rest}"

    async def request(
        self,
        route: str,
        method: str,
        path: str,
        query: str = "",
        body: object = None,
        purpose: str = "",
        extended: bool = False,
    ) -> bytes:
        """Send one call in the vendor's pace and return the body of its success.

        Args:
            route: The call's number in the catalogue, for logs and meters.
            method: Upper-case HTTP method.
            path: Path without host and query.
            query: Escaped query without `?`, values through `quoted`; signed and sent as it is.
            body: What to send as JSON, None for nothing.
            purpose: Why, for logs and meters.
            extended: Ask the gateway for `extended_timeout_s`.

        Raises:
            CoupangError: Everything that is not a success, HTTP 200 with a failing code included.

        Source:
            Articles 360033461914 (signature), 360023112313 (X-EXTENDED-TIMEOUT).
        """
        target = f"{path}?{query}" if query else path
        try:
            return await self._send(route, method, path, target, body, purpose, extended)
        except errors.ExpiredSignature:
            if method != "GET":
                raise
        try:
            return await self._send(route, method, path, target, body, purpose, extended)
        except errors.ExpiredSignature as twice:
            # Fresh and still expired: the clock is wrong, and every further call would fail the same way.
            twice.stop = "key"
            twice.retryable = False
            raise

    async def _send(
        self, route: str, method: str, path: str, target: str, body: object, purpose: str, extended: bool
    ) -> bytes:
        limit_s = self._extended_timeout_s if extended else self._timeout_s
        request = self._http.build_request(
            method,
            target,
            content=None if body is None else msgspec.json.encode(body),
            headers={"Content-Type": "application/json;charset=UTF-8"}
            | ({"X-EXTENDED-TIMEOUT": str(int(limit_s * 1000))} if extended else {}),
            # A little more than the gateway's own limit, so that its 504 arrives instead of silence.
            timeout=httpx.Timeout(limit_s + 2.0 if extended else limit_s, connect=self._timeout_s),
        )
        async with self._pacer.lease():
            if self._before_call is not None:
                await self._before_call()
            started_s = time.monotonic()
            status: int | None = None
            headers = httpx.Headers()
            error: str | None = "Interrupted"
            try:
                # The limits above are per read; a dripping answer must not hold the vendor's only turn.
                whole_s = limit_s + self._timeout_s + 2.0
                async with asyncio.timeout(whole_s), self._answer(request) as answer:
                    status, headers = answer.status_code, answer.headers
                    self._keep_date(headers)
                    content = await take(answer, self._answer_most_bytes, started_s + whole_s)
                failed = errors.read(status, headers, content, method, path)
                if failed is not None:
                    raise failed
                error = None
                return content
            except errors.CoupangError as no:
                error = type(no).__name__
                raise
            except TooLong as cut:
                large = _too_large(status or 0, headers, method, path)
                error = type(large).__name__
                raise large from cut
            except (httpx.RequestError, aiohttp.ClientError, OSError, TimeoutError) as broken:
                lost = _unanswered(broken, status, headers, method, path)
                error = type(lost).__name__
                raise lost from broken
            finally:
                if self._on_call is not None:
                    seconds = time.monotonic() - started_s
                    self._on_call(Call(purpose, method, route, status, error, seconds))

    @asynccontextmanager
    async def _answer(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        try:
            answer = await self._http.send(request, stream=True)
        except ValueError as odd:
            # A status line or a header in bytes that are no text.
            raise httpx.RemoteProtocolError("the answer is not HTTP", request=request) from odd
        try:
            yield answer
        finally:
            await answer.aclose()

    def _keep_date(self, headers: httpx.Headers) -> None:
        told = moment(headers.get("date", ""))
        if told is not None:
            self.last_date, self.server_skew_s = told, (told - self._now()).total_seconds()


def _unanswered(
    broken: Exception, status: int | None, headers: httpx.Headers, method: str, path: str
) -> errors.CoupangError:
    if status is not None:
        # The answer began and broke off: its status still counts (a 429 is a 429), and without one that
        # says no, whatever was asked has reached Coupang.
        return errors.read(status, headers, b"", method, path) or errors.UnreadableAnswer(
            status=status, method=method, path=path
        )
    never_left = _never_left(broken)
    return errors.Unreachable(
        "no connection" if never_left else "no answer",
        method=method,
        path=path,
        outcome="not_applied" if never_left else "unknown",
    )


def _too_large(status: int, headers: httpx.Headers, method: str, path: str) -> errors.CoupangError:
    # Its status still counts: a 429 is a 429.
    told = errors.read(status, headers, b"", method, path)
    if told is not None and not isinstance(told, errors.UnreadableAnswer):
        return told
    return errors.TooLarge("larger than what is taken", status=status, method=method, path=path)


def _never_left(broken: Exception) -> bool:
    # The aiohttp transport calls a connection that dropped after sending a ConnectTimeout as well; only
    # aiohttp's own exception beneath tells whether a connection ever stood.
    beneath = broken.__cause__
    if isinstance(beneath, aiohttp.ClientError):
        return isinstance(beneath, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return isinstance(broken, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _single_sending_transport(before_call: Callable[[], Awaitable[None]] | None) -> httpx.AsyncBaseTransport:
    return httpx_aiohttp.AiohttpTransport(verify=_tls(), client=lambda: _session(before_call))


def _session(before_call: Callable[[], Awaitable[None]] | None) -> aiohttp.ClientSession:
    tracing = aiohttp.TraceConfig()
    if before_call is not None:

        async def leaving(*_: object) -> None:
            await before_call()

        # aiohttp says so when the connection stands and nothing is written yet; a test guards this.
        tracing.on_request_headers_sent.append(leaving)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=_tls(), limit=1, keepalive_timeout=3.0),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[tracing],
    )
    # aiohttp sends a PUT or GET again by itself when a kept connection dropped. That second acknowledge
    # would be unsigned for its time, unpaced and uncounted. There is no public switch; a test guards this.
    session._retry_connection = False
    return session


async def _forget_where_to(answer: httpx.Response) -> None:
    # httpx parses a Location even when told not to follow, and a bad one would hide the 302 of a block.
    answer.headers.pop("location", None)


@cache
def _tls() -> SSLContext:
    """Load the trusted authorities once per process; it costs tens of milliseconds."""
    return httpx.create_ssl_context()
