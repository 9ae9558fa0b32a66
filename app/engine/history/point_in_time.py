"""What was known of a thing at a past moment: rebuilt from the history, with Coupang's last word by then.

A step counts from the time it names: that of the reading which showed it. Who belongs to whom is read as it
is known today; a claim that names a box counts from the time the claim itself began.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.engine.caller import Vendors
from app.engine.context import PURPOSE_EVIDENCE, Context
from app.engine.family import PastView
from app.engine.history import point_in_time_sql
from app.errors import Invalid, NotFound
from app.vault import Sealed

_OF_BOX: Mapping[str, Any] = {"address_version": None, "holds": [], "hold_until": None, "stop_open": None}
"""What is told of boxes alone."""


def states_at(steps: Iterable[Mapping[str, Any]]) -> dict[point_in_time_sql.Name, dict[str, Any]]:
    """Return where each aggregate is after these steps (each one's in order), and what led there."""
    lives: dict[point_in_time_sql.Name, dict[str, Any]] = {}
    for step in steps:
        name = (step["aggregate"], step["aggregate_id"])
        lives[name] = {
            "aggregate": step["aggregate"],
            "aggregate_id": step["aggregate_id"],
            "state": step["target"],
            "version": step["version"],
            "state_at": step["at"],
            "event": step["event"],
            "actor": step["actor"],
            "cause": step["cause"],
        }
    return lives


async def moment(
    context: Context, vendor_ids: Vendors, aggregate: str, aggregate_id: int, at: datetime
) -> dict[str, Any]:
    """Rebuild what was known of something that a family shows as it was (`Family.past_views`).

    Args:
        context: What every use case is given.
        vendor_ids: What the caller may know of.
        aggregate: Its name, as in `PastView.aggregate`.
        aggregate_id: Which one.
        at: A moment that is over.

    Raises:
        Invalid: The moment has not come yet.
        NotFound: No such thing for this caller, or it was not known yet; then it says since when it is.
    """
    if at > context.now():
        raise Invalid("this moment has not come yet", ("/at", "a time that is not in the future"))
    view = context.registry.past_views[aggregate]
    async with context.db.transaction() as tx:
        row = await view.find(tx, vendor_ids, aggregate_id)
        vendor_id = row["vendor_id"]
        since = await point_in_time_sql.begun_at(tx, vendor_id, aggregate, aggregate_id)
        if since is None or at < since:
            raise NotFound(
                f"this {aggregate} was not known yet",
                known_since=since.isoformat().replace("+00:00", "Z") if since else None,
            )
        belonging = await point_in_time_sql.lives_of(
            tx, context.registry.belonging[aggregate], vendor_id, aggregate_id
        )
        own = (aggregate, aggregate_id)
        names = [own, *((one["aggregate"], one["aggregate_id"]) for one in belonging)]
        lives = states_at(await point_in_time_sql.steps_until(tx, vendor_id, names, at))
        parts: dict[str, list[dict[str, Any]]] = {"tracks": [], "effects": [], "related": []}
        for one in sorted(belonging, key=lambda one: (one["aggregate"], one["aggregate_id"])):
            life = lives.get((one["aggregate"], one["aggregate_id"]))
            if life is not None:
                parts[one["part"]].append(life)
        word = await point_in_time_sql.last_word(tx, vendor_id, view, aggregate_id, at)
        told = {
            "vendor_id": vendor_id,
            "order_id": row["order_id"],
            "at": at,
            "known_since": since,
            "life": lives[own],
            **parts,
            "market": _word(context, view, word) if word else None,
        }
        more = await view.more(tx, vendor_id, aggregate_id, at, parts["related"]) if view.more else {}
        return {**told, **_OF_BOX, **more}


def _word(context: Context, view: PastView, word: Mapping[str, Any]) -> dict[str, Any]:
    """Open the answer that was read last; of a person in it nothing is told."""
    told = {"seen_at": word["at"], "evidence": word["evidence"].hex(), "status": None, "lines": None}
    if word["sealed"] is None:
        return told
    try:
        raw = context.vault.open_packed(word["sealed"], PURPOSE_EVIDENCE)
    except Sealed:
        return told
    return {**told, **view.word(raw)}
