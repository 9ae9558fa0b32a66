"""What a page of exchanges may change: an earlier row nothing, a later one what follows from what we hold."""

import json
from typing import Any

import pytest

from app.coupang.claims.types import ExchangePage
from app.coupang.exchanges.decode import read_exchange_page
from app.engine.context import Context
from app.engine.visits import leases
from app.errors import Fenced
from app.exchanges import store as exchange_store
from app.exchanges.ingest import CONTRADICTION, Shown, sound, take_exchanges
from app.machines.boxes import BoxState
from app.machines.collects import CollectState
from app.machines.exchanges import ExchangeState
from app.machines.redeliveries import RedeliveryState
from tests.support.box_stock import ORDER, OTHER, VENDOR, put, register
from tests.support.exchange_states import EXCHANGE, exchange

NOON, LATER, EARLIER = "2026-11-20T12:00:00", "2026-11-20T13:00:00", "2026-11-20T11:59:59"


def page(*rows: dict[str, Any]) -> ExchangePage:
    body = json.dumps({"code": 200, "message": "OK", "data": list(rows), "nextToken": ""}).encode()
    return read_exchange_page(body)


def test_sound_exchanges_show_three_states_or_are_set_aside() -> None:
    told, aside = sound(page(exchange(1, collectStatus="Collecting"), exchange(2, collectStatus="Somewhere")))
    assert {number: shown for number, (_, shown) in told.items()} == {
        1: Shown(ExchangeState.RECEIPT, CollectState.COLLECTING, RedeliveryState.BEFORE_DIRECTION)
    }
    assert [(one.claim_id, one.order_id) for one in aside] == [(2, ORDER)]
    assert aside[0].created_at is not None


async def take(context: Context, *rows: dict[str, Any], epoch: int = 0, vendor_id: str = VENDOR) -> int:
    taken = await take_exchanges(
        context, vendor_id, page(*rows), cause="feed:exchanges", at=context.now(), epoch=epoch
    )
    return taken.changed


async def states(context: Context) -> tuple[str, str, str | None]:
    async with context.db.connection() as connection:
        row = await exchange_store.find(connection, [VENDOR], EXCHANGE)
    assert row is not None
    return row["state"], row["collect_state"], row["attention"]


async def test_exchange_row_of_an_earlier_time_is_stale(context: Context) -> None:
    await register(context)
    await put(context, BoxState.FINAL_DELIVERING)
    assert await take(context, exchange(collectStatus="CompleteDirection", modified=NOON)) == 1
    assert await states(context) == ("RECEIPT", "COMPLETE_DIRECTION", None)
    assert await take(context, exchange(exchangeStatus="CANCEL", modified=EARLIER)) == 0
    assert await states(context) == ("RECEIPT", "COMPLETE_DIRECTION", None)
    assert await take(context, exchange(collectStatus="BeforeDirection", modified=NOON)) == 0, "no step back"
    assert await states(context) == ("RECEIPT", "COMPLETE_DIRECTION", None)
    assert (
        await take(context, exchange(exchangeStatus="PROGRESS", collectStatus="Collecting", modified=LATER))
        == 1
    )
    assert await states(context) == ("PROGRESS", "COLLECTING", None)


async def test_exchange_row_that_contradicts_us_is_put_before_a_person(context: Context) -> None:
    await register(context)
    await put(context, BoxState.FINAL_DELIVERING)
    await take(context, exchange(exchangeStatus="REJECT", modified=NOON))
    assert await take(context, exchange(exchangeStatus="PROGRESS", modified=LATER)) == 0
    assert await states(context) == ("REJECT", "BEFORE_DIRECTION", CONTRADICTION)


async def test_exchange_that_is_over_is_known_even_if_a_track_contradicts_us(context: Context) -> None:
    await register(context)
    await put(context, BoxState.FINAL_DELIVERING)
    await take(context, exchange(exchangeStatus="PROGRESS", collectStatus="CompleteCollect", modified=NOON))
    row = exchange(exchangeStatus="CANCEL", collectStatus="BeforeDirection", modified=LATER)
    assert await take(context, row) == 1
    assert await states(context) == ("CANCEL", "COMPLETE_COLLECT", CONTRADICTION)


async def test_exchanges_of_an_old_visit_or_another_vendor_change_nothing(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.FINAL_DELIVERING)
    await take(context, exchange())
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    over = exchange(exchangeStatus="CANCEL", modified=LATER)
    with pytest.raises(Fenced):
        await take(context, over, epoch=lease.epoch - 1)
    await take(context, over, vendor_id=OTHER)
    assert await states(context) == ("RECEIPT", "BEFORE_DIRECTION", None)
    await take(context, over, epoch=lease.epoch)
    assert (await states(context))[0] == "CANCEL"
