"""Counts words that are on the way out, file by file (docs/glossary.md).

python -m tests.support.language     writes the counts of today to tests/data/banned_words.json
"""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.docs.maps import without_map

CHECKOUT = Path(__file__).parents[2]
ALLOWED = CHECKOUT / "tests" / "data" / "banned_words.json"
_WORDS = """
    house houses told voice voices speak speaks spoken speaking silence silences silenced hush hushed
    door doors road roads life lives born birth births desk desks shelf shelves aside torn
    calm calmed heart hearts
"""
BANNED = frozenset(_WORDS.split())
IN_NAMES = frozenset({"shown", "sound", "nobody"})
"""Good English, but no names of data or functions."""
_WORD = re.compile(r"[a-z]+|[A-Z][a-z]*")


def words(text: str) -> Iterator[str]:
    """Yield the words of a text or a name, `two_words` and `TwoWords` as two."""
    for found in _WORD.finditer(text):
        yield found.group().lower()


def banned(source: str) -> Counter[str]:
    """Count the banned words of a module; the map of a package is not its own text."""
    text = without_map(source)
    counts = Counter(word for word in words(text) if word in BANNED)
    counts.update(word for name in _defined(ast.parse(text)) for word in words(name) if word in IN_NAMES)
    return counts


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield every name that a module gives: to functions, classes, arguments, variables, fields."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case (
                ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
            ):
                yield name


def counted() -> dict[str, Counter[str]]:
    """Return the counts of every module of the service that has a banned word: path → word → times."""
    return {
        path.relative_to(CHECKOUT).as_posix(): found
        for path in sorted((CHECKOUT / "app").rglob("*.py"))
        if (found := banned(path.read_text("utf-8")))
    }


def allowed() -> dict[str, int]:
    """Return how many banned words each module may still have: path → number."""
    return dict(json.loads(ALLOWED.read_text("utf-8")))


if __name__ == "__main__":
    totals = {path: found.total() for path, found in counted().items()}
    ALLOWED.write_text(json.dumps(totals, indent=1) + "\n", "utf-8")
