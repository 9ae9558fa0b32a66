"""Query parameters that nobody reads are refused, everywhere, by name."""

import re

import pytest
from httpx2 import AsyncClient

from app.engine.context import Context
from app.machines.boxes import BoxState
from tests.support.box_stock import BOX, put
from tests.support.callers import problem


async def test_every_address_refuses_what_it_does_not_read(admin: AsyncClient) -> None:
    document = (await admin.get("/openapi.json")).json()
    asked = 0
    for path, ways in document["paths"].items():
        if not path.startswith(("/v1", "/admin")):
            continue
        for method in ways:
            place = re.sub(r"\{aggregate\}", "boxes", path)
            place = re.sub(r"\{vendor_id\}", "A00012345", place)
            place = re.sub(r"\{key_id\}", "0a1b2c3d4e5f", place)
            place = re.sub(r"\{[a-z_]+\}", "1", place)
            answer = await admin.request(method.upper(), place, params={"stat": "INSTRUCT"})
            told = problem(answer, 422, "invalid-request")
            assert told["errors"][0]["pointer"] == "/stat", (method, path)
            assert told["errors"][0]["in"] == "query"
            asked += 1
    assert asked > 60


async def test_the_known_ones_are_named_and_work(
    context: Context, admin: AsyncClient, nobody: AsyncClient
) -> None:
    await put(context, BoxState.INSTRUCT)
    told = problem(await admin.get("/v1/cancels?state=REQUESTED&order=1&a~b%2Fc=2"), 422, "invalid-request")
    assert [one["pointer"] for one in told["errors"]] == ["/a~0b~1c", "/order"]
    assert told["errors"][0]["detail"] == "one of cursor, limit, order_id, state, vendor_id"
    assert (await admin.get("/v1/boxes?state=INSTRUCT&state=ACCEPT&limit=1")).status_code == 200
    told = problem(await admin.get(f"/v1/boxes/{BOX}?x"), 422, "invalid-request")
    assert told["errors"][0]["detail"] == "one of at"
    told = problem(await admin.get(f"/v1/boxes/{BOX}/lines?x"), 422, "invalid-request")
    assert told["errors"][0]["detail"] == "this address takes none"
    # Who may not come in learns nothing.
    problem(await nobody.get("/v1/boxes?x=1"), 401, "unauthorized")


@pytest.mark.parametrize("state", [BoxState.INSTRUCT, BoxState.DEPARTURE])
async def test_a_warehouse_is_told_what_it_may_ask(
    context: Context, writer: AsyncClient, state: BoxState
) -> None:
    await put(context, state)
    told = problem(await writer.post(f"/v1/boxes/{BOX}/acknowledge"), 409, "transition-refused")
    assert not [event for event in told["allowed"] if event.startswith("see_")]


@pytest.mark.parametrize(
    "path", ["coverage", "polls", "calls", "quarantine", "census", "decisions", "reviews", "audit"]
)
async def test_a_vendor_that_is_not_there_is_not_told_to_be_well(admin: AsyncClient, path: str) -> None:
    told = problem(await admin.get(f"/admin/v1/{path}?vendor_id=A99999999"), 404, "not-found")
    assert (told["detail"], told["vendor_id"]) == ("no such vendor", "A99999999")


async def test_a_feed_that_there_is_not_is_refused_by_name(admin: AsyncClient) -> None:
    told = problem(await admin.get("/admin/v1/polls?feed=order"), 422, "invalid-request")
    assert "'orders'" in told["errors"][0]["detail"]
