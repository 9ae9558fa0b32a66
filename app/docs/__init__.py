"""Draws the generated parts of the documentation from the machines, the calls and the modules themselves.

A part of a Markdown file stands between `<!-- generated:NAME -->` and `<!-- /generated:NAME -->`, each alone
on its line. `write` redraws every part of every Markdown file in the root and in `docs/`, and the map of
every package that has one; a test fails while `stale` lists anything.

Modules:
    changes.py  The rows of "thirteen of thirteen": every change that Coupang takes for orders and claims.
    maps.py     The map of a package: the modules of its folder, drawn into the docstring of its
                `__init__.py`.
    words.py    What no code can say of the thirteen changes: what each means here, and where its proof
                stands.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from app.docs import maps
from app.docs.changes import HEAD, changes
from app.engine.family import MachinePage
from app.families import REGISTRY
from app.machines.kernel import Move, Rules
from app.settings import Settings

ACTORS: dict[str, str] = {
    "S": "we ask Coupang for it, by the call in parentheses",
    "W": "the seller's people in WING",
    "C": "the customer",
    "K": "a courier",
    "A": "Coupang by itself",
    "CS": "Coupang's support",
    "warehouse": "our warehouse",
    "operator": "an operator, by hand",
}
"""Who can cause an event of a claim, by the letters the tables use."""

_OPENING = re.compile(r"^<!-- generated:(?P<name>\S+) -->$", re.MULTILINE)


def sections() -> dict[str, str]:
    """Draw every part: name → Markdown without its markers."""
    return {
        **{name: text for page in REGISTRY.machine_pages for name, text in _machine(page).items()},
        "claim-actors": _grid(("", "Who causes it"), ACTORS.items()),
        "changes": _grid(HEAD, changes()),
        "settings": _settings(Settings, ""),
        "visit": _grid(("Order", "Part", "Declared by"), _visit()),
    }


def fill(text: str, parts: dict[str, str]) -> str:
    """Replace what stands between the markers of a Markdown text.

    Raises:
        ValueError: A marker names no part, or is not closed.
    """
    done, rest = "", text
    while opening := _OPENING.search(rest):
        name = opening["name"]
        if name not in parts:
            raise ValueError(f"no generated part is called {name!r}; there are {', '.join(parts)}")
        closing = f"\n<!-- /generated:{name} -->"
        end = rest.find(closing, opening.end())
        if end < 0:
            raise ValueError(f"the generated part {name!r} is not closed")
        done += f"{rest[: opening.end()]}\n\n{parts[name].strip()}\n{closing}"
        rest = rest[end + len(closing) :]
    return done + rest


def render(root: Path) -> dict[str, str]:
    """Return every Markdown file of the root and of `docs/`, and every package of `app/`, as it should be.

    Returns:
        Relative path → text.
    """
    parts = sections()
    files = sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])
    drawn = {file.relative_to(root).as_posix(): fill(_read(file), parts) for file in files}
    return drawn | {one.relative_to(root).as_posix(): maps.redraw(one) for one in maps.packages(root)}


def stale(root: Path) -> list[str]:
    """List the files whose generated parts are not current, as relative paths."""
    return [path for path, text in render(root).items() if _read(root / path) != text]


def write(root: Path) -> list[str]:
    """Redraw the generated parts; return the relative paths of the files that changed."""
    fresh = render(root)
    changed = [path for path, text in fresh.items() if _read(root / path) != text]
    for path in changed:
        (root / path).write_bytes(fresh[path].encode())
    return changed


def _read(file: Path) -> str:
    return file.read_bytes().decode()


def _diagram(rules: Rules[Any], label: Callable[[Move[Any]], str], title: Callable[[Any], str]) -> str:
    """Draw a Mermaid diagram with one arrow per pair of states, labelled with all its events."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for move in rules.moves():
        arrows.setdefault((move.source, move.target), []).append(label(move))
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state}{title(state)}" as {state}' for state in rules.states]
    lines.append(f"    [*] --> {rules.initial}")
    lines += [
        f"    {source} --> {target} : {'<br/>'.join(names)}" for (source, target), names in arrows.items()
    ]
    lines += [f"    {state} --> [*]" for state in rules.states if state in rules.finals]
    return "\n".join(["```mermaid", *lines, "```"])


def _machine(page: MachinePage) -> dict[str, str]:
    """Draw the three parts of one machine."""
    return {
        f"{page.part}-life": _diagram(page.rules, _label(page.observed), _title(page.korean)),
        f"{page.part}-table": _table(page.rules, _cause(page)),
        f"{page.part}-guards": _guards(page.rules.reasons),
    }


def _label(observed: Collection[str]) -> Callable[[Move[Any]], str]:
    """Put what Coupang shows in parentheses; Mermaid allows neither `:` nor `;` in a label."""

    def label(move: Move[Any]) -> str:
        if move.event not in observed:
            return move.event
        return f"({move.event} if proven)" if move.guards else f"({move.event})"

    return label


def _title(korean: Mapping[Any, str]) -> Callable[[Any], str]:
    return lambda state: f" {korean[state]}" if korean else ""


def _cause(page: MachinePage) -> Callable[[str], str]:
    """Say who causes an event, by the letters of `ACTORS`, and by which call of Coupang we do."""

    def cause(event: str) -> str:
        call = f" ({page.calls[event]})" if event in page.calls else ""
        if not page.causes:
            return "Coupang shows it" if event in page.observed else f"we ask for it{call}"
        return " or ".join(page.causes[event]) + call

    return cause


def _table(rules: Rules[Any], cause: Callable[[str], str]) -> str:
    """List the steps; sources that share event, target and guards share a row."""
    rows: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for event in rules.events:
        for move in rules.moves():
            if move.event == event:
                names = tuple(guard.name for guard in move.guards)
                rows.setdefault((event, move.target, names), []).append(move.source)
    return _grid(
        ("Event", "From", "To", "Guards", "Who causes it"),
        (
            (_code([event]), ", ".join(sources), target, _code(names), cause(event))
            for (event, target, names), sources in rows.items()
        ),
    )


def _guards(reasons: Mapping[str, str]) -> str:
    return _grid(("Guard", "What unblocks it"), ((_code([name]), why) for name, why in reasons.items()))


def _settings(model: type[BaseModel], prefix: str) -> str:
    return _grid(("environment variable", "default", "meaning"), _setting_rows(model, prefix))


def _setting_rows(model: type[BaseModel], prefix: str) -> Iterable[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _setting_rows(kind, f"{prefix}{name.upper()}__")
            continue
        shown = str(field.default)
        default = f"`{shown}`" if shown else "(empty)"
        yield f"`{prefix}{name.upper()}`", default, (field.description or "").replace("|", "\\|")


def _visit() -> Iterable[tuple[str, ...]]:
    """List the parts of a visit in their order, with the family of each."""
    declared = {part.name: family.name for family in REGISTRY.families for part in family.visit_parts}
    return ((str(part.order), _code([part.name]), declared[part.name]) for part in REGISTRY.visit_parts)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
