"""What became of every unit, in the database: claims meet lines by order, option and count, or not at all."""

from collections.abc import Sequence
from typing import Any

import psycopg
import pytest

from app.coupang.claims.types import Withdrawal, WithdrawalPage
from app.flows.house import House
from app.flows.proofs import take_gone
from app.flows.quantities import GONE, UNALLOCATED
from app.flows.withdrawals import take_withdrawals
from app.machines.boxes import BoxState
from app.store import quantities
from app.store.database import fetch
from tests.web.receipts import RECEIPT, receipt, returned, tell
from tests.web.stock import BOX, ORDER, SHIRT, SOCKS, VENDOR, Item, put, register

SECOND, OTHER_ORDER = BOX + 1, ORDER + 1
HATS = 85000000009


@pytest.fixture(autouse=True)
async def vendor(house: House) -> None:
    await register(house)


async def rows(house: House, query: str) -> list[dict[str, Any]]:
    async with house.db.connection() as connection:
        return await fetch(connection, query)


async def lines(house: House) -> dict[tuple[int, int], tuple[int, int, int, int, int]]:
    """Return shippable, held, cancelled, shipped, returned by box and option."""
    told = await rows(house, "SELECT * FROM line")
    names = ("shippable", "held", "cancelled", "shipped", "returned")
    return {
        (one["shipment_box_id"], one["vendor_item_id"]): tuple(one[name] for name in names)  # type: ignore[misc]
        for one in told
    }


async def shares(house: House) -> dict[tuple[int, int, int], tuple[int, str, bool]]:
    """Return units, kind and whether it is final, by receipt, box and option."""
    return {
        (one["receipt_id"], one["shipment_box_id"], one["vendor_item_id"]): (
            one["count"],
            one["kind"],
            one["done"],
        )
        for one in await rows(house, "SELECT * FROM share")
    }


async def faults(house: House, vendor_id: str | None = VENDOR) -> list[tuple[str, int, int]]:
    async with house.db.connection() as connection:
        found = await quantities.quantity_faults(connection, vendor_id)
    return [(one["fault"], one["expected"], one["found"]) for one in found]


async def withdraw(house: House, *receipt_ids: int) -> None:
    told = [Withdrawal(one, ORDER, (), raw=str(one).encode()) for one in receipt_ids]
    await take_withdrawals(house, VENDOR, WithdrawalPage(tuple(told)), cause="feed:back", at=house.now())


def completed(receipt_id: int = RECEIPT, **more: Any) -> dict[str, Any]:
    """Return the row of a return that is refunded."""
    return receipt(receipt_id, status="RETURNS_COMPLETED", stop="비대상", released="Y", **more)


async def test_a_cancel_of_another_option_bears_on_no_line(house: House) -> None:
    """A cancel that was matched by the order alone once cancelled the wrong option at the supplier."""
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 1), Item(SOCKS, 1)))
    await tell(house, receipt(items=((HATS, 1),)))
    assert await lines(house) == {(BOX, SHIRT): (1, 0, 0, 0, 0), (BOX, SOCKS): (1, 0, 0, 0, 0)}
    assert await shares(house) == {}
    assert [one["attention"].startswith(UNALLOCATED) for one in await rows(house, "SELECT * FROM receipt")]
    assert await faults(house) == [("unallocated", 1, 0)]
    await withdraw(house, RECEIPT)
    assert await faults(house) == []


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
async def test_the_database_refuses_a_share_of(house: House, wrong: str) -> None:
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 2), Item(SOCKS, 2)))
    await put(house, BoxState.INSTRUCT, SECOND, order_id=OTHER_ORDER, items=(Item(SHIRT, 2),))
    await tell(house, receipt())
    change, constraint = WRONG[wrong]
    with pytest.raises(psycopg.errors.IntegrityError, match=constraint):
        async with house.db.transaction() as tx:
            await tx.execute(f"UPDATE share SET {change}".encode())


