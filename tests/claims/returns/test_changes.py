"""Changes of returns and of their goods: what is offered, what is asked, and which rules refuse."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.claims.receptions import receptions
from app.claims.receptions.receptions import Found
from app.claims.returns import changes as return_changes
from app.engine.context import Context
from app.errors import NotFound, Refused
from app.machines.boxes import BoxState
from app.machines.receptions import Verdict
from app.orders.changes import Caller, Waybill
from tests.support.box_stock import OTHER, SHIRT, VENDOR, put, register
from tests.support.receipt_stock import returned, tell

KEY = Caller("key:1", [VENDOR])
BACK = 7
WAYBILL = Waybill("CJGLS", "600000000001")
Ask = Callable[[Context], Awaitable[dict[str, Any]]]
ASKS: dict[str, Ask] = {
    "pickup": lambda context: return_changes.register_pickup(context, KEY, BACK, WAYBILL),
    "confirm": lambda context: return_changes.confirm_return(context, KEY, BACK),
    "approve": lambda context: return_changes.approve_return(context, KEY, BACK),
}


async def offers(context: Context) -> dict[str, list[str]]:
    """Return what may be asked (no rules), and by which rules the rest is refused."""
    told = await return_changes.return_actions(context, [VENDOR], BACK)
    return {one["action"]: [rule["rule"] for rule in one["refused_by"]] for one in told}


async def refused(context: Context, name: str) -> list[str]:
    with pytest.raises(Refused) as no:
        await ASKS[name](context)
    return [one["rule"] for one in no.value.members["missing"]]


async def test_return_changes_are_refused_as_they_are_offered(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.FINAL_DELIVERING)
    await tell(context, returned(BACK) | {"returnDeliveryType": "수기관리"})
    goods = ["goods_arrived", "goods_inspected", "inspection_passed"]
    assert await offers(context) == {
        "arrive": [],
        "inspect": ["reception"],
        "pickup": [],
        "confirm": goods,
        "approve": ["state"],
    }
    assert await refused(context, "confirm") == goods
    assert await refused(context, "approve") == []

    await receptions.arrive(context, KEY, receptions.RETURN_GOODS, BACK)
    assert (await offers(context))["confirm"] == goods[1:]
    await receptions.inspect(context, KEY, receptions.RETURN_GOODS, BACK, [Found(SHIRT, Verdict.DAMAGED)])
    assert (await offers(context))["confirm"] == goods[2:] == await refused(context, "confirm")
    await receptions.inspect(
        context, KEY, receptions.RETURN_GOODS, BACK, [Found(SHIRT, Verdict.GOOD)], "the wrong parcel"
    )
    assert (await offers(context))["confirm"] == []
    effect = await ASKS["confirm"](context)
    assert (effect["kind"], effect["subject_id"], effect["payload"]) == ("CONFIRM_RETURN", BACK, {})
    told = await offers(context)
    assert (told["confirm"], told["pickup"]) == (["no_open_change"], ["no_open_change"])
    assert told["arrive"] == ["reception"], "the goods are there"
    with pytest.raises(NotFound):
        await return_changes.return_actions(context, [OTHER], BACK)


async def test_return_pickup_is_registered_where_the_seller_collects(context: Context) -> None:
    await register(context)
    await put(context, BoxState.FINAL_DELIVERING)
    await tell(context, returned(BACK))
    assert (await offers(context))["pickup"] == ["is_ours_to_collect"] == await refused(context, "pickup")


async def test_approval_sends_the_count_of_the_whole_return(context: Context) -> None:
    await register(context)
    await put(context, BoxState.FINAL_DELIVERING)
    await tell(context, returned(BACK, items=((SHIRT, 2),)) | {"receiptStatus": "VENDOR_WAREHOUSE_CONFIRM"})
    await receptions.arrive(context, KEY, receptions.RETURN_GOODS, BACK)
    await receptions.inspect(context, KEY, receptions.RETURN_GOODS, BACK, [Found(SHIRT, Verdict.GOOD)])
    effect = await ASKS["approve"](context)
    assert effect["payload"] == {"cancel_count": 2}
