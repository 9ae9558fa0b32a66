"""What a waybill is for, when the box changed between asking and sending."""

import json
from typing import Any

import pytest

from app.engine.caller import Caller
from app.engine.context import Context
from app.engine.db.database import fetch
from app.engine.effects import outbox
from app.engine.visits import leases
from app.machines.boxes import BoxState
from app.machines.kernel import Refused
from app.orders import changes as box_changes
from app.orders.effects.kinds import OrderKind
from app.orders.waybills.parcel_lines import SPLIT, WHOLE, lines_now
from app.orders.waybills.waybills import Waybill
from tests.support.box_stock import BOX, SHIRT, SOCKS, VENDOR, Item, put, register

CJ = Waybill("CJGLS", "123456789012")


def box(**shippable: int) -> list[dict[str, Any]]:
    names = {"shirt": SHIRT, "socks": SOCKS}
    return [{"vendor_item_id": names[name], "shippable": units} for name, units in shippable.items()]


def asked(*, part: bool = False, **now: bool) -> dict[str, Any]:
    names = {"shirt": SHIRT, "socks": SOCKS}
    lines = [{"vendor_item_id": names[name], "now": value} for name, value in now.items()]
    return {"lines": lines, "part": part}


def test_what_was_cancelled_whole_gets_no_waybill() -> None:
    kept = lines_now("INSTRUCT", "ship", asked(shirt=True, socks=True), box(shirt=0, socks=1))
    assert kept == [{"vendor_item_id": SOCKS, "now": True}]


@pytest.mark.parametrize(
    ("payload", "lines", "rule"),
    [
        (asked(socks=True), box(shirt=1, socks=1), WHOLE),
        (asked(shirt=True, socks=False, part=True), box(shirt=0, socks=1), SPLIT),
        (asked(shirt=True, socks=False, part=True), box(shirt=1, socks=0), SPLIT),
    ],
)
def test_another_parcel_than_was_packed_is_refused(
    payload: dict[str, Any], lines: list[dict[str, Any]], rule: str
) -> None:
    with pytest.raises(Refused) as no:
        lines_now("INSTRUCT", "ship", payload, lines)
    assert no.value.missing == (rule,)


@pytest.mark.parametrize("split", [False, True])
async def test_an_item_cancelled_between_asking_and_sending(context: Context, split: bool) -> None:
    await register(context)
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 2), Item(SOCKS, 1)))
    later = {"later": [SOCKS], "later_date": context.now().date()} if split else {}
    effect = await box_changes.ship(context, Caller("key:1", [VENDOR]), BOX, CJ, **later, urgent=True)  # type: ignore[arg-type]
    assert [line["vendor_item_id"] for line in effect["payload"]["lines"]] == [SHIRT, SOCKS]
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 2), Item(SOCKS, 1, cancelled=1)))
    lease = await leases.begin(context, VENDOR)
    assert lease is not None
    batch = await outbox.take(context, VENDOR, lease.epoch, OrderKind.SHIP)
    async with context.db.connection() as connection:
        stored = (await fetch(connection, "SELECT state, payload, result_message FROM effect"))[0]
    if split:
        assert (batch, stored["state"]) == (None, "REJECTED")
        assert SPLIT in stored["result_message"]
    else:
        assert batch is not None
        assert batch.effects[0]["payload"] == stored["payload"]
        assert json.dumps(stored["payload"]["lines"]) == json.dumps([{"now": True, "vendor_item_id": SHIRT}])
