"""What is done to processes, to the server and to its connections. Only what this run has started.

`kill -9` of workers, web and PostgreSQL's postmaster; SIGSTOP of a worker beyond its heartbeats, so that
others take its vendors over and it wakes up in the middle of a visit; shorter stops that only stall its tick;
connections cut by the server. The init system is `FleetUnderTest`: what has ended is started again.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from contextlib import suppress

import psycopg

from app.devtools.chaos.fleet import FleetUnderTest
from app.devtools.chaos.monitor import Watch
from app.devtools.chaos.plan import BUSIEST, Deed
from app.devtools.processes import Child

ASK_S = 1.0
"""Longest wait for the answer who speaks for whom before a worker is killed."""

BUSY_WITHIN_S = 2.0
"""How long the killer of the busiest worker lies in wait for one that is busy at all."""


class Wreckers:
    """Does the deeds that break processes.

    Args:
        arena: The fleet.
        watch: Told of every kill, so that it can measure the recovery.
    """

    def __init__(self, arena: FleetUnderTest, watch: Watch) -> None:
        self._arena = arena
        self._watch = watch
        self.kills: Counter[str] = Counter()
        self.others: Counter[str] = Counter()

    async def kill_worker(self, deed: Deed) -> str | None:
        """Kill a worker with SIGKILL; return which, None when none lives.

        It is stopped for the moment in which we read for whom it speaks, so that the reading is exact.
        """
        child = await self._worker(deed.target)
        if child is None or child.ended:
            return None
        with suppress(ProcessLookupError):
            os.kill(child.process.pid, signal.SIGSTOP)
        held = await self._watch.held_by(child.process.pid, ASK_S)
        with suppress(ProcessLookupError):
            os.kill(child.process.pid, signal.SIGKILL)
        self._watch.killed(held)
        self.kills["worker"] += 1
        return child.name

    async def kill_web(self, deed: Deed) -> str | None:
        """Kill the web process with SIGKILL."""
        child = self._arena.web_process
        if child.ended:
            return None
        child.process.kill()
        self.kills["web"] += 1
        return child.name

    async def kill_postgres(self, deed: Deed) -> str | None:
        """Kill the postmaster with SIGKILL, and start the server again on the same data after `for_s`."""
        server = self._arena.server
        if self._arena.database_down or server.pid <= 0:
            return None
        self._arena.database_down = True
        os.kill(server.pid, signal.SIGKILL)
        self.kills["postgres"] += 1
        await asyncio.sleep(float(deed.options["for_s"]))
        await asyncio.to_thread(server.start, True)
        self._arena.database_down = False
        self._watch.database_was_down()
        return "postgres"

    async def pause(self, deed: Deed) -> str | None:
        """Stop a worker with SIGSTOP for `for_s` and let it go on."""
        child = await self._worker(deed.target)
        if child is None or child.name in self._arena.paused:
            return None
        pid, for_s = child.process.pid, float(deed.options["for_s"])
        self._arena.paused.add(child.name)
        self.others[deed.kind] += 1
        try:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(for_s)
        finally:
            self._arena.paused.discard(child.name)
            # It may have been killed meanwhile, and its number given to somebody else.
            if child.process.pid == pid and not child.ended:
                os.kill(pid, signal.SIGCONT)
        return child.name

    async def cut_connections(self, deed: Deed) -> str | None:
        """Have the server end a share of all connections to our database."""
        query = """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = %s AND backend_type = 'client backend' AND random() < %s"""
        try:
            async with asyncio.timeout(3.0):
                connection = await psycopg.AsyncConnection.connect(
                    self._arena.server.dsn("postgres"), autocommit=True
                )
                async with connection:
                    await connection.execute(query, [self._arena.database, deed.options["share"]])
        except (psycopg.Error, TimeoutError):
            return None
        self.others["cut_connections"] += 1
        return deed.target

    async def _worker(self, target: str) -> Child | None:
        living = [child for child in self._arena.workers if not child.ended]
        free = [child for child in living if child.name not in self._arena.paused]
        if not free:
            return None
        if target == BUSIEST:
            voices = await self._watch.speakers(ASK_S)
            until_s = time.monotonic() + BUSY_WITHIN_S
            while not voices and time.monotonic() < until_s:
                await asyncio.sleep(0.02)
                voices = await self._watch.speakers(ASK_S)
            return max(free, key=lambda child: voices[child.process.pid])
        return next((child for child in free if child.name == target), free[0])
