"""Boxes and orders as a warehouse reads them."""

from datetime import timedelta

import pytest
from httpx2 import AsyncClient

from app.clock import Frozen
from app.engine.context import Context
from app.machines.boxes import BoxState
from app.orders import store as box_store
from app.orders.api import schemas
from app.web.courier_schemas import Couriers
from app.web.schemas import Box
from tests.support.box_stock import BOX, ORDER, SOCKS, Item, put
from tests.support.callers import problem


async def test_one_box_with_ids_as_strings(context: Context, reader: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(held=1), Item(SOCKS, 1)))
    answer = await reader.get(f"/v1/boxes/{BOX}")
    told = answer.json()
    Box.model_validate(told)
    assert told["shipment_box_id"] == str(BOX)
    assert told["order_id"] == str(ORDER)
    assert told["state"] == told["market_status"] == "INSTRUCT"
    assert told["paid_at"] == "2026-11-20T00:00:00Z"
    assert [(line["vendor_item_id"], line["shippable"]) for line in told["lines"]] == [
        ("85000000001", 1),
        (str(SOCKS), 1),
    ]
    lines = (await reader.get(f"/v1/boxes/{BOX}/lines")).json()
    assert lines["items"] == told["lines"]


@pytest.mark.parametrize(
    "bad", ["abc", "-1", "1.0", "642538970006401429 ", "9223372036854775808", "1" * 20, "٣"]
)
async def test_id_rule_is_named(reader: AsyncClient, bad: str) -> None:
    told = problem(await reader.get(f"/v1/boxes/{bad}"), 422, "invalid-request")
    assert told["errors"][0]["pointer"] == "/shipment_box_id"
    assert told["errors"][0]["in"] == "path"
    assert "19 digits" in told["errors"][0]["detail"]


async def test_greatest_id_is_merely_missing(reader: AsyncClient) -> None:
    problem(await reader.get(f"/v1/boxes/{2**63 - 1}"), 404, "not-found")


async def test_list_pages_stay_stable_while_boxes_arrive(
    context: Context, clock: Frozen, reader: AsyncClient
) -> None:
    # Three boxes per payment time, so that pages end in the middle of equal times.
    for number in range(12):
        paid_at = clock.now() - timedelta(hours=6) + timedelta(minutes=number // 3)
        await put(context, box_id=BOX + number, paid_at=paid_at)
    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 5}
    for page in range(5):
        told = (await reader.get("/v1/boxes", params=query)).json()
        schemas.BoxPage.model_validate(told)
        seen += [box["shipment_box_id"] for box in told["items"]]
        # One arrives before the place already read, one after it.
        await put(context, box_id=BOX - 100 - page, paid_at=clock.now() - timedelta(hours=9))
        if page == 1:
            await put(context, box_id=BOX + 50, paid_at=clock.now())
        if told["next_cursor"] is None:
            break
        query = {"limit": 5, "cursor": told["next_cursor"]}
    assert seen == [str(BOX + number) for number in range(12)] + [str(BOX + 50)]


async def test_filters(context: Context, clock: Frozen, reader: AsyncClient) -> None:
    hours = {BoxState.ACCEPT: 1, BoxState.INSTRUCT: 2, BoxState.DEPARTURE: 3}
    for number, (state, age) in enumerate(hours.items()):
        await put(context, state, BOX + number, paid_at=clock.now() - timedelta(hours=age))

    async def states(**query: object) -> set[str]:
        answer = await reader.get("/v1/boxes", params=query)
        assert answer.status_code == 200, answer.text
        return {box["state"] for box in answer.json()["items"]}

    assert await states(state=["ACCEPT", "DEPARTURE"]) == {"ACCEPT", "DEPARTURE"}
    assert await states(paid_from="2026-11-20T10:00:00+09:00") == {"ACCEPT", "INSTRUCT"}
    assert await states(paid_until="2026-11-20T01:00:00Z") == {"DEPARTURE"}
    assert await states(attention="true") == set()
    assert await states(attention="false") == {"ACCEPT", "INSTRUCT", "DEPARTURE"}


