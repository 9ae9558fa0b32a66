"""What Coupang would refuse of a waybill, found before it is asked."""

from datetime import timedelta
from typing import Any

import pytest

from app import errors
from app.engine.context import Context
from app.machines.boxes import BoxState
from app.orders.waybills.checks import MEMORY, RULE, check_free, right_way, taken, waybills_of
from tests.support.box_stock import BOX, OTHER, VENDOR, put, register

CJ, HANJIN, DIRECT = "CJGLS", "HANJIN", "DIRECT"
NUMBER = "600000000001"
CARRIER, FREE, SAME = BOX, BOX + 1, BOX + 2
SHIPPED = ("DEPARTURE", "DELIVERING", "FINAL_DELIVERING", "NONE_TRACKING")


@pytest.mark.parametrize("state", BoxState)
@pytest.mark.parametrize(
    "event", ["ship", "ship_direct", "ship_part", "change_invoice", "change_invoice_direct"]
)
def test_right_way_of_a_waybill_by_state(state: BoxState, event: str) -> None:
    upload = event.startswith("ship")
    if state == "ACCEPT":
        wanted: Any = ("acknowledge", f"/v1/boxes/{BOX}/acknowledge")
    elif upload and state in SHIPPED:
        wanted = ("change_invoice", f"/v1/boxes/{BOX}/invoice")
    elif not upload and state == "INSTRUCT":
        wanted = ("ship", f"/v1/boxes/{BOX}/ship")
    else:
        wanted = None
    told = right_way(event, {"state": state, "shipment_box_id": BOX})
    assert (told and (told["action"], told["href"])) == wanted


def test_waybills_of_effects_that_carry_one() -> None:
    waybill = {"courier_code": CJ, "invoice_number": NUMBER}
    effects = [
        {"subject": "box", "subject_id": 1, "payload": waybill},
        {"subject": "box", "subject_id": 2, "payload": {}},
        {"subject": "return", "subject_id": 3, "payload": waybill},
    ]
    assert waybills_of(effects) == [(1, CJ, NUMBER)]


async def test_waybill_is_taken_by_another_receiver_only(context: Context) -> None:
    began = context.now()
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.DEPARTURE, CARRIER, invoice=NUMBER, order_id=1)
    await put(context, BoxState.INSTRUCT, FREE, name="이가상", order_id=2)
    await put(context, BoxState.INSTRUCT, SAME, order_id=3)
    await put(context, BoxState.INSTRUCT, BOX + 3, name="이가상", vendor_id=OTHER)
    async with context.db.connection() as connection:
        at = context.now()

        async def ask(*asked: tuple[int, str, str], vendor_id: str = VENDOR) -> dict[int, int]:
            return await taken(connection, vendor_id, asked, at)

        assert await ask((FREE, CJ, NUMBER)) == {FREE: CARRIER}
        assert await ask((FREE, CJ, NUMBER), (SAME, CJ, NUMBER)) == {FREE: CARRIER, SAME: FREE}
        assert await ask((SAME, CJ, NUMBER)) == {}, "the same name and address may share a number"
        assert await ask((CARRIER, CJ, NUMBER)) == {}, "a box is not in its own way"
        assert await ask((FREE, CJ, "600000000002")) == {}
        assert await ask((FREE, HANJIN, NUMBER)) == {}, "couriers number by themselves"
        assert await ask((SAME, DIRECT, NUMBER), (FREE, DIRECT, NUMBER)) == {}, "DIRECT is not checked"
        assert await ask((BOX + 3, CJ, NUMBER), vendor_id=OTHER) == {}, "another vendor's number"
        twice = ((SAME, CJ, "600000000003"), (FREE, CJ, "600000000003"))
        assert await ask(*twice) == {FREE: SAME}, "of two that are asked the later is wrong"
        assert await ask(*reversed(twice)) == {SAME: FREE}

        with pytest.raises(errors.Conflict) as no:
            await check_free(connection, VENDOR, FREE, CJ, NUMBER, at)
        assert (no.value.members["rule"], no.value.members["carried_by"]) == (RULE, str(CARRIER))
        await check_free(connection, VENDOR, SAME, CJ, NUMBER, at)

        at = began + MEMORY
        assert await ask((FREE, CJ, NUMBER)) == {FREE: CARRIER}
        at = began + MEMORY + timedelta(seconds=1)
        assert await ask((FREE, CJ, NUMBER)) == {}, "after six months a number is free again"
