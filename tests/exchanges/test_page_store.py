"""A page of exchanges is taken as one: in as many statements as one exchange, and as whole."""

from typing import Any

import pytest

from app.claims.receptions import receptions
from app.claims.transitions import move_receptions
from app.engine.caller import US
from app.engine.context import Context
from app.engine.db.database import execute, fetch
from app.engine.history import transitions
from app.engine.history.steps import ClaimMove
from app.exchanges import changes as exchange_changes
from app.exchanges import page_store as exchange_page_store
from app.exchanges.receptions import EXCHANGE_GOODS
from app.machines.boxes import BoxState
from tests.support.box_stock import ORDER, SHIRT, VENDOR, Item, put, register, sheet, take
from tests.support.exchange_states import EXCHANGE, exchange, received, tell
from tests.support.statements import listen

ORIGINAL, NEW = 642538970006500000, 642538970006600000
"""Boxes of the exchanges, numbered from here."""
WORDS = {
    "SELECT 1 FROM vendor": "fence",
    "WITH k AS": "compare",
    "WITH doc AS": "store",
    "WITH named AS": "join",
    "UPDATE permit": "revoke",
    "SELECT b.shipment_box_id FROM box b JOIN exchange_box": "behind",
    "UPDATE box SET doubtful": "doubt",
    "UPDATE exchange SET attention": "call",
    "WITH begun AS": "expect",
    "WITH freed AS": "free",
}
DOORS = {
    "UPDATE exchange r SET state": "exchange",
    "UPDATE exchange r SET collect_state": "collect",
    "UPDATE exchange r SET redelivery_state": "redelivery",
    "UPDATE reception r": "goods",
}


@pytest.fixture(autouse=True)
async def vendor(context: Context) -> None:
    await register(context)


def one(number: int, **changed: Any) -> dict[str, Any]:
    """Return the row of one of many exchanges, each of an order of its own."""
    row = exchange(EXCHANGE + number, box_id=ORIGINAL + number, order_id=ORDER + number)
    return row | changed


def over(number: int) -> dict[str, Any]:
    return one(number, exchangeStatus="CANCEL", collectStatus="Withdraw", deliveryStatus="Withdraw")


def booked(number: int) -> dict[str, Any]:
    return one(number, modifiedAt="2026-11-20T12:10:00", collectStatus="CompleteDirection")


def torn(number: int) -> dict[str, Any]:
    """It was collected; no later row may say that nothing was booked."""
    return one(number, modifiedAt="2026-11-20T14:00:00", exchangeStatus="SUCCESS", deliveryStatus="Fail")


def boxed(number: int) -> dict[str, Any]:
    told = {"box_id": ORIGINAL + number, "order_id": ORDER + number, "new_box": NEW + number}
    return received(EXCHANGE + number, **told)


def word(statement: str) -> str:
    found = [name for start, name in WORDS.items() if statement.startswith(start)]
    found += [name for part, name in DOORS.items() if part in statement]
    return found[0] if len(found) == 1 else statement


async def rows_of(context: Context, query: str, **params: Any) -> list[dict[str, Any]]:
    async with context.db.connection() as connection:
        return await fetch(connection, query, **params)


@pytest.mark.parametrize(
    ("before", "page", "statements"),
    [
        ((), one, "fence compare store expect free"),
        ((), over, "fence compare store exchange collect redelivery expect goods free"),
        ((one,), one, "fence compare free"),
        ((one,), booked, "fence compare store collect free"),
        ((one,), boxed, "fence compare store join revoke behind doubt exchange collect free"),
        ((one, boxed), torn, "fence compare store exchange redelivery free"),
        ((one, over), torn, "fence compare call free"),
    ],
)
async def test_fifty_exchanges_take_as_many_statements_as_one(
    context: Context, monkeypatch: pytest.MonkeyPatch, before: Any, page: Any, statements: str
) -> None:
    many = range(1, 51)
    paid_at = context.now()
    # The lists show the new boxes in a status of which the exchanges know nothing yet.
    listed = [
        sheet(
            NEW + number, BoxState.ACCEPT, paid_at=paid_at, order_id=ORDER + number, items=(Item(SHIRT, 2),)
        )
        for number in (0, *many)
    ]
    await take(context, *listed)
    for earlier in before:
        await tell(context, *(earlier(number) for number in (0, *many)))
    said = listen(monkeypatch)
    await tell(context, page(0))
    alone = list(said)
    said.clear()
    await tell(context, *(page(number) for number in many))
    assert said == alone
    assert " ".join(map(word, said)) == statements
    held = await rows_of(context, "SELECT state, collect_state, redelivery_state, attention FROM exchange")
    assert len(held) == 51
    assert len({tuple(row.items()) for row in held}) == 1


