"""The verbs refuse unusable settings with a line that names the setting, and show no secret."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]


def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=ROOT,
        env=kept | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "env", "told"),
    [
        ((), {}, "verbs"),
        (("dance",), {}, "verbs"),
        (("web",), {}, "DATABASE_URL"),
        (("worker",), {}, "DATABASE_URL"),
        (("web",), {"COUPANG__PACE_PER_S": "fast"}, "COUPANG__PACE_PER_S"),
        (("web",), {"ENVIRONMENT": "production"}, "SECRETS__MASTER_KEY"),
        (("web",), {"SECRETS__MASTER_KEY": "k1:not-a-key-of-32-bytes"}, "master key"),
        (
            ("up",),
            {"SELLER__VENDOR_ID": "A00012345", "COUPANG__BASE_URL": "http://127.0.0.1:9"},
            "never sent to a sandbox",
        ),
    ],
)
def test_unusable_settings_are_named(words: tuple[str, ...], env: dict[str, str], told: str) -> None:
    ended = run(*words, **env)
    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_secret_never_reaches_the_message() -> None:
    ended = run(
        "web", SECRETS__MASTER_KEY="k1:c2VjcmV0LXNlY3JldA==", DATABASE_URL="postgresql://u:hidden@h/d"
    )
    assert ended.returncode == 2
    assert "c2VjcmV0" not in ended.stderr
    assert "hidden" not in ended.stderr


@pytest.mark.parametrize("verb", ["doctor", "migrate"])
def test_a_database_that_is_away_is_told_in_one_line(verb: str) -> None:
    ended = run(verb, DATABASE_URL="postgresql://u:hidden@127.0.0.1:9/d")
    assert ended.returncode == 2
    told = ended.stderr.strip()
    assert told.startswith(f"{verb}: the database does not answer: ")
    assert "port 9" in told
    assert "\n" not in told
    assert "hidden" not in told
