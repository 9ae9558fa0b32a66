"""Around every request: count and time it, refuse large bodies, answer every error as RFC 9457.

Plain ASGI and outside the routes, so that it costs microseconds. Labels carry the route's template, never
an id.
"""

import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.problems import TooLarge, internal, render

BODY_MOST = 1024 * 1024
"""Bytes of the largest body."""
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)


class RequestMetrics:
    """Request counts and latencies of one app, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route")
        self.requests = Counter(
            "fulfilment_http_requests", "Requests answered.", (*labels, "status"), registry=self.registry
        )
        self.latency = Histogram(
            "fulfilment_http_request_seconds",
            "Time to answer.",
            labels,
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def count(self, scope: Mapping[str, object], status: int, taken_s: float) -> None:
        """Count one request."""
        route = getattr(scope.get("route"), "path", None) or "unmatched"
        method = str(scope["method"]) if route != "unmatched" else "any"
        self.requests.labels(method, route, str(status)).inc()
        self.latency.labels(method, route).observe(taken_s)


class Around:
    """The ASGI layer."""

    def __init__(self, app: ASGIApp, meters: RequestMetrics) -> None:
        self.app = app
        self.meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            small = await _small(scope, receive)
            if small is None:
                await render(TooLarge(f"the body is larger than {BODY_MOST} bytes"))(scope, receive, noting)
            else:
                await self.app(scope, small, noting)
        except Exception as error:
            if status:
                raise
            await internal(error)(scope, receive, noting)
        finally:
            self.meters.count(scope, status or 499, time.perf_counter() - began)


async def _small(scope: Scope, receive: Receive) -> Receive | None:
    """Return where to receive the body from; None when it is too large."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length")
    if length is not None:
        # The server has checked that it is a number and lets no more than that through.
        return receive if int(length) <= BODY_MOST else None
    if b"transfer-encoding" not in headers:
        return receive
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return receive
        body += message.get("body", b"")
        if len(body) > BODY_MOST:
            return None
        if not message.get("more_body"):
            break
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return whole.pop() if whole else await receive()

    return replay
