"""A server that sends without end, slowly, packed or wrongly: the client's memory and time are bounded.

The server is a real one on the loopback; the client's own transport talks to it.
"""

import asyncio
import gzip
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import httpx
import pytest

from app.coupang import errors
from app.coupang.client import ANSWER_MOST_BYTES, Client
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import WireStatus
from app.coupang.pacing import Pacer
from app.coupang.taking import take

NOW = datetime(2026, 11, 21, 3, 15, tzinfo=UTC)
MIB = 1024 * 1024
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
BEGUN = b'{"code":200,"message":"OK","data":["'
Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Says what it is told to, whatever it is asked; counts the bytes that it got rid of."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.talks: set[asyncio.Task[None]] = set()
        self.sent = 0
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.talks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                self.asked += 1
                await self.talk(writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()


@asynccontextmanager
async def _client(
    talk: Talk, timeout_s: float = 5.0, most_bytes: int = ANSWER_MOST_BYTES
) -> AsyncIterator[tuple[Client, Server]]:
    said = Server(talk)
    server = await asyncio.start_server(said.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = Client(
        f"http://127.0.0.1:{port}",
        "A00012345",
        "key",
        "secret",
        lambda: NOW,
        Pacer(1000.0),
        timeout_s=timeout_s,
        answer_most_bytes=most_bytes,
    )
    try:
        async with client:
            yield client, said
    finally:
        server.close()
        for task in said.talks:
            task.cancel()
        await asyncio.gather(*said.talks, return_exceptions=True)
        await server.wait_closed()


def _flood(total: int, chunk: bytes = b"x" * MIB, head: bytes = HEAD) -> Talk:
    """Send a body of so many bytes, unless nobody listens any more."""

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"\r\n" + BEGUN)
        for _ in range(total // len(chunk)):
            writer.write(chunk)
            await writer.drain()

    return talk


async def _write(client: Client) -> errors.CoupangError:
    """Make a change, and return the error that it ended in."""
    with pytest.raises(errors.CoupangError) as caught:
        await order_calls.acknowledge(client, [1], purpose="effect")
    return caught.value


async def _measured(client: Client) -> tuple[errors.CoupangError, float, int]:
    """Make a change; return its error, the seconds it took, and the most bytes that were held."""
    tracemalloc.start()
    began = time.monotonic()
    try:
        error = await _write(client)
        return error, time.monotonic() - began, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("length", ["declared", "chunked", "until the connection closes"])
async def test_a_gigabyte_is_cut_off_at_the_limit(length: str) -> None:
    head, chunk = HEAD, b"x" * MIB
    if length == "declared":
        head += b"Content-Length: %d\r\n" % 1024**3
    if length == "chunked":
        head += b"Transfer-Encoding: chunked\r\n"

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"\r\n")
        for _ in range(1024):
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if length == "chunked" else chunk)
            await writer.drain()
            said.sent += len(chunk)

    async with _client(talk) as (client, said):
        error, _, held = await _measured(client)
        assert type(error) is errors.TooLarge
        assert (error.outcome, error.retryable, error.status) == ("unknown", True, 200)
        assert held < 4 * ANSWER_MOST_BYTES
        # What the sockets hold is sent as well.
        assert said.sent < ANSWER_MOST_BYTES + 16 * MIB


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "bare deflate", "gzip with much behind it"])
async def test_a_bomb_is_unpacked_to_the_limit_only(encoding: str) -> None:
    wbits = {"deflate": zlib.MAX_WBITS, "bare deflate": -zlib.MAX_WBITS}.get(encoding, 16 + zlib.MAX_WBITS)
    packer = zlib.compressobj(1, zlib.DEFLATED, wbits)
    packed = packer.compress(BEGUN) + b"".join(packer.compress(b"\0" * MIB) for _ in range(96))
    packed += packer.flush()
    if encoding.endswith("behind it"):
        packed = gzip.compress(b'{"code":200,"data":[]}') + b"\0" * ANSWER_MOST_BYTES
    else:
        assert len(packed) < MIB
    named = b"deflate" if "deflate" in encoding else b"gzip"
    head = HEAD + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (named, len(packed))

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(head + packed)
        await writer.drain()

    async with _client(talk) as (client, _):
        error, _, held = await _measured(client)
    assert type(error) is errors.TooLarge
    assert error.outcome == "unknown"
    assert held < 4 * ANSWER_MOST_BYTES + 2 * len(packed)


async def test_a_packed_answer_of_the_usual_size_is_read() -> None:
    body = b'{"code":200,"message":"OK","data":[%b]}' % b",".join([b"{}"] * 500)
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = {
        b"gzip": gzip.compress(body),
        b"GZIP": gzip.compress(body),
        b"x-gzip": gzip.compress(body),
        b"deflate": zlib.compress(body),
        b" deflate ": bare.compress(body) + bare.flush(),
        b"identity": body,
    }
    for encoding, told in packed.items():

        async def talk(writer: asyncio.StreamWriter, encoding: bytes = encoding, told: bytes = told) -> None:
            writer.write(HEAD + b"Content-Encoding: %b\r\n\r\n" % encoding + told)

        async with _client(talk) as (client, _):
            page = await order_calls.list_minutes(client, NOW, NOW, WireStatus.ACCEPT, purpose="t")
        assert page.raw == body
        assert len(page.rows) == 500


@pytest.mark.parametrize("encoding", [b"gzip, gzip", b"br", b"zstd", b"gzip,identity", b"\xff"])
async def test_an_encoding_that_was_not_asked_for_is_unreadable(encoding: bytes) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Encoding: %b\r\n\r\n" % encoding + gzip.compress(gzip.compress(b"{}")))

    async with _client(talk) as (client, _):
        error = await _write(client)
    assert type(error) is errors.UnreadableAnswer
    assert error.outcome == "unknown"


