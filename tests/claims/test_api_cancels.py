"""Cancels over REST: the inbox, the decision, both answers, the seller's own cancel, and who may see them."""

from typing import Any

import pytest
from httpx2 import AsyncClient

from app.claims.api import schemas
from app.engine.access import api_keys
from app.engine.caller import US
from app.engine.context import Context
from app.engine.vendors import vendors
from app.machines.boxes import BoxState
from app.web.schemas import Effect
from tests.support.box_stock import BOX, ORDER, OTHER, SHIRT, SOCKS, Item, put
from tests.support.callers import Callers, problem
from tests.support.receipt_stock import RECEIPT, cancelled, receipt, returned, tell

CJ = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
SCORE = {"reason": "CCTTER", "confirm_score_loss": True}


@pytest.fixture
async def asked(context: Context, callers: Callers) -> int:
    """A box in INSTRUCT with an open stop request."""
    await put(context, BoxState.INSTRUCT, items=(Item(held=1), Item(SOCKS, 1)))
    await tell(context, receipt())
    return BOX


@pytest.mark.usefixtures("asked")
async def test_the_inbox_and_one_of_it(context: Context, reader: AsyncClient) -> None:
    await tell(context, cancelled(RECEIPT + 1), returned(RECEIPT + 2, order_id=ORDER + 1, box_id=BOX + 1))
    page = (await reader.get("/v1/cancels", params={"state": "REQUESTED"})).json()
    schemas.CancelPage.model_validate(page)
    assert [one["receipt_id"] for one in page["items"]] == [str(RECEIPT)]
    assert page["items"][0]["decide_by"] == "2026-11-22T02:55:00Z"
    told = (await reader.get(f"/v1/cancels/{RECEIPT}")).json()
    schemas.Cancel.model_validate(told)
    assert told["boxes"] == [{"shipment_box_id": str(BOX), "state": "INSTRUCT"}]
    assert [(one["vendor_item_id"], one["count"]) for one in told["lines"]] == [(str(SHIRT), 1)]
    options = {one["action"]: one for one in told["decision"]["options"]}
    assert options["stop_shipment"]["call"] == f"/v1/cancels/{RECEIPT}/stop"
    assert options["stop_shipment"]["allowed"] is options["declare_shipped"]["allowed"] is True
    assert "seller pays the return" in options["declare_shipped"]["who_pays"]
    over = (await reader.get(f"/v1/cancels/{RECEIPT + 1}")).json()
    schemas.Cancel.model_validate(over)
    assert (over["state"], over["decision"]) == ("CANCELLED", None)
    # No personal data: who asked is sealed.
    assert "김가상" not in str(told) + str(page)
    assert "마음이" not in str(told)


async def test_pages_follow_each_other(context: Context, reader: AsyncClient) -> None:
    rows = [cancelled(RECEIPT + number, created=f"2026-11-20T1{number}:00:00+09:00") for number in range(5)]
    await tell(context, *rows)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    for _ in range(3):
        page = (await reader.get("/v1/cancels", params=query)).json()
        seen += [one["receipt_id"] for one in page["items"]]
        query["cursor"] = page["next_cursor"]
    assert seen == [str(RECEIPT + number) for number in range(5)]
    assert page["next_cursor"] is None
    mine = (await reader.get("/v1/cancels", params={"order_id": ORDER + 9})).json()
    assert mine["items"] == []


@pytest.mark.usefixtures("asked")
async def test_stopped(reader: AsyncClient, writer: AsyncClient) -> None:
    problem(await reader.post(f"/v1/cancels/{RECEIPT}/stop"), 403, "forbidden")
    answer = await writer.post(f"/v1/cancels/{RECEIPT}/stop", headers={"Idempotency-Key": "one"})
    assert answer.status_code == 202, answer.text
    effect = answer.json()
    Effect.model_validate(effect)
    assert (effect["kind"], effect["subject"], effect["subject_id"]) == (
        "STOP_SHIPMENT",
        "cancel",
        str(RECEIPT),
    )
    assert (effect["box_state"], effect["shipment_box_id"]) == ("REQUESTED", str(BOX))
    assert answer.headers["location"] == f"/v1/effects/{effect['effect_id']}"
    again = await writer.post(f"/v1/cancels/{RECEIPT}/stop", headers={"Idempotency-Key": "one"})
    assert again.json()["effect_id"] == effect["effect_id"]
    other = problem(await writer.post(f"/v1/cancels/{RECEIPT}/shipped", json=CJ), 409, "conflict")
    assert other["effect_kind"] == "STOP_SHIPMENT"
    told = (await reader.get(f"/v1/cancels/{RECEIPT}")).json()
    assert told["handed_over"] is False
    rules = [one["rule"] for option in told["decision"]["options"] for one in option["refused_by"]]
    assert rules == ["no_open_change", "no_open_change"]