async def test_the_first_line_is_not_meant(house: House) -> None:
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 1), Item(SOCKS, 1)))
    await tell(house, receipt(items=((SOCKS, 1),)))
    assert await lines(house) == {(BOX, SHIRT): (1, 0, 0, 0, 0), (BOX, SOCKS): (0, 1, 0, 0, 0)}


async def test_one_option_in_two_boxes_of_an_order(house: House) -> None:
    for box_id in (BOX, SECOND):
        await put(house, BoxState.INSTRUCT, box_id, items=(Item(SHIRT, 2),))
    await tell(house, receipt(box_id=SECOND, items=((SHIRT, 1),)))
    assert await lines(house) == {(BOX, SHIRT): (2, 0, 0, 0, 0), (SECOND, SHIRT): (1, 1, 0, 0, 0)}
    await tell(house, receipt(RECEIPT + 1, box_id=SECOND, items=((SHIRT, 3),)))
    assert await shares(house) == {
        (RECEIPT, SECOND, SHIRT): (1, "STOP", False),
        (RECEIPT + 1, SECOND, SHIRT): (1, "STOP", False),
        (RECEIPT + 1, BOX, SHIRT): (2, "STOP", False),
    }
    await withdraw(house, RECEIPT + 1)
    assert await lines(house) == {(BOX, SHIRT): (2, 0, 0, 0, 0), (SECOND, SHIRT): (1, 1, 0, 0, 0)}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_withdrawal_gives_back_exactly_what_that_receipt_held(
    house: House, order: Sequence[int]
) -> None:
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 5, held=3),))
    counts = (1, 2)
    for number, count in enumerate(counts):
        for _ in range(2):
            await tell(house, receipt(RECEIPT + number, items=((SHIRT, count),)))
    held = sum(counts)
    for number in order:
        assert (await lines(house))[BOX, SHIRT] == (5 - held, held, 0, 0, 0)
        await withdraw(house, RECEIPT + number)
        await withdraw(house, RECEIPT + number)
        held -= counts[number]
    assert (await lines(house))[BOX, SHIRT] == (5, 0, 0, 0, 0)
    assert await shares(house) == {}
    assert await faults(house) == []


async def test_a_count_that_changed_between_readings_is_given_back_as_it_is(house: House) -> None:
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 5),))
    for count in (1, 4, 2):
        await tell(house, receipt(items=((SHIRT, count),)))
        assert (await lines(house))[BOX, SHIRT] == (5 - count, count, 0, 0, 0)
    await withdraw(house, RECEIPT)
    assert (await lines(house))[BOX, SHIRT] == (5, 0, 0, 0, 0)


async def test_a_box_that_was_split_takes_its_claim_along(house: House) -> None:
    items = (Item(SHIRT, 2), Item(SOCKS, 1))
    await put(house, BoxState.INSTRUCT, items=items)
    await tell(house, receipt(items=((SHIRT, 1),)))
    await put(house, BoxState.INSTRUCT, items=(Item(SOCKS, 1),))
    assert await shares(house) == {}
    assert (await faults(house)) == [("unallocated", 1, 0)]
    await put(house, BoxState.DEPARTURE, SECOND, items=(Item(SHIRT, 2, held=1),))
    assert await shares(house) == {(RECEIPT, SECOND, SHIRT): (1, "STOP", False)}
    assert [one["attention"] for one in await rows(house, "SELECT attention FROM receipt")] == [None]
    assert await faults(house) == []
    await withdraw(house, RECEIPT)
    assert await lines(house) == {(BOX, SOCKS): (1, 0, 0, 0, 0), (SECOND, SHIRT): (2, 0, 0, 2, 0)}


