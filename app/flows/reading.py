"""Read back effects of unknown outcome: what Coupang shows decides, never a repeat on belief."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from app.coupang.claims.types import Waybill
from app.coupang.orders.decode import ResultCode, Sheet
from app.flows.cancel_outcomes import read_answer, read_cancel
from app.flows.house import PURPOSE_EVIDENCE, House, until_fresh
from app.flows.outcomes import Kind, Verdict, read_back
from app.flows.return_outcomes import read_return
from app.flows.sending import LOST, apply_confirmed, lock_subjects
from app.flows.subjects import effect_step
from app.machines.cancels import CancelState
from app.machines.effects import EFFECT, EffectFacts
from app.machines.returns import ReturnState
from app.store import claims, doors, effects, evidence


async def doubtful(house: House, vendor_id: str, *, most: int = 200) -> list[dict[str, Any]]:
    """Return effects of unknown outcome that are due to be read back, oldest first."""
    async with house.db.connection() as connection:
        return await effects.due(connection, vendor_id, "UNKNOWN", house.now(), most)


_SHORT = frozenset({Kind.SHIP, Kind.CHANGE_INVOICE, Kind.CLOSE_UNDELIVERED})
"""Kinds whose call asks the gateway for no more time."""


def silent_for(house: House, effect: Mapping[str, Any], at: datetime) -> timedelta:
    """Return how long Coupang has had to show a change, when it was asked at a moment what it shows.

    Counted from the doubt, not from the sending: a call may last a minute, and what it asked for be applied
    when nobody waits for it any more. The call of a worker that died lasts as long. And up to the asking for
    what is shown, not up to the verdict: between the two a machine may be suspended for hours.

    Args:
        house: What every flow is given.
        effect: Of unknown outcome, as `doubtful` returns it.
        at: The time before the first reading.
    """
    since: datetime = effect.get("doubted_at") or effect["sent_at"] or effect["asked_at"]
    if effect["result_code"] == LOST and effect["sent_at"] and effect["kind"] not in _SHORT:
        since = max(since, effect["sent_at"] + house.policy.call_lasts)
    return at - since


Others = Mapping[int, tuple[int, int]]
"""Units by vendor item id that a customer had stopped, and those that a customer has asked to stop."""
NOBODY: Others = MappingProxyType({})


async def others_cancels(house: House, effect: Mapping[str, Any]) -> Others:
    """Return what customers had, or asked to have, stopped of a box since its seller's cancel was asked."""
    async with house.db.connection() as connection:
        rows = await claims.asked_to_stop(
            connection, effect["vendor_id"], effect["shipment_box_id"], effect["asked_at"]
        )
    return {row["vendor_item_id"]: (row["stopped"], row["requested"]) for row in rows}


def verdict_of(
    house: House,
    effect: Mapping[str, Any],
    sheets: list[Sheet],
    at: datetime,
    others: Others = NOBODY,
) -> Verdict:
    """Compare one effect with what was read since `at` (see `outcomes.read_back`)."""
    kind = Kind(effect["kind"])
    policy = house.policy
    within = policy.write_shows_within
    if kind is Kind.ACKNOWLEDGE:
        within = max(within, policy.acknowledge_shows_within)
    silent = silent_for(house, effect, at)
    # Anything but a code of Coupang's own is our word for an answer that was not one.
    if kind is Kind.SELLER_CANCEL:
        return read_cancel(effect["payload"], sheets, effect["shipment_box_id"], silent, within, others)
    said_no = effect["attempts"] == 1 and effect["result_code"] in set(ResultCode)
    return read_back(
        kind, effect["payload"], sheets, effect["shipment_box_id"], silent, within, said_no=said_no
    )


def verdict_of_answer(
    house: House, effect: Mapping[str, Any], shown: CancelState | None, at: datetime
) -> Verdict:
    """Compare one answer to a stop request with its receipt (see `cancel_outcomes.read_answer`)."""
    silent = silent_for(house, effect, at)
    return read_answer(Kind(effect["kind"]), shown, silent, house.policy.write_shows_within)


