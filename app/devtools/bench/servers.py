"""An HTTP server in a process of its own, for as long as it is measured."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from app.devtools.processes import PARENT

_START_S = 30.0


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serving(*arguments: str, port: int, env: Mapping[str, str]) -> AsyncIterator[None]:
    """Start `python -m <arguments>`, wait until it listens on `port`, and stop it at the end.

    Raises:
        RuntimeError: It ended, or does not listen; the message has its last words.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **env, PARENT: "1"},
        start_new_session=True,
    )
    try:
        if not await _listens(process, port):
            process.kill()
            _, said = await process.communicate()
            last = said.decode(errors="replace").strip().splitlines()[-3:]
            raise RuntimeError(f"{' '.join(arguments)} does not serve: {' / '.join(last)}")
        yield
    finally:
        if process.returncode is None:
            process.terminate()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(process.communicate(), 10)
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def _listens(process: asyncio.subprocess.Process, port: int) -> bool:
    end = time.monotonic() + _START_S
    while process.returncode is None and time.monotonic() < end:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await writer.wait_closed()
            return True
        await asyncio.sleep(0.05)
    return False
