"""What the families show of everything that is held: for comparisons, and in figures."""

from datetime import timedelta

from app.engine.context import Context
from app.engine.feeds import coverage
from app.engine.feeds.names import ORDERS
from app.integrity import invariants, snapshot
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders.changes import US, Waybill
from tests.support.box_stock import BOX, ORDER, VENDOR, put, register
from tests.support.receipt_stock import receipt, tell


async def test_everything_that_is_held_is_shown_under_the_words_of_the_families(context: Context) -> None:
    await register(context)
    await put(context, BoxState.INSTRUCT)
    await put(context, BoxState.INSTRUCT, BOX + 2, order_id=ORDER + 2)
    await tell(context, receipt(7))
    await box_changes.ship(context, US, BOX + 2, Waybill("CJGLS", "600000000001"))
    held = await snapshot.read(context)
    assert {word: len(rows) for word, rows in held.items()} == {
        "effects": 1,
        "boxes": 2,
        "receipts": 1,
        "unseen_cancels": 0,
        "exchanges": 0,
    }
    assert {row["shipment_box_id"] for row in held["boxes"]} == {BOX, BOX + 2}
    assert [row["receipt_id"] for row in held["receipts"]] == [7]
    assert [(row["kind"], row["subject_id"]) for row in held["effects"]] == [("SHIP", BOX + 2)]
    assert await invariants.live(context) == {
        "boxes": {"INSTRUCT": 2},
        "effects": {"PENDING": 1},
        "calls": 0,
        "unseen_cancels": 0,
        "last_look_at": None,
        "stopped_until": None,
        "stopped_vendors": None,
        "all_stopped": False,
        "attention": 0,
    }
    until = context.now()
    since = until - timedelta(minutes=1)
    assert not await invariants.covered(context, ORDERS, since, until)
    async with context.db.transaction() as tx:
        await coverage.due(tx, VENDOR, [ORDERS], until)
        await coverage.grow(tx, VENDOR, ORDERS, since, until)
    assert await invariants.covered(context, ORDERS, since, until)
