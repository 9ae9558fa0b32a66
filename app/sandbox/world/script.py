"""A script: control calls in order, one JSON line each, with the lines of others between them.

    {"by": "sandbox", "call": "POST /_sandbox/clock", "body": {"advance_s": 300}, "status": 200}
    {"by": "worker", "visit": {}}
    {"by": "warehouse", "call": "POST /v1/boxes/642…/ship", "body": {…}, "status": 202}

The sandbox plays its own lines and stops at the next line of somebody else, who does what it says and lets
the script go on. `status` is what the call answered when the script was written; it is compared, not obeyed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.errors import Invalid

Line = dict[str, Any]
Perform = Callable[[str, str, dict[str, Any]], tuple[int, object]]
"""Does one control call: method, path with query, body; returns status and answer."""
OURS = "sandbox"
_PREFIX = "/_sandbox/"
_METHODS = ("GET", "POST", "DELETE")
_ENDLESS = "/_sandbox/script"


@dataclass(slots=True)
class Script:
    """The lines of a script, and how far it has been played."""

    lines: list[Line] = field(default_factory=list)
    played: int = 0
    waiting: bool = False
    """Whether it has been played up to a line of somebody else."""

    @property
    def next(self) -> Line | None:
        """The line it waits at, None at its end."""
        return self.lines[self.played] if self.played < len(self.lines) else None

    def play(self, perform: Perform, *, skip: bool = False) -> list[dict[str, Any]]:
        """Play our lines up to the next line of somebody else; the one it waited at counts as done.

        Args:
            perform: Does one control call.
            skip: Pass over the lines of others, up to the end.

        Returns:
            Per line that was played its number (from 1), its status, whether that is the one it was written
            with, and the answer if the call was refused.
        """
        told: list[dict[str, Any]] = []
        if self.waiting:
            self.played += 1
            self.waiting = False
        while (line := self.next) is not None:
            if line["by"] != OURS and not skip:
                self.waiting = True
                break
            self.played += 1
            if line["by"] != OURS:
                continue
            method, _, path = line["call"].partition(" ")
            status, said = perform(method, path, line.get("body") or {})
            as_written = line.get("status") in (None, status)
            one = {"line": self.played, "call": line["call"], "status": status, "as_written": as_written}
            told.append(one if status < 400 else {**one, "answer": said})
        return told


def read_text(text: bytes) -> Script:
    """Read a script from its JSON lines; empty lines are left out.

    Raises:
        Invalid: A line that is none; names its number and what is wrong.
    """
    lines: list[object] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            lines.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            raise Invalid("a line of the script is not JSON", (f"/lines/{number - 1}", "JSON")) from None
    return read_lines(lines)


def read_lines(lines: Iterable[object]) -> Script:
    """Check the lines of a script.

    Raises:
        Invalid: A line that is none; names its place and what is wrong.
    """
    return Script([_line(place, line) for place, line in enumerate(lines)])


def _line(place: int, line: object) -> Line:
    where = f"/lines/{place}"
    if not isinstance(line, dict) or not isinstance(line.get("by"), str):
        raise Invalid("no line of a script", (f"{where}/by", "an object that says by whom it is done"))
    if line["by"] != OURS:
        return line
    method, _, path = str(line.get("call", "")).partition(" ")
    if method not in _METHODS or not path.startswith(_PREFIX) or path.startswith(_ENDLESS):
        raise Invalid(
            "no call of the control API", (f"{where}/call", f"{', '.join(_METHODS)} and a path {_PREFIX}…")
        )
    if not isinstance(line.get("body") or {}, dict):
        raise Invalid("no body of a call", (f"{where}/body", "a JSON object"))
    return line
