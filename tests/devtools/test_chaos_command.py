"""The command line of a fault run, and the line that plays one again."""

from pathlib import Path

import pytest

from app.devtools.chaos.command import again, arguments


def test_the_defaults_are_the_run_that_is_promised() -> None:
    told = arguments([])
    assert (told.minutes, told.workers, told.vendors) == (10, 4, 20)
    assert told.boxes >= 5000


def test_the_line_that_plays_it_again_asks_for_the_same() -> None:
    asked = "--minutes 0.5 --workers 2 --vendors 3 --boxes 45 --seed 7 --speed 6000 --quick"
    told = arguments(asked.split())
    words = again(told, Path("sequence.jsonl")).split()[4:]
    read = arguments(words)
    assert read.replay == Path("sequence.jsonl")
    for name in ("minutes", "workers", "vendors", "boxes", "seed", "speed", "quick"):
        assert getattr(read, name) == getattr(told, name), name


@pytest.mark.parametrize("words", ["--minutes 0", "--workers 0", "--vendors 101"])
def test_impossible_runs_are_refused(words: str) -> None:
    with pytest.raises(SystemExit):
        arguments(words.split())
