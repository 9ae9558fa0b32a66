"""What Coupang leaves open is a rule here, and our client reads every value of it alike."""

from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.clock import Frozen, fast, parse
from app.coupang import errors
from app.coupang.claims import return_calls
from app.coupang.client import Client
from app.coupang.orders import calls as order_calls
from app.coupang.orders.decode import InvoiceRow, WireStatus
from app.coupang.pacing import Pacer
from app.sandbox.core.rules import WORDS, Rules
from app.sandbox.http.server import Running
from app.sandbox.world.world import World
from tests.support.sandbox_claims import SHIRT, accepted, instructed
from tests.support.sandbox_seller import ACCESS_KEY, SECRET_KEY, VENDOR

DAY = date(2026, 11, 21)
OTHER_VALUES: dict[str, tuple[Any, ...]] = {
    "signature_clocks": ("virtual",),
    "box_id_digits": (15,),
    "string_ids_accepted": (True,),
    "planned_date_without_split": (False,),
    "partial_invoice_message": ("PARTIAL",),
    "same_waybill_needs_safe_number": (True,),
    "v4_new_fields": (True,),
    "no_remote_price": ("null", "zero"),
    "raw_utf8": ("encoded", "refused"),
    "limit_counts_strangers": (True,),
    "order_as_array": (False,),
    "gzip_from_bytes": (-1, 1),
    "latency_real_s": (0.01,),
    "extended_timeout_most_ms": (1,),
    "allowed_ips": (("127.0.0.1",),),
}
"""Rules of the gateway and of the order calls, each with the values that are not its default."""


@pytest.fixture
async def client(running: Running, clock: Frozen) -> AsyncIterator[Client]:
    async with Client(running.url, VENDOR, ACCESS_KEY, SECRET_KEY, clock.now, Pacer(10_000.0)) as made:
        yield made


def test_the_values_are_others_than_the_defaults() -> None:
    known = {field.name: field.default for field in fields(Rules)}
    for name, values in OTHER_VALUES.items():
        assert known[name] not in values
        if name in WORDS and name != "signature_clocks":
            assert {known[name], *values} == set(WORDS[name])


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in OTHER_VALUES.items() for value in values]
)
async def test_a_box_is_read_and_sent_whatever_the_rule_says(
    client: Client, world: World, name: str, value: Any
) -> None:
    world.set_rules(**{name: value})
    boxes = [accepted(world) for _ in range(3)]
    gone = instructed(world)
    world.wing_cancel(gone.box_id)
    pages = [
        page async for page in order_calls.list_days(client, DAY, DAY, WireStatus.ACCEPT, purpose="test")
    ]
    assert [page.unreadable for page in pages] == [()] * len(pages)
    assert {sheet.shipment_box_id for page in pages for sheet in page.sheets} == {one.box_id for one in boxes}
    told = await order_calls.acknowledge(client, [one.box_id for one in boxes], purpose="test")
    assert (told.code, [row.succeed for row in told.rows]) == (0, [True] * 3)
    for page in (
        await order_calls.get_box(client, boxes[0].box_id, purpose="test"),
        await order_calls.get_order(client, boxes[0].order_id, purpose="test"),
    ):
        (sheet,) = page.sheets
        assert (sheet.status, page.unreadable) == (WireStatus.INSTRUCT, ())
    rows = [
        InvoiceRow(one.box_id, one.order_id, SHIRT, "CJGLS", f"{place:012d}")
        for place, one in enumerate((*boxes, gone))
    ]
    told = await order_calls.upload_invoices(client, rows, purpose="test")
    assert told.code == 1
    assert {row.shipment_box_id: row.succeed for row in told.rows} == {
        **dict.fromkeys((one.box_id for one in boxes), True),
        gone.box_id: False,
    }
    history = await order_calls.get_history(client, boxes[0].box_id, purpose="test")
    assert len(history.steps) == 3


@pytest.mark.parametrize("factor", [1.0, 60.0, 4000.0])
async def test_our_client_signs_by_the_shared_clock(factor: float) -> None:
    clock = parse(fast(datetime(2026, 11, 1, tzinfo=UTC), factor))
    world = World(clock, rules=Rules(limit_per_second=0))
    world.add_vendor(VENDOR, ACCESS_KEY, SECRET_KEY)
    async with (
        Running(world) as sandbox,
        Client(sandbox.url, VENDOR, ACCESS_KEY, SECRET_KEY, clock.now, Pacer(1000.0)) as client,
    ):
        page = await return_calls.list_withdrawals_of(client, [1], purpose="test")
        assert page.withdrawals == ()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"errors_most": 3}, errors.Blocked),
        ({"allowed_ips": ("203.0.113.9",)}, errors.Denied),
        ({"key_life_days": 0.001}, errors.Denied),
    ],
)
async def test_blocks_and_bans_are_told_apart(
    client: Client, world: World, clock: Frozen, changes: dict[str, Any], error: type[Exception]
) -> None:
    world.set_rules(limit_per_second=1_000, **changes)
    clock.advance(hours=1)
    if "errors_most" in changes:
        for _ in range(3):
            with pytest.raises(errors.Rejected):
                await order_calls.get_box(client, 1, purpose="test")
    with pytest.raises(error):
        await order_calls.get_box(client, accepted(world).box_id, purpose="test")
