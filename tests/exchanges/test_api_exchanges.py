"""Exchanges over REST: lists, one, its histories, what may be asked, the goods, and every change."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from app.backoffice.operations import figures
from app.claims.api.reception_schemas import ClaimActions, Reception
from app.engine.context import Context
from app.exchanges.api import schemas as shapes
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders.api.schemas import BoxPage
from app.web.schemas import Box, Effect
from tests.support.box_stock import BOX, ORDER, OTHER, SHIRT, SOCKS, Item, put, register
from tests.support.callers import Callers, problem
from tests.support.exchange_states import EXCHANGE, NEW_BOX, exchange, received, tell

PLACE = f"/v1/exchanges/{EXCHANGE}"
GOOD = {"lines": [{"vendor_item_id": str(SHIRT), "verdict": "GOOD"}]}
BAD = {"lines": [{"vendor_item_id": str(SHIRT), "verdict": "DAMAGED", "note": "한쪽 소매"}]}
CJ = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
DIRECT = {"courier_code": "DIRECT", "invoice_number": "1"}


@pytest.fixture
async def opened(context: Context, callers: Callers) -> None:
    """An exchange that nobody has touched yet."""
    await tell(context, exchange())


@pytest.fixture
async def confirmed(context: Context, callers: Callers) -> None:
    """An exchange whose goods are confirmed; its new box waits."""
    await tell(context, exchange())
    await tell(context, received())


async def actions(client: AsyncClient) -> dict[str, dict[str, Any]]:
    told = (await client.get(f"{PLACE}/actions")).json()
    ClaimActions.model_validate(told)
    return {one["action"]: one for one in told["items"]}


async def refusals(client: AsyncClient, way: str, body: dict[str, Any] | None = None) -> list[str]:
    """The rules that refuse a change; the actions name them too."""
    told = problem(await client.post(f"{PLACE}/{way}", json=body), 409, "transition-refused")
    return [one["rule"] for one in told["missing"]]


async def asked(client: AsyncClient, way: str, body: dict[str, Any] | None, kind: str) -> dict[str, Any]:
    """Ask with a key: the second asking is the first one, another one is a conflict."""
    headers = {"Idempotency-Key": f"key-{way}"}
    answer = await client.post(f"{PLACE}/{way}", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    effect: dict[str, Any] = answer.json()
    Effect.model_validate(effect)
    assert (effect["kind"], effect["subject"], effect["subject_id"]) == (kind, "exchange", str(EXCHANGE))
    again = await client.post(f"{PLACE}/{way}", json=body, headers=headers)
    assert again.json()["effect_id"] == effect["effect_id"]
    problem(await client.post(f"{PLACE}/{way}", json=body), 409, "conflict")
    return effect


async def test_lists_filters_and_pages(context: Context, callers: Callers, reader: AsyncClient) -> None:
    await register(context, OTHER)
    rows = [exchange(EXCHANGE + n, createdAt=f"2026-11-20T1{n}:00:00", order_id=ORDER + n) for n in range(3)]
    rows[1] |= {"exchangeStatus": "REJECT", "rejectable": False}
    await tell(context, *rows)
    await tell(context, exchange(EXCHANGE + 9, box_id=BOX + 9), vendor_id=OTHER)

    async def ids(**query: Any) -> list[int]:
        page = (await reader.get("/v1/exchanges", params=query)).json()
        shapes.ExchangePage.model_validate(page)
        return [int(one["exchange_id"]) - EXCHANGE for one in page["items"]]

    assert await ids() == [0, 1, 2]
    assert await ids(state="REJECT") == [1]
    assert await ids(state=["REJECT", "RECEIPT"]) == [0, 1, 2]
    assert await ids(order_id=str(ORDER + 2)) == [2]
    first = (await reader.get("/v1/exchanges", params={"limit": 2})).json()
    assert await ids(cursor=first["next_cursor"]) == [2]
    for query, field in (
        ({"state": "GONE"}, "/state"),
        ({"order_id": "x"}, "/order_id"),
        ({"limit": 0}, "/limit"),
        ({"cursor": "?"}, "/cursor"),
    ):
        told = problem(await reader.get("/v1/exchanges", params=query), 422, "invalid-request")
        assert told["errors"][0]["pointer"].startswith(field), told
    for way in ("", "/history", "/actions", "/reception"):
        problem(await reader.get(f"/v1/exchanges/{EXCHANGE + 9}{way}"), 404, "not-found")


@pytest.mark.usefixtures("confirmed")
async def test_one_with_its_lines_boxes_and_histories(reader: AsyncClient) -> None:
    one = (await reader.get(PLACE)).json()
    shapes.Exchange.model_validate(one)
    assert one["lines"] == [{"vendor_item_id": str(SHIRT), "shipment_box_id": str(BOX), "count": 2}]
    assert [box["shipment_box_id"] for box in one["boxes"]] == [str(NEW_BOX)]
    assert (one["state"], one["collect_state"], one["collector_named"]) == (
        "PROGRESS",
        "COMPLETE_COLLECT",
        False,
    )
    told = (await reader.get(f"{PLACE}/history")).json()
    shapes.ExchangeHistory.model_validate(told)
    assert [step["event"] for step in told["items"]] == ["appear", "see_progress"]
    assert [step["event"] for step in told["collect"]] == ["appear", "see_collected"]
    assert [step["event"] for step in told["redelivery"]] == ["appear"]
    assert "김가상" not in str(one) + str(told)


@pytest.mark.usefixtures("opened")
async def test_the_goods_arrive_are_inspected_and_confirmed(writer: AsyncClient, admin: AsyncClient) -> None:
    told = (await writer.get(f"{PLACE}/reception")).json()
    Reception.model_validate(told)
    assert (told["subject"], told["state"]) == ("exchange", "EXPECTED")
    ways = await actions(writer)
    assert {name for name, one in ways.items() if one["allowed"]} == {"arrive", "reject", "pickup"}
    assert {one["rule"] for one in ways["confirm"]["refused_by"]} == {"goods_in_hand", "goods_accepted"}
    assert await refusals(writer, "confirm") == ["goods_in_hand", "goods_accepted"]
    problem(await writer.post(f"{PLACE}/inspect", json=GOOD), 409, "transition-refused")
    assert (await writer.post(f"{PLACE}/arrive")).json()["state"] == "ARRIVED"
    problem(await writer.post(f"{PLACE}/arrive"), 409, "transition-refused")
    foreign = {"lines": [{"vendor_item_id": str(SOCKS), "verdict": "GOOD"}]}
    for body, pointer in ((foreign, "/lines"), ({"lines": GOOD["lines"] * 2}, "/lines"), ({}, "/lines")):
        no = problem(await writer.post(f"{PLACE}/inspect", json=body), 422, "invalid-request")
        assert pointer in no["errors"][0]["pointer"], no
    assert (await writer.post(f"{PLACE}/inspect", json=BAD)).json()["state"] == "DISPUTED"
    assert await refusals(writer, "confirm") == ["goods_accepted"]
    accepted = await admin.post(f"/admin/v1/exchanges/{EXCHANGE}/accept", json={"reason": "seen it"})
    assert accepted.json()["state"] == "PASSED", accepted.text
    await asked(writer, "confirm", None, "CONFIRM_EXCHANGE")
    assert {one["rule"] for one in (await actions(writer))["reject"]["refused_by"]} == {"no_open_change"}


@pytest.mark.usefixtures("opened")
async def test_rejected(writer: AsyncClient) -> None:
    for body in ({}, {"code": "NO_REASON"}, {"code": "SOLDOUT", "more": 1}):
        no = problem(await writer.post(f"{PLACE}/reject", json=body), 422, "invalid-request")
        assert no["errors"][0]["pointer"].startswith(("/code", "/more", "/body/code", "/body/more")), no
    await asked(writer, "reject", {"code": "SOLDOUT"}, "REJECT_EXCHANGE")


@pytest.mark.usefixtures("confirmed")
async def test_not_rejectable(writer: AsyncClient) -> None:
    assert await refusals(writer, "reject", {"code": "WITHDRAW"}) == ["is_rejectable"]


@pytest.mark.usefixtures("opened")
async def test_a_pick_up_that_the_seller_booked(writer: AsyncClient) -> None:
    for body, field in (
        ({**CJ, "courier_code": "NOBODY"}, "courier_code"),
        ({**CJ, "invoice_number": "12-34"}, "invoice_number"),
        ({"courier_code": "CJGLS"}, "invoice_number"),
        ({**CJ, "reg_number": "x" * 41}, "reg_number"),
    ):
        no = problem(await writer.post(f"{PLACE}/pickup", json=body), 422, "invalid-request")
        assert field in no["errors"][0]["pointer"], no
    await asked(writer, "pickup", CJ, "PICKUP_WAYBILL")


async def test_a_courier_of_coupang_collects_although_it_has_no_number_yet(
    context: Context, writer: AsyncClient
) -> None:
    blank = [{"deliveryCompanyCode": "CJGLS", "deliveryInvoiceNo": ""}]
    await tell(context, exchange(returnDeliveryDtos=blank))
    assert (await writer.get(PLACE)).json()["collector_named"]
    assert await refusals(writer, "pickup", CJ) == ["is_ours_to_collect"]
    assert [one["rule"] for one in (await actions(writer))["pickup"]["refused_by"]] == ["is_ours_to_collect"]


@pytest.mark.usefixtures("confirmed")
@pytest.mark.parametrize(
    ("way", "target", "waybill"),
    [("ship", "COMPLETE_DIRECTION", CJ), ("ship_direct", "VENDOR_DIRECT", DIRECT)],
)
async def test_the_replacement_leaves_on_its_new_box(
    writer: AsyncClient, way: str, target: str, waybill: dict[str, str]
) -> None:
    judged = (await actions(writer))[way]
    assert (judged["allowed"], judged["target"], judged["href"]) == (True, target, f"{PLACE}/ship")
    for body, field in (
        ({**waybill, "shipment_box_id": "x"}, "shipment_box_id"),
        (waybill, "shipment_box_id"),
        ({"shipment_box_id": str(NEW_BOX), "courier_code": "NOBODY", "invoice_number": "1"}, "courier_code"),
    ):
        no = problem(await writer.post(f"{PLACE}/ship", json=body), 422, "invalid-request")
        assert field in no["errors"][0]["pointer"], no
    assert await refusals(writer, "ship", {**waybill, "shipment_box_id": str(BOX)}) == ["is_new_box"]
    body = {**waybill, "shipment_box_id": str(NEW_BOX)}
    effect = await asked(writer, "ship", body, "SHIP_EXCHANGE")
    assert effect["event"] == f"ship_replacement{'_direct' if way == 'ship_direct' else ''}"


@pytest.mark.usefixtures("opened")
async def test_nothing_is_shipped_before_there_is_a_new_box(writer: AsyncClient) -> None:
    body = {**CJ, "shipment_box_id": str(NEW_BOX)}
    assert await refusals(writer, "ship", body) == ["is_in_progress", "is_collected", "is_new_box"]


async def test_who_may_not(
    context: Context, callers: Callers, reader: AsyncClient, nobody: AsyncClient
) -> None:
    await tell(context, exchange())
    bodies: dict[str, Any] = {"arrive": None, "inspect": GOOD, "confirm": None, "pickup": CJ}
    for way, body in bodies.items():
        assert (await reader.post(f"{PLACE}/{way}", json=body)).status_code == 403
    assert (await nobody.get(PLACE)).status_code == 401


@pytest.mark.parametrize("named_first", [True, False])
@pytest.mark.parametrize("state", [BoxState.ACCEPT, BoxState.INSTRUCT])
async def test_a_box_of_an_exchange_is_no_sale(
    context: Context, writer: AsyncClient, state: BoxState, *, named_first: bool
) -> None:
    await put(context, BoxState.FINAL_DELIVERING, BOX)
    await tell(context, exchange())
    if named_first:
        await tell(context, received())
    await put(context, state, NEW_BOX, items=(Item(ordered=2),))
    page = (await writer.get("/v1/boxes")).json()
    BoxPage.model_validate(page)
    told = {one["shipment_box_id"]: one["exchange_id"] for one in page["items"]}
    assert told == {str(BOX): None, str(NEW_BOX): str(EXCHANGE)}
    box = (await writer.get(f"/v1/boxes/{NEW_BOX}")).json()
    Box.model_validate(box)
    assert box["exchange_id"] == str(EXCHANGE)
    assert await box_changes.acknowledge_all_due(context, "A00012345", 0) == 0
    way, body = ("acknowledge", None) if state is BoxState.ACCEPT else ("ship", CJ)
    no = problem(await writer.post(f"/v1/boxes/{NEW_BOX}/{way}", json=body), 409, "transition-refused")
    assert [one["rule"] for one in no["missing"]] == ["is_a_sale"]
    assert "/v1/exchanges/" in no["missing"][0]["unblock"]
    items = (await writer.get(f"/v1/boxes/{NEW_BOX}/actions")).json()["items"]
    refusing = {one["action"]: [rule["rule"] for rule in one["refused_by"]] for one in items}
    assert "is_a_sale" in refusing["acknowledge"] + refusing["ship"]
    assert "is_a_sale" in refusing["seller_cancel"]
    counted = (await figures(context)).states["boxes"]
    assert [(row["state"], row["boxes"]) for row in counted] == [("FINAL_DELIVERING", 1)]
    await tell(context, received())
    assert (await writer.get(f"/v1/boxes/{NEW_BOX}")).json()["exchange_id"] == str(EXCHANGE)


@pytest.mark.parametrize("named", ["order", "box"])
async def test_an_exchange_that_cannot_be_read_holds_its_boxes(
    context: Context, writer: AsyncClient, admin: AsyncClient, named: str
) -> None:
    await put(context, BoxState.INSTRUCT, BOX)
    broken = exchange(box_id=BOX, deliveryStatus="Teleported")
    if named == "box":
        broken["orderId"] = "?"
    await tell(context, broken)
    box = (await writer.get(f"/v1/boxes/{BOX}")).json()
    assert box["claim_unread"]
    assert "exchange" in box["attention"]
    no = problem(await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ), 409, "transition-refused")
    assert [one["rule"] for one in no["missing"]] == ["claims_are_read"]
    rows = (await admin.get("/admin/v1/quarantine")).json()["items"]
    assert [(row["feed"], f"exchange {EXCHANGE}" in row["reason"]) for row in rows] == [
        ("feed:exchanges", True)
    ]
    # A receipt of the same number says nothing about the exchange; reading the exchange itself does.
    await tell(context, exchange(EXCHANGE + 1, box_id=BOX + 1, order_id=ORDER + 1))
    assert (await writer.get(f"/v1/boxes/{BOX}")).json()["claim_unread"]
    await tell(context, exchange(box_id=BOX))
    box = (await writer.get(f"/v1/boxes/{BOX}")).json()
    assert (box["claim_unread"], box["attention"]) == (False, None)
    assert (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).status_code == 202


async def test_an_exchange_that_names_nothing_is_shown_to_the_operator(
    context: Context, writer: AsyncClient, admin: AsyncClient
) -> None:
    await put(context, BoxState.INSTRUCT, BOX)
    await tell(context, exchange(orderId=None, exchangeItemDtoV1s=[]))
    assert not (await writer.get(f"/v1/boxes/{BOX}")).json()["claim_unread"]
    rows = (await admin.get("/admin/v1/quarantine")).json()["items"]
    assert [f"exchange {EXCHANGE}" in row["reason"] for row in rows] == [True]


async def test_an_operator_lets_go_what_an_exchange_holds(
    context: Context, writer: AsyncClient, admin: AsyncClient
) -> None:
    await put(context, BoxState.INSTRUCT, BOX)
    await tell(context, exchange(deliveryStatus="Teleported"))
    answer = await admin.post(f"/admin/v1/orders/{ORDER}/release", json={"reason": "seen in WING"})
    assert answer.status_code == 200, answer.text
    box = (await writer.get(f"/v1/boxes/{BOX}")).json()
    assert (box["claim_unread"], box["attention"]) == (False, None)
