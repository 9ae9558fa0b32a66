"""However many rows of a page have changed, it takes the statements that one takes."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from app.coupang.claims.decode_receipts import read_withdrawal_page
from app.flows import asking, permits
from app.flows.asking import US, Waybill
from app.flows.house import House
from app.flows.withdrawals import take_withdrawals
from app.machines.boxes import BoxState
from tests.listening import listen
from tests.web.receipts import RECEIPT, receipt, returned
from tests.web.receipts import tell as tell_receipts
from tests.web.stock import ORDER, SHIRT, VENDOR, Item, register, sheet, take

BOX = 642538970006700000
MANY = range(1, 51)
Say = Callable[[House, Sequence[int]], Any]


@pytest.fixture(autouse=True)
async def vendor(house: House) -> None:
    await register(house)


def showing(state: BoxState, **item: int) -> Say:
    """Take a page of the boxes in a state."""

    async def say(house: House, numbers: Sequence[int]) -> None:
        told = {"invoice": "123456789012"} if state is BoxState.DEPARTURE else {}
        sheets = [
            sheet(
                BOX + number,
                state,
                paid_at=house.now(),
                order_id=ORDER + number,
                items=(Item(SHIRT, 2, **item),),
                **told,
            )
            for number in numbers
        ]
        await take(house, *sheets)

    return say


def claiming(row: Callable[..., dict[str, Any]]) -> Say:
    """Take a page of receipts of one shirt of each box."""

    async def say(house: House, numbers: Sequence[int]) -> None:
        rows = [row(RECEIPT + n, box_id=BOX + n, order_id=ORDER + n) for n in numbers]
        await tell_receipts(house, *rows)

    return say


async def packed(house: House, numbers: Sequence[int]) -> None:
    """Every box has a permit, and its waybill waits to be sent."""
    for number in numbers:
        await permits.ask(house, US, BOX + number)
        await asking.ship(house, US, BOX + number, Waybill("CJGLS", f"5123456{number:05}"))


async def withdrawn(house: House, numbers: Sequence[int]) -> None:
    """Take a page of withdrawals."""
    rows = [
        {
            "cancelId": RECEIPT + number,
            "orderId": ORDER + number,
            "vendorId": VENDOR,
            "refundDeliveryDuty": "COM",
            "createdAt": "2026-11-20T11:59:00",
            "vendorItemIds": [SHIRT],
        }
        for number in numbers
    ]
    page = read_withdrawal_page(json.dumps({"code": "200", "message": "OK", "data": rows}).encode())
    await take_withdrawals(house, VENDOR, page, cause="feed:withdrawals", at=house.now())


NEW, READY = showing(BoxState.ACCEPT), showing(BoxState.INSTRUCT)
LEFT, HELD = showing(BoxState.DEPARTURE), showing(BoxState.INSTRUCT, held=1)
STOP, BACK = claiming(receipt), claiming(returned)
PAGES: dict[str, tuple[tuple[Say, ...], Say]] = {
    "new boxes": ((), NEW),
    "new boxes that are claimed": ((STOP,), HELD),
    "boxes that move": ((NEW,), READY),
    "boxes that leave": ((NEW, READY), LEFT),
    "claimed boxes that leave": ((NEW, READY, STOP), LEFT),
    "boxes that are held": ((NEW, READY, STOP), HELD),
    "stop requests of packed boxes": ((NEW, READY, packed), STOP),
    "stop requests of unknown boxes": ((), STOP),
    "returns": ((NEW, READY, LEFT), BACK),
    "stops that seem to have become returns": ((NEW, READY, STOP, LEFT), BACK),
    "withdrawn stops": ((NEW, READY, STOP, HELD), withdrawn),
    "withdrawn returns": ((NEW, READY, LEFT, BACK), withdrawn),
}


@pytest.mark.parametrize("name", PAGES)
async def test_fifty_rows_take_the_statements_of_one(
    house: House, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before, page = PAGES[name]
    for earlier in before:
        await earlier(house, (0, *MANY))
    said = listen(monkeypatch)
    await page(house, (0,))
    alone = list(said)
    said.clear()
    await page(house, MANY)
    assert said == alone
    assert 1 < len(said) <= 24