async def test_from_stop_request_to_return(house: House) -> None:
    """Shipped already: the units go on as a return, have left, come back, and are counted once."""
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 3, held=1),))
    await tell(house, receipt())
    assert (await lines(house))[BOX, SHIRT] == (2, 1, 0, 0, 0)
    await put(house, BoxState.DEPARTURE, items=(Item(SHIRT, 3, held=1),))
    await tell(house, receipt(status="RETURNS_UNCHECKED", stop="처리(이미출고)", released="A"))
    assert (await lines(house))[BOX, SHIRT] == (2, 1, 0, 3, 0)
    assert await shares(house) == {(RECEIPT, BOX, SHIRT): (1, "RETURN", False)}
    await tell(house, receipt(status="RETURNS_COMPLETED", stop="처리(이미출고)", released="A"))
    assert (await lines(house))[BOX, SHIRT] == (2, 0, 1, 3, 1)
    await put(house, BoxState.FINAL_DELIVERING, items=(Item(SHIRT, 3, cancelled=1),))
    assert (await lines(house))[BOX, SHIRT] == (2, 0, 1, 3, 1)
    assert await faults(house) == []


async def test_a_stop_that_was_done_never_leaves(house: House) -> None:
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 3, held=1),))
    await tell(house, receipt())
    await tell(house, receipt(status="RETURNS_COMPLETED", stop="처리(출고중지)", released="S"))
    assert (await lines(house))[BOX, SHIRT] == (2, 0, 1, 0, 0)
    await put(house, BoxState.DEPARTURE, items=(Item(SHIRT, 3, cancelled=1),))
    assert (await lines(house))[BOX, SHIRT] == (2, 0, 1, 2, 0)
    assert await faults(house) == []


async def test_told_many_times_it_counts_once(house: House) -> None:
    """Another shop's shipped units once stood at -428,723: one cancel was applied again and again."""
    for _ in range(5):
        await put(house, BoxState.FINAL_DELIVERING, items=(Item(SHIRT, 3, cancelled=2),))
        await tell(house, completed(items=((SHIRT, 2),)))
    assert (await lines(house))[BOX, SHIRT] == (1, 0, 2, 3, 2)
    assert await faults(house) == []


async def test_a_receipt_before_its_order_waits_for_it(house: House) -> None:
    await tell(house, receipt())
    assert await shares(house) == {}
    assert [one["attention"] for one in await rows(house, "SELECT attention FROM receipt")] == [None]
    assert await faults(house) == []
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 2, held=1),))
    assert await shares(house) == {(RECEIPT, BOX, SHIRT): (1, "STOP", False)}
    assert await faults(house) == []


async def test_a_hold_that_no_receipt_explains_is_a_fault(house: House) -> None:
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 2, held=1),))
    assert (await lines(house))[BOX, SHIRT] == (1, 1, 0, 0, 0)
    assert await faults(house) == [("held", 0, 1)]
    assert await faults(house, None) == [("held", 0, 1)]
    assert await faults(house, "A00099999") == []
    await put(house, BoxState.INSTRUCT, items=(Item(SHIRT, 2),))
    assert await faults(house) == []


async def test_a_box_that_is_gone_after_its_return_needs_nobody(house: House) -> None:
    await put(house, BoxState.FINAL_DELIVERING, items=(Item(SHIRT, 2),))
    await tell(house, completed(items=((SHIRT, 2),)))
    await take_gone(house, VENDOR, BOX, b'{"code":400}', cause="look:doubt", at=house.now())
    box = (await rows(house, "SELECT attention, doubtful, next_read_at FROM box"))[0]
    assert box == {"attention": None, "doubtful": False, "next_read_at": None}


async def test_a_box_that_is_gone_calls_a_person_until_its_return_explains_it(house: House) -> None:
    await put(house, BoxState.FINAL_DELIVERING, items=(Item(SHIRT, 2),))
    await tell(house, returned(RECEIPT, items=((SHIRT, 2),)))
    await take_gone(house, VENDOR, BOX, b'{"code":400}', cause="look:doubt", at=house.now())
    assert (await rows(house, "SELECT attention FROM box"))[0]["attention"] == GONE
    await tell(house, completed(items=((SHIRT, 2),)))
    assert (await rows(house, "SELECT attention FROM box"))[0]["attention"] is None
