"""Move anything by hand: explain what a person may do, and do it. One way for every aggregate.

`explain` and `move` judge with the same function, so what is listed as allowed is done and what is listed
as refused is refused by the same rules. Every move keeps the person's statement as evidence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.engine.caller import Caller
from app.engine.context import Context, until_fresh
from app.engine.db.database import Connection
from app.engine.effects import store as effect_store
from app.engine.evidence.statements import keep_statement
from app.engine.history import transitions
from app.engine.history.actions import STATE, judge, while_open
from app.engine.history.lists import history_of
from app.engine.manual import Given, ManualMoves
from app.engine.visits import leases
from app.errors import Invalid, Refused, Stale


async def explain(context: Context, caller: Caller, kind: str, row_id: int) -> dict[str, Any]:
    """Judge every event of one aggregate for a person: allowed, or refused by which rules.

    What an event needs (`takes`) is taken for granted.

    Args:
        context: What every use case is given.
        caller: Who asks.
        kind: A key of `Registry.manual`.
        row_id: Which one.

    Raises:
        Invalid: Nothing of this kind is moved by hand; names what is.
        NotFound: No such one for this caller.
    """
    what, at = _moves_of(context, kind), context.now()
    async with context.db.transaction() as tx:
        row = await what.load(tx, caller.vendor_ids, row_id)
        busy = await _busy(tx, what, row, row_id)
        items = [_judge(what, row, event, None, at, busy) for event in what.rules.events]
    return {**_shown(what, row, row_id), "items": items}


async def move(
    context: Context,
    caller: Caller,
    kind: str,
    row_id: int,
    event: str,
    reason: str,
    *,
    version: int | None = None,
    given: Given | None = None,
) -> dict[str, Any]:
    """Let one event happen by hand; return what became of it, with `effect` where Coupang is asked.

    Args:
        context: What every use case is given.
        caller: Who acts.
        kind: A key of `Registry.manual`.
        row_id: Which one.
        event: An event of its machine.
        reason: Why; kept with the step and as evidence of the person.
        version: Move only this version; None: the present one.
        given: What the event needs beside.

    Raises:
        Invalid: No such kind or event, or a field it does not take.
        NotFound: No such one for this caller.
        Stale: It has another version by now.
        Refused: A rule refuses; names it and what would unblock it.
        Conflict: What Coupang is asked for is refused by something else that is open.
    """
    what, given = _moves_of(context, kind), given or Given()
    _check(what, event, given)
    who = replace(caller, reason=reason)

    async def work() -> dict[str, Any] | None:
        at = context.now()
        async with context.db.transaction() as tx:
            row = await what.load(tx, caller.vendor_ids, row_id)
            if version is not None and version != row["version"]:
                raise Stale(
                    f"this {what.name} has version {row['version']} by now, read it again",
                    state=row["state"],
                    version=row["version"],
                )
            busy = await _busy(tx, what, row, row_id)
            judged = _judge(what, row, event, given, at, busy)
            if not judged["allowed"]:
                raise _refused(what, row, judged, busy, at)
            if event in what.acts:
                return None
            target = str(judged["target"])
            about = {what.name: str(row_id), "event": event}
            digest = await keep_statement(context, tx, row["vendor_id"], caller, about, reason, at)
            step = transitions.Step(event, row["state"], target, caller.actor, "operator", digest, reason)
            await what.walk(context, tx, caller, row_id, row, step)
            return await _moved(tx, what, caller, row_id)

    moved = await until_fresh(work)
    if moved is not None:
        await leases.wake(context, moved["vendor_id"])
        return {**moved, "effect": None}
    act = what.acts[event]
    done = await act.run(context, who, row_id, given)
    async with context.db.transaction() as tx:
        moved = await _moved(tx, what, caller, row_id)
        if act.asks:
            about = {what.name: str(row_id), "event": event, "effect": str(done["effect_id"])}
            await keep_statement(context, tx, moved["vendor_id"], caller, about, reason, context.now())
    return {**moved, "effect": done if act.asks else None}


def _moves_of(context: Context, kind: str) -> ManualMoves:
    moves = context.registry.manual
    if kind not in moves:
        known = ", ".join(f"'{name}'" for name in moves)
        raise Invalid("nothing of this kind is moved by hand", ("/aggregate", f"one of {known}"))
    return moves[kind]


def _check(what: ManualMoves, event: str, given: Given) -> None:
    if event not in what.rules.events:
        raise Invalid("unknown event", ("/event", f"one of {', '.join(what.rules.events)}"))
    act = what.acts.get(event)
    if foreign := sorted(given.values.keys() - set(act.takes if act else ())):
        raise Invalid(
            f"{event} does not take this", *((f"/{name}", f"{event} takes no {name}") for name in foreign)
        )
    if act is not None:
        act.check(given)


def _judge(
    what: ManualMoves,
    row: Mapping[str, Any],
    event: str,
    given: Given | None,
    at: datetime,
    busy: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Judge one event of a row: the machine's rules first, then who may let it happen."""
    facts = what.facts(row, event, given, at)
    target, refused = judge(what.rules, row["state"], event, facts)
    if target is not None and event in what.kept:
        read = f"POST /admin/v1/{what.reread}/{{id}}/resync reads it"
        told = f"your word is evidence but no proof; {read}"
        refused.append({"rule": "only_coupang_shows", "unblock": told})
    elif target is not None:
        refused += [{"rule": rule, "unblock": remedy} for rule, remedy in what.beside(row, event, given, at)]
        act = what.acts.get(event)
        if act is None and event not in what.words and not refused:
            told = "this follows by itself from what Coupang answers"
            refused.append({"rule": "not_by_hand", "unblock": told})
        if act is not None and act.asks:
            refused += while_open(busy)
    return {
        "event": event,
        "by": _way(what, event),
        "takes": list(what.acts[event].takes) if event in what.acts else [],
        "target": target,
        "allowed": not refused,
        "refused_by": refused,
    }


