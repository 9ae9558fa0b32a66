"""One box read and one waybill asked for over HTTP, beside a bare FastAPI app on plain tables.

Three processes: our web process as it is started in production, the bare app, and the client. Our answer
to a waybill is an effect: the box is locked, its machine decides, effect and history are stored in one
transaction, and a visit to the vendor is asked for.
"""

from contextlib import AbstractAsyncContextManager, AsyncExitStack

from app.devtools.bench import raw, sheets
from app.devtools.bench.figures import Effort, Figure, Side, Turn, take_turns
from app.devtools.bench.ingest import WINDOW, take
from app.devtools.bench.load import Plan, drive
from app.devtools.bench.servers import free_port, serving
from app.devtools.bench.stage import VENDOR, Stage
from app.engine.access import api_keys

READ_FLOOR = 0.4
ASK_FLOOR = 0.4
_WAYBILL = '{"courier_code": "CJGLS", "invoice_number": "{tail}"}'
_JSON = {"Content-Type": "application/json"}


async def measure(stage: Stage, effort: Effort) -> list[Figure]:
    """Measure the hot read and the change that warehouses ask for most."""
    await _ready(stage, 0, effort.rows)
    with stage.sync() as connection:
        raw.fill(connection, range(effort.rows), stage.context.now())
    stage.settle()
    made = await api_keys.create(stage.context, name="bench", scopes=[api_keys.WRITE], vendor_ids=None)
    key = {"Authorization": f"Bearer {made['key']}"}
    ours, bare = free_port(), free_port()
    async with AsyncExitStack() as servers:
        await servers.enter_async_context(_our_web(stage, ours))
        await servers.enter_async_context(_bare_web(stage, bare))
        reads = await take_turns(
            {
                "GET /v1/boxes/{id}": _reading(ours, effort.rows, key),
                "bare FastAPI + psycopg, GET": _reading(bare, effort.rows, {}),
            },
            effort,
            stage.settle,
        )
        asks = await take_turns(
            {
                "POST /v1/boxes/{id}/ship": _asking(stage, ours, effort.rows, key),
                "bare FastAPI + psycopg, POST": _moving(bare, effort.rows),
            },
            effort,
            stage.settle,
        )
    figures = []
    for rounds, floor in ((reads, READ_FLOOR), (asks, ASK_FLOOR)):
        mine, other = rounds.turns
        note = f"{rounds.latency(mine)}; bare {rounds.latency(other)}"
        figures.append(rounds.figure(f"REST, {mine}", "req/s", mine, other, floor, note))
    return figures


def _our_web(stage: Stage, port: int) -> AbstractAsyncContextManager[None]:
    env = {
        "DATABASE_URL": stage.url,
        "SECRETS__MASTER_KEY": stage.master_key,
        "WEB__PORT": str(port),
        "LOG_LEVEL": "WARNING",
    }
    return serving("app", "web", port=port, env=env)


def _bare_web(stage: Stage, port: int) -> AbstractAsyncContextManager[None]:
    at = stage.context.now().isoformat()
    env = {"DATABASE_URL": stage.url, "PORT": str(port), "VENDOR_ID": VENDOR, "AT": at}
    return serving("app.devtools.bench.bare", port=port, env=env)


def _reading(port: int, rows: int, headers: dict[str, str]) -> Side:
    async def lease(seconds: float) -> Turn:
        first, last = sheets.box_id(0), sheets.box_id(rows - 1)
        plan = Plan(port, "GET", "/v1/boxes/{id}", first, last, False, seconds, headers)
        return await _driven(plan, "200")

    return lease


def _moving(port: int, rows: int) -> Side:
    """Move each order in its turn: two requests for the same one at once would be a conflict."""
    following, pace = 0, 1000.0

    async def lease(seconds: float) -> Turn:
        nonlocal following, pace
        if following + seconds * pace * 3 > rows:
            following = 0
        first, last = sheets.box_id(following), sheets.box_id(rows - 1)
        plan = Plan(port, "POST", "/v1/boxes/{id}/ship", first, last, True, seconds, _JSON, _WAYBILL)
        done = await _driven(plan, "202")
        following += round(done.done)
        pace = max(pace, done.done / done.elapsed_s)
        return done

    return lease


def _asking(stage: Stage, port: int, rows: int, key: dict[str, str]) -> Side:
    """Ask once for each box: a box whose waybill is on its way takes no other one."""
    following, ready, pace = 0, rows, 1000.0

    async def lease(seconds: float) -> Turn:
        nonlocal following, ready, pace
        needed = following + round(seconds * pace * 3) + 100
        if needed > ready:
            await _ready(stage, ready, needed)
            ready = needed
        first, last = sheets.box_id(following), sheets.box_id(ready - 1)
        headers = {**_JSON, **key}
        plan = Plan(port, "POST", "/v1/boxes/{id}/ship", first, last, True, seconds, headers, _WAYBILL)
        done = await _driven(plan, "202")
        following += round(done.done)
        pace = max(pace, done.done / done.elapsed_s)
        return done

    return lease


async def _driven(plan: Plan, status: str) -> Turn:
    told = await drive(plan)
    if set(told.statuses) != {status}:
        raise RuntimeError(f"{plan.method} {plan.path}: answers {told.statuses}, not all {status}")
    return Turn(told.done, told.elapsed_s, told.p50_ms, told.p99_ms)


async def _ready(stage: Stage, first: int, stop: int) -> None:
    """Take boxes in INSTRUCT, ready to be shipped."""
    for start in range(first, stop, WINDOW):
        await take(stage, sheets.page(range(start, min(start + WINDOW, stop)), status="INSTRUCT"))