def verdict_of_return(
    house: House,
    effect: Mapping[str, Any],
    shown: ReturnState | None,
    waybills: Collection[Waybill],
    at: datetime,
) -> Verdict:
    """Compare one change of a return with its receipt (see `return_outcomes.read_return`)."""
    silent, within = silent_for(house, effect, at), house.policy.write_shows_within
    return read_return(Kind(effect["kind"]), effect["payload"], shown, waybills, silent, within)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reading says about one effect; `raw` is what Coupang showed."""

    effect: Mapping[str, Any]
    verdict: Verdict
    raw: bytes


async def settle(
    house: House,
    vendor_id: str,
    epoch: int,
    effect: Mapping[str, Any],
    verdict: Verdict,
    raw: bytes,
) -> str:
    """Store what the reading says about one effect; return the state it is in now (see `settle_all`)."""
    found = await settle_all(house, vendor_id, epoch, [Finding(effect, verdict, raw)])
    return found.get(effect["effect_id"], "")


async def settle_all(house: House, vendor_id: str, epoch: int, findings: Sequence[Finding]) -> dict[int, str]:
    """Store what a reading says about effects of different boxes or claims; return their states by id.

    An effect that was sent too often without effect goes to review; one that may still show waits. One that
    was settled meanwhile stays as it is.
    """
    proofs = {one.effect["effect_id"]: house.vault.digest(one.raw) for one in findings}

    async def work() -> dict[int, str]:
        at = house.now()
        async with house.db.transaction() as tx:
            await doors.fence(tx, vendor_id, epoch)
            await lock_subjects(tx, vendor_id, [one.effect for one in findings])
            present = {row["effect_id"]: row for row in await effects.by_ids(tx, vendor_id, list(proofs))}
            states = {effect_id: str(row["state"]) for effect_id, row in present.items()}
            doubts = [one for one in findings if states.get(one.effect["effect_id"]) == "UNKNOWN"]
            if not doubts:
                return states
            tries = await effects.begin_attempts(
                tx,
                vendor_id,
                [one.effect["effect_id"] for one in doubts],
                purpose="readback",
                epoch=epoch,
                worker=house.worker,
                at=at,
            )
            kept, ended, moves, proven = [], [], [], []
            waiting: list[tuple[int, datetime]] = []
            for one in doubts:
                effect, verdict = present[one.effect["effect_id"]], one.verdict
                effect_id = effect["effect_id"]
                digest = proofs[effect_id]
                kept.append((digest, "readback", house.vault.seal_packed(one.raw, PURPOSE_EVIDENCE)))
                detail = verdict.told
                ended.append((tries[effect_id], verdict.event, detail, digest))
                if verdict.event == "wait":
                    pause = max(timedelta(seconds=30), min(at - effect["asked_at"], timedelta(minutes=10)))
                    waiting.append((effect_id, at + pause))
                    continue
                move = _move(house, effect, verdict, digest, at)
                moves.append(move)
                states[effect_id] = move.steps[-1].target
                if verdict.event == "prove":
                    proven.append({**effect, "result_code": verdict.code})
            await evidence.keep(tx, vendor_id, kept, at)
            await effects.end_attempts(tx, vendor_id, ended, at)
            if waiting:
                await effects.postpone_each(tx, vendor_id, waiting)
            await doors.move_effects(tx, vendor_id, moves, at)
            await apply_confirmed(house, tx, vendor_id, proven, proofs, at)
            return states

    return await until_fresh(work)


def _move(
    house: House, effect: Mapping[str, Any], verdict: Verdict, digest: bytes, at: datetime
) -> doors.EffectMove:
    event = verdict.event
    if event == "disprove" and effect["attempts"] >= house.policy.tries_most:
        event = "give_up"
    cause = f"readback:{verdict.code}"
    step = effect_step(effect, event, EffectFacts(evidence=True), cause=cause, evidence=digest)
    return doors.EffectMove(
        effect["effect_id"],
        effect["version"],
        (step,),
        not_before=at,
        result_code=verdict.code,
        result_message=verdict.message,
        sent=False if event == "disprove" else None,
        settled=step.target in EFFECT.finals,
    )
