"""Whatever the documentation names exists: files, modules, functions, links."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from app.docs import maps

CHECKOUT = Path(__file__).parents[1]
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
FILES = [
    path.relative_to(CHECKOUT).as_posix()
    for folder in ("app", "tests", "migrations", "docs")
    for path in (CHECKOUT / folder).rglob("*")
    if "__pycache__" not in path.parts
]
PATH = re.compile(r"(?<![\w/.\-<])(?:app|tests|migrations)/[\w./*-]*[\w*/]")
QUOTED = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def name(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


@cache
def defined(module: Path) -> dict[str, ast.stmt]:
    """Return what a module defines or imports at its top level."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(module.read_text("utf-8")).body:
        for key in _names(node):
            found.setdefault(key, node)
    return found


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (one.id for one in targets if isinstance(one, ast.Name))
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (one.asname or one.name for one in node.names)


def exists(dotted: str) -> bool:
    """Tell whether `app.x.y`, or a name in it, or a name in a class of it, exists."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        place = CHECKOUT.joinpath(*parts[:cut])
        module = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if module.is_file():
            return _holds(module, parts[cut:])
    return False


def _holds(module: Path, rest: list[str]) -> bool:
    if not rest:
        return True
    node = defined(module).get(rest[0])
    if len(rest) == 1 or node is None:
        return node is not None
    return isinstance(node, ast.ClassDef) and any(rest[1] in _names(one) for one in node.body)


@cache
def classes() -> dict[str, list[ast.ClassDef]]:
    """Return every class of the service by its name."""
    found: dict[str, list[ast.ClassDef]] = {}
    for path in (CHECKOUT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


def docstrings(path: Path) -> str:
    """Return all docstrings of a module, those of its fields too, without the map of a package."""
    tree = ast.parse(maps.without_map(path.read_text("utf-8")))
    return "\n".join(
        node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@cache
def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def wrong(text: str, page: Path) -> list[str]:
    """List what a text names and this checkout does not have."""
    found = [path for path in PATH.findall(text) if not list(CHECKOUT.glob(path.rstrip("/")))]
    for quoted in QUOTED.findall(text):
        if re.fullmatch(r"app(\.\w+)+", quoted) and not quoted.endswith(".py"):
            found += [] if exists(quoted) else [quoted]
        elif re.fullmatch(r"[\w/-]+\.(py|sql|md)", quoted) and not PATH.match(quoted):
            found += [] if any(f"/{file}".endswith(f"/{quoted}") for file in FILES) else [quoted]
        elif re.fullmatch(r"[A-Z][a-z]\w+\.[a-z]\w+", quoted):
            holder, _, field = quoted.partition(".")
            held = [one for node in classes().get(holder, ()) for body in node.body for one in _names(body)]
            found += [] if field in held else [quoted]
    for link in LINK.findall(text):
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if "://" not in link and not (target.exists() and (not anchor or anchor in anchors(target))):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_names_exists(page: Path) -> None:
    assert wrong(page.read_text("utf-8"), page) == []


def test_what_a_docstring_names_exists() -> None:
    found = {name(path): wrong(docstrings(path), path) for path in (CHECKOUT / "app").rglob("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


def test_every_page_is_reached_from_the_readme() -> None:
    reached = {CHECKOUT / "README.md"}
    waiting = list(reached)
    while waiting:
        page = waiting.pop()
        for link in LINK.findall(page.read_text("utf-8")):
            target = (page.parent / link.partition("#")[0]).resolve()
            new = (
                set(target.glob("*.md")) if target.is_dir() else {target} if target.suffix == ".md" else set()
            )
            waiting += [one for one in new - reached if one.is_file()]
            reached |= new
    assert [name(page) for page in PAGES if page not in reached] == []


def test_a_page_that_names_what_is_not_there_is_found() -> None:
    page = CHECKOUT / "docs" / "rest.md"
    text = """`app/engine/nothing.py` `app.engine.family.Family` `app.engine.naught`
    `app.engine.family.Family.name` `app.engine.family.Family.nothing`
    `gone.py` `family.py` `Policy.gone` `Policy.lag` [here](gone.md)
    [there](rest.md#x) [up](#using-nothing) app/orders/*.py tests/nowhere/"""
    assert wrong(text, page) == [
        "app/engine/nothing.py",
        "tests/nowhere/",
        "app.engine.naught",
        "app.engine.family.Family.nothing",
        "gone.py",
        "Policy.gone",
        "gone.md",
        "rest.md#x",
        "#using-nothing",
    ]