def _way(what: ManualMoves, event: str) -> str:
    if event in what.acts:
        return "asking" if what.acts[event].asks else "acting"
    return "word" if event in what.words else "nobody"


def _refused(
    what: ManualMoves,
    row: Mapping[str, Any],
    judged: Mapping[str, Any],
    busy: Mapping[str, Any] | None,
    at: datetime,
) -> Refused:
    event, missing = judged["event"], _without_state(judged["refused_by"])
    why = (
        f"needs {', '.join(one['rule'] for one in missing)}"
        if missing
        else f"is not possible in {row['state']}"
    )
    others = (_judge(what, row, other, None, at, busy) for other in what.rules.events)
    return Refused(
        f"{event} {why}",
        state=row["state"],
        event=event,
        missing=missing,
        allowed=[other["event"] for other in others if other["allowed"] and other["event"] != event],
    )


def _without_state(refused: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    return [dict(one) for one in refused if one["rule"] != STATE]


async def _busy(
    tx: Connection, what: ManualMoves, row: Mapping[str, Any], row_id: int
) -> dict[str, Any] | None:
    if what.subject is None:
        return None
    return await effect_store.find_open(tx, row["vendor_id"], row_id, what.subject)


async def _moved(tx: Connection, what: ManualMoves, caller: Caller, row_id: int) -> dict[str, Any]:
    row = await what.load(tx, caller.vendor_ids, row_id)
    steps = await history_of(tx, row["vendor_id"], what.name, row_id)
    return {**_shown(what, row, row_id), "step": steps[-1] if steps else None}


def _shown(what: ManualMoves, row: Mapping[str, Any], row_id: int) -> dict[str, Any]:
    return {
        "aggregate": what.name,
        "id": row_id,
        "vendor_id": row["vendor_id"],
        "state": row["state"],
        "version": row["version"],
    }
