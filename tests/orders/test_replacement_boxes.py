"""Boxes that are no sale: recognised, held in doubt, joined to their exchange, and let go."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import Frozen
from app.engine.context import Context
from app.engine.feeds import coverage
from app.engine.feeds.names import EXCHANGES as FEED
from app.engine.visits import leases
from app.errors import Fenced
from app.machines.boxes import BoxState
from app.orders import replacement_boxes
from app.orders import store as box_store
from app.orders.changes import US
from app.orders.permits import permits
from app.orders.permits import store as permit_store
from app.orders.replacement_boxes import NAMED_WITHIN, SUSPECT
from tests.support.box_stock import BOX, ORDER, OTHER, SHIRT, SOCKS, VENDOR, Item, put, register
from tests.support.exchange_states import EXCHANGE, NEW_BOX, exchange, received, tell

LASTS, SECOND = timedelta(minutes=15), timedelta(seconds=1)
TWO_SHIRTS = (Item(SHIRT, 2),)


async def with_permit(context: Context, box_id: int) -> int:
    asked = await permits.ask(context, US, box_id)
    async with context.db.transaction() as tx:
        answers = [(asked["permit_id"], 1, None)]
        await permit_store.answer(tx, asked["vendor_id"], answers, context.now(), context.now() + LASTS)
    return int(asked["permit_id"])


async def look(context: Context, box_id: int, vendor_id: str = VENDOR) -> dict[str, Any]:
    async with context.db.connection() as connection:
        row = await box_store.find(connection, [vendor_id], box_id)
        facts = (await box_store.with_quantities(connection, vendor_id, [box_id]))[0]
    assert row is not None
    return facts | row


async def exchanges_due(context: Context) -> bool:
    async with context.db.connection() as connection:
        feed = await coverage.find_feed(connection, VENDOR, FEED)
    return feed is not None and feed["due_at"] <= context.now()


async def begin(context: Context) -> int:
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    return lease.epoch


async def test_late_box_of_an_order_that_has_left_is_held_until_exchanges_are_read(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT, BOX, order_id=1)
    await put(context, BoxState.INSTRUCT, BOX + 1, order_id=1)
    assert not (await look(context, BOX + 1))["claim_unread"], "both boxes of the order were in the house"
    await put(context, BoxState.DEPARTURE, BOX + 2, order_id=2)
    await put(context, BoxState.DEPARTURE, BOX + 3, order_id=2)
    await put(context, BoxState.ACCEPT, BOX + 4, order_id=2)
    await put(context, BoxState.DEPARTURE, BOX + 8, order_id=3, vendor_id=OTHER)
    await put(context, BoxState.INSTRUCT, BOX + 5, order_id=3)
    await put(context, BoxState.INSTRUCT, BOX + 6, order_id=4)
    await put(context, BoxState.DEPARTURE, BOX + 7, order_id=4)
    await put(context, BoxState.INSTRUCT, BOX + 6, order_id=4, items=(Item(SHIRT, 2, held=1),))
    for number in range(8):
        assert not (await look(context, BOX + number))["claim_unread"]
    async with context.db.transaction() as tx:
        await coverage.ensure_feed(tx, VENDOR, FEED, context.now() + LASTS)
    assert not await exchanges_due(context)

    waiting = await with_permit(context, BOX + 4)
    await put(context, BoxState.INSTRUCT, NEW_BOX, order_id=2)
    row = await look(context, NEW_BOX)
    assert (row["claim_unread"], row["attention"], row["exchange_id"]) == (True, SUSPECT, None)
    assert await exchanges_due(context)
    told = await permits.get(context, None, waiting)
    assert (told["state"], told["revoked_reason"]) == ("REVOKED", SUSPECT)


async def test_settling_lets_sales_go_and_keeps_replacements(context: Context, clock: Frozen) -> None:
    await register(context)
    for number in (1, 2):
        await put(context, BoxState.FINAL_DELIVERING, BOX + number, order_id=number, items=TWO_SHIRTS)
        await put(context, BoxState.INSTRUCT, NEW_BOX + number, order_id=number, items=TWO_SHIRTS)
    clock.set(context.now() + SECOND)
    # By now the second order has an exchange of what is in its late box.
    await tell(
        context,
        exchange(box_id=BOX + 2, order_id=2, collectStatus="CompleteCollect", exchangeStatus="PROGRESS"),
    )
    old, epoch = await begin(context), await begin(context)
    held_since = context.now() - SECOND
    with pytest.raises(Fenced):
        await replacement_boxes.settle(context, VENDOR, old, context.now())
    assert await replacement_boxes.settle(context, VENDOR, epoch, held_since - SECOND) == 0, (
        "held after the reading began"
    )
    assert (await look(context, NEW_BOX + 1))["claim_unread"]

    assert await replacement_boxes.settle(context, VENDOR, epoch, held_since) == 2
    sale, new = await look(context, NEW_BOX + 1), await look(context, NEW_BOX + 2)
    assert [row["claim_unread"] for row in (sale, new)] == [False, False]
    assert [row["attention"] for row in (sale, new)] == [None, None]
    assert [row["exchange_id"] for row in (sale, new)] == [None, EXCHANGE]
    assert await replacement_boxes.settle(context, VENDOR, epoch, context.now()) == 0


async def test_settling_parts_a_box_that_its_exchange_cannot_have_yet(
    context: Context, clock: Frozen
) -> None:
    await register(context)
    await put(context, BoxState.FINAL_DELIVERING, BOX, items=TWO_SHIRTS)
    await tell(context, exchange())
    await put(context, BoxState.INSTRUCT, NEW_BOX, items=TWO_SHIRTS)
    seen = context.now()
    assert (await look(context, NEW_BOX))["exchange_id"] == EXCHANGE, "it is taken for the new box at birth"
    epoch = await begin(context)
    clock.set(seen + NAMED_WITHIN)
    assert await replacement_boxes.settle(context, VENDOR, epoch, context.now() - SECOND) == 0
    assert (await look(context, NEW_BOX))["exchange_id"] == EXCHANGE
    assert await replacement_boxes.settle(context, VENDOR, epoch, context.now()) == 1
    assert (await look(context, NEW_BOX))["exchange_id"] is None, "the goods are not confirmed: it is a sale"


async def test_box_is_born_a_replacement_of_what_is_exchanged_only(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.FINAL_DELIVERING, BOX, items=TWO_SHIRTS)
    await tell(context, exchange())
    born = {
        "the same": await put(context, BoxState.ACCEPT, NEW_BOX, items=TWO_SHIRTS),
        "fewer": await put(context, BoxState.ACCEPT, NEW_BOX + 1, items=(Item(SHIRT, 1),)),
        "more": await put(context, BoxState.ACCEPT, NEW_BOX + 2, items=(Item(SHIRT, 3),)),
        "beside": await put(context, BoxState.ACCEPT, NEW_BOX + 3, items=(Item(SHIRT, 1), Item(SOCKS, 1))),
        "left": await put(context, BoxState.DEPARTURE, NEW_BOX + 4, items=TWO_SHIRTS),
        "another order": await put(
            context, BoxState.ACCEPT, NEW_BOX + 5, items=TWO_SHIRTS, order_id=ORDER + 1
        ),
    }
    exchanges = {name: (await look(context, box_id))["exchange_id"] for name, box_id in born.items()}
    assert [name for name, exchange_id in exchanges.items() if exchange_id] == ["the same", "fewer"]
    await put(context, BoxState.ACCEPT, NEW_BOX + 6, items=TWO_SHIRTS, vendor_id=OTHER)
    assert (await look(context, NEW_BOX + 6, OTHER))["exchange_id"] is None


async def test_joining_ends_what_was_said_of_the_box_as_a_sale(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.FINAL_DELIVERING, BOX, items=TWO_SHIRTS)
    named, taken, sale = NEW_BOX, NEW_BOX + 1, NEW_BOX + 2
    await put(context, BoxState.ACCEPT, named, items=TWO_SHIRTS)
    await put(context, BoxState.ACCEPT, sale, items=TWO_SHIRTS)
    await tell(context, exchange())
    await put(context, BoxState.ACCEPT, taken, items=TWO_SHIRTS)
    permit_ids = {box_id: await with_permit(context, box_id) for box_id in (named, taken, sale)}

    async def joined() -> list[int | None]:
        return [(await look(context, box_id))["exchange_id"] for box_id in (named, taken, sale)]

    assert await joined() == [None, EXCHANGE, None], "one was taken for the new box at birth"
    await tell(context, received(new_box=named))
    assert await joined() == [EXCHANGE, None, None], "its exchange names another"
    doubtful = [(await look(context, box_id))["doubtful"] for box_id in (named, taken, sale)]
    assert doubtful == [True, False, False], "its exchange shows INSTRUCT, the lists showed ACCEPT"
    told = [await permits.get(context, None, permit_id) for permit_id in permit_ids.values()]
    assert [one["state"] for one in told] == ["REVOKED", "VALID", "VALID"]
    assert told[0]["revoked_reason"] == f"the box is the replacement of exchange {EXCHANGE}"

    await tell(context, received(new_box=named) | {"modifiedAt": "2026-11-20T14:00:00"})
    assert await joined() == [EXCHANGE, None, None], "it names the same again"
    async with context.db.transaction() as tx:
        await replacement_boxes.join(tx, VENDOR, [], context.now())
        await replacement_boxes.join(tx, OTHER, [EXCHANGE], context.now())
    assert await joined() == [EXCHANGE, None, None]