async def test_a_packed_answer_that_breaks_off_is_unreadable() -> None:
    packed = gzip.compress(b'{"code":"200","data":true}')[:-9]

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Encoding: gzip\r\n\r\n" + packed)

    async with _client(talk) as (client, _):
        assert type(await _write(client)) is errors.UnreadableAnswer


@pytest.mark.parametrize("part", ["head", "body", "chunks", "packed"])
async def test_a_slow_drip_ends_with_the_whole_call(part: str) -> None:
    """Every byte comes within the limit of a silence, so that only the limit of the whole call ends it."""
    timeout_s = 0.2
    whole_s = 2 * timeout_s + 2.0
    packed = zlib.compress(b"x" * 10_000)

    async def talk(writer: asyncio.StreamWriter) -> None:
        if part != "head":
            extra = {"chunks": b"Transfer-Encoding: chunked\r\n", "packed": b"Content-Encoding: deflate\r\n"}
            writer.write(HEAD + extra.get(part, b"") + b"\r\n")
        else:
            writer.write(HEAD)
        for place in range(1000):
            drop = {
                "head": b"X-%d: y\r\n" % place,
                "chunks": b"1\r\nx\r\n",
                "packed": packed[place : place + 1],
            }
            writer.write(drop.get(part, b" "))
            await writer.drain()
            await _pause(0.1)

    async with _client(talk, timeout_s=timeout_s) as (client, _):
        began = time.monotonic()
        with pytest.raises(errors.CoupangError) as caught:
            await order_calls.complete_undelivered(client, 1, "12", purpose="effect")
        took = time.monotonic() - began
    assert type(caught.value) is (errors.Unreachable if part == "head" else errors.UnreadableAnswer)
    assert caught.value.outcome == "unknown"
    assert whole_s - 0.5 < took < whole_s + 3.0


async def _pause(seconds: float) -> None:
    """Let the socket rest: a drip is made of real time."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


async def test_bytes_that_never_pause_end_with_the_whole_call() -> None:
    """No timer runs while there is always something to read; the clock is looked at all the same."""
    given: list[int] = []

    class Never(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for count in range(1000):
                given.append(count)
                yield b" "

    for until_s, chunks in ((time.monotonic() - 1, 1), (time.monotonic() + 3600, 1000)):
        given.clear()
        answer = httpx.Response(200, stream=Never())
        if chunks == 1:
            with pytest.raises(TimeoutError):
                await take(answer, MIB, until_s)
        else:
            assert await take(answer, MIB, until_s) == b" " * chunks
        assert len(given) == chunks


@pytest.mark.parametrize(
    "flood",
    [
        b"X-Name: " + b"y" * (4 * MIB) + b"\r\n",
        b"".join(b"X-%d: y\r\n" % place for place in range(100_000)),
        b"X" * (4 * MIB),
        b"Set-Cookie: " + b"a=b; " * 1000 + b"expires=\xff\r\n",
    ],
    ids=["one long header", "many headers", "a header without end", "a cookie"],
)
async def test_a_flood_of_headers_is_no_answer(flood: bytes) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + flood + b"\r\n{}")
        await writer.drain()

    async with _client(talk) as (client, _):
        error, _, held = await _measured(client)
    assert error.outcome == "unknown"
    assert isinstance(error, errors.Unreachable | errors.UnreadableAnswer)
    assert held < 32 * MIB


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"HTTP/1.1 200 \xff\xfe\r\nContent-Length: 2\r\n\r\n{}", errors.CoupangError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", errors.UnreadableAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", errors.CoupangError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", errors.Unreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n{}", errors.CoupangError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}", errors.Unreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", errors.Unreachable),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", errors.CoupangError),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}",
            errors.CoupangError,
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, errors.Unreachable),
        (b"HTTP/1.1 101 Switching\r\n\r\n{}", errors.CoupangError),
        (b"HTTP/1.1 204 No\r\n\r\n", errors.UnreadableAnswer),
        (b"HTTP/1.1 9999 OK\r\n\r\n{}", errors.Unreachable),
        (b"HTTP/9.9 200 OK\r\n\r\n{}", errors.CoupangError),
        (b"\x16\x03\x01\x00", errors.Unreachable),
        (b"\xff" * 10_000, errors.Unreachable),
        (b"", errors.Unreachable),
        (b"HTTP/1.1 429 Slow\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 9 * MIB, errors.Throttled),
        (b"HTTP/1.1 400 No\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 9 * MIB, errors.Rejected),
        (b"HTTP/1.1 500 No\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 9 * MIB, errors.Broken),
    ],
    ids=lambda told: repr(told)[2:60] if isinstance(told, bytes) else told.__name__,
)
async def test_what_is_hardly_http_is_an_error_of_the_tree(
    answer: bytes, kind: type[errors.CoupangError]
) -> None:
    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    async with _client(talk, timeout_s=2.0) as (client, _):
        error = await _write(client)
    assert isinstance(error, kind)
    assert error.outcome == (
        "not_applied" if isinstance(error, errors.Rejected | errors.Throttled) else "unknown"
    )


async def test_after_a_flood_the_next_call_is_served() -> None:
    answers = iter((_flood(64 * MIB), _flood(0, head=HEAD + b"Content-Length: %d\r\n" % len(BEGUN))))

    async def talk(writer: asyncio.StreamWriter) -> None:
        await next(answers)(writer)

    async with _client(talk) as (client, said):
        assert type(await _write(client)) is errors.TooLarge
        assert type(await _write(client)) is errors.UnreadableAnswer
        assert said.asked == 2
