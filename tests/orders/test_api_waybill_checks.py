"""What Coupang would refuse of a waybill is refused here, before it is asked."""

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient

from app.engine.context import Context
from app.engine.effects import outbox
from app.machines.boxes import BoxState
from app.orders.effects.kinds import OrderKind
from tests.support.box_stock import BOX, SOCKS, VENDOR, Item, put, sheet, take
from tests.support.callers import problem

CJ = {"courier_code": "CJGLS", "invoice_number": "123456789012"}
OTHER_CJ = {"courier_code": "CJGLS", "invoice_number": "123456789013"}
DIRECT = {"courier_code": "DIRECT", "invoice_number": "123456789012"}
NEXT = BOX + 1
ANOTHER = 2_000_200_000_001
"""Its order: a box that appears in one that has left may be the replacement of an exchange."""


async def ship(writer: AsyncClient, body: dict[str, Any] = CJ, box_id: int = NEXT) -> Any:
    return await writer.post(f"/v1/boxes/{box_id}/ship", json=body)


@pytest.mark.parametrize("state", [BoxState.DEPARTURE, BoxState.DELIVERING, BoxState.FINAL_DELIVERING])
async def test_a_number_of_another_receiver_is_refused(
    context: Context, writer: AsyncClient, state: BoxState
) -> None:
    await put(context, state, BOX, name="김가상")
    await put(context, BoxState.INSTRUCT, NEXT, name="이다름", order_id=ANOTHER)
    refused = problem(await ship(writer), 409, "conflict")
    assert (refused["rule"], refused["carried_by"]) == ("waybill_is_free", str(BOX))
    assert "김가상" not in str(refused)
    assert "이다름" not in str(refused)
    assert (await ship(writer, OTHER_CJ)).status_code == 202


async def test_the_same_name_and_address_share_a_number(context: Context, writer: AsyncClient) -> None:
    at = context.now() - timedelta(hours=3)
    await put(context, BoxState.DEPARTURE, BOX)
    other = sheet(NEXT, BoxState.INSTRUCT, paid_at=at, order_id=ANOTHER)
    other["receiver"]["safeNumber"] = "+8250399999999"
    other["parcelPrintMessage"] = "경비실"
    await take(context, other)
    assert (await ship(writer)).status_code == 202


async def test_another_address_of_the_same_name_does_not(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.DEPARTURE, BOX)
    other = sheet(NEXT, BoxState.INSTRUCT, paid_at=context.now() - timedelta(hours=3), order_id=ANOTHER)
    other["receiver"]["addr2"] = "203호"
    await take(context, other)
    problem(await ship(writer), 409, "conflict")


async def test_direct_is_not_checked_and_six_months_are_enough(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.DEPARTURE, BOX, name="김가상")
    await put(context, BoxState.INSTRUCT, NEXT, name="이다름", order_id=ANOTHER)
    await put(context, BoxState.INSTRUCT, NEXT + 1, name="이다름", order_id=ANOTHER)
    assert (await ship(writer, DIRECT)).status_code == 202
    context.clock.advance(days=182)  # type: ignore[attr-defined]
    assert (await ship(writer, CJ, NEXT + 1)).status_code == 409
    context.clock.advance(days=2)  # type: ignore[attr-defined]
    assert (await ship(writer, CJ, NEXT + 1)).status_code == 202


async def test_a_changed_waybill_is_checked_too(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.DEPARTURE, BOX, name="김가상")
    await put(context, BoxState.DEPARTURE, NEXT, name="이다름", invoice="999999999999")
    refused = problem(await writer.post(f"/v1/boxes/{NEXT}/invoice", json=CJ), 409, "conflict")
    assert refused["carried_by"] == str(BOX)


async def test_of_two_boxes_asked_with_one_number_the_first_goes(
    context: Context, writer: AsyncClient
) -> None:
    """Two labels mixed up within one batch: the second is dropped before the call."""
    await put(context, BoxState.INSTRUCT, BOX, name="김가상")
    await put(context, BoxState.INSTRUCT, NEXT, name="이다름", order_id=ANOTHER)
    assert (await ship(writer, CJ, BOX)).status_code == 202
    second = (await ship(writer)).json()["effect_id"]
    context.clock.advance(seconds=10)  # type: ignore[attr-defined]
    async with context.db.connection() as connection:
        await connection.execute("UPDATE vendor SET epoch = 7")
    batch = await outbox.take(context, VENDOR, 7, OrderKind.SHIP)
    assert batch is not None
    assert [effect["shipment_box_id"] for effect in batch.effects] == [BOX]
    told = (await writer.get(f"/v1/effects/{second}")).json()
    assert (told["state"], told["result_code"]) == ("REJECTED", "REFUSED_HERE")
    assert str(BOX) in told["result_message"]


async def test_upload_and_update_name_each_other(context: Context, writer: AsyncClient) -> None:
    await put(context, BoxState.DEPARTURE, BOX)
    await put(context, BoxState.INSTRUCT, NEXT)
    await put(context, BoxState.ACCEPT, NEXT + 1)
    refused = problem(await ship(writer, OTHER_CJ, BOX), 409, "transition-refused")
    assert refused["instead"] == {"action": "change_invoice", "href": f"/v1/boxes/{BOX}/invoice"}
    refused = problem(await writer.post(f"/v1/boxes/{NEXT}/invoice", json=CJ), 409, "transition-refused")
    assert refused["instead"] == {"action": "ship", "href": f"/v1/boxes/{NEXT}/ship"}
    refused = problem(await ship(writer, CJ, NEXT + 1), 409, "transition-refused")
    assert refused["instead"]["action"] == "acknowledge"


async def test_a_planned_item_ships_now(context: Context, writer: AsyncClient) -> None:
    planned = sheet(NEXT, BoxState.INSTRUCT, paid_at=context.now(), items=(Item(), Item(SOCKS, 1)))
    planned["orderItems"][1]["plannedShippingDate"] = "2026-11-25"
    await take(context, planned)
    body = {**CJ, "later": [str(SOCKS)], "later_date": "2026-11-26"}
    refused = problem(await ship(writer, body), 422, "invalid-request")
    assert refused["errors"][0]["pointer"] == "/later"
