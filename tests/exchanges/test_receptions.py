"""Goods of exchanges are awaited, and their receptions follow what the exchanges show."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from app.claims.receptions import store as reception_store
from app.engine.context import Context
from app.engine.db.database import Connection, fetch
from app.errors import Stale
from app.exchanges.receptions import EXCHANGE, Goods, follow
from app.machines.collects import CollectState
from app.machines.exchanges import ExchangeState
from app.machines.receptions import RECEPTION, ReceptionState
from tests.support.box_stock import OTHER, VENDOR, register

SHOWN = list(product(ExchangeState, CollectState))
ORDER = 7
OVER = {ExchangeState.REJECT, ExchangeState.CANCEL}
NOTHING = {CollectState.WITHDRAW, CollectState.NO_COLLECT}
EXPECTED, PICKED_UP, NOT_COMING = (
    ReceptionState.EXPECTED,
    ReceptionState.PICKED_UP,
    ReceptionState.NOT_COMING,
)


def goods(number: int, state: str | None = None, version: int | None = None) -> Goods:
    exchange, collect = SHOWN[number]
    return Goods(1000 + number, ORDER, exchange, collect, state, version)


async def held(tx: Connection, vendor_id: str = VENDOR) -> dict[int, dict[str, Any]]:
    rows = await fetch(
        tx, "SELECT * FROM reception WHERE vendor_id = %(v)s AND subject = 'exchange'", v=vendor_id
    )
    return {row["subject_id"] - 1000: row for row in rows}


def wanted(number: int) -> ReceptionState:
    exchange, collect = SHOWN[number]
    if exchange in OVER or collect in NOTHING:
        return NOT_COMING
    return PICKED_UP if collect is CollectState.COLLECTING else EXPECTED


async def test_reception_of_an_exchange_begins_and_follows_what_it_shows(context: Context) -> None:
    at = context.now()
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    async with context.db.transaction() as tx:
        # The other vendor's exchanges have the same numbers; its goods are on their way, and stay so.
        births = [(1000 + number, ORDER) for number in range(len(SHOWN))]
        initial = str(RECEPTION.initial)
        await reception_store.begin(
            tx, OTHER, EXCHANGE, births, initial=initial, actor="coupang", cause="feed:exchanges", at=at
        )
        await follow(tx, VENDOR, [goods(number) for number in range(len(SHOWN))], "feed:exchanges", at)
        rows = await held(tx)
        assert {number: row["state"] for number, row in rows.items()} == {
            number: wanted(number) for number in range(len(SHOWN))
        }
        for number in range(len(SHOWN)):
            steps = await reception_store.history_of(tx, VENDOR, EXCHANGE, 1000 + number)
            told = [(step["event"], step["target"], step["actor"], step["cause"]) for step in steps]
            assert told[0] == ("appear", "EXPECTED", "coupang", "feed:exchanges")
            assert RECEPTION.is_path((step["source"], step["event"], step["target"]) for step in steps)
            assert (len(told), told[-1][1]) == (rows[number]["version"], rows[number]["state"])
        assert {row["state"] for row in (await held(tx, OTHER)).values()} == {EXPECTED}

        # What it shows again changes nothing.
        again = [goods(number, row["state"], row["version"]) for number, row in rows.items()]
        await follow(tx, VENDOR, again, "feed:exchanges", at)
        assert {n: row["version"] for n, row in (await held(tx)).items()} == {
            n: row["version"] for n, row in rows.items()
        }


async def test_reception_follows_only_while_goods_are_awaited(context: Context) -> None:
    at = context.now()
    await register(context)
    shown = {
        "over": (ExchangeState.REJECT, CollectState.COLLECTING),
        "collecting": (ExchangeState.PROGRESS, CollectState.COLLECTING),
        "failed": (ExchangeState.PROGRESS, CollectState.FAIL),
    }
    told: dict[tuple[str, str], str] = {}
    async with context.db.transaction() as tx:
        for place, state in enumerate(ReceptionState):
            births = [(100 * (place + 1) + number, ORDER) for number in range(len(shown))]
            await reception_store.begin(
                tx, VENDOR, EXCHANGE, births, initial=state, actor="key:1", cause="operator", at=at
            )
            there = [
                Goods(exchange_id, ORDER, *states, state, 1)
                for (exchange_id, _), states in zip(births, shown.values(), strict=True)
            ]
            await follow(tx, VENDOR, there, "feed:exchanges", at)
            for (exchange_id, _), name in zip(births, shown, strict=True):
                row = await reception_store.find(tx, VENDOR, EXCHANGE, exchange_id)
                assert row is not None
                told[state, name] = row["state"]
    moved = {key: state for key, state in told.items() if state != key[0]}
    assert moved == {
        (EXPECTED, "over"): NOT_COMING,
        (EXPECTED, "collecting"): PICKED_UP,
        (PICKED_UP, "over"): NOT_COMING,
    }


async def test_reception_that_moved_meanwhile_is_stale(context: Context) -> None:
    at = context.now()
    await register(context)
    collecting = goods(SHOWN.index((ExchangeState.PROGRESS, CollectState.COLLECTING)))
    waiting = goods(SHOWN.index((ExchangeState.RECEIPT, CollectState.BEFORE_DIRECTION)))
    async with context.db.transaction() as tx:
        await follow(tx, VENDOR, [waiting], "feed:exchanges", at)
    moved = replace(waiting, exchange=ExchangeState.CANCEL, state="EXPECTED", version=2)
    for late in (waiting, moved):
        with pytest.raises(Stale):
            async with context.db.transaction() as tx:
                await follow(tx, VENDOR, [collecting, late], "feed:exchanges", at)
    async with context.db.connection() as connection:
        rows = await held(connection)
    assert [(row["state"], row["version"]) for row in rows.values()] == [("EXPECTED", 1)], (
        "nothing of the page is written"
    )
