"""Effects by hand."""

from datetime import datetime
from typing import Any

from app.backoffice.reviews import Ruling, settle_review
from app.engine.caller import Caller, Vendors
from app.engine.context import Context
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.effects.queries import require_effect
from app.engine.effects.transitions import EffectMove, move_effects
from app.engine.history import transitions
from app.engine.manual import Act, Given, ManualMoves, Row, Run
from app.machines.effects import CAUSES, EFFECT, EffectFacts


class Effect(ManualMoves):
    """A change asked of Coupang: a person drops it before it is sent, or rules on it in REVIEW."""

    name, rules = "effect", EFFECT
    words = frozenset({"drop"})

    def __init__(self) -> None:
        self.acts = {f"rule_{ruling}": Act(_rule(ruling), asks=False) for ruling in Ruling}

    async def load(self, tx: Connection, vendor_ids: Vendors, row_id: int) -> dict[str, Any]:
        """See `ManualMoves`."""
        found = await require_effect(tx, vendor_ids, row_id)
        return {
            **(await effect_store.by_ids(tx, found["vendor_id"], [row_id]))[0],
            "vendor_id": found["vendor_id"],
        }

    def facts(self, row: Row, event: str, given: Given | None, at: datetime) -> Any:
        """See `ManualMoves`."""
        return EffectFacts(reason=True)

    def beside(self, row: Row, event: str, given: Given | None, at: datetime) -> list[tuple[str, str]]:
        """See `ManualMoves`."""
        by = CAUSES[event]
        return [] if by == "operator" else [("not_by_hand", f"the {by} does this by itself, on evidence")]

    async def walk(
        self, context: Context, tx: Connection, caller: Caller, row_id: int, row: Row, step: transitions.Step
    ) -> None:
        """Drop it; nothing was sent, so its subject stays as it is."""
        move = EffectMove(
            row_id,
            row["version"],
            (step,),
            result_code="DROPPED",
            result_message=step.reason,
            settled=True,
        )
        await move_effects(tx, row["vendor_id"], [move], context.now())


def _rule(ruling: Ruling) -> Run:
    async def rule(context: Context, who: Caller, effect_id: int, given: Given) -> dict[str, Any]:
        return await settle_review(context, who, effect_id, ruling, who.reason or "")

    return rule
