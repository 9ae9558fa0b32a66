"""What a warehouse does when nobody answers: it asks for the same again, under the same key."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from app.devtools.packer import Desk
from app.main import listen


class Counter:
    """A service that answers as told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.asked: list[tuple[str, Any]] = []

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/v1/boxes/7/ship")
        async def ship(request: Request) -> Response:
            self.asked.append((request.headers["Idempotency-Key"], await request.json()))
            return JSONResponse({"state": "PENDING"}, self.statuses.pop(0))

        return app


@pytest.fixture
async def counter() -> Counter:
    return Counter()


@pytest.fixture
async def desk(counter: Counter) -> AsyncIterator[Desk]:
    stop, bound = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(listen(counter.app(), "127.0.0.1", 0, stop, finish_s=1, bound=bound))
    desk = Desk(f"http://127.0.0.1:{await bound}", "cf_example")
    try:
        yield desk
    finally:
        await desk.close()
        stop.set()
        await serving


async def test_what_was_not_answered_is_asked_again_under_its_key(desk: Desk, counter: Counter) -> None:
    counter.statuses = [503, 202, 202]
    first, other = desk.waybill(), desk.waybill()
    assert await desk.ask("shipped", "/v1/boxes/7/ship", first) is None
    # The label that was printed then counts, whatever would be printed now.
    assert await desk.ask("shipped", "/v1/boxes/7/ship", other) == {"state": "PENDING"}
    await desk.ask("shipped", "/v1/boxes/7/ship", other)
    (key, said), again, fresh = counter.asked
    assert again == (key, said) == (key, first)
    assert fresh == (fresh[0], other)
    assert fresh[0] != key
    assert desk.counts == {"lost": 1, "shipped": 2}


async def test_a_round_that_broke_off_and_the_next_ask_the_same_under_one_key(
    desk: Desk, counter: Counter
) -> None:
    counter.statuses = [202, 202]
    told = desk.waybill()
    both = await asyncio.gather(*(desk.ask("shipped", "/v1/boxes/7/ship", told) for _ in range(2)))
    assert both == [{"state": "PENDING"}] * 2
    assert counter.asked[0] == counter.asked[1]


async def test_a_refusal_is_an_answer(desk: Desk, counter: Counter) -> None:
    counter.statuses = [409, 202]
    assert await desk.ask("shipped", "/v1/boxes/7/ship", desk.waybill()) is None
    assert await desk.ask("shipped", "/v1/boxes/7/ship", desk.waybill()) is not None
    assert counter.asked[0][0] != counter.asked[1][0]
    assert desk.counts == {"refused": 1, "shipped": 1}


def test_luck_belongs_to_the_case() -> None:
    one, other = Desk("http://127.0.0.1", "cf", 1), Desk("http://127.0.0.1", "cf", 1)
    other.luck("somebody else").random()
    assert one.luck("box", 1).random() == other.luck("box", 1).random() != one.luck("box", 2).random()
