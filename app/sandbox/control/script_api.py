"""The control API of scripts: load one, play it, go on behind the lines of others."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from app.errors import Invalid
from app.sandbox.control.claims_api import Handler, Told
from app.sandbox.world.script import Perform, Script, read_lines
from app.sandbox.world.world import World


def table(perform_in: Callable[[World], Perform]) -> list[tuple[str, str, Handler]]:
    """Return the routes of scripts: method, path, handler.

    Args:
        perform_in: Says how a control call is done in a world.
    """

    def play(world: World, request: Request, told: Told) -> Told:
        skip = told.get("skip", False)
        if not isinstance(skip, bool):
            raise Invalid("skip the lines of others?", ("skip", "true or false"))
        played = world.script.play(perform_in(world), skip=skip)
        return {"played": played, **_shown(world.script)}

    return [("GET", "/script", _show), ("POST", "/script", _load), ("POST", "/script/play", play)]


def _show(world: World, request: Request, told: Told) -> Told:
    return _shown(world.script)


def _load(world: World, request: Request, told: Told) -> Told:
    lines: Any = told.get("lines")
    if not isinstance(lines, list):
        raise Invalid("a script is a list of lines", ("lines", "a list of objects"))
    world.script = read_lines(lines)
    return _shown(world.script)


def _shown(script: Script) -> Told:
    return {"lines": len(script.lines), "done": script.played, "next": script.next}
