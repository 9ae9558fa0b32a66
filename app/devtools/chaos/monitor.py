"""Who speaks for which vendor, seen ten times a second: recovery after kills, waits of due vendors."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg_pool import PoolTimeout

from app.engine.context import Context
from app.engine.visits import status
from app.engine.visits.status import LeaseStatus

EVERY_S = 0.1
UNSURE = (psycopg.Error, PoolTimeout, TimeoutError, OSError)
"""What reading may end in while somebody kills the database."""


@dataclass(slots=True)
class Orphan:
    """A vendor whose speaker was killed."""

    killed_s: float
    epoch: int
    vendor_id: str
    disturbed: bool = False
    """The database was down as well before somebody went on."""
    took_s: float = 0.0
    """Until somebody went on; zero until then."""
    seen: list[str] = field(default_factory=list)
    """What was seen of its voice meanwhile, and what else was done to the fleet: seconds after the kill."""

    def see(self, at_s: float, what: str) -> None:
        """Note what is seen, once as long as it lasts."""
        if not self.seen or self.seen[-1].partition(" s ")[2] != what:
            self.seen.append(f"+{at_s - self.killed_s:.1f} s {what}")

    def __str__(self) -> str:
        """Return one line: how long it took, and why."""
        return f"recovery took {self.took_s:.1f} s ({self.vendor_id}: {', '.join(self.seen)})"


@dataclass(slots=True)
class Watch:
    """Looks on, from outside, through one connection of its own.

    Attributes:
        context: Our side.
        living: Returns the pids of workers that run (neither ended nor stopped).
        recoveries: From a kill until another worker spoke for the vendor.
        disturbed: The same where the database was killed meanwhile.
        longest_wait_s: Longest real time for which a due vendor was not visited.
    """

    context: Context
    living: Callable[[], set[int]]
    recoveries: list[Orphan] = field(default_factory=list)
    disturbed: list[Orphan] = field(default_factory=list)
    longest_wait_s: float = 0.0
    silences: int = 0
    unknown_kills: int = 0
    _orphans: dict[str, Orphan] = field(default_factory=dict)
    _waiting: dict[str, float] = field(default_factory=dict)
    _epochs: dict[str, int] = field(default_factory=dict)
    _silent: set[str] = field(default_factory=set)
    _seen_s: float = field(default_factory=time.monotonic)

    @property
    def orphans(self) -> list[str]:
        """Return the vendors whose speaker was killed and for whom nobody has spoken since."""
        return sorted(self._orphans)

    async def look(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set."""
        while not stop.is_set():
            try:
                async with asyncio.timeout(2.0):
                    self.take(await status.list_lease_status(self.context))
            except UNSURE:
                pass
            await asyncio.sleep(EVERY_S)

    async def speakers(self, within_s: float) -> Counter[int]:
        """Return how many vendors each worker speaks for, by pid."""
        counted: Counter[int] = Counter()
        for voice in await self._voices(within_s) or []:
            if voice.visiting and (pid := _pid(voice)):
                counted[pid] += 1
        return counted

    async def held_by(self, pid: int, within_s: float) -> dict[str, int] | None:
        """Return vendors and epochs a worker speaks for right now; None when nobody can tell."""
        found = await self._voices(within_s)
        if found is None:
            return None
        return {voice.vendor_id: voice.epoch for voice in found if voice.visiting and _pid(voice) == pid}

    def killed(self, held: dict[str, int] | None) -> None:
        """Begin to measure for the vendors that a killed worker spoke for."""
        if held is None:
            self.unknown_kills += 1
            return
        at_s = time.monotonic()
        for vendor_id, epoch in held.items():
            self._orphans[vendor_id] = Orphan(at_s, epoch, vendor_id)

    def done(self, what: str) -> None:
        """Note what is done to the fleet, for the vendors that wait for a speaker."""
        at_s = time.monotonic()
        for orphan in self._orphans.values():
            orphan.see(at_s, what)

    def database_was_down(self) -> None:
        """Mark what could not recover meanwhile."""
        for orphan in self._orphans.values():
            orphan.disturbed = True

    async def _voices(self, within_s: float) -> list[LeaseStatus] | None:
        try:
            async with asyncio.timeout(within_s):
                return await status.list_lease_status(self.context)
        except UNSURE:
            return None

    def take(self, found: list[LeaseStatus]) -> None:
        """Take in one look at all vendors."""
        now_s = time.monotonic()
        before_s, self._seen_s = self._seen_s, now_s
        living, at = self.living(), self.context.now()
        for voice in found:
            name = voice.vendor_id
            orphan = self._orphans.get(name)
            if orphan and voice.epoch > orphan.epoch:
                orphan.took_s = now_s - orphan.killed_s
                (self.disturbed if orphan.disturbed else self.recoveries).append(orphan)
                del self._orphans[name]
            elif orphan:
                orphan.see(now_s, _shown(voice, at))
            silent = voice.silent(at)
            if silent:
                self.silences += name not in self._silent
                self._silent.add(name)
            else:
                self._silent.discard(name)
            if silent := silent or voice.tripped:
                # It, or everybody, is told to keep silent: nobody may speak for it.
                self._orphans.pop(name, None)
            visited = voice.epoch != self._epochs.get(name, voice.epoch)
            self._epochs[name] = voice.epoch
            under_way = voice.visiting and _pid(voice) in living
            if visited and name in self._waiting:
                self._waited(now_s - self._waiting.pop(name))
            # What a dead worker has begun waits as well.
            waits = voice.visiting or voice.waiting or voice.due_at <= at
            if silent or under_way or not waits:
                self._waiting.pop(name, None)
            else:
                # After a gap in our looking, nobody knows since when: count from its beginning.
                self._waiting.setdefault(name, before_s)
                self._waited(now_s - self._waiting[name])

    def _waited(self, seconds: float) -> None:
        self.longest_wait_s = max(self.longest_wait_s, seconds)


def _shown(status: LeaseStatus, at: datetime) -> str:
    visit = "a visit" if status.visiting else "no visit"
    waiting = " and one waits" if status.waiting else ""
    silence = ", all silent" if status.tripped else ", silent" if status.silent(at) else ""
    return visit + waiting + silence


def _pid(status: LeaseStatus) -> int:
    host, _, pid = (status.spoken_by or "").rpartition(":")
    return int(pid) if host == socket.gethostname() else 0
