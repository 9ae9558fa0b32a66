"""What operators rule on effects that nobody could prove or disprove.

Every ruling needs a reason, and the statement is stored as evidence: the operator, not Coupang, says so.
"""

from enum import StrEnum
from typing import Any

from app.engine.caller import Caller
from app.engine.context import Context, until_fresh
from app.engine.effects import store as effect_store
from app.engine.effects.outbox import apply_confirmed
from app.engine.effects.queries import require_effect
from app.engine.evidence.statements import keep_statement
from app.engine.history import transitions
from app.engine.history.refusals import decide_effect
from app.engine.visits import leases
from app.machines.effects import EFFECT, EffectFacts


class Ruling(StrEnum):
    """What an operator found out about an effect in REVIEW."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    ABANDONED = "abandoned"


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
            found = await require_effect(tx, caller.vendor_ids, effect_id)
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
