"""What operators decide by hand: moves along the machine, readings on request, verdicts on doubtful effects.

Every decision needs a reason, and the operator's statement is stored as evidence: he, not Coupang, says so.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from app.flows import lookups, turns
from app.flows.asking import Caller
from app.flows.deciding import decide_effect
from app.flows.house import PURPOSE_EVIDENCE, House, until_fresh
from app.flows.reports import get_box
from app.flows.sending import apply_confirmed
from app.flows.subjects import SUBJECTS
from app.machines.effects import EFFECT, EffectFacts
from app.store import boxes, doors, effects, evidence
from app.store.database import Connection


class Ruling(StrEnum):
    """What an operator found out about an effect in REVIEW."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    ABANDONED = "abandoned"


async def resync(house: House, caller: Caller, shipment_box_id: int) -> dict[str, Any]:
    """Have a box read again by itself, with its history; return the box.

    Raises:
        NotFound: No such box for this caller.
    """
    at = house.now()
    async with house.db.transaction() as tx:
        box = await lookups.box(tx, caller.vendor_ids, shipment_box_id, lock=True)
        await boxes.doubt(tx, box["vendor_id"], [shipment_box_id], at)
    await turns.wake(house, box["vendor_id"])
    return await get_box(house, caller.vendor_ids, shipment_box_id)


async def rule(house: House, caller: Caller, effect_id: int, ruling: Ruling, reason: str) -> dict[str, Any]:
    """Settle an effect that nobody could prove or disprove; return it.

    Applied fires the box's event as a confirmation would. Not applied sends it once more. Abandoned ends it.

    Raises:
        NotFound: No such effect for this caller.
        Refused: It is not in REVIEW.
    """

    async def work() -> dict[str, Any]:
        at = house.now()
        async with house.db.transaction() as tx:
            found = await lookups.effect(tx, caller.vendor_ids, effect_id)
            vendor_id = found["vendor_id"]
            effect = (await effects.by_ids(tx, vendor_id, [effect_id]))[0]
            move = decide_effect(effect["state"], f"rule_{ruling}", EffectFacts(reason=True))
            about = {"effect": str(effect_id), "ruling": ruling}
            digest = await state(house, tx, vendor_id, caller, about, reason, at)
            step = doors.Step(move.event, move.source, move.target, caller.actor, "operator", digest, reason)
            settled = move.target in EFFECT.finals
            await doors.move_effects(
                tx,
                vendor_id,
                [
                    doors.EffectMove(
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
                await apply_confirmed(house, tx, vendor_id, [effect], {effect["effect_id"]: digest}, at)
            if settled:
                # A verdict that is wrong is seen at once, while the person is still there.
                await SUBJECTS[effect["subject"]].doubt(tx, vendor_id, [effect], at)
            ruled = await effects.find(tx, [vendor_id], effect_id)
            return ruled or found

    ruled = await until_fresh(work)
    await turns.wake(house, ruled["vendor_id"])
    return ruled


async def state(
    house: House,
    tx: Connection,
    vendor_id: str,
    caller: Caller,
    about: Mapping[str, str],
    reason: str,
    at: datetime,
) -> bytes:
    """Keep what an operator stated, as evidence; return its digest."""
    said = orjson.dumps({"operator": caller.actor, "at": at, "about": about, "reason": reason})
    digest = house.vault.digest(said)
    sealed = house.vault.seal_packed(said, PURPOSE_EVIDENCE)
    await evidence.keep(tx, vendor_id, [(digest, "operator", sealed)], at)
    return digest
