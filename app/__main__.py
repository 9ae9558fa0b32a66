"""The verbs of `python -m app`.

up | web | worker | sandbox | migrate | ready | demo | chaos | docs | bench | rotate | doctor
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app import clock
from app.devtools.processes import PARENT
from app.errors import Invalid
from app.sandbox.core.rules import Rules
from app.settings import Settings


def _logging(level: str) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # They log addresses of requests, which hold ids, or job arguments, on every call.
    for chatty in ("httpx", "httpcore", "aiohttp", "procrastinate", "apscheduler", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


async def _until_stopped(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `work` with an event that SIGINT, SIGTERM or the end of the parent sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if os.environ.get(PARENT):
        reader = asyncio.StreamReader()
        leash = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

        async def wait_for_end() -> None:
            await reader.read()
            stop.set()

        watching = asyncio.create_task(wait_for_end())
        try:
            await work(stop)
        finally:
            watching.cancel()
            leash[0].close()
    else:
        await work(stop)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it exists (about twice the requests of the standard loop)."""
    with suppress(ImportError):
        import uvloop

        uvloop.run(work)
        return
    asyncio.run(work)


def _web(argv: list[str]) -> int:
    from app import main

    settings = Settings()
    _logging(settings.log_level)
    _run(_until_stopped(lambda stop: main.serve(settings, stop)))
    return 0


def _worker(argv: list[str]) -> int:
    from app import worker

    settings = Settings()
    _logging(settings.log_level)
    _run(_until_stopped(lambda stop: worker.work(settings, stop)))
    return 0


LATENCY_S = 0.12
"""An answer of the sandbox takes so long while its limit is on: ten calls in a row last over a second."""


