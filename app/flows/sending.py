"""Take effects out to be sent, and settle what came back.

Every try is recorded before it leaves (`take`) and after it is answered (`settle`). What a dead visit left
in SENDING is of unknown outcome (`recover`) and is read back, never repeated blindly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.coupang.couriers import DIRECT
from app.coupang.errors import CoupangError, Rejected
from app.coupang.wire import Results
from app.flows.deciding import box_facts
from app.flows.house import PURPOSE_EVIDENCE, House, until_fresh
from app.flows.outcomes import Kind, Verdict, judge
from app.machines.effects import EFFECT, EffectFacts
from app.machines.kernel import Refused
from app.machines.orders import BOX, BoxFacts, BoxState, walk
from app.store import boxes, doors, effects, evidence
from app.store.database import Connection

MOST_BOXES = 50
"""Boxes that Coupang takes in one call."""
ALONE_AFTER = 2
"""Tries after which an effect is sent in a call of its own, so that one bad row cannot spoil its batch."""
ALONE = frozenset({Kind.CLOSE_UNDELIVERED})
"""Kinds of which Coupang takes one box a call."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Effects of one kind that are being sent, one per box, with the ids of their tries."""

    kind: Kind
    effects: tuple[dict[str, Any], ...]
    attempts: Mapping[int, int]
    at: datetime


def effect_step(
    effect: Mapping[str, Any],
    event: str,
    facts: EffectFacts,
    *,
    cause: str,
    evidence: bytes | None = None,
    actor: str = "us",
    reason: str | None = None,
) -> doors.Step:
    """Return the step of an effect, decided by its machine."""
    move = EFFECT.decide(effect["state"], event, facts)
    return doors.Step(move.event, move.source, move.target, actor, cause, evidence, reason)


async def recover(house: House, vendor_id: str, epoch: int) -> int:
    """Put what an earlier visit left in SENDING into UNKNOWN; return how many."""
    at = house.now()
    async with house.db.transaction() as tx:
        await doors.fence(tx, vendor_id, epoch)
        lost = await effects.due(tx, vendor_id, "SENDING", at + timedelta(days=36500), 500)
        moves = [
            doors.EffectMove(
                effect["effect_id"],
                effect["version"],
                (effect_step(effect, "doubt", EffectFacts(), cause="recovery: the sender was lost"),),
                not_before=at,
                result_code="LOST",
            )
            for effect in lost
        ]
        await doors.move_effects(tx, vendor_id, moves, at)
        return len(moves)


