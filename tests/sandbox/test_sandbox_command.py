"""`python -m app sandbox` as a stranger starts it: what its defaults are, and that they let him in."""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.__main__ import sandbox_arguments, sandbox_rules
from app.errors import Invalid
from app.sandbox.http.tls import identity
from tests.support.plain_client import PlainClient, query

ROOT = Path(__file__).parents[2]
KEYS = {"vendor_id": "A00012345", "access_key": "stranger", "secret_key": "0" * 40}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launched(*words: str) -> subprocess.Popen[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "app", "sandbox", *words],
        cwd=ROOT,
        env=kept | {"LOG_LEVEL": "ERROR"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def sandbox(*words: str, **how: Any) -> Iterator[httpx.Client]:
    """Run one until the block ends; yields a client of its control API."""
    port = free_port()
    process = launched("--port", str(port), *words)
    scheme = "https" if how else "http"
    try:
        with httpx.Client(base_url=f"{scheme}://127.0.0.1:{port}", **how) as client:
            deadline = time.monotonic() + 60
            while True:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
                try:
                    if client.get("/_sandbox/health").is_success:
                        break
                except (httpx.TransportError, FileNotFoundError):
                    time.sleep(0.05)
            yield client
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.parametrize(
    ("words", "limit", "latency_s"),
    [
        ((), 10, 0.12),
        (("--speed", "60"), 10, 0.12),
        (("--limit", "0"), 0, 0.0),
        (("--limit", "5", "--latency", "0.3"), 5, 0.3),
        (("--latency", "0"), 10, 0.0),
    ],
)
def test_answers_take_time_where_calls_are_counted(
    words: tuple[str, ...], limit: int, latency_s: float
) -> None:
    rules = sandbox_rules(sandbox_arguments(list(words)))
    assert (rules.limit_per_second, rules.latency_real_s) == (limit, latency_s)
    # Ten calls in a row last longer than the second in which they would be too many.
    assert latency_s == 0 or 9 * latency_s > 1


def test_every_rule_can_be_set_at_the_start() -> None:
    told = (
        "box_id_digits=15",
        "string_ids_accepted=true",
        "no_remote_price=null",
        'allowed_ips=["10.0.0.1"]',
    )
    rules = sandbox_rules(sandbox_arguments([word for one in told for word in ("--rule", one)]))
    assert (rules.box_id_digits, rules.string_ids_accepted) == (15, True)
    assert rules.allowed_ips == ("10.0.0.1",)
    for wrong in ("nothing=1", "box_id_digits=17", "string_ids_accepted=perhaps"):
        with pytest.raises(Invalid):
            sandbox_rules(sandbox_arguments(["--rule", wrong]))


def test_a_word_that_reads_as_json_is_still_a_word() -> None:
    assert sandbox_rules(sandbox_arguments(["--rule", "no_remote_price=null"])).no_remote_price == "null"


def test_a_rule_that_does_not_exist_is_named() -> None:
    process = launched("--rule", "nothing=1")
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 2
    assert "nothing: no such rule" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("speed", ["1", "3600"])
def test_a_stranger_with_a_clock_of_his_own_calls_ten_times_in_a_row(speed: str) -> None:
    """Nothing of the service runs here: a fast sandbox, the machine's time, and calls without a pause."""
    with sandbox("--speed", speed) as control:
        control.post("/_sandbox/vendors", json=KEYS).raise_for_status()
        control.post("/_sandbox/rules", json={"list_lag_s": 0}).raise_for_status()
        control.post("/_sandbox/orders", json={"vendor_id": KEYS["vendor_id"]}).raise_for_status()
        now = str(control.get("/_sandbox/clock").json()["now"])
        client = PlainClient(str(control.base_url), *KEYS.values())
        window = query(createdAtFrom=f"{now[:10]}+09:00", createdAtTo=f"{now[:10]}+09:00", status="ACCEPT")
        asked = [client.call("GET", "v5", "ordersheets", window) for _ in range(14)]
        client.close()
        assert [one.status for one in asked] == [200] * 14
        ledger = control.get("/_sandbox/ledger").json()["vendors"][KEYS["vendor_id"]]
        assert ledger["max_calls_in_a_second"] < 10


def test_https_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    # The files are there before it starts, so that this client can be built; it takes them as they are.
    made = identity(tmp_path)
    trusting = ssl.create_default_context(cafile=made.authority)
    with sandbox("--tls", "--tls-dir", str(tmp_path), verify=trusting) as control:
        assert control.get("/_sandbox/").json()["vendors"] == []