async def test_an_exchange_that_another_stores_meanwhile_is_compared_again(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, raced = exchange_page_store.write, False

    async def late(*given: Any, **named: Any) -> None:
        nonlocal raced
        if not raced:
            raced = True
            await tell(context, exchange())
        await write(*given, **named)

    monkeypatch.setattr(exchange_page_store, "write", late)
    await tell(context, exchange(), one(1))
    history = "SELECT aggregate, event FROM history WHERE aggregate_id = %(id)s ORDER BY history_id"
    births = [("exchange", "appear"), ("collect", "appear"), ("redelivery", "appear")]
    for number in (0, 1):
        found = await rows_of(context, history, id=EXCHANGE + number)
        told = [(row["aggregate"], row["event"]) for row in found]
        assert told == [*births, ("exchange_reception", "appear")]


async def test_goods_that_arrive_meanwhile_have_arrived(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(context, one(0), one(1))
    write, raced = exchange_page_store.write, False

    async def late(*given: Any, **named: Any) -> None:
        nonlocal raced
        if not raced:
            raced = True
            step = transitions.Step("arrive", "EXPECTED", "ARRIVED", "warehouse", "test")
            async with context.db.transaction() as tx:
                move = ClaimMove(EXCHANGE, 1, (step,))
                await move_receptions(tx, VENDOR, "exchange", [move], context.now())
        await write(*given, **named)

    monkeypatch.setattr(exchange_page_store, "write", late)
    scanned = {
        "exchangeStatus": "PROGRESS",
        "collectStatus": "Collecting",
        "modifiedAt": "2026-11-20T12:30:00",
    }
    await tell(context, one(0, **scanned), one(1, **scanned))
    assert raced
    goods = [
        await receptions.get_reception(context, US, EXCHANGE_GOODS, EXCHANGE + number) for number in (0, 1)
    ]
    assert [row["state"] for row in goods] == ["ARRIVED", "PICKED_UP"]
    assert [row["version"] for row in goods] == [2, 2]
    states = [
        (await exchange_changes.get_exchange(context, None, EXCHANGE + number))["state"] for number in (0, 1)
    ]
    assert states == ["PROGRESS", "PROGRESS"]


async def test_every_box_of_a_page_joins_the_exchange_that_names_it(context: Context) -> None:
    """One is taken for the replacement of the wrong exchange; one belongs to nobody after all."""
    for number in range(3):
        await put(context, BoxState.INSTRUCT, NEW + number, order_id=ORDER + number)
    await tell(context, one(0), one(1))
    async with context.db.transaction() as tx:
        taken = """UPDATE box SET exchange_id = %(first)s + (shipment_box_id = %(second)s)::int"""
        await execute(tx, taken, first=EXCHANGE, second=NEW)
    await tell(context, boxed(0), boxed(1))
    found = await rows_of(context, "SELECT exchange_id FROM box ORDER BY shipment_box_id")
    assert [row["exchange_id"] for row in found] == [EXCHANGE, EXCHANGE + 1, None]


async def test_of_two_exchanges_that_name_one_box_the_later_row_counts(context: Context) -> None:
    await put(context, BoxState.INSTRUCT, NEW, order_id=ORDER)
    await tell(context, one(0), one(1))
    same = boxed(1) | {"deliveryInvoiceGroupDtos": boxed(0)["deliveryInvoiceGroupDtos"]}
    await tell(context, same, boxed(0))
    assert await rows_of(context, "SELECT exchange_id FROM box") == [{"exchange_id": EXCHANGE}]


async def test_a_box_that_is_told_twice_is_the_one_told_last(context: Context) -> None:
    row = boxed(0)
    (group,) = row["deliveryInvoiceGroupDtos"]
    last = group | {"deliveryInvoiceDtos": [{"statusCode": "DEPARTURE", "invoiceNumber": "7"}]}
    await tell(context, row | {"deliveryInvoiceGroupDtos": [group, last]})
    (box,) = (await exchange_changes.get_exchange(context, None, EXCHANGE))["boxes"]
    assert (box["status"], box["invoice_number"]) == ("DEPARTURE", "7")


async def test_the_items_of_a_changed_exchange_are_those_told_last(context: Context) -> None:
    (item,) = one(0)["exchangeItemDtoV1s"]
    other = item | {"exchangeItemId": item["exchangeItemId"] + 1, "quantity": 1}
    await tell(context, one(0, exchangeItemDtoV1s=[item, other]), one(1))
    changed = item | {"quantity": 1}
    await tell(context, booked(0) | {"exchangeItemDtoV1s": [changed]}, booked(1))
    lines = [
        (await exchange_changes.get_exchange(context, None, EXCHANGE + number))["lines"] for number in (0, 1)
    ]
    assert [[line["count"] for line in told] for told in lines] == [[1], [2]]