async def test_attention_is_shown_and_found(context: Context, reader: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    await put(context, BoxState.INSTRUCT, BOX + 1)
    async with context.db.transaction() as tx:
        await box_store.settle_doubt(tx, "A00012345", BOX, None, "we hold INSTRUCT, Coupang shows ACCEPT")
    told = (await reader.get("/v1/boxes", params={"attention": "true"})).json()["items"]
    assert [(box["shipment_box_id"], box["attention"]) for box in told] == [
        (str(BOX), "we hold INSTRUCT, Coupang shows ACCEPT")
    ]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 0}, "/limit"),
        ({"limit": 201}, "/limit"),
        ({"limit": 10**30}, "/limit"),
        ({"limit": "many"}, "/limit"),
        ({"cursor": "nonsense"}, "/cursor"),
        ({"cursor": "A" * 22 + "="}, "/cursor"),
        ({"cursor": "__________________________"[:22]}, "/cursor"),
        ({"cursor": "x" * 5000}, "/cursor"),
        ({"state": "FINAL_DELIVERY"}, "/state/0"),
        ({"paid_from": "2026-11-20"}, "/paid_from"),
        ({"paid_from": "2026-11-20T00:00:00"}, "/paid_from"),
        ({"paid_until": "2026-13-20T00:00:00Z"}, "/paid_until"),
        ({"paid_until": "0001-01-01T00:00:00Z"}, "/paid_until"),
        ({"vendor_id": "B1"}, "/vendor_id"),
        ({"attention": "perhaps"}, "/attention"),
    ],
)
async def test_bad_query_names_parameter_and_rule(
    reader: AsyncClient, query: dict[str, str | int], pointer: str
) -> None:
    told = problem(await reader.get("/v1/boxes", params=query), 422, "invalid-request")
    assert [one["pointer"] for one in told["errors"]] == [pointer]
    assert told["errors"][0]["detail"]
    assert set(told["errors"][0]) <= {"in", "pointer", "detail"}  # and nothing of what was sent


async def test_history_tells_who_and_why(context: Context, reader: AsyncClient) -> None:
    await put(context, BoxState.DEPARTURE)
    told = (await reader.get(f"/v1/boxes/{BOX}/history")).json()
    schemas.History.model_validate(told)
    assert [(step["source"], step["event"], step["target"]) for step in told["items"]] == [
        (None, "appear", "ACCEPT"),
        ("ACCEPT", "see_instruct", "INSTRUCT"),
        ("INSTRUCT", "see_departure", "DEPARTURE"),
    ]
    assert all(step["actor"] == "coupang" and len(step["evidence"]) == 32 for step in told["items"])


async def test_receiver_with_versions(context: Context, clock: Frozen, reader: AsyncClient) -> None:
    paid_at = clock.now() - timedelta(hours=1)
    await put(context, BoxState.ACCEPT, paid_at=paid_at)
    clock.advance(minutes=20)
    await put(context, BoxState.INSTRUCT, paid_at=paid_at, name="김변경")
    answer = await reader.get(f"/v1/boxes/{BOX}/receiver")
    told = answer.json()
    schemas.Receiver.model_validate(told)
    assert answer.headers["cache-control"] == "no-store"
    assert told["address_version"] == 2
    assert told["address_final"] is True
    assert told["receiver"] == {
        "name": "김변경",
        "phone": "+8250300000002",
        "addr1": "서울특별시 가상구 변경로 22",
        "addr2": "202호",
        "post_code": "01235",
        "message": "문 앞",
    }
    assert [one["version"] for one in told["versions"]] == [2, 1]


async def test_erased_receiver_is_all_null(context: Context, reader: AsyncClient) -> None:
    await put(context)
    async with context.db.transaction() as tx:
        await tx.execute("UPDATE receiver SET sealed = NULL")
    told = (await reader.get(f"/v1/boxes/{BOX}/receiver")).json()
    schemas.Receiver.model_validate(told)
    assert set(told["receiver"].values()) == {None}
    assert told["versions"][0]["erased"] is True


async def test_order_has_all_its_boxes(context: Context, reader: AsyncClient) -> None:
    await put(context)
    await put(context, BoxState.INSTRUCT, BOX + 1)
    await put(context, BoxState.INSTRUCT, BOX + 2, order_id=ORDER + 1)
    told = (await reader.get(f"/v1/orders/{ORDER}")).json()
    schemas.Order.model_validate(told)
    assert [box["shipment_box_id"] for box in told["boxes"]] == [str(BOX), str(BOX + 1)]
    problem(await reader.get(f"/v1/orders/{ORDER + 2}"), 404, "not-found")


async def test_couriers_in_coupangs_order(reader: AsyncClient) -> None:
    told = (await reader.get("/v1/couriers")).json()
    Couriers.model_validate(told)
    by_code = {courier["code"]: courier for courier in told["items"]}
    assert by_code["DIRECT"]["direct"] is True
    assert by_code["CJGLS"]["pattern"] == r"^(\d{10}|\d{12})$"
    assert len(told["items"]) > 50
