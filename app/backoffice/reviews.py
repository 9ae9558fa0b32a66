"""What operators decide by hand: moves along the machine, readings on request, verdicts on doubtful effects.

Every decision needs a reason, and the operator's statement is stored as evidence: he, not Coupang, says so.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from app.engine.caller import Caller
from app.engine.context import PURPOSE_EVIDENCE, Context, until_fresh
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.effects.outbox import apply_confirmed
from app.engine.evidence import store as evidence_store
from app.engine.history import transitions
from app.engine.visits import leases
from app.machines.effects import EFFECT, EffectFacts
from app.orders import lookup
from app.orders import store as box_store
from app.orders.decide import decide_effect
from app.orders.queries import get_box


class Ruling(StrEnum):
    """What an operator found out about an effect in REVIEW."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    ABANDONED = "abandoned"


async def resync(context: Context, caller: Caller, shipment_box_id: int) -> dict[str, Any]:
    """Have a box read again by itself, with its history; return the box.

    Raises:
        NotFound: No such box for this caller.
    """
    at = context.now()
    async with context.db.transaction() as tx:
        box = await lookup.box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        await box_store.doubt(tx, box["vendor_id"], [shipment_box_id], at)
    await leases.wake(context, box["vendor_id"])
    return await get_box(context, caller.vendor_ids, shipment_box_id)


async def settle_review(
    context: Context, caller: Caller, effect_id: int, ruling: Ruling, reason: str
) -> dict[str, Any]:
    """Settle an effect that nobody could prove or disprove; return it.

    Applied fires the box's event as a confirmation would. Not applied sends it once more. Abandoned ends it.

    Raises:
        NotFound: No such effect for this caller.
        Refused: It is not in REVIEW.
    """

    async def work() -> dict[str, Any]:
        at = context.now()
        async with context.db.transaction() as tx:
            found = await lookup.effect(tx, caller.vendor_ids, effect_id)
            vendor_id = found["vendor_id"]
            effect = (await effect_store.by_ids(tx, vendor_id, [effect_id]))[0]
            move = decide_effect(effect["state"], f"rule_{ruling}", EffectFacts(reason=True))
            about = {"effect": str(effect_id), "ruling": ruling}
            digest = await keep_statement(context, tx, vendor_id, caller, about, reason, at)
            step = transitions.Step(
                move.event, move.source, move.target, caller.actor, "operator", digest, reason
            )
            settled = move.target in EFFECT.finals
            await transitions.move_effects(
                tx,
                vendor_id,
                [
                    transitions.EffectMove(
                        effect_id,
                        effect["version"],
                        (step,),
                        not_before=at,
                        result_code="RULED",
                        result_message=reason,
                        sent=False if ruling is Ruling.NOT_APPLIED else None,
                        settled=settled,
                    )
                ],
                at,
            )
            if ruling is Ruling.APPLIED:
                await apply_confirmed(context, tx, vendor_id, [effect], {effect["effect_id"]: digest}, at)
            if settled:
                # A verdict that is wrong is seen at once, while the person is still there.
                await context.registry.subjects[effect["subject"]].doubt(tx, vendor_id, [effect], at)
            ruled = await effect_store.find(tx, [vendor_id], effect_id)
            return ruled or found

    ruled = await until_fresh(work)
    await leases.wake(context, ruled["vendor_id"])
    return ruled


async def keep_statement(
    context: Context,
    tx: Connection,
    vendor_id: str,
    caller: Caller,
    about: Mapping[str, str],
    reason: str,
    at: datetime,
) -> bytes:
    """Keep what an operator stated, as evidence; return its digest."""
    said = orjson.dumps({"operator": caller.actor, "at": at, "about": about, "reason": reason})
    digest = context.vault.digest(said)
    sealed = context.vault.seal_packed(said, PURPOSE_EVIDENCE)
    await evidence_store.keep(tx, vendor_id, [(digest, "operator", sealed)], at)
    return digest
