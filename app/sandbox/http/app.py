"""The ASGI app: the control API under /_sandbox, Coupang everywhere else."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import cast

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Message, Receive, Scope, Send

from app.sandbox.control import api as control_api
from app.sandbox.http.gateway import Gateway, Incoming
from app.sandbox.wire.envelopes import Answer
from app.sandbox.wire.fault_effects import Dropped
from app.sandbox.wire.scope import HANG_UP, RAW
from app.sandbox.world.world import World


def create_app(world: World) -> Starlette:
    """Build the app of one world."""
    controls = [*control_api.routes(world), *control_api.contract()]
    app = Starlette(routes=[Mount("/_sandbox", routes=controls), Mount("/", app=Front(world))])
    app.router.redirect_slashes = False
    return app


class Front:
    """Takes a call off the wire, hands it to the gateway, and puts the answer on the wire."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.gateway = Gateway(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call (ASGI)."""
        if scope["type"] != "http":
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        path = scope.get("raw_path") or scope["path"].encode()
        client = scope.get("client")
        call = Incoming(
            method=scope["method"],
            path=path.decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=await _read(receive),
            client=client[0] if client else "203.0.113.7",
            raw=_raw(scope),
        )
        try:
            answer = await self.gateway.answer(call)
        except Dropped:
            await _hang_up(scope, receive)
            return
        world = self.world
        date = (world.now() + timedelta(seconds=world.rules.date_skew_s)).astimezone(UTC)
        await _send(send, answer, self._packs(answer, headers), date)

    def _packs(self, answer: Answer, headers: dict[str, str]) -> bool:
        from_bytes = self.world.rules.gzip_from_bytes
        wanted = takes_gzip(headers.get("accept-encoding", ""))
        return wanted and 0 <= from_bytes <= len(answer.body) and bool(answer.body)


def takes_gzip(accept_encoding: str) -> bool:
    """Tell whether an `Accept-Encoding` header takes gzip; `gzip;q=0` refuses it, `*` takes all not named."""
    weights: dict[str, float] = {}
    for one in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in one.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            weights[coding.removeprefix("x-")] = float(weight)
        except ValueError:
            # A weight that is no number refuses: whoever wrote it did not mean "gladly".
            weights[coding.removeprefix("x-")] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _raw(scope: Scope) -> str | None:
    """Return path and query as they came, if not all ASCII; bytes that are no UTF-8 are read one by one."""
    raw: bytes | None = (scope.get("extensions") or {}).get(RAW)
    if raw is None:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message: Message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(parts)


async def _send(send: Send, answer: Answer, packed: bool, date: datetime) -> None:
    # mtime=0 keeps the bytes the same in every run.
    body = gzip.compress(answer.body, compresslevel=1, mtime=0) if packed else answer.body
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"date", format_datetime(date, usegmt=True).encode()),
        *((name.encode(), value.encode()) for name, value in answer.headers),
    ]
    if packed:
        headers.append((b"content-encoding", b"gzip"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Close the socket and wait until it is closed, so that the server has nothing left to answer."""
    close = (scope.get("extensions") or {}).get(HANG_UP, {}).get("close")
    if close is None:
        raise ConnectionResetError("this server cannot close a socket without an answer")
    cast("Callable[[], None]", close)()
    while (await receive())["type"] != "http.disconnect":
        pass
