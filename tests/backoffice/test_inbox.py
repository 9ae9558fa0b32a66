"""What waits for a person: the nearest deadline first, each with the ways by which it is decided."""

import re
from datetime import timedelta
from typing import Any

from app.backoffice import inbox
from app.claims.box_blocks import keep_unreadable
from app.clock import Frozen
from app.coupang.claims.types import UnreadableClaim
from app.engine.context import Context
from app.families import REGISTRY
from app.machines.boxes import BoxState
from app.orders.changes import US
from app.orders.holds import holds
from tests.support import exchange_states, receipt_stock
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register
from tests.support.exchange_states import EXCHANGE, exchange
from tests.support.receipt_stock import receipt, returned

HOUR = timedelta(hours=1)


def test_every_way_out_of_a_decision_is_an_address() -> None:
    for kind, declared in REGISTRY.inbox.items():
        assert declared.ways, kind
        for way in declared.ways:
            assert way.method in ("GET", "POST", "DELETE")
            assert re.fullmatch(r"/(v1|admin/v1)/[a-z0-9/]+", way.href.format(id=7, box=8)), way.href


async def test_decisions_are_listed_by_deadline_with_their_ways(context: Context, clock: Frozen) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    await put(context, BoxState.FINAL_DELIVERING, BOX + 1, order_id=ORDER + 1)
    back: dict[str, Any] = {"box_id": BOX + 1, "order_id": ORDER + 1}
    old = "2026-11-20T10:00:00+09:00"
    await receipt_stock.tell(context, receipt(1), receipt(2, created=old), returned(3, **back))
    await exchange_states.tell(context, exchange(**back))
    unread = [
        UnreadableClaim(b"{}", "receiptStatus is unknown", 4, ORDER),
        UnreadableClaim(b"[]", "orderId is missing", 5, None),
    ]
    async with context.db.transaction() as tx:
        await keep_unreadable(context, tx, VENDOR, unread, "feed:receipts", context.now())
    hold = await holds.place(context, US, BOX, "count it", context.now() + HOUR)

    async def ask(vendor_ids: list[str] | None = None, **options: Any) -> list[dict[str, Any]]:
        asked: dict[str, Any] = {"most": 99} | options
        return (await inbox.list_decisions(context, vendor_ids, **asked))[0]

    told = [(one["kind"], one["id"]) for one in await ask()]
    assert told[:2] == [("stop_request", 2), ("stop_request", 1)], "the nearest deadline first"
    assert dict(told[2:]) == {
        "return_arrival": 3,
        "exchange_arrival": EXCHANGE,
        "unread_claim": ORDER,
        "unread_row": 0,
        "box_attention": BOX,
    }
    clock.set(context.now() + HOUR)
    everything = await ask([VENDOR])
    assert (everything[0]["kind"], everything[0]["id"]) == ("hold_over", hold["hold_id"])
    for one in everything:
        assert [way["action"] for way in one["actions"]] == [
            way.action for way in REGISTRY.inbox[one["kind"]].ways
        ]
    ways = {way["action"]: way for way in everything[1]["actions"]}
    assert ways["stop_shipment"]["href"] == "/v1/cancels/2/stop"
    assert all(ways[answer]["who_pays"] for answer in ("stop_shipment", "declare_shipped"))
    assert everything[0]["actions"][0]["href"] == f"/v1/boxes/{BOX}/holds/{hold['hold_id']}"

    assert await ask([OTHER]) == []
    assert [one["id"] for one in await ask(kinds=["stop_request"])] == [2, 1]
    assert await ask(overdue=True) == []
    clock.set(context.now() + timedelta(seconds=1))
    assert [one["kind"] for one in await ask(overdue=True)] == ["hold_over"]
    assert len(await ask(overdue=False)) == len(everything) - 1
    walked, after = await inbox.list_decisions(context, None, most=3)
    while after is not None:
        page, after = await inbox.list_decisions(context, None, most=3, after=after)
        walked += page
    assert [(one["kind"], one["id"]) for one in walked] == [(one["kind"], one["id"]) for one in everything]