@pytest.mark.usefixtures("asked")
async def test_shipped_already(writer: AsyncClient) -> None:
    wrong = {"courier_code": "CJGLS", "invoice_number": "12"}
    problem(await writer.post(f"/v1/cancels/{RECEIPT}/shipped", json=wrong), 422, "invalid-request")
    answer = await writer.post(f"/v1/cancels/{RECEIPT}/shipped", json=CJ)
    assert answer.status_code == 202, answer.text
    assert answer.json()["payload"] == CJ
    assert (await writer.get(f"/v1/cancels/{RECEIPT}")).json()["handed_over"] is True


async def test_over_is_over(context: Context, writer: AsyncClient) -> None:
    await tell(context, cancelled(RECEIPT))
    no = problem(await writer.post(f"/v1/cancels/{RECEIPT}/stop"), 409, "transition-refused")
    assert (no["state"], no["event"]) == ("CANCELLED", "stop_shipment")
    problem(await writer.post("/v1/cancels/7/stop"), 404, "not-found")


@pytest.mark.usefixtures("asked")
async def test_nobody_sees_another_vendors(callers: Callers) -> None:
    stranger = await callers.make(api_keys.WRITE, vendors=[OTHER])
    assert (await stranger.get("/v1/cancels")).json()["items"] == []
    problem(await stranger.get(f"/v1/cancels/{RECEIPT}"), 404, "not-found")
    problem(await stranger.post(f"/v1/cancels/{RECEIPT}/stop"), 404, "not-found")
    problem(await stranger.get(f"/v1/returns/{RECEIPT}"), 404, "not-found")


@pytest.mark.usefixtures("asked")
async def test_a_stopped_box_says_so(reader: AsyncClient, writer: AsyncClient) -> None:
    box = (await reader.get(f"/v1/boxes/{BOX}")).json()
    assert box["stop_open"] is True
    listed = (await reader.get("/v1/boxes")).json()["items"]
    assert [one["stop_open"] for one in listed] == [True]
    no = problem(await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ), 409, "transition-refused")
    assert {"no_stop_requested", "nothing_held"} <= {one["rule"] for one in no["missing"]}


async def test_a_receipt_names_its_own_box_not_the_first_with_that_item(
    context: Context, reader: AsyncClient
) -> None:
    await put(context, BoxState.INSTRUCT, BOX)
    await put(context, BoxState.INSTRUCT, BOX + 1)
    await tell(context, receipt(box_id=BOX + 1))
    boxes = (await reader.get(f"/v1/orders/{ORDER}")).json()["boxes"]
    assert [(one["shipment_box_id"], one["stop_open"]) for one in boxes] == [
        (str(BOX), False),
        (str(BOX + 1), True),
    ]
    # A box that is not there (any more): whoever of the order has the item must wait.
    await tell(context, receipt(RECEIPT + 1, box_id=BOX + 99))
    boxes = (await reader.get(f"/v1/orders/{ORDER}")).json()["boxes"]
    assert [one["stop_open"] for one in boxes] == [True, True]


