"""The mixed story in short: every case comes up, both sides agree, and a planted difference is reported."""

from collections.abc import Callable

from app.engine.db.database import execute
from app.sandbox.core.ledger import CancelledShipment
from app.sandbox.world.world import World
from tests.devtools.story.conftest import MANY, Tale

CASES = {
    "acknowledge",
    "invoice",
    "stop_shipment",
    "already_shipped",
    "register_pickup",
    "receive_return",
    "approve_return",
    "receive_exchange",
    "ship_exchange",
    "reject_exchange",
}
"""Changes that the story must have made, or it proves nothing."""
PLANTS: dict[str, tuple[str, str]] = {
    "a lost unit": (
        "UPDATE line SET cancelled = cancelled + 1, shipped = 0 WHERE ctid = (SELECT min(ctid) FROM line "
        "WHERE ordered > cancelled + held AND returned = 0)",
        "we count cancelled",
    ),
    "another waybill": (
        "UPDATE box SET invoice_number = '111111111111' WHERE ctid = (SELECT min(ctid) FROM box "
        "WHERE invoice_number IS NOT NULL AND exchange_id IS NULL)",
        "another waybill than at Coupang",
    ),
    "a box in another state": (
        "UPDATE box SET state = 'DELIVERING' WHERE ctid = (SELECT min(ctid) FROM box "
        "WHERE state = 'FINAL_DELIVERING' AND exchange_id IS NULL)",
        "we say DELIVERING, Coupang FINAL_DELIVERING",
    ),
    "a sale that counts as a replacement": (
        "UPDATE box SET exchange_id = 1 WHERE ctid = (SELECT min(ctid) FROM box WHERE exchange_id IS NULL)",
        "we say of exchange 1, Coupang of None",
    ),
    "a return in another state": (
        "UPDATE return_ SET state = 'RETURNS_UNCHECKED' WHERE ctid = (SELECT min(ctid) FROM return_ "
        "WHERE state = 'RETURNS_COMPLETED')",
        "we say RETURNS_UNCHECKED, Coupang RETURNS_COMPLETED",
    ),
    "a piece too many in an exchange": (
        "UPDATE exchange_line SET count = count + 1 WHERE ctid = (SELECT min(ctid) FROM exchange_line)",
        "we hold {",
    ),
    "an exchange in another state": (
        "UPDATE exchange SET state = 'PROGRESS' WHERE ctid = (SELECT min(ctid) FROM exchange "
        "WHERE state = 'SUCCESS')",
        "we say PROGRESS, Coupang SUCCESS",
    ),
    "a change that Coupang never made": (
        "UPDATE effect SET subject_id = 1 WHERE ctid = (SELECT min(ctid) FROM effect "
        "WHERE kind = 'CONFIRM_RETURN' AND state = 'CONFIRMED')",
        "CONFIRM_RETURN of receipt 1: Coupang applied 0, we hold 1 for confirmed",
    ),
    "a change that was never confirmed": (
        "UPDATE effect SET state = 'REVIEW' WHERE ctid = (SELECT min(ctid) FROM effect "
        "WHERE kind = 'SHIP' AND state = 'CONFIRMED')",
        "SHIP REVIEW: not final",
    ),
    "a history with a gap": (
        "ALTER TABLE history DISABLE TRIGGER USER; DELETE FROM history WHERE ctid = (SELECT min(ctid) "
        "FROM history WHERE aggregate = 'box' AND version = 2)",
        "history does not end in",
    ),
}
"""What is changed in the database → what the report must say of it."""


def _delivered(world: World) -> int:
    """A delivered box of which everything is free."""
    return next(
        box.box_id
        for box in world.boxes.values()
        if box.status == "FINAL_DELIVERY"
        and box.exchange_id is None
        and all(line.free == line.count for line in box.lines)
    )


def _double(world: World) -> None:
    next(one for one in world.ledger.mutations if one.kind == "approve_return").times_applied = 2


def _ship_a_cancelled_unit(world: World) -> None:
    at, vendor_id = world.now(), next(iter(world.vendors))
    world.ledger.shipped_cancelled.append(
        CancelledShipment(vendor_id, 1, 2, "invoice", "3", "stop_requested", at, at, 4)
    )


BEHIND_OUR_BACK: dict[str, tuple[Callable[[World], object], str]] = {
    "a box": (lambda world: world.order(next(iter(world.vendors))), "lost: box"),
    "a return": (lambda world: world.request_return(_delivered(world)), "lost: receipt"),
    "an exchange": (lambda world: world.request_exchange(_delivered(world)), "lost: exchange"),
    "a change applied twice": (_double, "approve_return applied 2 times"),
    "a waybill for a stopped unit": (_ship_a_cancelled_unit, "shipped after a cancel: box 1"),
}
"""What happens at Coupang without our looking → what the report must say of it."""


async def test_both_sides_agree_and_every_difference_is_reported(tale: Tale) -> None:
    verdict = await tale.tell(72, MANY)
    assert verdict.broken == []
    assert tale.complete
    kinds = tale.shop.ledger["kinds"]
    assert not {kind for kind in CASES if not kinds[kind]["applied"]}
    assert tale.packer.counts["shipped a part"] >= 3
    assert tale.packer.counts["permit"]
    shown = "\n".join(verdict.lines)
    assert "WITHDRAWN" in shown

    known: set[str] = set()
    silent: dict[str, set[str]] = {}

    async def look(name: str, expected: str) -> None:
        told = set((await tale.judge()).broken)
        if not any(expected in one for one in told - known):
            silent[name] = told - known
        known.update(told)

    for name, (statement, expected) in PLANTS.items():
        async with tale.shop.context.db.connection() as connection:
            for one in statement.split("; "):
                await execute(connection, one)
        await look(name, expected)
    for name, (act, expected) in BEHIND_OUR_BACK.items():
        act(tale.shop.world)
        await look(name, expected)
    assert not silent
