"""What became of every unit, in the database: claims meet lines by order, option and count, or not at all."""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from app.claims.ingest_withdrawals import take_withdrawals
from app.coupang.claims.types import Withdrawal, WithdrawalPage
from app.engine.context import Context
from app.engine.db.database import fetch
from app.machines.boxes import BoxState
from app.orders.ingest_single import ingest_gone
from app.orders.quantities import store as quantity_store
from app.orders.quantities.quantities import GONE, UNALLOCATED
from tests.support.box_stock import BOX, ORDER, SHIRT, SOCKS, VENDOR, Item, put, register
from tests.support.receipt_stock import RECEIPT, receipt, returned, tell

SECOND, OTHER_ORDER = BOX + 1, ORDER + 1
HATS = 85000000009


@pytest.fixture(autouse=True)
async def vendor(context: Context) -> None:
    await register(context)


async def rows(context: Context, query: str) -> list[dict[str, Any]]:
    async with context.db.connection() as connection:
        return await fetch(connection, query)


async def lines(context: Context) -> dict[tuple[int, int], tuple[int, int, int, int, int]]:
    """Return shippable, held, cancelled, shipped, returned by box and option."""
    told = await rows(context, "SELECT * FROM line")
    names = ("shippable", "held", "cancelled", "shipped", "returned")
    return {
        (one["shipment_box_id"], one["vendor_item_id"]): tuple(one[name] for name in names)  # type: ignore[misc]
        for one in told
    }


async def shares(context: Context) -> dict[tuple[int, int, int], tuple[int, str, bool]]:
    """Return units, kind and whether it is final, by receipt, box and option."""
    return {
        (one["receipt_id"], one["shipment_box_id"], one["vendor_item_id"]): (
            one["count"],
            one["kind"],
            one["done"],
        )
        for one in await rows(context, "SELECT * FROM share")
    }


async def faults(context: Context, vendor_id: str | None = VENDOR) -> list[tuple[str, int, int]]:
    async with context.db.connection() as connection:
        found = await quantity_store.quantity_faults(connection, vendor_id)
    return [(one["fault"], one["expected"], one["found"]) for one in found]


async def withdraw(context: Context, *receipt_ids: int) -> None:
    told = [Withdrawal(one, ORDER, (), raw=str(one).encode()) for one in receipt_ids]
    await take_withdrawals(context, VENDOR, WithdrawalPage(tuple(told)), cause="feed:back", at=context.now())


def completed(receipt_id: int = RECEIPT, **more: Any) -> dict[str, Any]:
    """Return the row of a return that is refunded."""
    return receipt(receipt_id, status="RETURNS_COMPLETED", stop="비대상", released="Y", **more)


async def test_a_cancel_of_another_option_bears_on_no_line(context: Context) -> None:
    """A cancel that was matched by the order alone once cancelled the wrong option at the supplier."""
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 1), Item(SOCKS, 1)))
    await tell(context, receipt(items=((HATS, 1),)))
    assert await lines(context) == {(BOX, SHIRT): (1, 0, 0, 0, 0), (BOX, SOCKS): (1, 0, 0, 0, 0)}
    assert await shares(context) == {}
    assert [one["attention"].startswith(UNALLOCATED) for one in await rows(context, "SELECT * FROM receipt")]
    assert await faults(context) == [("unallocated", 1, 0)]
    await withdraw(context, RECEIPT)
    assert await faults(context) == []


WRONG: dict[str, tuple[str, str]] = {
    "another option": ("vendor_item_id = vendor_item_id + 1", "share_(claim|line)"),
    "another order": ("order_id = order_id + 1", "share_(box|receipt)"),
    "a box of another order": (f"shipment_box_id = {SECOND}", "share_box"),
    "more than is claimed": ("count = claimed + 1", "share_count"),
    "nothing": ("count = 0", "share_count"),
    "another claim": ("claimed = claimed + 1", "share_claim"),
    "another receipt": ("receipt_id = receipt_id + 1", "share_(claim|receipt)"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_the_database_refuses_a_share_of(context: Context, wrong: str) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 2), Item(SOCKS, 2)))
    await put(context, BoxState.INSTRUCT, SECOND, order_id=OTHER_ORDER, items=(Item(SHIRT, 2),))
    await tell(context, receipt())
    change, constraint = WRONG[wrong]
    with pytest.raises(psycopg.errors.IntegrityError, match=constraint):
        async with context.db.transaction() as tx:
            await tx.execute(f"UPDATE share SET {change}".encode())