def sandbox_arguments(argv: list[str]) -> argparse.Namespace:
    """Read the command line of `sandbox`."""
    parser = argparse.ArgumentParser(prog="python -m app sandbox", description="A small Coupang.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="virtual seconds per second")
    parser.add_argument(
        "--limit",
        type=int,
        default=10,
        help="calls per second and vendor; 0 switches it off, and what blocks bursts of errors",
    )
    parser.add_argument(
        "--latency",
        type=float,
        help=f"seconds an answer takes at least (default {LATENCY_S:g}, or 0 without a limit)",
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a rule (app/sandbox/core/rules.py), its value as JSON or plain text; may be given again",
    )
    parser.add_argument("--journal", type=Path, help="remember everything here, and replay it at the start")
    parser.add_argument(
        "--script", type=Path, help="play these JSON lines (docs/sandbox.md); the clock stands still then"
    )
    parser.add_argument(
        "--tls", action="store_true", help="serve HTTPS with a certificate made here (docs/sandbox.md)"
    )
    parser.add_argument(
        "--tls-dir", type=Path, help="where certificate and authority lie (default <DATA_DIR>/sandbox-tls)"
    )
    parser.add_argument(
        "--tls-host", action="append", default=[], help="one more name of the certificate; may be given again"
    )
    return parser.parse_args(argv)


def sandbox_rules(told: argparse.Namespace) -> Rules:
    """Return the rules that a command line asks for.

    Raises:
        Invalid: A rule that does not exist, or a value it cannot have.
    """
    latency_s = (LATENCY_S if told.limit else 0.0) if told.latency is None else told.latency
    rules = Rules()
    changes: dict[str, Any] = {"limit_per_second": told.limit, "latency_real_s": latency_s}
    for one in told.rule:
        name, _, value = one.partition("=")
        changes[name] = value
        # Of a rule that knows words, `null` is one of them.
        if not isinstance(getattr(rules, name, None), str):
            with suppress(ValueError):
                changes[name] = json.loads(value)
    return rules.changed(changes)


def _sandbox(argv: list[str]) -> int:
    from app.sandbox.http.server import serve
    from app.sandbox.http.tls import identity

    told = sandbox_arguments(argv)
    settings = Settings()
    _logging(settings.log_level)
    try:
        rules = sandbox_rules(told)
    except Invalid as wrong:
        errors = ", ".join(f"{one['pointer']}: {one['detail']}" for one in wrong.members.get("errors", ()))
        sys.stderr.write(f"sandbox: {wrong.detail}: {errors}\n")
        return 2
    time = clock.parse(settings.clock)
    if told.script is not None:
        time = clock.Frozen(time.now())
    elif settings.clock == "real" and told.speed != 1:
        time = clock.parse(clock.fast(time.now(), told.speed))
    tls = None
    if told.tls:
        tls = identity(told.tls_dir or settings.data_dir / "sandbox-tls", told.tls_host)
        sys.stdout.write(f"clients must trust {tls.authority.resolve()}\n")
        sys.stdout.flush()
    asyncio.run(
        _until_stopped(
            lambda stop: serve(
                told.host,
                told.port,
                seed=told.seed,
                clock=time,
                rules=rules,
                stop=stop,
                journal=told.journal,
                script=told.script,
                tls=tls,
            )
        )
    )
    return 0


def _migrate(argv: list[str]) -> int:
    from app.engine.db import migrate

    sys.stdout.write(f"{migrate.upgrade(Settings().database_url.get_secret_value())}\n")
    return 0


def _ready(argv: list[str]) -> int:
    """Exit 0 when the database answers and has the newest tables (for health checks)."""
    from app.engine.db import migrate

    return 0 if migrate.is_current(Settings().database_url.get_secret_value()) else 1


def _rotate(argv: list[str]) -> int:
    """Seal everything again under the newest master key."""
    from app import worker
    from app.engine.crypto.rotation import rotate

    async def run() -> int:
        async with worker.open_house(Settings(), 2) as context:
            return await rotate(context)

    sys.stdout.write(f"{asyncio.run(run())} values sealed again\n")
    return 0


def _doctor(argv: list[str]) -> int:
    """Examine what is stored; exit 1 when anything does not hold."""
    import psycopg

    from app import worker
    from app.devtools import up
    from app.integrity import doctor

    parser = argparse.ArgumentParser(
        prog="python -m app doctor",
        description=doctor.__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--vendor", help="examine this vendor only")
    told = parser.parse_args(argv)
    settings = Settings()
    _logging("WARNING")
    if not settings.database_url.get_secret_value():
        try:
            settings = up.beside(settings)
        except FileNotFoundError:
            sys.stderr.write(
                "DATABASE_URL: doctor needs a database, or an `up` that runs in this directory\n"
            )
            return 2
    # A pool would try for half a minute and not say why it failed.
    psycopg.connect(settings.database_url.get_secret_value(), connect_timeout=5).close()

    async def run() -> int:
        examined = findings = 0
        async with worker.open_house(settings, 2) as context:
            async for one in doctor.examine(context, told.vendor):
                examined, findings = examined + 1, findings + len(one.findings)
                sys.stdout.write(one.text())
        if not examined:
            sys.stderr.write(f"no such vendor: {told.vendor}\n" if told.vendor else "no vendors\n")
            return 2 if told.vendor else 0
        sys.stdout.write(f"{examined} vendors, {findings} findings\n")
        return 1 if findings else 0

    return asyncio.run(run())


def _up(argv: list[str]) -> int:
    from app.devtools import up

    _logging("WARNING")
    # It would tell every second that the database is away; the verb tells it once, at its end.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    return asyncio.run(up.up(argv))


def _demo(argv: list[str]) -> int:
    from app.devtools import demo

    _logging("WARNING")
    return asyncio.run(demo.demo(argv))


def _chaos(argv: list[str]) -> int:
    from app.devtools.chaos import run

    _logging("ERROR")
    # It says each time that the server is away; we killed it.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    return asyncio.run(run.chaos(argv))


def _docs(argv: list[str]) -> int:
    from app import docs

    for path in docs.write(Path.cwd()):
        sys.stdout.write(f"{path}\n")
    return 0


def _bench(argv: list[str]) -> int:
    from app.devtools.bench import run

    _logging("WARNING")
    return asyncio.run(run.run(argv))


VERBS: dict[str, Callable[[list[str]], int]] = {
    "up": _up,
    "web": _web,
    "worker": _worker,
    "sandbox": _sandbox,
    "migrate": _migrate,
    "ready": _ready,
    "rotate": _rotate,
    "doctor": _doctor,
    "demo": _demo,
    "chaos": _chaos,
    "docs": _docs,
    "bench": _bench,
}


NEED_DATABASE = {"web", "worker", "migrate", "ready", "rotate"}


def main() -> int:
    """Run the verb of the command line."""
    verb = sys.argv[1] if len(sys.argv) > 1 else ""
    if verb not in VERBS:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    try:
        settings = Settings()
    except ValidationError as wrong:
        for error in wrong.errors(include_input=False, include_url=False):
            name = "__".join(str(part) for part in error["loc"]).upper() or "settings"
            sys.stderr.write(f"{name}: {error['msg']}\n")
        return 2
    if verb in NEED_DATABASE and not settings.database_url.get_secret_value():
        sys.stderr.write(f"DATABASE_URL: {verb} needs a PostgreSQL, postgresql://…; `up` brings its own\n")
        return 2
    return _answered(verb)


def _answered(verb: str) -> int:
    """Run a verb; tell in one line when the database does not answer."""
    import psycopg
    from psycopg_pool import PoolTimeout
    from sqlalchemy.exc import OperationalError

    try:
        return VERBS[verb](sys.argv[2:])
    except (psycopg.OperationalError, PoolTimeout, OperationalError) as away:
        # The server's words name host, port and user, never the password.
        told = str(getattr(away, "orig", None) or away).strip().partition("\n")[0]
        sys.stderr.write(f"\n{verb}: the database does not answer: {told}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
