"""A client in a process of its own: some connections, each with one request at a time.

Reads a `Plan` as JSON from the standard input and writes what happened to the standard output. Run as
`python -m app.devtools.bench.load`; small on purpose, because it shares the machine with what it measures.
"""

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import repeat
from typing import cast

import msgspec
import uvloop


class Plan(msgspec.Struct, frozen=True):
    """What to ask, how often."""

    port: int
    method: str
    path: str
    """With `{id}` in it."""
    first: int
    last: int
    """Ids to ask for, both included: in order and once each, or at random and again and again."""
    once: bool
    seconds: float
    headers: dict[str, str] = {}
    body: str = ""
    """With `{tail}` for the last 12 digits of the id."""
    connections: int = 16


class Told(msgspec.Struct, frozen=True):
    """What happened."""

    done: int
    elapsed_s: float
    p50_ms: float
    p99_ms: float
    statuses: dict[str, int]


class _Client(asyncio.Protocol):
    """One connection: asks, reads the whole answer, asks again."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._seen = b""
        self._asked_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def _ask(self) -> None:
        request = self._run.next_request()
        if request is None:
            self._transport.close()
            return
        self._asked_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, blank, body = self._seen.partition(b"\r\n\r\n")
        if not blank:
            return
        lower = head.lower()
        place = lower.index(b"content-length:") + len(b"content-length:")
        length = int(lower[place:].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self._run.note(head[9:12].decode(), time.perf_counter() - self._asked_at)
        self._seen = b""
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        self._run.ended()


class _Run:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        lines = [f"{name}: {value}" for name, value in {"Host": "127.0.0.1", **plan.headers}.items()]
        self._head = "\r\n".join(lines)
        self._ids = self._numbers()
        self._left = plan.connections
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._latencies: list[float] = []
        self._statuses: Counter[str] = Counter()

    def _numbers(self) -> Iterator[int]:
        plan = self._plan
        if plan.once:
            return iter(range(plan.first, plan.last + 1))
        dice = random.Random(plan.first)
        return (dice.randint(plan.first, plan.last) for _ in repeat(None))

    def next_request(self) -> bytes | None:
        if time.perf_counter() >= self._end:
            return None
        number = next(self._ids, None)
        if number is None:
            return None
        plan = self._plan
        body = plan.body.replace("{tail}", f"{number % 10**12:012d}")
        length = f"\r\nContent-Length: {len(body)}" if body else ""
        path = plan.path.replace("{id}", str(number))
        return f"{plan.method} {path} HTTP/1.1\r\n{self._head}{length}\r\n\r\n{body}".encode()

    def note(self, status: str, taken_s: float) -> None:
        self._statuses[status] += 1
        self._latencies.append(taken_s)

    def ended(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._finished.set_result(None)

    async def go(self) -> Told:
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        self._end = began + self._plan.seconds
        for _ in range(self._plan.connections):
            await loop.create_connection(lambda: _Client(self), "127.0.0.1", self._plan.port)
        await self._finished
        elapsed_s = time.perf_counter() - began
        ordered = sorted(self._latencies) or [0.0]
        return Told(
            len(self._latencies),
            elapsed_s,
            ordered[len(ordered) // 2] * 1e3,
            ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e3,
            dict(self._statuses),
        )


async def drive(plan: Plan) -> Told:
    """Carry out the plan in a process of its own.

    Raises:
        RuntimeError: The process failed; the message has its last words.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.devtools.bench.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, said = await process.communicate(msgspec.json.encode(plan))
    if process.returncode != 0:
        raise RuntimeError(f"the load failed: {said.decode(errors='replace')[-400:]}")
    return msgspec.json.decode(told, type=Told)


async def _main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    told = await _Run(plan).go()
    sys.stdout.buffer.write(msgspec.json.encode(told))


if __name__ == "__main__":
    uvloop.run(_main())