async def test_the_first_line_is_not_meant(context: Context) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 1), Item(SOCKS, 1)))
    await tell(context, receipt(items=((SOCKS, 1),)))
    assert await lines(context) == {(BOX, SHIRT): (1, 0, 0, 0, 0), (BOX, SOCKS): (0, 1, 0, 0, 0)}


async def test_one_option_in_two_boxes_of_an_order(context: Context) -> None:
    for box_id in (BOX, SECOND):
        await put(context, BoxState.INSTRUCT, box_id, items=(Item(SHIRT, 2),))
    await tell(context, receipt(box_id=SECOND, items=((SHIRT, 1),)))
    assert await lines(context) == {(BOX, SHIRT): (2, 0, 0, 0, 0), (SECOND, SHIRT): (1, 1, 0, 0, 0)}
    await tell(context, receipt(RECEIPT + 1, box_id=SECOND, items=((SHIRT, 3),)))
    assert await shares(context) == {
        (RECEIPT, SECOND, SHIRT): (1, "STOP", False),
        (RECEIPT + 1, SECOND, SHIRT): (1, "STOP", False),
        (RECEIPT + 1, BOX, SHIRT): (2, "STOP", False),
    }
    await withdraw(context, RECEIPT + 1)
    assert await lines(context) == {(BOX, SHIRT): (2, 0, 0, 0, 0), (SECOND, SHIRT): (1, 1, 0, 0, 0)}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_withdrawal_gives_back_exactly_what_that_receipt_held(
    context: Context, order: Sequence[int]
) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 5, held=3),))
    counts = (1, 2)
    for number, count in enumerate(counts):
        for _ in range(2):
            await tell(context, receipt(RECEIPT + number, items=((SHIRT, count),)))
    held = sum(counts)
    for number in order:
        assert (await lines(context))[BOX, SHIRT] == (5 - held, held, 0, 0, 0)
        await withdraw(context, RECEIPT + number)
        await withdraw(context, RECEIPT + number)
        held -= counts[number]
    assert (await lines(context))[BOX, SHIRT] == (5, 0, 0, 0, 0)
    assert await shares(context) == {}
    assert await faults(context) == []


async def test_a_count_that_changed_between_readings_is_given_back_as_it_is(context: Context) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 5),))
    for count in (1, 4, 2):
        await tell(context, receipt(items=((SHIRT, count),)))
        assert (await lines(context))[BOX, SHIRT] == (5 - count, count, 0, 0, 0)
    await withdraw(context, RECEIPT)
    assert (await lines(context))[BOX, SHIRT] == (5, 0, 0, 0, 0)


async def test_a_box_that_was_split_takes_its_claim_along(context: Context) -> None:
    items = (Item(SHIRT, 2), Item(SOCKS, 1))
    await put(context, BoxState.INSTRUCT, items=items)
    await tell(context, receipt(items=((SHIRT, 1),)))
    await put(context, BoxState.INSTRUCT, items=(Item(SOCKS, 1),))
    assert await shares(context) == {}
    assert (await faults(context)) == [("unallocated", 1, 0)]
    await put(context, BoxState.DEPARTURE, SECOND, items=(Item(SHIRT, 2, held=1),))
    assert await shares(context) == {(RECEIPT, SECOND, SHIRT): (1, "STOP", False)}
    assert [one["attention"] for one in await rows(context, "SELECT attention FROM receipt")] == [None]
    assert await faults(context) == []
    await withdraw(context, RECEIPT)
    assert await lines(context) == {(BOX, SOCKS): (1, 0, 0, 0, 0), (SECOND, SHIRT): (2, 0, 0, 2, 0)}


