"""The plan of a fault run: the same seed draws the same, and what was done can be done again."""

from collections import Counter
from pathlib import Path

import pytest

from app.devtools.chaos import plan
from app.devtools.chaos.plan import KILLS, PER_MINUTE, PLAGUES, Deed
from app.sandbox.core.faults import KINDS, Faults

VENDORS = [f"A000000{number:02d}" for number in range(1, 21)]


def test_the_same_seed_draws_the_same_plan() -> None:
    assert plan.draw(7, 600, 4, VENDORS) == plan.draw(7, 600, 4, VENDORS)
    assert plan.draw(7, 600, 4, VENDORS) != plan.draw(8, 600, 4, VENDORS)


def test_ten_minutes_hold_what_is_promised() -> None:
    deeds = plan.draw(1, 600, 4, VENDORS)
    kinds = Counter(deed.kind for deed in deeds)
    assert kinds.keys() == PER_MINUTE.keys()
    assert sum(kinds[kind] for kind in KILLS) >= 110, "some find nothing to kill"
    assert kinds["kill_postgres"] >= 10
    assert kinds["fault"] >= 1500, "some find no call to spoil"
    assert {deed.options["kind"] for deed in deeds if deed.kind == "fault"} == PLAGUES.keys()
    assert {deed.target for deed in deeds if deed.kind == "fault"} == set(VENDORS)
    assert all(deed.options["for_s"] > 6 for deed in deeds if deed.kind == "pause_worker"), "beyond the beats"
    assert deeds == sorted(deeds, key=lambda deed: deed.at_s)
    assert 0 <= deeds[0].at_s <= deeds[-1].at_s <= 600


def test_a_short_run_has_every_kind() -> None:
    assert {deed.kind for deed in plan.draw(1, 20, 2, VENDORS)} == PER_MINUTE.keys()


def test_every_fault_is_one_of_the_sandbox() -> None:
    assert PLAGUES.keys() <= KINDS.keys()
    script = Faults()
    for deed in plan.draw(3, 600, 4, VENDORS):
        if deed.kind == "fault":
            script.add(**{"vendor_id": deed.target, **deed.options})


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "sequence.jsonl"
    deeds = plan.draw(5, 60, 4, VENDORS)
    plan.write(path, deeds)
    assert plan.read(path) == deeds
    path.write_text('{"at_s": 1.0, "kind": "tickle"}\n')
    with pytest.raises(ValueError, match="tickle"):
        plan.read(path)
    path.write_text("not a line of ours\n")
    with pytest.raises(ValueError, match="no sequence"):
        plan.read(path)


def test_a_line_says_everything() -> None:
    assert str(Deed(1.5, "kill_web", "web")) == '{"at_s":1.5,"kind":"kill_web","target":"web","options":{}}'
