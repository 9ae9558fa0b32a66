"""What a ship permit is worth, and whether a waybill may be asked for with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app import errors
from app.engine.db.database import Connection
from app.orders.permits import store as permit_store

RULE = "permit_valid"
_WHY = {
    "ASKED": "it is not answered yet; follow it until it is",
    "REFUSED": "it was refused: {refused_reason}",
    "REVOKED": "it was revoked: {revoked_reason}",
    "EXPIRED": "its time is over; ask for another",
    "REPLACED": "a newer permit of this box was asked for; use that one",
}


def state_of(permit: Mapping[str, Any], newest_fence: int, at: datetime) -> str:
    """Return what a permit is worth: ASKED, REFUSED, REVOKED, EXPIRED, REPLACED or VALID."""
    if permit["refused_at"]:
        return "REFUSED"
    if permit["issued_at"] is None:
        return "ASKED"
    if permit["revoked_at"]:
        return "REVOKED"
    if permit["expires_at"] <= at:
        return "EXPIRED"
    return "VALID" if permit["fence"] == newest_fence else "REPLACED"


async def check(connection: Connection, box: Mapping[str, Any], permit_id: int, at: datetime) -> None:
    """Make sure that a permit lets this box, with this address, leave now.

    Raises:
        Refused: By the rule `permit_valid`; says why and what helps.
    """
    permit = await permit_store.find(connection, [box["vendor_id"]], permit_id)
    if permit is None or permit["shipment_box_id"] != box["shipment_box_id"]:
        why = "there is no such permit of this box"
    else:
        state = state_of(permit, permit["newest_fence"], at)
        why = _WHY[state].format_map(permit) if state in _WHY else ""
        if not why and permit["address_version"] != box["address_version"]:
            why = "the address has changed since; print another label and ask for another permit"
    if why:
        raise errors.Refused(
            f"ship needs {RULE}",
            state=box["state"],
            event="ship",
            missing=[{"rule": RULE, "unblock": why}],
            allowed=[],
        )


async def revoked_since(
    connection: Connection, vendor_id: str, effects: Sequence[Mapping[str, Any]]
) -> dict[int, str]:
    """Return the effects whose permit was revoked after they were asked: effect id → the rule, in words."""
    asked = {
        effect["effect_id"]: int(effect["payload"]["permit"])
        for effect in effects
        if effect["payload"].get("permit")
    }
    if not asked:
        return {}
    found = await permit_store.revoked(connection, vendor_id, sorted(set(asked.values())))
    return {
        effect_id: f"{RULE} (permit {permit_id} was revoked: {found[permit_id]})"
        for effect_id, permit_id in asked.items()
        if permit_id in found
    }
