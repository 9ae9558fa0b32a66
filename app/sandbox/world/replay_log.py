"""A memory for the sandbox: everything that changed it, replayed at the next start.

The world follows from its seed, the requests that change it and their virtual times, so the journal keeps
just those: one JSON line each, written before the request takes effect, and one more when it met a fault or a
limit: what was refused is refused again. A killed sandbox therefore comes back as it was; what it had applied
without answering stays applied, as at the real Coupang.
"""

from base64 import b64decode, b64encode
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.clock import Frozen
from app.sandbox.core.faults import MET, Fault
from app.sandbox.wire.scope import HANG_UP, RAW
from app.sandbox.world.world import World

_STEP_S = 60.0
"""Between two replayed calls on the meter's clock: limits were judged when the call was first made."""


class Journal:
    """Wraps the sandbox's app and records what changes the world.

    Args:
        app: The sandbox's app.
        world: Its world.
        path: The journal; made when missing.
    """

    def __init__(self, app: ASGIApp, world: World, path: Path) -> None:
        self._app = app
        self._world = world
        self._path = path
        self._file: IO[bytes] | None = None
        self._written = 0

    async def replay(self) -> int:
        """Play the journal into the world and open it for more; return how many requests it held."""
        played = 0
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            lines = self._path.read_bytes().splitlines()
            self._written = len(lines)
            played = await self._play(lines)
        self._file = self._path.open("ab")
        return played

    async def _play(self, lines: list[bytes]) -> int:
        world, played = self._world, 0
        clock, monotonic, wall = world.clock, world.monotonic, world.wall
        start_s = monotonic() - _STEP_S * (len(lines) + 1)
        read = [told for line in lines if (told := _read(line)) is not None]
        met = {told["of"]: told for told in read if "of" in told}
        try:
            for told in read:
                if "of" in told:
                    continue
                if told["path"].endswith("/faults"):
                    # Faults are spent by reads too, which are not kept; a restart begins without any. What
                    # a changing call met is kept with the call.
                    continue
                world.clock = Frozen(datetime.fromisoformat(told["at"]))
                # Signatures may be dated by the real clock of the time when the call was first made.
                world.wall = Frozen(datetime.fromisoformat(told.get("real", told["at"])))
                moment_s = start_s + _STEP_S * played
                world.monotonic = lambda moment_s=moment_s: moment_s  # type: ignore[misc]
                fault = self._meet_again(met.get(told.get("n")))
                await self._request(told)
                if fault is not None:
                    world.faults.clear(fault_id=fault.fault_id)
                played += 1
        finally:
            world.clock, world.monotonic, world.wall = clock, monotonic, wall
        return played

    def _meet_again(self, told: dict[str, Any] | None) -> Fault | None:
        if told is None:
            return None
        if told["kind"] == "429":
            # Refused again; its ban was real time, and is over.
            return self._world.faults.add("status", status=429)
        return self._world.faults.add(told["kind"], **told["options"])

    async def _request(self, told: dict[str, Any]) -> None:
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": told["method"],
            "path": told["path"],
            "raw_path": told["path"].encode(),
            "root_path": "",
            "scheme": "http",
            "query_string": told["query"].encode("latin-1"),
            "headers": [(key.encode("latin-1"), value.encode("latin-1")) for key, value in told["headers"]],
            "client": (told.get("client", "127.0.0.1"), 0),
            "extensions": {HANG_UP: {"close": lambda: None}},
        }
        if "raw" in told:
            scope["extensions"][RAW] = told["raw"].encode("latin-1")
        sent = [False]

        async def receive() -> Message:
            if sent[0]:
                return {"type": "http.disconnect"}
            sent[0] = True
            return {"type": "http.request", "body": b64decode(told["body"]), "more_body": False}

        async def send(message: Message) -> None:
            """Drop the answer: it was given when the call was first made."""

        await self._app(scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Record a changing request, then pass it on (ASGI)."""
        if scope["type"] != "http" or scope["method"] == "GET" or self._file is None:
            await self._app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        n = self._write(scope, body)
        passed = [False]

        async def again() -> Message:
            if passed[0]:
                return await receive()
            passed[0] = True
            return {"type": "http.request", "body": body, "more_body": False}

        heard = MET.set(lambda fault: self._append({"of": n, "kind": fault.kind, "options": fault.options}))
        try:
            await self._app(scope, again, send)
        finally:
            MET.reset(heard)

    def _write(self, scope: Scope, body: bytes) -> int:
        n = self._written
        told = {
            "n": n,
            "at": self._world.clock.now().isoformat(),
            "method": scope["method"],
            "path": (scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            "query": scope["query_string"].decode("latin-1"),
            "headers": [[key.decode("latin-1"), value.decode("latin-1")] for key, value in scope["headers"]],
            "body": b64encode(body).decode(),
            "real": self._world.wall.now().isoformat(),
            "client": scope["client"][0] if scope.get("client") else "127.0.0.1",
        }
        if raw := (scope.get("extensions") or {}).get(RAW):
            told["raw"] = raw.decode("latin-1")
        self._append(told)
        return n

    def _append(self, told: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(orjson.dumps(told) + b"\n")
            self._file.flush()
            self._written += 1

    def close(self) -> None:
        """Close the journal."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = orjson.loads(line)
    except orjson.JSONDecodeError:
        # The last line of a killed process may be cut off; it never took effect.
        return None
    return told
