"""What was known of a thing at a past moment: rebuilt from the history, with Coupang's last word by then.

A step counts from the time it names: that of the reading which showed it. Who belongs to whom is read as it
is known today; a claim that names a box counts from the time the claim itself began.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from app.coupang.errors import CoupangError
from app.coupang.orders.decode import Sheet, read_sheet_page
from app.engine.context import PURPOSE_EVIDENCE, Context
from app.engine.db.database import Connection
from app.engine.history import point_in_time_sql
from app.errors import Invalid, NotFound
from app.machines.cancels import UNANSWERED
from app.orders import lookup
from app.orders.lookup import Vendors
from app.vault import Sealed

_STATUS = {"cancel": "receiptStatus", "return": "receiptStatus", "exchange": "exchangeStatus"}
"""What Coupang calls the state of a claim in its answers."""


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
    """Rebuild what was known of a box, cancel, return or exchange at a moment.

    Raises:
        Invalid: The moment has not come yet.
        NotFound: No such thing for this caller, or it was not known yet; then it says since when it is.
    """
    if at > context.now():
        raise Invalid("this moment has not come yet", ("/at", "a time that is not in the future"))
    async with context.db.transaction() as tx:
        row = await _find(tx, vendor_ids, aggregate, aggregate_id)
        vendor_id = row["vendor_id"]
        since = await point_in_time_sql.begun_at(tx, vendor_id, aggregate, aggregate_id)
        if since is None or at < since:
            raise NotFound(
                f"this {aggregate} was not known yet",
                known_since=since.isoformat().replace("+00:00", "Z") if since else None,
            )
        belonging = await point_in_time_sql.lives_of(tx, vendor_id, aggregate, aggregate_id)
        own = (aggregate, aggregate_id)
        names = [own, *((one["aggregate"], one["aggregate_id"]) for one in belonging)]
        lives = states_at(await point_in_time_sql.steps_until(tx, vendor_id, names, at))
        parts: dict[str, list[dict[str, Any]]] = {"tracks": [], "effects": [], "related": []}
        for one in sorted(belonging, key=lambda one: (one["aggregate"], one["aggregate_id"])):
            life = lives.get((one["aggregate"], one["aggregate_id"]))
            if life is not None:
                parts[one["part"]].append(life)
        word = await point_in_time_sql.last_word(tx, vendor_id, aggregate, aggregate_id, at)
        told = {
            "vendor_id": vendor_id,
            "order_id": row["order_id"],
            "at": at,
            "known_since": since,
            "life": lives[own],
            **parts,
            "market": _word(context, aggregate, word) if word else None,
        }
        return {**told, **await _of_box(tx, vendor_id, own, at, parts["related"])}


async def _find(tx: Connection, vendor_ids: Vendors, aggregate: str, aggregate_id: int) -> dict[str, Any]:
    match aggregate:
        case "box":
            return await lookup.box(tx, vendor_ids, aggregate_id)
        case "exchange":
            return await lookup.exchange(tx, vendor_ids, aggregate_id)
        case _:
            return await lookup.receipt(tx, aggregate, vendor_ids, aggregate_id)


async def _of_box(
    tx: Connection, vendor_id: str, own: point_in_time_sql.Name, at: datetime, related: list[dict[str, Any]]
) -> dict[str, Any]:
    if own[0] != "box":
        return {"address_version": None, "holds": [], "hold_until": None, "stop_open": None}
    holds = await point_in_time_sql.holds_at(tx, vendor_id, own[1], at)
    return {
        "address_version": await point_in_time_sql.address_version_at(tx, vendor_id, own[1], at),
        "holds": holds,
        "hold_until": max((hold["expires_at"] for hold in holds), default=None),
        "stop_open": any(one["aggregate"] == "cancel" and one["state"] in UNANSWERED for one in related),
    }


def _word(context: Context, aggregate: str, word: Mapping[str, Any]) -> dict[str, Any]:
    """Open the answer that was read last, without personal data."""
    told = {"seen_at": word["at"], "evidence": word["evidence"].hex(), "status": None, "lines": None}
    if word["sealed"] is None:
        return told
    try:
        raw = context.vault.open_packed(word["sealed"], PURPOSE_EVIDENCE)
    except Sealed:
        return told
    if aggregate != "box":
        return {**told, "status": orjson.loads(raw).get(_STATUS[aggregate])}
    sheet = sheet_of(raw)
    if sheet is None:
        return told
    lines = [
        {
            "vendor_item_id": line.vendor_item_id,
            "ordered": line.ordered,
            "held": line.held,
            "cancelled": line.cancelled,
            "shippable": line.ordered - line.held - line.cancelled,
        }
        for line in sorted(sheet.lines, key=lambda line: line.vendor_item_id)
    ]
    return {**told, "status": sheet.status, "lines": lines}


def sheet_of(raw: bytes) -> Sheet | None:
    """Return the order sheet that was kept as evidence; None when it cannot be read (any more)."""
    try:
        row = read_sheet_page(b'{"code":200,"message":"","data":[' + raw + b"]}").row(0)
    except CoupangError:
        return None
    return row if isinstance(row, Sheet) else None
