"""The short form of `make chaos`: everything is killed, Coupang lies, and no promise is broken."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WALL_S = 120
"""On two quiet cores it takes one minute; what a busy machine delays, `--recovery` allows."""


@pytest.mark.slow
def test_a_short_chaos_breaks_no_promise(tmp_path: Path) -> None:
    sequence = tmp_path / "sequence.jsonl"
    run = ["--minutes", "0.3", "--workers", "2", "--vendors", "3", "--boxes", "45", "--seed", "11"]
    run += ["--speed", "6000", "--quick", "--calm", "80", "--recovery", "30", "--out", str(sequence)]
    ended = subprocess.run(
        [sys.executable, "-m", "app", "chaos", *run],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WALL_S,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, f"{said}\n{sequence.read_text() if sequence.exists() else ''}"
    assert "every promise held" in said
    done = sequence.read_text()
    for kind in ("kill_worker", "kill_web", "kill_postgres", "pause_worker", "cut_connections", "outage"):
        assert f'"kind":"{kind}"' in done, kind
