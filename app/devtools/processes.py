"""The processes of one machine: started together, stopped together, none left behind.

Each child is `python -m app <verb>` in a session of its own, with a pipe from us as its standard input. A
child stops when the pipe closes, so it also stops when we are killed with SIGKILL. `revive` is the init
system of a fleet whose processes are expected to die.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PARENT = "APP_STOPS_WITH_STDIN"
"""Set for children: their standard input is the leash."""
GRACE_S = 40.0


class ChildFailed(Exception):
    """A child ended by itself; the message names it, its exit code and its log."""


@dataclass(slots=True)
class Child:
    """One child and how it is started."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    arguments: tuple[str, ...]
    env: Mapping[str, str]

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.process.returncode is not None


class Processes:
    """Starts children and stops them in reverse order.

    Args:
        run_dir: Where their logs go.
    """

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._children: list[Child] = []
        run_dir.mkdir(parents=True, exist_ok=True)

    async def start(self, name: str, *arguments: str, env: Mapping[str, str]) -> Child:
        """Start `python -m app <arguments>`; its output goes to `<run_dir>/<name>.log`."""
        path = self._run_dir / f"{name}.log"
        if path.exists():
            path.replace(path.with_suffix(".log.old"))
        child = Child(name, await _spawn(path, arguments, env), path, arguments, env)
        self._children.append(child)
        return child

    async def revive(self, child: Child) -> None:
        """Start a child that has ended again, as an init system would; its log goes on."""
        child.process = await _spawn(child.log, child.arguments, child.env)

    def check(self) -> None:
        """Raise `ChildFailed` if a child has ended by itself."""
        for child in self._children:
            if child.ended:
                raise ChildFailed(f"{child.name} ended with code {child.process.returncode}; see {child.log}")

    async def stop_child(self, child: Child) -> None:
        """Let go of one child's leash, wait, and end it the hard way only if it does not listen."""
        self._children.remove(child)
        if child.process.stdin is not None:
            child.process.stdin.close()
        try:
            async with asyncio.timeout(GRACE_S):
                await child.process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                child.process.kill()
            await child.process.wait()

    async def stop(self) -> None:
        """Stop all children, the last started first."""
        for child in reversed(self._children.copy()):
            await self.stop_child(child)


async def _spawn(
    path: Path, arguments: tuple[str, ...], env: Mapping[str, str]
) -> asyncio.subprocess.Process:
    with path.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "app",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, **env, PARENT: "1"},
            start_new_session=True,
        )
