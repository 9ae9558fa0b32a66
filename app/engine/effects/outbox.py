"""Take effects out to be sent, and settle what came back.

Every try is recorded before it is sent (`take`) and after it is answered (`settle`). What a killed visit left
in SENDING is of unknown outcome (`recover`) and is read back before anything is repeated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.coupang.errors import CoupangError
from app.engine.context import PURPOSE_EVIDENCE, Context, until_fresh
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.effects.subjects import Proofs, Rows, effect_step
from app.engine.effects.transitions import EffectMove, move_effects
from app.engine.effects.verdicts import Verdict, judge_error
from app.engine.evidence import store as evidence_store
from app.engine.history import transitions
from app.machines.effects import EFFECT, EffectFacts, EffectState
from app.machines.kernel import Refused

LOST = "LOST"
"""Code of a change whose sender was killed before it stored the answer."""
ALONE_AFTER = 2
"""Tries after which an effect is sent in a call of its own, so that one bad row cannot spoil its batch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Effects of one kind that are being sent, one per box, with the ids of their tries."""

    kind: str
    effects: tuple[dict[str, Any], ...]
    attempts: Mapping[int, int]
    at: datetime


async def recover(context: Context, vendor_id: str, epoch: int) -> int:
    """Put what an earlier visit left in SENDING into UNKNOWN; return how many."""
    at = context.now()
    ever = at + timedelta(days=36500)
    async with context.db.connection() as connection:
        # An earlier visit can put nothing more there since this one has begun.
        if not await effect_store.kinds_due(connection, vendor_id, EffectState.SENDING, ever):
            return 0
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        lost = await effect_store.due(tx, vendor_id, EffectState.SENDING, ever, 500, lock=True)
        moves = [
            EffectMove(
                effect["effect_id"],
                effect["version"],
                (effect_step(effect, "doubt", EffectFacts(), cause="recovery: the sender was lost"),),
                not_before=at,
                result_code=LOST,
            )
            for effect in lost
        ]
        await move_effects(tx, vendor_id, moves, at)
        return len(moves)


async def kinds_due(context: Context, vendor_id: str) -> set[str]:
    """Return the kinds of which something is due; most visits find nothing, and so lock nothing."""
    async with context.db.connection() as connection:
        return await effect_store.kinds_due(connection, vendor_id, EffectState.PENDING, context.now())


async def waiting(
    context: Context, vendor_id: str, kind: str, only: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """Return up to 50 effects of a kind that are due, without taking them."""
    async with context.db.connection() as connection:
        found = await _due(context, connection, vendor_id, kind)
    return found if only is None else [row for row in found if row["effect_id"] in only]


async def _due(
    context: Context, connection: Connection, vendor_id: str, kind: str, *, lock: bool = False
) -> list[dict[str, Any]]:
    declared = context.registry.effect_kinds[kind]
    at = context.now()
    return await effect_store.due(
        connection,
        vendor_id,
        EffectState.PENDING,
        at,
        declared.most,
        kind=kind,
        company=declared.linger(context.policy),
        lock=lock,
    )


async def postpone(context: Context, vendor_id: str, epoch: int, effect_ids: Sequence[int]) -> None:
    """Look at these effects again in a minute: reading what they depend on failed."""
    async with context.db.transaction() as tx:
        await transitions.fence(tx, vendor_id, epoch)
        await effect_store.postpone(tx, vendor_id, effect_ids, context.now() + timedelta(minutes=1))


async def take(
    context: Context, vendor_id: str, epoch: int, kind: str, *, only: Sequence[int] | None = None
) -> Batch | None:
    """Move up to 50 due effects to SENDING and record their tries; None when there are none.

    Each is decided again on the box as it is now: what its machine refuses is dropped with the reason.

    Args:
        context: What every use case is given.
        vendor_id: Whose effects.
        epoch: The visit's fencing token.
        kind: One kind, because one call asks for one.
        only: Effects whose boxes were checked just now; others wait.
    """

    async def work() -> tuple[Batch | None, bool]:
        """Return the batch, and whether anything was due at all."""
        at = context.now()
        async with context.db.transaction() as tx:
            await transitions.fence(tx, vendor_id, epoch)
            found = await _due(context, tx, vendor_id, kind, lock=True)
            if only is not None:
                found = [effect for effect in found if effect["effect_id"] in only]
            if not found:
                return None, False
            if found[0]["attempts"] >= ALONE_AFTER:
                found = found[:1]
            else:
                found = [effect for effect in found if effect["attempts"] < ALONE_AFTER]
            going, dropped = await _decide_again(context, tx, vendor_id, found, at)
            await move_effects(tx, vendor_id, dropped, at)
            if not going:
                return None, True
            moves = [
                EffectMove(
                    effect["effect_id"],
                    effect["version"],
                    (effect_step(effect, "send_out", EffectFacts(), cause=f"visit:{epoch}"),),
                    sent=True,
                )
                for effect in going
            ]
            await move_effects(tx, vendor_id, moves, at)
            ids = [effect["effect_id"] for effect in going]
            attempts = await effect_store.begin_attempts(
                tx, vendor_id, ids, purpose="write", epoch=epoch, worker=context.worker, at=at
            )
            sent = tuple(
                {
                    **effect,
                    "state": str(EffectState.SENDING),
                    "version": effect["version"] + 1,
                    "attempts": effect["attempts"] + 1,
                }
                for effect in going
            )
            return Batch(kind, sent, attempts, at), True

    # A batch may be all dropped; then the next one is taken, until none is left.
    for _ in range(20):
        batch, was_due = await until_fresh(work)
        if batch is not None or only is not None or not was_due:
            return batch
    return None


async def _decide_again(
    context: Context, tx: Connection, vendor_id: str, found: Sequence[dict[str, Any]], at: datetime
) -> tuple[list[dict[str, Any]], list[EffectMove]]:
    subjects = context.registry.subjects
    present = await lock_subjects(context, tx, vendor_id, found)
    forbidden: dict[int, str] = {}
    for name, subject in subjects.items():
        if mine := [effect for effect in found if effect["subject"] == name]:
            forbidden |= await subject.forbidden(tx, vendor_id, mine, at)
    going: list[dict[str, Any]] = []
    dropped: list[EffectMove] = []
    for effect in found:
        subject = subjects[effect["subject"]]
        row = present[effect["subject"]].get(effect["subject_id"])
        try:
            if row is None or (subject.pinned and row["state"] != effect["box_state"]):
                raise Refused(row["state"] if row else "gone", effect["event"], (), ())
            subject.decide(row, effect, at)
            if rule := forbidden.get(effect["effect_id"]):
                raise Refused(row["state"], effect["event"], (rule,), ())
        except Refused as no:
            step = effect_step(
                effect, "drop", EffectFacts(reason=True), cause="decided again", reason=str(no)
            )
            dropped.append(
                EffectMove(
                    effect["effect_id"],
                    effect["version"],
                    (step,),
                    result_code="REFUSED_HERE",
                    result_message=str(no),
                    settled=True,
                )
            )
        else:
            payload = subject.payload_now(row, effect)
            if payload != effect["payload"]:
                await effect_store.rewrite(tx, vendor_id, effect["effect_id"], payload)
            going.append({**effect, "payload": payload})
    return going, dropped


async def settle(
    context: Context,
    vendor_id: str,
    epoch: int,
    batch: Batch,
    verdicts: Mapping[int, Verdict],
    raw: bytes,
) -> None:
    """Store an answer and what it means for each effect, by effect id."""
    await _settle(context, vendor_id, epoch, batch, verdicts, (context.vault.digest(raw), raw))


async def settle_error(
    context: Context, vendor_id: str, epoch: int, batch: Batch, error: CoupangError
) -> None:
    """Store that the call failed (see `outcomes.judge_error`)."""
    digest = context.vault.digest(error.body)
    verdict = judge_error(error, alone=len(batch.effects) == 1)
    verdicts = {effect["effect_id"]: verdict for effect in batch.effects}
    await _settle(context, vendor_id, epoch, batch, verdicts, (digest, error.body))


async def settle_verdict(
    context: Context, vendor_id: str, epoch: int, batch: Batch, verdict: Verdict, raw: bytes
) -> None:
    """Store what an answer means for the one effect of a batch."""
    verdicts = {effect["effect_id"]: verdict for effect in batch.effects}
    await _settle(context, vendor_id, epoch, batch, verdicts, (context.vault.digest(raw), raw))


async def _settle(
    context: Context,
    vendor_id: str,
    epoch: int,
    batch: Batch,
    verdicts: Mapping[int, Verdict],
    answer: tuple[bytes, bytes],
) -> None:
    digest, raw = answer
    facts = EffectFacts(evidence=True, not_applied=True)

    async def work() -> None:
        at = context.now()
        async with context.db.transaction() as tx:
            await transitions.fence(tx, vendor_id, epoch)
            await lock_subjects(context, tx, vendor_id, batch.effects)
            sealed = context.vault.seal_packed(raw, PURPOSE_EVIDENCE)
            await evidence_store.keep(tx, vendor_id, [(digest, f"answer:{batch.kind}", sealed)], at)
            moves = [
                _effect_move(context, effect, verdicts[effect["effect_id"]], facts, digest, at)
                for effect in batch.effects
            ]
            await move_effects(tx, vendor_id, moves, at)
            confirmed = [
                {**effect, "result_code": verdict.code}
                for effect in batch.effects
                if (verdict := verdicts[effect["effect_id"]]).event == "confirm"
            ]
            await apply_confirmed(context, tx, vendor_id, confirmed, dict.fromkeys(verdicts, digest), at)
            reread = [effect for effect in batch.effects if verdicts[effect["effect_id"]].reread]
            for name, subject in context.registry.subjects.items():
                if mine := [effect for effect in reread if effect["subject"] == name]:
                    await subject.doubt(tx, vendor_id, mine, at)
            ended = [
                (
                    batch.attempts[effect_id],
                    verdict.event,
                    verdict.told,
                    digest,
                )
                for effect_id, verdict in verdicts.items()
            ]
            await effect_store.end_attempts(tx, vendor_id, ended, at)

    await until_fresh(work)


def _effect_move(
    context: Context,
    effect: Mapping[str, Any],
    verdict: Verdict,
    facts: EffectFacts,
    digest: bytes,
    at: datetime,
) -> EffectMove:
    step = effect_step(effect, verdict.event, facts, cause=f"answer:{verdict.code}", evidence=digest)
    pause = timedelta(seconds=30) * min(2 ** effect["attempts"], 32)
    return EffectMove(
        effect["effect_id"],
        effect["version"],
        (step,),
        not_before=at + pause if verdict.event == "hand_back" else at,
        result_code=verdict.code,
        result_message=verdict.message,
        sent=False if verdict.event == "hand_back" else None,
        settled=step.target in EFFECT.finals,
    )


async def apply_confirmed(
    context: Context,
    tx: Connection,
    vendor_id: str,
    confirmed: Sequence[Mapping[str, Any]],
    proofs: Proofs,
    at: datetime,
) -> None:
    """Move what confirmed effects have changed, in the caller's transaction."""
    for name, subject in context.registry.subjects.items():
        if mine := [effect for effect in confirmed if effect["subject"] == name]:
            await subject.confirm(context, tx, vendor_id, mine, proofs, at)


async def lock_subjects(
    context: Context, tx: Connection, vendor_id: str, found: Sequence[Mapping[str, Any]]
) -> Mapping[str, Rows]:
    """Lock what these effects are about, before the effects: requests for changes use the same order."""
    locked: dict[str, Rows] = {}
    for name, subject in context.registry.in_lock_order:
        if mine := [effect for effect in found if effect["subject"] == name]:
            locked[name] = await subject.lock(tx, vendor_id, mine)
    return locked
