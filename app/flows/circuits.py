"""Silence towards Coupang: for a vendor, its key, or everybody; for how long, and who tries first.

    429                          the vendor, from a minute on
    302                          the vendor, from ten minutes on; a second vendor's at that time: everybody
    HTML 403                     everybody: Coupang's edge judges the address
    401, 403, 410, 423           the key, until it is replaced
    a burst of failing calls     the vendor, from half a minute on

Each pause ends with one call of one vendor. Only its answer lets the others speak; without one the pause
is twice as long. So a ban is asked about a few times a day, never prolonged.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from app.coupang.errors import Blocked, CoupangError, Denied, Throttled
from app.errors import Forbidden
from app.flows.asking import Caller
from app.flows.house import House
from app.flows.turns import Turn, keys_of
from app.store import circuits, desk, doors, vendors
from app.store.database import Connection

log = logging.getLogger(__name__)
ASKED_MOST = timedelta(days=1)
"""However long Coupang asks us to wait; who tries once a day prolongs no ban."""


def kind_of(error: CoupangError) -> str:
    """Return why an error silences us: `throttled`, `blocked`, `denied` or `errors`."""
    if isinstance(error, Throttled):
        return "throttled"
    if isinstance(error, Blocked):
        return "blocked"
    return "denied" if isinstance(error, Denied) else "errors"


async def stop(house: House, turn: Turn, error: CoupangError) -> datetime | None:
    """Fall silent, longer with each consecutive time; return until when.

    Returns:
        None when the refused key is none any more: it was replaced while this visit spoke with it.

    Raises:
        Fenced: A newer visit speaks for this vendor.
    """
    at, kind, reason = house.now(), kind_of(error), str(error)
    async with house.db.transaction() as tx:
        await doors.fence(tx, turn.vendor_id, turn.epoch)
        until = at + _pause(house, kind, turn.stops, error)
        wide = error.stop == "everything"
        replaced = kind == "denied" and await _is_replaced(house, tx, turn)
        if not wide and not replaced:
            await vendors.stop(tx, turn.vendor_id, until, kind, reason)
            wide = kind == "blocked" and await circuits.blocked_others(tx, turn.vendor_id, at) > 0
        if wide or (turn.probing and kind in ("blocked", "errors")):
            open_now = await circuits.find(tx)
            trips = open_now["trips"] if open_now and _recent(house, open_now, at) else 0
            until = at + _pause(house, kind, trips, error)
            await circuits.trip(tx, at, until, turn.vendor_id, reason, trips + 1)
            log.warning("everybody is silent until %s", until.isoformat())
        elif turn.probing:
            # A 429 or a refused key is this vendor's own; the door itself is open again.
            await _reopen(tx, turn, at)
    return None if replaced else until


async def answered(house: House, turn: Turn) -> None:
    """Let everybody speak again: the probing call was answered.

    A vendor's own stops are forgotten at the end of its visit, not here: one good answer is not enough.
    """
    if turn.probing:
        async with house.db.transaction() as tx:
            await _reopen(tx, turn, house.now())


async def report(house: House, caller: Caller) -> dict[str, Any]:
    """Return who is silent towards Coupang, why, until when, and who tries."""
    only = None if caller.vendor_ids is None else list(caller.vendor_ids)
    at = house.now()
    async with house.db.connection() as connection:
        everything = await circuits.find(connection)
        stopped = await circuits.stopped(connection, only)
    shown = {name: value for name, value in (everything or {}).items() if name != "name"}
    if only is not None and shown:
        # Which vendor met it is not for the eyes of another seller's key.
        shown |= {name: shown[name] if shown[name] in only else None for name in ("opened_by", "probing")}
    return {
        "everything": shown if everything and everything["closed_at"] is None else None,
        "vendors": [row | {"probing": row["stopped_until"] <= at} for row in stopped],
    }


async def close(house: House, caller: Caller) -> dict[str, Any]:
    """End everybody's silence on an operator's word: the next tick speaks.

    Raises:
        Forbidden: The key is restricted to some vendors.
    """
    if caller.vendor_ids is not None:
        raise Forbidden("this key is restricted to its vendors; the circuit is everybody's")
    async with house.db.transaction() as tx:
        found, at = await circuits.find(tx), house.now()
        if await circuits.close(tx, at) and found is not None:
            await desk.note(
                tx,
                actor=caller.actor,
                action="circuit.close",
                subject="circuit:everything",
                vendor_ids=None,
                detail={"reason": found["reason"], "until": found["until"].isoformat()},
                at=at,
            )
    return await report(house, caller)


async def _reopen(tx: Connection, turn: Turn, at: datetime) -> None:
    if await circuits.close(tx, at):
        log.info("everybody speaks again: a call of vendor %s was answered", turn.vendor_id)


def _pause(house: House, kind: str, stops: int, error: CoupangError) -> timedelta:
    asked = timedelta(seconds=min(error.retry_after_s or 0.0, ASKED_MOST.total_seconds()))
    pause = max(house.policy.circuit.pause(kind, stops), asked)
    # Bans run in real time, so a fast clock stretches the pause accordingly.
    return pause * max(1.0, house.clock.factor)


async def _is_replaced(house: House, tx: Connection, turn: Turn) -> bool:
    row = await vendors.find(tx, turn.vendor_id)
    return row is not None and keys_of(house, row) != (turn.access_key, turn.secret_key)


def _recent(house: House, circuit: dict[str, Any], at: datetime) -> bool:
    closed: datetime | None = circuit["closed_at"]
    return closed is None or at - closed < timedelta(hours=1) * max(1.0, house.clock.factor)
