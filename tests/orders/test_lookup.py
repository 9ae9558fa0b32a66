"""One thing of a caller's: what is another vendor's is reported exactly like what does not exist."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.claims.lookup import require_receipt
from app.engine.caller import Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects.queries import require_effect
from app.errors import NotFound
from app.exchanges.lookup import require_exchange
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders import lookup
from app.orders.changes import US, Waybill
from app.orders.lookup import with_sums
from tests.support import exchange_states, receipt_stock
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register
from tests.support.exchange_states import EXCHANGE, exchange
from tests.support.receipt_stock import receipt, returned

STOP, BACK, SHIPPED = 7, 8, BOX + 1


def test_box_with_sums_adds_up_its_lines() -> None:
    lines = [{"held": 1, "shippable": 2}, {"held": 0, "shippable": 3}]
    told = with_sums({"state": "ACCEPT", "lines": lines})
    assert told == {"state": "ACCEPT", "lines": lines, "held": 1, "shippable": 5, "kinds": 2}
    assert with_sums({"lines": None}) == {"lines": [], "held": 0, "shippable": 0, "kinds": 0}


async def test_lookup_finds_for_its_vendor_only(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    await put(context, BoxState.INSTRUCT)
    await put(context, BoxState.FINAL_DELIVERING, SHIPPED, order_id=ORDER + 1)
    await receipt_stock.tell(context, receipt(STOP), returned(BACK, box_id=SHIPPED, order_id=ORDER + 1))
    await exchange_states.tell(context, exchange(box_id=SHIPPED, order_id=ORDER + 1))
    await put(context, BoxState.INSTRUCT, BOX + 2, order_id=ORDER + 2)
    effect = await box_changes.ship(context, US, BOX + 2, Waybill("CJGLS", "600000000001"))

    async with context.db.transaction() as tx:
        asked: dict[str, tuple[Callable[..., Awaitable[dict[str, Any]]], str, int]] = {
            "box": (lookup.require_box, "shipment_box_id", BOX),
            "cancel": (_receipt("cancel"), "receipt_id", STOP),
            "return": (_receipt("return"), "receipt_id", BACK),
            "exchange": (require_exchange, "exchange_id", EXCHANGE),
            "effect": (require_effect, "effect_id", effect["effect_id"]),
        }
        for kind, (find, name, number) in asked.items():
            for vendors in (None, [VENDOR], [OTHER, VENDOR]):
                row = await find(tx, vendors, number)
                assert (row["vendor_id"], row[name]) == (VENDOR, number)
            strange: list[tuple[Vendors, int]] = [([OTHER], number), ([], number), (None, number + 10**6)]
            for vendors, wanted in strange:
                with pytest.raises(NotFound, match=f"^no such {kind}$") as no:
                    await find(tx, vendors, wanted)
                assert no.value.members == {name: str(wanted)}
        # A receipt that leads one life is not found as the other.
        for kind, number in (("return", STOP), ("cancel", BACK)):
            with pytest.raises(NotFound):
                await require_receipt(tx, kind, None, number)


def _receipt(kind: str) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def find(tx: Connection, vendors: Vendors, receipt_id: int) -> dict[str, Any]:
        return await require_receipt(tx, kind, vendors, receipt_id, lock=True)

    return find
