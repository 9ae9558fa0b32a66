"""What everybody reads: pages of the caller's own, and offers that hold when they are taken up."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from app.claims.cancels import changes as cancel_changes
from app.clock import KST
from app.coupang.claims.types import MiddleCancelCode
from app.coupang.couriers import COURIERS
from app.engine.context import Context
from app.engine.effects.queries import explain_effect
from app.engine.vendors import store as vendor_store
from app.errors import NotFound, Refused
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders import queries as box_queries
from app.orders.changes import US, Waybill
from app.web.couriers import couriers
from tests.support.box_stock import BOX, ORDER, OTHER, SHIRT, SOCKS, VENDOR, Item, put, register

CJ, DIRECT = Waybill("CJGLS", "600000000001"), Waybill("DIRECT", "600000000001")
MINUTE = timedelta(minutes=1)


def asks(context: Context, box_id: int) -> dict[str, Callable[[], Awaitable[dict[str, Any]]]]:
    today = context.now().astimezone(KST).date()
    reason = next(iter(MiddleCancelCode))
    return {
        "acknowledge": lambda: box_changes.acknowledge(context, US, box_id),
        "ship": lambda: box_changes.ship(context, US, box_id, CJ),
        "ship_direct": lambda: box_changes.ship(context, US, box_id, DIRECT),
        "ship_part": lambda: box_changes.ship(context, US, box_id, CJ, later=[SOCKS], later_date=today),
        "change_invoice": lambda: box_changes.change_invoice(context, US, box_id, CJ),
        "change_invoice_direct": lambda: box_changes.change_invoice(context, US, box_id, DIRECT),
        "close_undelivered": lambda: box_changes.close_undelivered(context, US, box_id),
        "seller_cancel": lambda: cancel_changes.seller_cancel(context, US, box_id, None, reason),
    }


async def test_box_actions_are_refused_as_they_are_offered(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    async with context.db.transaction() as tx:
        await vendor_store.change(tx, VENDOR, wing_user_id="wing")
    items = (Item(SHIRT, 2), Item(SOCKS, 1))
    states = [state for state in BoxState if state is not BoxState.CANCELLED]
    offered: dict[str, list[str]] = {}
    for number, state in enumerate(states):
        box_id = await put(context, state, BOX + number, order_id=ORDER + number, items=items)
        told = {one["action"]: one for one in await box_queries.actions(context, [VENDOR], box_id)}
        ways = asks(context, box_id)
        assert told.keys() == ways.keys()
        offered[state] = [name for name, one in told.items() if one["allowed"]]
        for name, one in told.items():
            rules = [refused["rule"] for refused in one["refused_by"]]
            assert one["allowed"] is (rules == [])
            if rules:
                with pytest.raises(Refused) as no:
                    await ways[name]()
                missing = [refused["rule"] for refused in no.value.members["missing"]]
                assert missing == [rule for rule in rules if rule != "state"], (state, name)
        with pytest.raises(NotFound):
            await box_queries.actions(context, [OTHER], box_id)
    corrections = ["change_invoice", "change_invoice_direct"]
    assert offered == {
        "ACCEPT": ["acknowledge", "seller_cancel"],
        "INSTRUCT": ["ship", "ship_direct", "ship_part", "seller_cancel"],
        **dict.fromkeys(("DEPARTURE", "DELIVERING", "FINAL_DELIVERING", "NONE_TRACKING"), corrections),
    }
    effect = await asks(context, BOX)["acknowledge"]()
    told = {one["action"]: one for one in await box_queries.actions(context, None, BOX)}
    assert all("no_open_change" in [rule["rule"] for rule in one["refused_by"]] for one in told.values())
    explained = await explain_effect(context, [VENDOR], effect["effect_id"])
    assert ([step["event"] for step in explained["history"]], explained["trail"]) == (["ask"], [])


async def test_reports_show_pages_of_the_callers_vendors(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    paid = context.now() - 10 * MINUTE
    for number, state in ((2, BoxState.INSTRUCT), (1, BoxState.ACCEPT), (3, BoxState.ACCEPT)):
        await put(context, state, BOX + number, paid_at=paid + number * MINUTE, order_id=ORDER)
    await put(context, BoxState.ACCEPT, BOX + 4, paid_at=paid, vendor_id=OTHER, order_id=ORDER)

    async def numbers(vendor_ids: list[str] | None = None, **options: Any) -> list[int]:
        page, _ = await box_queries.list_boxes(context, vendor_ids, most=9, **options)
        return [row["shipment_box_id"] - BOX for row in page]

    assert await numbers() == [4, 1, 2, 3], "oldest payment first"
    assert await numbers([VENDOR]) == [1, 2, 3]
    assert await numbers(states=["INSTRUCT"]) == [2]
    assert await numbers([VENDOR], paid_from=paid + 2 * MINUTE, paid_until=paid + 3 * MINUTE) == [2]
    page, after = await box_queries.list_boxes(context, [VENDOR], most=2)
    assert after == (page[-1]["paid_at"], BOX + 2)
    assert await numbers([VENDOR], after=after) == [3]
    assert [
        row["shipment_box_id"] - BOX for row in await box_queries.get_order(context, [VENDOR], ORDER)
    ] == [
        1,
        2,
        3,
    ]
    with pytest.raises(NotFound):
        await box_queries.get_order(context, [], ORDER)

    told = await box_queries.receiver(context, [VENDOR], BOX + 1)
    assert (told["receiver"]["name"], told["address_version"], told["address_final"]) == ("김가상", 1, False)
    await put(context, BoxState.ACCEPT, BOX + 1, paid_at=paid + MINUTE, order_id=ORDER, name="이가상")
    told = await box_queries.receiver(context, [VENDOR], BOX + 1)
    assert (told["receiver"]["name"], [one["version"] for one in told["versions"]]) == ("이가상", [2, 1])
    for ask in (box_queries.receiver, box_queries.box_history, box_queries.get_box):
        with pytest.raises(NotFound):
            await ask(context, [OTHER], BOX + 1)


def test_couriers_are_those_of_coupangs_list() -> None:
    listed = couriers()
    assert [one["code"] for one in listed] == list(COURIERS)
    assert [one["code"] for one in listed if one["direct"]] == ["DIRECT"]
