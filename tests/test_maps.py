"""Every package has a map in its docstring, and the map is the folder."""

import shutil
from pathlib import Path

import pytest

from app import docs
from app.docs import maps

CHECKOUT = Path(__file__).parents[1]
UNMAPPED = ("app/backoffice", "app/integrity")
"""Folders whose packages have no map yet."""


def _name(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def test_every_package_has_a_map() -> None:
    without = [
        _name(package)
        for package in maps.packages(CHECKOUT)
        if "\nModules:\n" not in package.read_text("utf-8") and not _name(package).startswith(UNMAPPED)
    ]
    assert without == [], "add a line `Modules:` at the end of the docstring and run `make docs`"


def test_a_map_lists_the_modules_of_its_folder_and_no_others(tmp_path: Path) -> None:
    copy = tmp_path / "app" / "machines"
    shutil.copytree(CHECKOUT / "app" / "machines", copy, ignore=shutil.ignore_patterns("__pycache__"))
    package = copy / "__init__.py"
    assert maps.redraw(package) == package.read_text("utf-8")
    (copy / "boxes.py").unlink()
    (copy / "added.py").write_text('"""A module that is new: in one sentence.\n\nAnd in more."""\n')
    (copy / "below").mkdir()
    (copy / "below" / "__init__.py").write_text('"""A package below."""\n')
    drawn = maps.redraw(package)
    assert "boxes.py" not in drawn
    assert "    added.py                   A module that is new: in one sentence.\n" in drawn
    assert "    below/                     A package below.\n" in drawn
    assert "And in more" not in drawn
    assert docs.stale(tmp_path) == ["app/machines/__init__.py"]
    assert docs.write(tmp_path) == ["app/machines/__init__.py"]
    assert docs.stale(tmp_path) == []


def test_a_module_without_a_docstring_has_no_entry(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text("VALUE = 1\n")
    package = tmp_path / "__init__.py"
    package.write_text('"""A package.\n\nModules:\n"""\n')
    with pytest.raises(ValueError, match=r"mute\.py has no docstring"):
        maps.redraw(package)


def test_code_below_the_docstring_stays(tmp_path: Path) -> None:
    package = tmp_path / "__init__.py"
    package.write_text('"""A package.\n\nModules:\n    gone.py  Not here.\n"""\n\nVALUE = """text"""\n')
    assert maps.redraw(package) == '"""A package.\n\nModules:\n"""\n\nVALUE = """text"""\n'
    assert maps.without_map(package.read_text()) == maps.redraw(package)
