"""A life: lines of a script done one after the other, and the promises checked behind each of them.

Whatever draws the lines (`test_random_lives.py`) or reads them from a file, they are done here and nowhere
else, so a script that was written down does again what was done when it was written.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest import mock

from httpx2 import ASGITransport, AsyncClient

from app.coupang.claims import return_calls
from app.coupang.orders import calls as order_calls
from app.engine.access import api_keys
from app.main import create_app
from tests.support.crash_points import mortal
from tests.support.script_checks import check_settled, check_step
from tests.support.shop import ACCESS_KEY, SECRET_KEY, START, VENDOR, Shop, open_shop

Line = dict[str, Any]
KEEP = ("alembic_version", "api_key", "secret")
"""Tables that belong to the house and not to a life."""
HEADING = "The script that breaks it (docs/sandbox.md):"
REST = (0, 6, 40, 4 * 60, 7 * 60, 14 * 60)
"""Minutes between the visits of a day in which nothing happens any more but what Coupang does by itself."""
PAGE_ROWS = 2
DAYS_MOST = 30
"""Days after which even the slowest decision of Coupang is made."""


class Unlike(AssertionError):
    """A line of a script was answered otherwise than when the script was written."""


@dataclass
class Life:
    """One story under way: who acts, and what has been done so far."""

    shop: Shop
    sandbox: AsyncClient
    warehouse: AsyncClient
    script: list[Line] = field(default_factory=list)
    numbers: int = 0

    # doing

    async def do(self, line: Line) -> int:
        """Do one line, write it down and check what must hold behind it; return its status."""
        self.script.append(line)
        try:
            status = await self._perform(line)
            if line.setdefault("status", status) != status:
                raise Unlike(f"{line} was answered {status}")
            await check_step(self.shop)
        except Exception as broken:
            broken.add_note(f"{HEADING}\n{self.text()}")
            raise
        return status

    async def _perform(self, line: Line) -> int:
        match line["by"]:
            case "sandbox":
                return (await _call(self.sandbox, line)).status_code
            case "warehouse":
                return await self._ask(line)
            case "worker" if "visit" in line:
                return await self._visit(line["visit"])
            case "worker" if "settles" in line:
                return await self._settle()
        raise ValueError(f"nobody knows who does this: {line}")

    async def _ask(self, line: Line) -> int:
        """Call the service as a warehouse does; what it explains before must be what it does."""
        told = await self._explained(line)
        answer = await _call(self.warehouse, line)
        assert answer.status_code < 500, (line, answer.text)
        if told is not None:
            agrees(line, told, answer.status_code, answer.json())
        return answer.status_code

    async def _explained(self, line: Line) -> Line | None:
        """What the service says of this change before it is asked, None if it says nothing."""
        method, path = line["call"].split(" ")
        kind, _, rest = path.removeprefix("/v1/").partition("/")
        number, _, way = rest.partition("/")
        if method != "POST" or "/" in way or kind not in ("boxes", "cancels", "returns", "exchanges"):
            return None
        place = f"/v1/cancels/{number}" if kind == "cancels" else f"/v1/{kind}/{number}/actions"
        answer = await self.warehouse.get(place)
        if answer.status_code != 200:
            return None
        body = answer.json()
        items = (body["decision"] or {"options": []})["options"] if kind == "cancels" else body["items"]
        wanted = _action(kind, way, line.get("body") or {})
        return next((one for one in items if one["action"] == wanted), None)

    async def _visit(self, how: Line) -> int:
        """Let a worker visit the vendor; it may die at a given place."""
        with ExitStack() as stack:
            if how:
                stack.enter_context(dying(how["dies"], how["when"]))
            try:
                return int(await self.shop.visit())
            except asyncio.CancelledError:
                return 2

    # time

    async def later(self, seconds: float) -> None:
        await self.control("POST /_sandbox/clock", advance_s=round(seconds))

    async def control(self, call: str, **body: Any) -> int:
        return await self.do({"by": "sandbox", "call": call, "body": body})

    async def asked(self, call: str, **body: Any) -> int:
        return await self.do({"by": "warehouse", "call": call, "body": body})

    async def visit(self, **how: Any) -> int:
        return await self.do({"by": "worker", "visit": how})

    async def visits(self, *pauses_s: int) -> None:
        """Visit behind each of these pauses."""
        for pause_s in pauses_s:
            await self.later(pause_s)
            await self.visit()

    # the end

    async def settle(self) -> None:
        """No more faults, and time passes until Coupang is quiet: then all must agree."""
        await self.control("DELETE /_sandbox/faults")
        await self.control(f"POST /_sandbox/vendors/{VENDOR}/pardon")
        await self.asked(f"POST /admin/v1/vendors/{VENDOR}/resume")
        await self.do({"by": "worker", "settles": True})

    async def _settle(self) -> int:
        """Visit a few times a day until Coupang was quiet for a day; return how many days that took."""
        shop = self.shop
        days = 0
        while days < DAYS_MOST:
            days += 1
            before = snapshot(shop)
            for minutes in REST:
                shop.later(timedelta(minutes=minutes))
                await shop.visit()
            shop.world.advance()
            if snapshot(shop) == before:
                break
        await check_settled(shop)
        return days

    def number(self) -> str:
        """A waybill that nobody has used."""
        self.numbers += 1
        return str(600_000_000_000 + self.numbers)

    def text(self) -> str:
        """The script, as it is written to a file."""
        return "\n".join(json.dumps(line, ensure_ascii=False) for line in self.script)


def snapshot(shop: Shop) -> Any:
    """Everything that is true at Coupang and that may still change."""
    world = shop.world
    return (
        [(box["status"], box["invoice"], box["lines"]) for box in world.truth()],
        [(one["status"], one["pickup"]) for one in world.true_receipts()],
        [(one["status"], one["collect_status"], one["pickup"]) for one in world.true_exchanges()],
    )


@asynccontextmanager
async def theatre(url: str) -> AsyncIterator[Life]:
    """One database and one sandbox for many lives; `clear` and `begin` empty both.

    Pages are short, so that a few boxes and receipts already fill several.
    """
    short = [mock.patch.object(family, "PAGE_ROWS", PAGE_ROWS) for family in (order_calls, return_calls)]
    with short[0], short[1]:
        async with open_shop(url) as shop, _opened(shop) as life:
            yield life


@asynccontextmanager
async def _opened(shop: Shop) -> AsyncIterator[Life]:
    made = await api_keys.create(shop.context, name="lives", scopes=(api_keys.ADMIN,), vendor_ids=[VENDOR])
    async with shop.context.db.transaction() as tx:
        await tx.execute("CREATE TABLE first_vendor AS SELECT * FROM vendor")
    transport = ASGITransport(create_app(shop.context, wait_most_s=1.0))
    headers = {"Authorization": f"Bearer {made['key']}"}
    async with (
        AsyncClient(transport=transport, base_url="http://test", headers=headers) as warehouse,
        AsyncClient(base_url=shop.reach.base_url) as sandbox,
    ):
        yield Life(shop, sandbox, warehouse)


async def clear(stage: Life) -> Life:
    """Forget everything and return a new life."""
    async with stage.shop.context.db.transaction() as tx:
        rows = await (
            await tx.execute(
                "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' "
                "AND tablename NOT LIKE 'procrastinate%%' AND tablename <> 'first_vendor' "
                "AND tablename <> ALL(%s)",
                (list(KEEP),),
            )
        ).fetchall()
        names = ", ".join(row["name"] for row in rows)  # type: ignore[call-overload]
        # History is append-only for everybody else.
        await tx.execute("SET LOCAL session_replication_role = replica")
        await tx.execute(f"TRUNCATE {names} RESTART IDENTITY")  # type: ignore[arg-type]
        await tx.execute("INSERT INTO vendor SELECT * FROM first_vendor")
    stage.shop.clock.set(START)
    return Life(stage.shop, stage.sandbox, stage.warehouse)


async def begin(life: Life, *, seed: int, rules: Line, auto_acknowledge: bool = True) -> None:
    """Write the first lines of a script: an empty world of this seed, one vendor, these rules."""
    await life.control("POST /_sandbox/reset", seed=seed)
    await life.control("POST /_sandbox/clock", set=START.isoformat())
    who = {"vendor_id": VENDOR, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    await life.control("POST /_sandbox/vendors", **who, wing_users=["examplewing"])
    await life.control("POST /_sandbox/rules", limit_per_second=0, **rules)
    policy = {"auto_acknowledge": auto_acknowledge, "wing_user_id": "examplewing"}
    line = {"by": "warehouse", "call": f"PATCH /admin/v1/vendors/{VENDOR}", "body": policy}
    await life.do(line)


async def replay(stage: Life, text: str) -> Life:
    """Do a whole script again: the sandbox plays its lines by itself, the others are done here.

    Raises:
        Unlike: A line is answered otherwise than it was.
        AssertionError: Some promise does not hold behind a line.
    """
    life = await clear(stage)
    lines: list[Line] = [json.loads(line) for line in text.splitlines() if line.strip()]
    loaded = await life.sandbox.post("/_sandbox/script", json={"lines": lines})
    assert loaded.status_code == 200, loaded.text
    while True:
        told = (await life.sandbox.post("/_sandbox/script/play", json={})).json()
        life.script += lines[len(life.script) : told["done"]]
        if unlike := [one for one in told["played"] if not one["as_written"]]:
            raise Unlike(str(unlike))
        await check_step(life.shop)
        if told["next"] is None:
            return life
        await life.do(told["next"])


def agrees(line: Line, told: Line, status: int, body: Line) -> None:
    """What was explained beforehand is what happened: allowed, or refused by the same rules."""
    asked = line.get("body") or {}
    if status == 422 or asked.get("permit") or asked.get("items"):
        # The body itself was at fault, or it asks for less than was explained.
        return
    if told["allowed"]:
        assert status in (200, 202), (line, told, body)
        return
    assert status == 409, (line, told, body)
    rules = {one["rule"] for one in told["refused_by"]}
    missing = {one["rule"] for one in body.get("missing", ())}
    assert missing <= rules, (line, told, body)


def _action(kind: str, way: str, body: Line) -> str:
    """The name under which a change is explained."""
    direct = "_direct" if body.get("courier_code") == "DIRECT" else ""
    match kind, way:
        case "boxes", "ship":
            return "ship_part" if body.get("later") else f"ship{direct}"
        case "boxes", "invoice":
            return f"change_invoice{direct}"
        case "boxes", "close":
            return "close_undelivered"
        case "boxes", "cancel":
            return "seller_cancel"
        case "cancels", "stop":
            return "stop_shipment"
        case "cancels", "shipped":
            return "declare_shipped"
    return way


async def _call(client: AsyncClient, line: Line) -> Any:
    method, path = line["call"].split(" ")
    return await client.request(method, path, json=line.get("body") or {})


def dying(place: str, when: str) -> Any:
    """Let a visit die before, or right after, the next call of a function."""
    home, name, dead, _ = mortal(place, when)
    return mock.patch.object(home, name, dead)
