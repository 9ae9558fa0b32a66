"""However many rows of a page have changed, it takes the statements that one takes."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from app.claims.ingest_withdrawals import take_withdrawals
from app.coupang.claims.decode_receipts import read_withdrawal_page
from app.engine.caller import US
from app.engine.context import Context
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders.permits import permits
from app.orders.waybills.waybills import Waybill
from tests.support.box_stock import ORDER, SHIRT, VENDOR, Item, register, sheet, take
from tests.support.receipt_stock import RECEIPT, receipt, returned
from tests.support.receipt_stock import tell as tell_receipts
from tests.support.statements import listen

BOX = 642538970006700000
MANY = range(1, 51)
Say = Callable[[Context, Sequence[int]], Any]


@pytest.fixture(autouse=True)
async def vendor(context: Context) -> None:
    await register(context)


def showing(state: BoxState, **item: int) -> Say:
    """Take a page of the boxes in a state."""

    async def say(context: Context, numbers: Sequence[int]) -> None:
        told = {"invoice": "123456789012"} if state is BoxState.DEPARTURE else {}
        sheets = [
            sheet(
                BOX + number,
                state,
                paid_at=context.now(),
                order_id=ORDER + number,
                items=(Item(SHIRT, 2, **item),),
                **told,
            )
            for number in numbers
        ]
        await take(context, *sheets)

    return say


def claiming(row: Callable[..., dict[str, Any]]) -> Say:
    """Take a page of receipts of one shirt of each box."""

    async def say(context: Context, numbers: Sequence[int]) -> None:
        rows = [row(RECEIPT + n, box_id=BOX + n, order_id=ORDER + n) for n in numbers]
        await tell_receipts(context, *rows)

    return say


async def packed(context: Context, numbers: Sequence[int]) -> None:
    """Every box has a permit, and its waybill waits to be sent."""
    for number in numbers:
        await permits.ask(context, US, BOX + number)
        await box_changes.ship(context, US, BOX + number, Waybill("CJGLS", f"5123456{number:05}"))


async def withdrawn(context: Context, numbers: Sequence[int]) -> None:
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
    await take_withdrawals(context, VENDOR, page, cause="feed:withdrawals", at=context.now())


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
    context: Context, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before, page = PAGES[name]
    for earlier in before:
        await earlier(context, (0, *MANY))
    said = listen(monkeypatch)
    await page(context, (0,))
    alone = list(said)
    said.clear()
    await page(context, MANY)
    assert said == alone
    assert 1 < len(said) <= 24