async def waiting(
    house: House, vendor_id: str, kind: Kind, only: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """Return up to 50 effects of a kind that are due, without taking them."""
    async with house.db.transaction() as tx:
        found = await _due(house, tx, vendor_id, kind)
    return found if only is None else [row for row in found if row["effect_id"] in only]


async def _due(house: House, tx: Connection, vendor_id: str, kind: Kind) -> list[dict[str, Any]]:
    company = {
        Kind.ACKNOWLEDGE: house.policy.acknowledge_linger,
        Kind.SHIP: house.policy.ship_linger,
    }.get(kind, timedelta(0))
    return await effects.due(tx, vendor_id, "PENDING", house.now(), MOST_BOXES, kind=kind, company=company)


async def postpone(house: House, vendor_id: str, epoch: int, effect_ids: Sequence[int]) -> None:
    """Look at these effects again in a minute: reading what they depend on failed."""
    async with house.db.transaction() as tx:
        await doors.fence(tx, vendor_id, epoch)
        await effects.postpone(tx, vendor_id, effect_ids, house.now() + timedelta(minutes=1))


async def take(
    house: House, vendor_id: str, epoch: int, kind: Kind, *, only: Sequence[int] | None = None
) -> Batch | None:
    """Move up to 50 due effects to SENDING and record their tries; None when there are none.

    Each is decided again on the box as it is now: what its machine refuses is dropped with the reason.

    Args:
        house: What every flow is given.
        vendor_id: Whose effects.
        epoch: The visit's fencing token.
        kind: One kind, because one call asks for one.
        only: Effects whose boxes were checked just now; others wait.
    """

    async def work() -> Batch | None:
        at = house.now()
        async with house.db.transaction() as tx:
            await doors.fence(tx, vendor_id, epoch)
            found = await _due(house, tx, vendor_id, kind)
            if only is not None:
                found = [effect for effect in found if effect["effect_id"] in only]
            if kind in ALONE or (found and found[0]["attempts"] >= ALONE_AFTER):
                found = found[:1]
            else:
                found = [effect for effect in found if effect["attempts"] < ALONE_AFTER]
            going, dropped = await _decide_again(tx, vendor_id, found, at)
            await doors.move_effects(tx, vendor_id, dropped, at)
            if not going:
                return None
            moves = [
                doors.EffectMove(
                    effect["effect_id"],
                    effect["version"],
                    (effect_step(effect, "send_out", EffectFacts(), cause=f"visit:{epoch}"),),
                    sent=True,
                )
                for effect in going
            ]
            await doors.move_effects(tx, vendor_id, moves, at)
            ids = [effect["effect_id"] for effect in going]
            attempts = await effects.begin_attempts(
                tx, vendor_id, ids, purpose="write", epoch=epoch, worker=house.worker, at=at
            )
            sent = tuple(
                {
                    **effect,
                    "state": "SENDING",
                    "version": effect["version"] + 1,
                    "attempts": effect["attempts"] + 1,
                }
                for effect in going
            )
            return Batch(kind, sent, attempts, at)

    # A batch may be all dropped; then the next one is taken, until none is left.
    for _ in range(20):
        batch = await until_fresh(work)
        if batch is not None or only is not None or not await waiting(house, vendor_id, kind):
            return batch
    return None


async def _decide_again(
    tx: Connection, vendor_id: str, found: Sequence[dict[str, Any]], at: datetime
) -> tuple[list[dict[str, Any]], list[doors.EffectMove]]:
    ids = [effect["shipment_box_id"] for effect in found]
    present = {row["shipment_box_id"]: row for row in await boxes.with_quantities(tx, vendor_id, ids)}
    going: list[dict[str, Any]] = []
    dropped: list[doors.EffectMove] = []
    for effect in found:
        box = present.get(effect["shipment_box_id"])
        try:
            if box is None or box["state"] != effect["box_state"]:
                raise Refused(box["state"] if box else "gone", effect["event"], (), ())
            direct = effect["payload"].get("courier_code") == DIRECT
            BOX.decide(box["state"], effect["event"], box_facts(box, at, waybill=True, direct=direct))
        except Refused as no:
            step = effect_step(
                effect, "drop", EffectFacts(reason=True), cause="decided again", reason=str(no)
            )
            dropped.append(
                doors.EffectMove(
                    effect["effect_id"],
                    effect["version"],
                    (step,),
                    result_code="REFUSED_HERE",
                    result_message=str(no),
                    settled=True,
                )
            )
        else:
            going.append(effect)
    return going, dropped


async def settle(house: House, vendor_id: str, epoch: int, batch: Batch, answer: Results) -> list[int]:
    """Store the answer and what it means for each effect and box.

    Returns:
        Boxes that must be read by themselves: the answer contradicts our picture of them.
    """
    digest = house.vault.digest(answer.raw)
    rows = {row.shipment_box_id: row for row in answer.rows}
    verdicts = {
        effect["effect_id"]: judge(batch.kind, rows.get(effect["shipment_box_id"]))
        for effect in batch.effects
    }
    await _settle(house, vendor_id, epoch, batch, verdicts, (digest, answer.raw))
    return [effect["shipment_box_id"] for effect in batch.effects if verdicts[effect["effect_id"]].reread]


async def settle_error(house: House, vendor_id: str, epoch: int, batch: Batch, error: CoupangError) -> None:
    """Store that the call failed: handed back when surely nothing was applied, doubtful otherwise.

    A plain no to a call that carried one box rejects it; to a call that carried several, each is sent
    alone next time, so that one bad row cannot reject the others.
    """
    code = type(error).__name__
    final = isinstance(error, Rejected) and len(batch.effects) == 1
    event = "doubt" if error.outcome == "unknown" else "reject" if final else "hand_back"
    digest = house.vault.digest(error.body)
    verdicts = {effect["effect_id"]: Verdict(event, code, str(error)) for effect in batch.effects}
    await _settle(house, vendor_id, epoch, batch, verdicts, (digest, error.body))


async def _settle(
    house: House,
    vendor_id: str,
    epoch: int,
    batch: Batch,
    verdicts: Mapping[int, Verdict],
    answer: tuple[bytes, bytes],
) -> None:
    digest, raw = answer
    facts = EffectFacts(evidence=True, not_applied=True)

    async def work() -> None:
        at = house.now()
        async with house.db.transaction() as tx:
            await doors.fence(tx, vendor_id, epoch)
            # Boxes before effects, as everywhere: whoever asks for a change holds its box already.
            await boxes.with_quantities(
                tx, vendor_id, [effect["shipment_box_id"] for effect in batch.effects]
            )
            sealed = house.vault.seal_packed(raw, PURPOSE_EVIDENCE)
            await evidence.keep(tx, vendor_id, [(digest, f"answer:{batch.kind}", sealed)], at)
            moves = [
                _effect_move(house, effect, verdicts[effect["effect_id"]], facts, digest, at)
                for effect in batch.effects
            ]
            await doors.move_effects(tx, vendor_id, moves, at)
            confirmed = [
                effect for effect in batch.effects if verdicts[effect["effect_id"]].event == "confirm"
            ]
            await apply_confirmed(house, tx, vendor_id, confirmed, digest, at)
            reread = [
                effect["shipment_box_id"] for effect in batch.effects if verdicts[effect["effect_id"]].reread
            ]
            if reread:
                await boxes.doubt(tx, vendor_id, reread, at)
            ended = [
                (
                    batch.attempts[effect_id],
                    verdict.event,
                    f"{verdict.code} {verdict.message}".strip(),
                    digest,
                )
                for effect_id, verdict in verdicts.items()
            ]
            await effects.end_attempts(tx, vendor_id, ended, at)

    await until_fresh(work)


def _effect_move(
    house: House,
    effect: Mapping[str, Any],
    verdict: Verdict,
    facts: EffectFacts,
    digest: bytes,
    at: datetime,
) -> doors.EffectMove:
    step = effect_step(effect, verdict.event, facts, cause=f"answer:{verdict.code}", evidence=digest)
    pause = timedelta(seconds=30) * min(2 ** effect["attempts"], 32)
    return doors.EffectMove(
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
    house: House,
    tx: Connection,
    vendor_id: str,
    confirmed: Sequence[Mapping[str, Any]],
    digest: bytes,
    at: datetime,
) -> None:
    """Fire the box events of confirmed effects, in the caller's transaction."""
    if not confirmed:
        return
    ids = [effect["shipment_box_id"] for effect in confirmed]
    present = {row["shipment_box_id"]: row for row in await boxes.with_quantities(tx, vendor_id, ids)}
    moves: list[doors.BoxMove] = []
    doubtful: list[int] = []
    waybills: list[tuple[int, str | None, str | None, bool]] = []
    for effect in confirmed:
        box, payload = present.get(effect["shipment_box_id"]), effect["payload"]
        if box is None:
            continue
        steps = _confirmed_steps(box, effect, digest, at)
        if steps:
            reached = BoxState(steps[-1].target)
            due = house.policy.next_read(reached, box["address_final"], at)
            moves.append(doors.BoxMove(box["shipment_box_id"], box["version"], steps, due))
        if payload.get("part"):
            # The shipped part now lives under a new box id: read the order to find it.
            waybills.append((box["shipment_box_id"], None, None, True))
            doubtful.append(box["shipment_box_id"])
        elif "courier_code" in payload:
            waybills.append(
                (box["shipment_box_id"], payload["courier_code"], payload["invoice_number"], False)
            )
    await doors.move_boxes(tx, vendor_id, moves, at)
    if waybills:
        await boxes.set_waybills(tx, vendor_id, waybills)
    if doubtful:
        await boxes.doubt(tx, vendor_id, doubtful, at)


def _confirmed_steps(
    box: Mapping[str, Any], effect: Mapping[str, Any], digest: bytes, at: datetime
) -> tuple[doors.Step, ...]:
    cause = f"effect:{effect['effect_id']}"
    direct = effect["payload"].get("courier_code") == DIRECT
    try:
        move = BOX.decide(
            box["state"], effect["event"], box_facts(box, at, waybill=True, direct=direct, proven=True)
        )
    except Refused:
        # Coupang has done it although our guards would refuse by now (a cancel came in between), or the
        # box was seen further on already: walk the observed road, if there is one.
        targets = {target for _, event, target in BOX.edges() if event == effect["event"]}
        target = BoxState(next(iter(targets)))
        if (box["state"], effect["event"], box["state"]) in BOX.edges():
            # A split leaves the rest where it was: no road, but a step that must be told.
            return (doors.Step(effect["event"], box["state"], box["state"], "us", cause, digest),)
        road = walk(BoxState(box["state"]), target, BoxFacts()) or ()
        return tuple(doors.Step(m.event, m.source, m.target, "coupang", cause, digest) for m in road)
    return (doors.Step(move.event, move.source, move.target, "us", cause, digest),)
