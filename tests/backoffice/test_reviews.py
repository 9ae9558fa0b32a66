"""What operators rule on effects that nobody could prove or disprove."""

from typing import Any

import pytest

from app.backoffice.reviews import Ruling, settle_review
from app.engine.context import Context
from app.engine.effects.transitions import EffectMove, move_effects
from app.engine.evidence import queries as evidence_queries
from app.engine.history import transitions
from app.engine.history.lists import history_of
from app.errors import NotFound, Refused
from app.machines.boxes import BoxState
from app.orders import changes as box_changes
from app.orders import store as box_store
from app.orders.changes import Caller, Waybill
from tests.support.box_stock import BOX, ORDER, OTHER, VENDOR, put, register

OPERATOR, STRANGER = Caller("operator:kim", None), Caller("operator:lee", [OTHER])


async def in_review(context: Context, box_id: int) -> int:
    """Ask for a waybill and walk its effect to where nobody could prove anything."""
    effect = await box_changes.ship(
        context, OPERATOR, box_id, Waybill("CJGLS", str(600_000_000_000 + box_id % 1000)), urgent=True
    )
    road = (
        ("send_out", "PENDING", "SENDING"),
        ("doubt", "SENDING", "UNKNOWN"),
        ("give_up", "UNKNOWN", "REVIEW"),
    )
    steps = tuple(transitions.Step(*app_state, "us", "visit") for app_state in road)
    async with context.db.transaction() as tx:
        move = EffectMove(effect["effect_id"], effect["version"], steps, sent=True)
        await move_effects(tx, VENDOR, [move], context.now())
    return int(effect["effect_id"])


async def look(context: Context, box_id: int = BOX) -> dict[str, Any]:
    async with context.db.connection() as connection:
        row = await box_store.find(connection, None, box_id)
        facts = (await box_store.with_quantities(connection, VENDOR, [box_id]))[0]
    assert row is not None
    return facts | row


async def test_ruling_on_an_effect_settles_it_and_moves_its_box(context: Context) -> None:
    for vendor_id in (VENDOR, OTHER):
        await register(context, vendor_id)
    wanted = {
        Ruling.APPLIED: ("CONFIRMED", "DEPARTURE", True),
        Ruling.NOT_APPLIED: ("PENDING", "INSTRUCT", False),
        Ruling.ABANDONED: ("REJECTED", "INSTRUCT", True),
    }
    for number, (ruling, told) in enumerate(wanted.items()):
        box_id = await put(context, BoxState.INSTRUCT, BOX + number, order_id=ORDER + number)
        effect_id = await in_review(context, box_id)
        with pytest.raises(NotFound):
            await settle_review(context, STRANGER, effect_id, ruling, "mine")
        ruled = await settle_review(context, OPERATOR, effect_id, ruling, "WING shows it")
        box = await look(context, box_id)
        assert (ruled["state"], box["state"], box["doubtful"]) == told, ruling
        assert (ruled["result_code"], ruled["result_message"]) == ("RULED", "WING shows it")
        assert (ruled["sent_at"] is None) is (ruling is Ruling.NOT_APPLIED)
        async with context.db.connection() as connection:
            step = (await history_of(connection, VENDOR, "effect", effect_id))[-1]
        assert (step["event"], step["actor"], step["reason"]) == (
            f"rule_{ruling}",
            "operator:kim",
            "WING shows it",
        )
        said = (await evidence_queries.get_evidence(context, None, bytes.fromhex(step["evidence"])))[0]
        assert said["answer"]["about"] == {"effect": str(effect_id), "ruling": ruling}
        with pytest.raises(Refused):
            await settle_review(context, OPERATOR, effect_id, ruling, "again")
