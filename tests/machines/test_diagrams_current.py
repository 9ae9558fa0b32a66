"""The drawings in the Markdown files are those of the machines."""

import re
from pathlib import Path
from typing import Any

import pytest

from app import docs
from app.machines import cancels, collects, exchanges, receptions, redeliveries, returns
from app.machines.boxes import BOX, OBSERVED
from app.machines.kernel import Rules

ROOT = Path(__file__).parents[2]


def test_no_generated_part_is_stale() -> None:
    assert docs.stale(ROOT) == [], "run `make docs`"


def test_the_machines_page_shows_every_part() -> None:
    text = (ROOT / "docs" / "machines.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^<!-- generated:(\S+) -->$", text, re.MULTILINE))
    assert shown == set(docs.sections()) - {"settings", "changes", "visit"}


def test_write_redraws_what_is_stale_and_leaves_the_rest(tmp_path: Path) -> None:
    (tmp_path / "docs" / "deep").mkdir(parents=True)
    marked = "# Ours\n\n<!-- generated:order-life -->\nold\n<!-- /generated:order-life -->\nafter 한글\n"
    (tmp_path / "README.md").write_text(marked, encoding="utf-8")
    (tmp_path / "docs" / "deep" / "page.md").write_text(marked.replace("life", "table"), encoding="utf-8")
    (tmp_path / "plain.md").write_text("nothing generated\n", encoding="utf-8")
    assert docs.stale(tmp_path) == ["README.md", "docs/deep/page.md"]
    assert docs.write(tmp_path) == ["README.md", "docs/deep/page.md"]
    assert docs.stale(tmp_path) == []
    assert docs.write(tmp_path) == []
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# Ours\n\n<!-- generated:order-life -->\n\n```mermaid\nstateDiagram-v2\n")
    assert text.endswith("\n```\n\n<!-- /generated:order-life -->\nafter 한글\n")
    assert "old" not in text
    assert (tmp_path / "plain.md").read_text(encoding="utf-8") == "nothing generated\n"


def test_a_changed_machine_makes_the_page_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.md").write_text("<!-- generated:effect-life -->\n<!-- /generated:effect-life -->\n")
    docs.write(tmp_path)
    assert docs.stale(tmp_path) == []
    drawn = docs.sections()
    monkeypatch.setattr(
        docs, "sections", lambda: {**drawn, "effect-life": drawn["effect-life"] + "\n%% more"}
    )
    assert docs.stale(tmp_path) == ["page.md"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<!-- generated:order-lief -->\n<!-- /generated:order-lief -->\n", "no generated part is called"),
        ("<!-- generated:order-life -->\nold\n", "is not closed"),
        ("<!-- generated:order-life -->\n<!-- /generated:order-table -->\n", "is not closed"),
    ],
)
def test_a_wrong_marker_is_an_error(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        docs.fill(text, docs.sections())


def test_a_marker_inside_a_line_is_prose() -> None:
    text = "write `<!-- generated:NAME -->` where the drawing goes\n"
    assert docs.fill(text, docs.sections()) == text


def test_the_drawing_has_one_arrow_per_pair_and_names_every_event() -> None:
    drawing = docs.sections()["order-life"]
    arrows = re.findall(r"^ +([A-Z_]+) --> ([A-Z_]+) : (.+)$", drawing, re.MULTILINE)
    assert len(arrows) == len({(source, target) for source, _, target in BOX.edges()})
    drawn = {
        (source, name.strip("()").removesuffix(" if proven"), target)
        for source, target, label in arrows
        for name in label.split("<br/>")
    }
    assert drawn == BOX.edges()
    for _, _, label in arrows:
        assert not set(label) & set(":;")
        for name in label.split("<br/>"):
            assert name.startswith("(") is (name.strip("()").removesuffix(" if proven") in OBSERVED)


def test_the_table_has_a_row_for_every_step() -> None:
    rows = [line.split(" | ") for line in docs.sections()["order-table"].splitlines()[2:]]
    listed = {(source, row[0].strip("| `"), row[2]) for row in rows for source in row[1].split(", ")}
    assert listed == BOX.edges()


CLAIMS: dict[str, Rules[Any]] = {
    "cancel": cancels.CANCEL,
    "return": returns.RETURN,
    "reception": receptions.RECEPTION,
    "exchange": exchanges.EXCHANGE,
    "collect": collects.COLLECT,
    "redelivery": redeliveries.REDELIVERY,
}


@pytest.mark.parametrize("name", CLAIMS)
def test_the_pages_of_the_claims_show_every_step_guard_and_cause(name: str) -> None:
    rules, parts = CLAIMS[name], docs.sections()
    arrows = re.findall(r"^ +([A-Z_]+) --> ([A-Z_]+) : (.+)$", parts[f"{name}-life"], re.MULTILINE)
    drawn = {
        (source, event.strip("()").removesuffix(" if proven"), target)
        for source, target, label in arrows
        for event in label.split("<br/>")
    }
    assert drawn == rules.edges()
    rows = [line.strip("| ").split(" | ") for line in parts[f"{name}-table"].splitlines()[2:]]
    listed = {(source, row[0].strip("`"), row[2]) for row in rows for source in row[1].split(", ")}
    assert listed == rules.edges()
    for row in rows:
        causes, _, call = row[-1].partition(" (")
        assert set(causes.split(" or ")) <= set(docs.ACTORS)
        assert bool(call) is ("S" in causes.split(" or "))
    guards = {guard.name for move in rules.moves() for guard in move.guards}
    assert set(re.findall(r"^\| `(\w+)`", parts[f"{name}-guards"], re.MULTILINE)) == guards