async def test_from_stop_request_to_return(context: Context) -> None:
    """Shipped already: the units go on as a return, have left, come back, and are counted once."""
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 3, held=1),))
    await tell(context, receipt())
    assert (await lines(context))[BOX, SHIRT] == (2, 1, 0, 0, 0)
    await put(context, BoxState.DEPARTURE, items=(Item(SHIRT, 3, held=1),))
    await tell(context, receipt(status="RETURNS_UNCHECKED", stop="처리(이미출고)", released="A"))
    assert (await lines(context))[BOX, SHIRT] == (2, 1, 0, 3, 0)
    assert await shares(context) == {(RECEIPT, BOX, SHIRT): (1, "RETURN", False)}
    await tell(context, receipt(status="RETURNS_COMPLETED", stop="처리(이미출고)", released="A"))
    assert (await lines(context))[BOX, SHIRT] == (2, 0, 1, 3, 1)
    await put(context, BoxState.FINAL_DELIVERING, items=(Item(SHIRT, 3, cancelled=1),))
    assert (await lines(context))[BOX, SHIRT] == (2, 0, 1, 3, 1)
    assert await faults(context) == []


async def test_a_stop_that_was_done_never_leaves(context: Context) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 3, held=1),))
    await tell(context, receipt())
    await tell(context, receipt(status="RETURNS_COMPLETED", stop="처리(출고중지)", released="S"))
    assert (await lines(context))[BOX, SHIRT] == (2, 0, 1, 0, 0)
    await put(context, BoxState.DEPARTURE, items=(Item(SHIRT, 3, cancelled=1),))
    assert (await lines(context))[BOX, SHIRT] == (2, 0, 1, 2, 0)
    assert await faults(context) == []


async def test_told_many_times_it_counts_once(context: Context) -> None:
    """Another shop's shipped units once stood at -428,723: one cancel was applied again and again."""
    for _ in range(5):
        await put(context, BoxState.FINAL_DELIVERING, items=(Item(SHIRT, 3, cancelled=2),))
        await tell(context, completed(items=((SHIRT, 2),)))
    assert (await lines(context))[BOX, SHIRT] == (1, 0, 2, 3, 2)
    assert await faults(context) == []


async def test_a_receipt_before_its_order_waits_for_it(context: Context) -> None:
    await tell(context, receipt())
    assert await shares(context) == {}
    assert [one["attention"] for one in await rows(context, "SELECT attention FROM receipt")] == [None]
    assert await faults(context) == []
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 2, held=1),))
    assert await shares(context) == {(RECEIPT, BOX, SHIRT): (1, "STOP", False)}
    assert await faults(context) == []


async def test_a_hold_that_no_receipt_explains_is_a_fault(context: Context) -> None:
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 2, held=1),))
    assert (await lines(context))[BOX, SHIRT] == (1, 1, 0, 0, 0)
    assert await faults(context) == [("held", 0, 1)]
    assert await faults(context, None) == [("held", 0, 1)]
    assert await faults(context, "A00099999") == []
    await put(context, BoxState.INSTRUCT, items=(Item(SHIRT, 2),))
    assert await faults(context) == []


async def test_a_box_that_is_gone_after_its_return_needs_nobody(context: Context) -> None:
    await put(context, BoxState.FINAL_DELIVERING, items=(Item(SHIRT, 2),))
    await tell(context, completed(items=((SHIRT, 2),)))
    await ingest_gone(context, VENDOR, BOX, b'{"code":400}', cause="look:doubt", at=context.now())
    box = (await rows(context, "SELECT attention, doubtful, next_read_at FROM box"))[0]
    assert box == {"attention": None, "doubtful": False, "next_read_at": None}


async def test_a_box_that_is_gone_calls_a_person_until_its_return_explains_it(context: Context) -> None:
    await put(context, BoxState.FINAL_DELIVERING, items=(Item(SHIRT, 2),))
    await tell(context, returned(RECEIPT, items=((SHIRT, 2),)))
    await ingest_gone(context, VENDOR, BOX, b'{"code":400}', cause="look:doubt", at=context.now())
    assert (await rows(context, "SELECT attention FROM box"))[0]["attention"] == GONE
    await tell(context, completed(items=((SHIRT, 2),)))
    assert (await rows(context, "SELECT attention FROM box"))[0]["attention"] is None
