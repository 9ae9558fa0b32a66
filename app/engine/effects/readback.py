"""Read back effects of unknown outcome: what Coupang shows decides; nothing is repeated on a guess."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.engine.context import PURPOSE_EVIDENCE, Context, until_fresh
from app.engine.effects import store as effect_store
from app.engine.effects.outbox import LOST, apply_confirmed, lock_subjects
from app.engine.effects.subjects import effect_step
from app.engine.effects.transitions import EffectMove, move_effects
from app.engine.effects.verdicts import Verdict
from app.engine.evidence import store as evidence_store
from app.engine.history import transitions
from app.machines.effects import EFFECT, EffectFacts, EffectState


async def doubtful(context: Context, vendor_id: str, *, most: int = 200) -> list[dict[str, Any]]:
    """Return effects of unknown outcome that are due to be read back, oldest first."""
    async with context.db.connection() as connection:
        return await effect_store.due(connection, vendor_id, EffectState.UNKNOWN, context.now(), most)


def silent_for(context: Context, effect: Mapping[str, Any], at: datetime) -> timedelta:
    """Return how long Coupang has had to show a change, when it was asked at a moment what it shows.

    Counted from the moment the outcome became uncertain, not from the sending: a call may last a minute and
    be applied after its time-out. The call of a killed worker may last as long. Counted up to the request
    that reads, not up to the verdict: between the two a machine may be suspended for hours.

    Args:
        context: What every use case is given.
        effect: Of unknown outcome, as `doubtful` returns it.
        at: The time before the first reading.
    """
    since: datetime = effect.get("doubted_at") or effect["sent_at"] or effect["asked_at"]
    if (
        effect["result_code"] == LOST
        and effect["sent_at"]
        and context.registry.effect_kinds[effect["kind"]].extended
    ):
        since = max(since, effect["sent_at"] + context.policy.call_lasts)
    return at - since


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reading says about one effect; `raw` is what Coupang showed."""

    effect: Mapping[str, Any]
    verdict: Verdict
    raw: bytes


async def settle(
    context: Context,
    vendor_id: str,
    epoch: int,
    effect: Mapping[str, Any],
    verdict: Verdict,
    raw: bytes,
) -> str:
    """Store what the reading says about one effect; return the state it is in now (see `settle_all`)."""
    found = await settle_all(context, vendor_id, epoch, [Finding(effect, verdict, raw)])
    return found.get(effect["effect_id"], "")


async def settle_all(
    context: Context, vendor_id: str, epoch: int, findings: Sequence[Finding]
) -> dict[int, str]:
    """Store what a reading says about effects of different boxes or claims; return their states by id.

    An effect that was sent too often without effect goes to review; one that may still show waits. One that
    was settled meanwhile stays as it is.
    """
    proofs = {one.effect["effect_id"]: context.vault.digest(one.raw) for one in findings}

    async def work() -> dict[int, str]:
        at = context.now()
        async with context.db.transaction() as tx:
            await transitions.fence(tx, vendor_id, epoch)
            await lock_subjects(context, tx, vendor_id, [one.effect for one in findings])
            present = {
                row["effect_id"]: row for row in await effect_store.by_ids(tx, vendor_id, list(proofs))
            }
            states = {effect_id: str(row["state"]) for effect_id, row in present.items()}
            doubts = [one for one in findings if states.get(one.effect["effect_id"]) == EffectState.UNKNOWN]
            if not doubts:
                return states
            tries = await effect_store.begin_attempts(
                tx,
                vendor_id,
                [one.effect["effect_id"] for one in doubts],
                purpose="readback",
                epoch=epoch,
                worker=context.worker,
                at=at,
            )
            kept, ended, moves, proven = [], [], [], []
            waiting: list[tuple[int, datetime]] = []
            for one in doubts:
                effect, verdict = present[one.effect["effect_id"]], one.verdict
                effect_id = effect["effect_id"]
                digest = proofs[effect_id]
                kept.append((digest, "readback", context.vault.seal_packed(one.raw, PURPOSE_EVIDENCE)))
                detail = verdict.told
                ended.append((tries[effect_id], verdict.event, detail, digest))
                if verdict.event == "wait":
                    pause = max(timedelta(seconds=30), min(at - effect["asked_at"], timedelta(minutes=10)))
                    waiting.append((effect_id, at + pause))
                    continue
                move = _move(context, effect, verdict, digest, at)
                moves.append(move)
                states[effect_id] = move.steps[-1].target
                if verdict.event == "prove":
                    proven.append({**effect, "result_code": verdict.code})
            await evidence_store.keep(tx, vendor_id, kept, at)
            await effect_store.end_attempts(tx, vendor_id, ended, at)
            if waiting:
                await effect_store.postpone_each(tx, vendor_id, waiting)
            await move_effects(tx, vendor_id, moves, at)
            await apply_confirmed(context, tx, vendor_id, proven, proofs, at)
            return states

    return await until_fresh(work)


def _move(
    context: Context, effect: Mapping[str, Any], verdict: Verdict, digest: bytes, at: datetime
) -> EffectMove:
    event = verdict.event
    if event == "disprove" and effect["attempts"] >= context.policy.tries_most:
        event = "give_up"
    cause = f"readback:{verdict.code}"
    step = effect_step(effect, event, EffectFacts(evidence=True), cause=cause, evidence=digest)
    return EffectMove(
        effect["effect_id"],
        effect["version"],
        (step,),
        not_before=at,
        result_code=verdict.code,
        result_message=verdict.message,
        sent=False if event == "disprove" else None,
        settled=step.target in EFFECT.finals,
    )