async def test_the_sellers_cancel_is_confirmed_and_needs_a_login(
    context: Context, writer: AsyncClient, admin: AsyncClient
) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(), Item(SOCKS, 1)))
    unsure = problem(
        await writer.post(f"/v1/boxes/{BOX}/cancel", json={"reason": "CCTTER"}), 422, "invalid-request"
    )
    assert unsure["errors"][0]["pointer"] == "/confirm_score_loss"
    assert "score" in unsure["errors"][0]["detail"]
    nobody = problem(await writer.post(f"/v1/boxes/{BOX}/cancel", json=SCORE), 409, "conflict")
    assert nobody["setting"] == "wing_user_id"
    actions = (await writer.get(f"/v1/boxes/{BOX}/actions")).json()["items"]
    cancel = next(one for one in actions if one["action"] == "seller_cancel")
    assert [one["rule"] for one in cancel["refused_by"]] == ["has_wing_login"]
    assert "score" in cancel["costs"]
    set_it = await admin.patch("/admin/v1/vendors/A00012345", json={"wing_user_id": "wing01"})
    assert set_it.json()["wing_user_id"] == "wing01"
    twice = {**SCORE, "items": [{"vendor_item_id": SHIRT, "count": 1}] * 2}
    problem(await writer.post(f"/v1/boxes/{BOX}/cancel", json=twice), 422, "invalid-request")
    part = {**SCORE, "items": [{"vendor_item_id": str(SHIRT), "count": 1}]}
    answer = await writer.post(f"/v1/boxes/{BOX}/cancel", json=part)
    assert answer.status_code == 202, answer.text
    effect = answer.json()
    Effect.model_validate(effect)
    assert (effect["kind"], effect["event"], effect["subject"]) == (
        "SELLER_CANCEL",
        "seller_cancel_items",
        "box",
    )
    assert effect["payload"]["items"] == [{"vendor_item_id": str(SHIRT), "count": 1, "cancelled_before": 0}]
    cleared = await admin.patch("/admin/v1/vendors/A00012345", json={"wing_user_id": ""})
    assert cleared.json()["wing_user_id"] is None


async def test_returns_are_listed(context: Context, reader: AsyncClient) -> None:
    await put(context, BoxState.FINAL_DELIVERING)
    await tell(context, returned(RECEIPT))
    page = (await reader.get("/v1/returns", params={"state": "RETURNS_UNCHECKED"})).json()
    schemas.ReturnPage.model_validate(page)
    assert [one["pickup"] for one in page["items"]] == ["CONTRACT_COURIER"]
    told = (await reader.get(f"/v1/returns/{RECEIPT}")).json()
    schemas.Return.model_validate(told)
    assert told["return_charge_krw"] == -3000
    problem(await reader.get(f"/v1/cancels/{RECEIPT}"), 404, "not-found")


async def test_an_unreadable_claim_is_released_by_hand(
    context: Context, writer: AsyncClient, admin: AsyncClient
) -> None:
    await put(context, BoxState.INSTRUCT)
    await tell(context, receipt(status="NEW_WORD"))
    no = problem(await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ), 409, "transition-refused")
    assert [one["rule"] for one in no["missing"]] == ["claims_are_read"]
    box = (await writer.get(f"/v1/boxes/{BOX}")).json()
    assert (box["claim_unread"], "could not be read" in box["attention"]) == (True, True)
    body = {"reason": "looked at it in WING"}
    problem(await writer.post(f"/admin/v1/orders/{ORDER}/release", json=body), 403, "forbidden")
    told = (await admin.post(f"/admin/v1/orders/{ORDER}/release", json=body)).json()
    assert [one["claim_id"] for one in told["claims"]] == [str(RECEIPT)]
    await tell(context, receipt(status="NEW_WORD"))
    assert (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).status_code == 202
    problem(await admin.post(f"/admin/v1/orders/{ORDER}/release", json=body), 404, "not-found")


async def test_a_pending_stop_drops_a_waiting_waybill(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.INSTRUCT)
    await vendors.set_policy(context, US, "A00012345", wing_user_id="wing01")
    shipped = (await writer.post(f"/v1/boxes/{BOX}/ship", json=CJ)).json()
    await tell(context, receipt())
    effect = (await writer.get(f"/v1/effects/{shipped['effect_id']}")).json()
    assert (effect["state"], effect["result_code"]) == ("REJECTED", "REFUSED_HERE")
    assert str(RECEIPT) in effect["result_message"]
