"""What was known at a past moment, rebuilt from history."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from app.clock import Frozen
from app.engine.context import Context
from app.engine.history import point_in_time
from app.engine.history.point_in_time import states_at
from app.errors import Invalid, NotFound
from app.machines.boxes import BoxState
from app.orders.changes import US
from app.orders.declared.past import sheet_of
from app.orders.holds import holds
from tests.support.box_stock import BOX, OTHER, SHIRT, VENDOR, Item, put, register, sheet
from tests.support.receipt_stock import receipt, tell

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


def step(aggregate: str, number: int, version: int, target: str) -> dict[str, Any]:
    told = {"at": version, "event": f"to {target}", "actor": "coupang", "cause": "feed:orders"}
    return {"aggregate": aggregate, "aggregate_id": number, "version": version, "target": target, **told}


def test_lives_are_where_their_last_step_led() -> None:
    steps = [
        step("box", 1, 1, "ACCEPT"),
        step("cancel", 1, 1, "OPENED"),
        step("box", 2, 1, "ACCEPT"),
        step("box", 1, 2, "INSTRUCT"),
    ]
    lives = states_at(steps)
    assert {name: (life["state"], life["version"]) for name, life in lives.items()} == {
        ("box", 1): ("INSTRUCT", 2),
        ("cancel", 1): ("OPENED", 1),
        ("box", 2): ("ACCEPT", 1),
    }
    assert (lives["box", 1]["event"], lives["box", 1]["state_at"]) == ("to INSTRUCT", 2)
    assert states_at([]) == {}


def test_sheet_kept_as_evidence_is_read_again_or_is_none(clock: Frozen) -> None:
    raw = orjson.dumps(sheet(BOX, BoxState.INSTRUCT, paid_at=clock.now(), items=(Item(SHIRT, 3, 1, 1),)))
    read = sheet_of(raw)
    assert read is not None
    assert (read.shipment_box_id, read.status) == (BOX, "INSTRUCT")
    assert [(line.ordered, line.held, line.cancelled) for line in read.lines] == [(3, 1, 1)]
    for odd in (b"{", b"{}", b"null", raw[:-1], raw + b"," + raw + b"]"):
        assert sheet_of(odd) is None


async def test_moment_tells_what_was_known_then_and_nothing_later(context: Context, clock: Frozen) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    began = context.now()
    await put(context, BoxState.ACCEPT, paid_at=began)
    clock.set(began + HOUR)
    await put(context, BoxState.INSTRUCT, paid_at=began, items=(Item(SHIRT, 2, held=1),))
    hold = await holds.place(context, US, BOX, "the label is torn", began + 3 * HOUR)
    await tell(context, receipt(7))
    clock.set(began + 2 * HOUR)
    await holds.release(context, US, BOX, hold["hold_id"])

    async def ask(pause: timedelta, vendor_ids: list[str] | None = None) -> dict[str, Any]:
        return await point_in_time.moment(context, vendor_ids, "box", BOX, began + pause)

    first, last = await ask(HOUR - SECOND), await ask(2 * HOUR - SECOND)
    assert [told["life"]["state"] for told in (first, last)] == ["ACCEPT", "INSTRUCT"]
    assert [told["market"]["status"] for told in (first, last)] == ["ACCEPT", "INSTRUCT"]
    assert [told["market"]["lines"][0]["shippable"] for told in (first, last)] == [2, 1]
    assert [told["stop_open"] for told in (first, last)] == [False, True]
    assert [told["hold_until"] for told in (first, last)] == [None, began + 3 * HOUR]
    assert [[one["aggregate"] for one in told["related"]] for told in (first, last)] == [[], ["cancel"]]
    assert (await ask(2 * HOUR))["hold_until"] is None, "it was released by then"
    assert (await ask(timedelta(0)))["known_since"] == began
    with pytest.raises(Invalid):
        await ask(2 * HOUR + SECOND)
    with pytest.raises(NotFound) as no:
        await ask(-SECOND)
    assert no.value.members == {"known_since": began.isoformat().replace("+00:00", "Z")}
    with pytest.raises(NotFound):
        await ask(HOUR, [OTHER])
