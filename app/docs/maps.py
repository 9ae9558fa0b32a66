"""The map of a package: the modules of its folder, drawn into the docstring of its `__init__.py`.

A map stands between the line `Modules:` and the end of the docstring. Each entry is the name of a module or
of a package below, and the first sentence of its docstring.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from unicodedata import east_asian_width

WIDTH = 110
"""Columns of a line, as the linter counts them: a Korean letter takes two."""
_MAP = re.compile(r"^Modules:\n(?P<entries>.*?)(?=^\"\"\")", re.MULTILINE | re.DOTALL)


def packages(root: Path) -> Iterator[Path]:
    """Yield the `__init__.py` of every package below `app/`."""
    return iter(sorted((root / "app").rglob("__init__.py")))


def modules(package: Path) -> list[Path]:
    """Return what a package holds: its modules first, then the `__init__.py` of the packages in it."""
    folder = package.parent
    own = [path for path in folder.glob("*.py") if path != package]
    return [*sorted(own), *sorted(folder.glob("*/__init__.py"))]


def redraw(package: Path) -> str:
    """Return the text of an `__init__.py` with its map drawn anew; unchanged where there is no map.

    Raises:
        ValueError: A module of the package has no docstring to take a sentence from.
    """
    text = package.read_text("utf-8")
    found = _MAP.search(text)
    if found is None:
        return text
    return f"{text[: found.start('entries')]}{_entries(package)}{text[found.end('entries') :]}"


def without_map(text: str) -> str:
    """Return the text of a module without the entries of its map."""
    found = _MAP.search(text)
    return text if found is None else text[: found.start("entries")] + text[found.end("entries") :]


def _entries(package: Path) -> str:
    named = {_name(path): _sentence(path) for path in modules(package)}
    column = max((len(name) for name in named), default=0) + 6
    return "".join(
        "\n".join(
            textwrap.wrap(
                sentence,
                WIDTH - sum(east_asian_width(one) in "WF" for one in sentence),
                initial_indent=f"    {name}".ljust(column),
                subsequent_indent=" " * column,
                break_on_hyphens=False,
            )
        )
        + "\n"
        for name, sentence in named.items()
    )


def _name(path: Path) -> str:
    return f"{path.parent.name}/" if path.name == "__init__.py" else path.name


def _sentence(path: Path) -> str:
    document = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    if not document:
        raise ValueError(f"{path.name} has no docstring; the map of its package takes its first sentence")
    return document.split("\n", 1)[0]
