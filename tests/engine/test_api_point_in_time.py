"""`?at=`: the past over HTTP, the rules of its parameter, and nobody's name in it."""

from datetime import timedelta

import pytest
from httpx2 import AsyncClient

from app.clock import Frozen
from app.engine.context import Context
from app.machines.boxes import BoxState
from app.web.point_in_time_schemas import Moment
from tests.support.box_stock import BOX, put
from tests.support.callers import problem

PATH = f"/v1/boxes/{BOX}"


def utc(clock: Frozen) -> str:
    return clock.now().isoformat().replace("+00:00", "Z")


async def test_the_state_of_a_past_moment(context: Context, clock: Frozen, reader: AsyncClient) -> None:
    await put(context, BoxState.ACCEPT)
    first = utc(clock)
    clock.advance(hours=2)
    await put(context, BoxState.INSTRUCT)
    answer = await reader.get(PATH, params={"at": first})
    then = Moment.model_validate(answer.json())
    assert answer.status_code == 200
    assert (then.life.state, then.life.version, then.life.event) == ("ACCEPT", 1, "appear")
    assert then.market is not None
    assert then.market.status == "ACCEPT"
    assert then.market.lines is not None
    assert [line.shippable for line in then.market.lines] == [2]
    between = (clock.now() - timedelta(seconds=1)).isoformat()
    assert (await reader.get(PATH, params={"at": between})).json()["life"] == answer.json()["life"]
    now = (await reader.get(PATH, params={"at": utc(clock)})).json()
    assert (now["life"]["state"], now["market"]["status"]) == ("INSTRUCT", "INSTRUCT")
    assert (await reader.get(PATH)).json()["version"] == now["life"]["version"]
    for secret in ("name", "addr1", "phone", "receiver"):
        assert secret not in answer.json()


@pytest.mark.parametrize(
    "bad", ["yesterday", "2026-11-20", "2026-11-20T03:00:00", "2026-13-20T03:00:00Z", ""]
)
async def test_what_is_no_time_is_named(context: Context, reader: AsyncClient, bad: str) -> None:
    await put(context, BoxState.ACCEPT)
    told = problem(await reader.get(PATH, params={"at": bad}), 422, "invalid-request")
    assert told["errors"][0]["pointer"] == "/at"


async def test_the_future_and_the_time_before(context: Context, clock: Frozen, reader: AsyncClient) -> None:
    await put(context, BoxState.ACCEPT)
    later = (clock.now() + timedelta(seconds=1)).isoformat()
    told = problem(await reader.get(PATH, params={"at": later}), 422, "invalid-request")
    assert told["errors"][0]["pointer"] == "/at"
    earlier = (clock.now() - timedelta(seconds=1)).isoformat()
    told = problem(await reader.get(PATH, params={"at": earlier}), 404, "not-found")
    assert told["known_since"] == utc(clock)
    for path in ("/v1/cancels/1", "/v1/returns/1", "/v1/exchanges/1"):
        problem(await reader.get(path, params={"at": utc(clock)}), 404, "not-found")
