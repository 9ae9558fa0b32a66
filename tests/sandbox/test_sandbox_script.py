"""Scripts: the sandbox plays its own lines and waits at the lines of others."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.clock import Frozen
from app.errors import Invalid
from app.sandbox.http.server import Running, serve
from app.sandbox.world.script import read_text
from app.sandbox.world.world import World
from tests.support.loopback_client import client_of
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR

START = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
LINES = [
    {"by": "sandbox", "call": "POST /_sandbox/reset", "body": {"seed": 7}, "status": 200},
    {"by": "sandbox", "call": "POST /_sandbox/clock", "body": {"set": START.isoformat()}},
    {
        "by": "sandbox",
        "call": "POST /_sandbox/vendors",
        "body": {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY},
    },
    {"by": "sandbox", "call": "POST /_sandbox/orders", "body": {"vendor_id": VENDOR}},
    {"by": "worker", "visit": {}},
    {"by": "warehouse", "call": "POST /v1/boxes/1/ship", "body": {}},
    {"by": "sandbox", "call": "POST /_sandbox/clock", "body": {"advance_s": 60}},
    {"by": "sandbox", "call": "POST /_sandbox/boxes/1/courier", "body": {"act": "scan"}, "status": 200},
    {"by": "sandbox", "call": f"DELETE /_sandbox/faults?vendor_id={VENDOR}"},
]


async def test_a_script_waits_for_others_and_goes_on() -> None:
    world = World(Frozen(START.replace(year=2020)))
    async with Running(world) as running, client_of(running.url) as client:
        loaded = await client.post("/_sandbox/script", json={"lines": LINES})
        assert loaded.json() == {"lines": 9, "done": 0, "next": LINES[0]}
        first = (await client.post("/_sandbox/script/play", json={})).json()
        assert [one["status"] for one in first["played"]] == [200, 200, 200, 200]
        assert (first["done"], first["next"]) == (4, {"by": "worker", "visit": {}})
        assert world.seed == 7
        assert world.clock.now() == START
        assert len(world.boxes) == 1
        second = (await client.post("/_sandbox/script/play", json={})).json()
        assert (second["played"], second["done"], second["next"]) == ([], 5, LINES[5])
        assert (await client.get("/_sandbox/script")).json()["done"] == 5
        third = (await client.post("/_sandbox/script/play", json={})).json()
        assert third["next"] is None
        assert [(one["line"], one["status"], one["as_written"]) for one in third["played"]] == [
            (7, 200, True),
            (8, 404, False),
            (9, 200, True),
        ]
        assert third["played"][1]["answer"]["detail"] == "no box 1"
        assert (await client.post("/_sandbox/script/play", json={})).json()["played"] == []


async def test_the_lines_of_others_can_be_skipped() -> None:
    world = World(Frozen(START))
    async with Running(world) as running, client_of(running.url) as client:
        await client.post("/_sandbox/script", json={"lines": LINES})
        told = (await client.post("/_sandbox/script/play", json={"skip": True})).json()
        assert [one["line"] for one in told["played"]] == [1, 2, 3, 4, 7, 8, 9]
        assert told["next"] is None
        wrong = await client.post("/_sandbox/script/play", json={"skip": "yes"})
        assert wrong.status_code == 422


@pytest.mark.parametrize(
    ("line", "pointer"),
    [
        (b"{", "/lines/1"),
        (b'{"call": "POST /_sandbox/clock"}', "/lines/1/by"),
        (b'{"by": "sandbox", "call": "POST /v1/boxes"}', "/lines/1/call"),
        (b'{"by": "sandbox", "call": "PUT /_sandbox/clock"}', "/lines/1/call"),
        (b'{"by": "sandbox", "call": "POST /_sandbox/script/play"}', "/lines/1/call"),
        (b'{"by": "sandbox", "call": "POST /_sandbox/clock", "body": [1]}', "/lines/1/body"),
    ],
)
def test_what_is_no_line_is_named(line: bytes, pointer: str) -> None:
    with pytest.raises(Invalid) as wrong:
        read_text(b'{"by": "worker", "visit": {}}\n' + line)
    assert [one["pointer"] for one in wrong.value.members["errors"]] == [pointer]


async def test_a_sandbox_starts_with_a_script(tmp_path: Path) -> None:
    path = tmp_path / "script.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in LINES) + "\n\n")
    stop, clock = asyncio.Event(), Frozen(START.replace(year=2020))
    serving = asyncio.create_task(serve(port=0, clock=clock, stop=stop, script=path))
    async with asyncio.timeout(10):
        while clock.now() != START:
            await asyncio.sleep(0.005)
        stop.set()
        await serving
