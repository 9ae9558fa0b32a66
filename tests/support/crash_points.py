"""Processes that die at a step: the transactions and calls of a victim, counted, and a death at one of them.

A death is as hard as `kill -9` for everybody who can tell the difference: the victim's database connection is
cut in the middle of its transaction, its socket to Coupang is closed, and nothing of it runs any more (its
`finally` blocks find a database and a network that refuse them).
"""

import asyncio
import copy
import importlib
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from types import CellType, FunctionType
from typing import Any

import httpx

from app.coupang.client import _single_sending_transport
from app.engine.db.database import Connection, Database, fetch_one
from app.sandbox.world.world import World


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Life:
    """The steps that a victim has come to, and the one it does not survive.

    Attributes:
        end: Where it dies; None to let it live and only take notes.
        any_time: It dies at the first step of that name, whichever it was in the life it was found in.
        steps: The steps so far, in order.
        wrote: Names of the transactions that have changed rows; kept while nobody is to die.
    """

    end: str | None = None
    any_time: bool = False
    dead: bool = False
    steps: list[str] = field(default_factory=list)
    wrote: set[str] = field(default_factory=set)
    _seen: Counter[str] = field(default_factory=Counter)

    def name(self, what: str) -> str:
        """Tell the second of its kind from the first."""
        self._seen[what] += 1
        return what if self._seen[what] == 1 else f"{what} #{self._seen[what]}"

    def check(self) -> None:
        """Refuse the dead."""
        if self.dead:
            raise Killed

    def reach(self, step: str) -> bool:
        """Come to a step; True when the victim must die here."""
        self.check()
        self.steps.append(step)
        self.dead = step == self.end or (self.any_time and _plain(step) == _plain(self.end or ""))
        return self.dead

    def reach_or_die(self, step: str) -> None:
        """Come to a step outside of any transaction."""
        if self.reach(step):
            raise Killed


def _plain(step: str) -> str:
    return re.sub(r" #\d+", "", step)


class MortalDatabase(Database):
    """The victim's own connections."""

    def __init__(self, url: str, life: Life) -> None:
        super().__init__(url, most=2)
        self.life = life

    async def __aenter__(self) -> "MortalDatabase":
        await self.open()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        self.life.check()
        name = self.life.name(_owner())
        # Each statement is a transaction of its own here; nobody asks for more than one that writes.
        self.life.reach_or_die(f"before the commit of {name}")
        async with super().connection() as connection:
            before = await self._written(connection)
            yield connection
            if await self._written(connection) > before:
                self.life.wrote.add(name)
        self.life.reach_or_die(f"after the commit of {name}")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        self.life.check()
        name = self.life.name(_owner())
        async with super().transaction() as connection:
            before = await self._written(connection)
            yield connection
            if await self._written(connection) > before:
                self.life.wrote.add(name)
            if self.life.reach(f"before the commit of {name}"):
                # The server sees the socket close in the middle of a transaction.
                connection.pgconn.finish()
                raise Killed
        self.life.reach_or_die(f"after the commit of {name}")

    async def _written(self, connection: Connection) -> int:
        """How many rows this connection has written that the statistics have not been told of."""
        if self.life.end is not None:
            return 0
        query = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) AS rows FROM pg_stat_xact_user_tables"
        row = await fetch_one(connection, query)
        assert row is not None
        return int(row["rows"] or 0)


def _owner() -> str:
    """Name the flow whose transaction this is."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
        module = frame.f_globals.get("__name__", "")
        if module.startswith("app.") and module != "app.engine.db.database":
            place = module.removeprefix("app.").removeprefix("flows.")
            kind = frame.f_locals.get("kind")
            name = f"{place}.{frame.f_code.co_qualname.partition('.<locals>')[0]}"
            return f"{name} {kind.value}" if isinstance(kind, StrEnum) else name
    return "somebody"


class MortalTransport(httpx.AsyncBaseTransport):
    """The victim's own socket to Coupang."""

    def __init__(self, life: Life, world: World) -> None:
        self.life, self.world = life, world
        self.inner = _single_sending_transport(None)

    async def __aenter__(self) -> "MortalTransport":
        await self.inner.__aenter__()
        return self

    async def aclose(self) -> None:
        await self.inner.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = self.life.name(f"{request.method} {shape(request.url.path)}")
        self.life.reach_or_die(f"before {name} is sent")
        if self.life.reach(f"after {name} is sent"):
            await self._send_and_die(request)
        answer = await self.inner.handle_async_request(request)
        if self.life.reach(f"after {name} is answered"):
            await answer.aread()
            raise Killed
        return answer

    async def _send_and_die(self, request: httpx.Request) -> None:
        """Die once Coupang has the call and nothing of its answer has been read."""
        heard = len(self.world.ledger.calls)
        sending = asyncio.ensure_future(self.inner.handle_async_request(request))
        while len(self.world.ledger.calls) == heard:
            await asyncio.sleep(0)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        raise Killed


def shape(path: str) -> str:
    """Return the words of a path without its ids."""
    return "/".join(part for part in path.split("/")[6:] if part.isalpha() or "-" in part)


def copied(world: World, clock: Any) -> World:
    """Copy a world with everything that is still to happen in it; it lives by another clock.

    What is to happen are closures over the world, which `deepcopy` by itself would share with the first.
    """

    def function(one: FunctionType, memo: dict[int, Any]) -> FunctionType:
        if not one.__closure__:
            return one
        cells = tuple(CellType() for _ in one.__closure__)
        made = FunctionType(one.__code__, one.__globals__, one.__name__, None, cells)
        memo[id(one)] = made
        made.__kwdefaults__ = one.__kwdefaults__
        made.__defaults__ = copy.deepcopy(one.__defaults__, memo)
        for mine, theirs in zip(cells, one.__closure__, strict=True):
            mine.cell_contents = copy.deepcopy(theirs.cell_contents, memo)
        return made

    table: dict[type, Callable[..., Any]] = copy._deepcopy_dispatch  # type: ignore[attr-defined]
    before = table[FunctionType]
    table[FunctionType] = function
    try:
        return copy.deepcopy(world, {id(world.clock): clock})
    finally:
        table[FunctionType] = before


def mortal(place: str, when: str) -> tuple[Any, str, Any, list[int]]:
    """Return whose a function is, its name, one that dies before or right after its first call, a tally."""
    module, _, name = place.rpartition(".")
    home = importlib.import_module(module)
    real = getattr(home, name)
    deaths: list[int] = []

    async def dying(*args: Any, **options: Any) -> Any:
        if deaths:
            return await real(*args, **options)
        deaths.append(1)
        if when == "after":
            await real(*args, **options)
        raise asyncio.CancelledError

    return home, name, dying, deaths
